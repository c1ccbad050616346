//! Named locks held by a script, so two runs of it don't overlap.
//!
//! Each is a lock on a file in the data folder. The operating system releases it when the process ends.

use crate::error::Failure;
use crate::journal::IdentityLock;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

/// The locks of a run by name.
#[derive(Debug, Default)]
pub struct Locks(RefCell<BTreeMap<String, IdentityLock>>);

impl Locks {
    /// Takes a lock. Returns true if the run holds it, false if another process does. The name becomes part of a file
    /// name.
    pub fn take(&self, data_dir: &Path, name: &str) -> Result<bool, Failure> {
        let mut held = self.0.borrow_mut();
        if held.contains_key(name) {
            return Ok(true);
        }
        let lock = IdentityLock::take_in(&data_dir.join("locks"), name).map_err(|error| {
            Failure::refused(error.to_string())
                .with_hint("see to the folder's rights, or name another one with --data-dir")
        })?;
        let taken = lock.is_some();
        held.extend(lock.map(|lock| (name.to_owned(), lock)));
        Ok(taken)
    }

    /// Releases a lock. Returns false if it wasn't held.
    pub fn give_back(&self, name: &str) -> bool {
        self.0.borrow_mut().remove(name).is_some()
    }
}
