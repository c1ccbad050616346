//! The lock of an identity, which allows at most one unresolved create for a set of files, collection and options.
//!
//! It's a lock on a file, so the system releases it when the holder dies, for whatever reason. The holder removes the
//! file when it releases the lock. A process that has opened the file before then holds a lock on a file without a
//! name, so after locking, the name is checked again.

use super::error::JournalError;
use crate::fsutil::{create_private_folder, lock_removable};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The right to submit a request with this identity; released when it's dropped.
#[derive(Debug)]
pub struct IdentityLock {
    path: PathBuf,
    file: File,
}

impl IdentityLock {
    /// Takes the lock in this folder, which is created if necessary; returns `None` if this process or another one
    /// holds it.
    pub fn take_in(folder: &Path, identity: &str) -> Result<Option<Self>, JournalError> {
        create_private_folder(folder).map_err(JournalError::file("open", folder))?;
        let path = folder.join(format!("{identity}.lock"));
        let locked = lock_removable(&path).map_err(JournalError::file("lock", &path))?;
        Ok(locked.map(|file| Self { path, file }))
    }
}

impl Drop for IdentityLock {
    fn drop(&mut self) {
        // The file is removed before it's unlocked, so no one can have locked it yet. A file that can't be removed is
        // harmless.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_lock_has_one_holder_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let take = |identity| IdentityLock::take_in(folder.path(), identity).unwrap();
        let held = take("a").unwrap();
        assert!(take("a").is_none());
        assert!(take("b").is_some());
        drop(held);
        assert!(take("a").is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn many_threads_never_hold_it_together() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while taken.load(Ordering::SeqCst) < 400 {
                        let Some(lock) = IdentityLock::take_in(folder.path(), "x").unwrap() else {
                            std::thread::yield_now();
                            continue;
                        };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
    }
}
