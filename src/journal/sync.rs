//! Syncing of entries to the disk. Some callers wait for the sync, and one sync serves all that wait. Other entries are
//! synced a little later, often by a sync that another caller needs anyway.

use super::error::JournalError;
use super::file::{JournalOffset, UnsyncedData};
use parking_lot::{Condvar, Mutex};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Maximum time after which an entry that no caller waits for is synced.
const SOON: Duration = Duration::from_millis(50);

/// State of the journal's syncs in this process. Clones share one state.
#[derive(Clone, Debug, Default)]
pub(super) struct Sync(Arc<(Mutex<SyncState>, Condvar)>);

#[derive(Debug, Default)]
struct SyncState {
    /// End of the file after the latest write.
    written: JournalOffset,
    /// End of the part that's synced.
    synced: JournalOffset,
    /// True while a thread syncs; others wait until it's done.
    busy: bool,
    /// True if a thread will sync soon.
    awaited: bool,
}

impl Sync {
    /// Records a write. Called while the journal's lock is held, so that writes are recorded in order.
    pub(super) fn note(&self, written: &UnsyncedData) {
        self.0.0.lock().written = written.offset.clone();
    }

    /// Waits until this write is on the disk. If another thread's sync is in progress, its end is awaited first, and
    /// the next sync covers everything that was written in the meantime.
    pub(super) fn now(&self, written: &UnsyncedData) -> Result<(), JournalError> {
        let wanted = written.offset.clone();
        let mut state = self.0.0.lock();
        while state.busy {
            self.0.1.wait(&mut state);
        }
        if state.synced.covers(&wanted) {
            return Ok(());
        }
        state.busy = true;
        // Writes of others to the same file are synced along with ours.
        let covered = if state.written.covers(&wanted) {
            state.written.clone()
        } else {
            wanted
        };
        drop(state);
        let result = written.sync();
        let mut state = self.0.0.lock();
        state.busy = false;
        if result.is_ok() {
            state.synced = covered;
        }
        drop(state);
        self.0.1.notify_all();
        result
    }

    /// Arranges that all writes are synced soon: by the next [`Self::now`], otherwise by a thread.
    pub(super) fn soon(&self, path: &Path) {
        if std::mem::replace(&mut self.0.0.lock().awaited, true) {
            return;
        }
        let (sync, path) = (self.clone(), path.to_owned());
        let later = thread::Builder::new().name("journal".to_owned());
        let spawned = later.spawn(move || {
            thread::sleep(SOON);
            sync.0.0.lock().awaited = false;
            sync.flush(&path);
        });
        if spawned.is_err() {
            self.0.0.lock().awaited = false;
        }
    }

    /// Syncs all writes, unless they're synced already. No caller waits for these entries, so errors are ignored: the
    /// next [`Self::now`] reports them.
    pub(super) fn flush(&self, path: &Path) {
        let state = self.0.0.lock();
        let target = state.written.clone();
        let done = state.synced.covers(&target);
        drop(state);
        if !done
            && let Ok(file) = OpenOptions::new().append(true).open(path)
            && file.sync_data().is_ok()
        {
            let mut state = self.0.0.lock();
            if !state.synced.covers(&target) {
                state.synced = target;
            }
        }
    }
}
