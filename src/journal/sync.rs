//! When entries are on the disk: at once, by one sync for all that wait for one; or soon, by a sync that others need
//! anyway.

use super::error::JournalError;
use super::file::Written;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long an entry that nobody waits for may be off the disk.
const SOON: Duration = Duration::from_millis(50);

/// What of the journal is on the disk, as far as this process has seen to it; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Sync(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// Where the file ended that was written last.
    written: Place,
    /// Up to where it is synced.
    synced: Place,
    /// A thread is at it, and others wait for its end.
    busy: bool,
    /// A thread will look before long.
    awaited: bool,
}

/// An offset in one generation of the file: pruning puts another file in its place.
#[derive(Clone, Debug, Default)]
struct Place {
    generation: String,
    offset: u64,
}

impl Place {
    fn of(written: &Written) -> Self {
        Self {
            generation: written.generation.clone(),
            offset: written.end,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        self.generation == other.generation && self.offset >= other.offset
    }
}

impl Sync {
    /// Notes what was written; called under the journal's lock, so that places come in order.
    pub(super) fn note(&self, written: &Written) {
        self.state().written = Place::of(written);
    }

    /// Sees to it that this is on the disk. Where another thread's sync is under way its end is waited for: the next one
    /// serves all that was written meanwhile.
    pub(super) fn now(&self, written: &Written) -> Result<(), JournalError> {
        let wanted = Place::of(written);
        let mut state = self.state();
        while state.busy {
            let waited = self.0.1.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.synced.covers(&wanted) {
            return Ok(());
        }
        state.busy = true;
        // What others have written to the same file is synced with it.
        let covered = if state.written.covers(&wanted) {
            state.written.clone()
        } else {
            wanted
        };
        drop(state);
        let result = written.sync();
        let mut state = self.state();
        state.busy = false;
        if result.is_ok() {
            state.synced = covered;
        }
        drop(state);
        self.0.1.notify_all();
        result
    }

    /// Sees to it that what is written gets onto the disk before long: by the next [`Self::now`], else by a thread.
    pub(super) fn soon(&self, path: &Path) {
        if std::mem::replace(&mut self.state().awaited, true) {
            return;
        }
        let (sync, path) = (self.clone(), path.to_owned());
        let later = thread::Builder::new().name("journal".to_owned());
        let spawned = later.spawn(move || {
            thread::sleep(SOON);
            sync.state().awaited = false;
            sync.flush(&path);
        });
        if spawned.is_err() {
            self.state().awaited = false;
        }
    }

    /// Gets what is written onto the disk, unless it is there. Nobody waits for these entries: where that fails, the
    /// next one that counts says so.
    pub(super) fn flush(&self, path: &Path) {
        let state = self.state();
        let target = state.written.clone();
        let done = state.synced.covers(&target);
        drop(state);
        if !done
            && let Ok(file) = OpenOptions::new().append(true).open(path)
            && file.sync_data().is_ok()
        {
            let mut state = self.state();
            if !state.synced.covers(&target) {
                state.synced = target;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
