//! Storage credentials of create calls, kept only in memory and only while their job needs them.

use super::lock::JobLock;
use crate::secret::StorageKeys;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// The storage credentials of jobs that haven't ended.
///
/// From before a job is added to the store, its lock is held here too. Otherwise another process on the data folder
/// could take the job without having its credentials.
#[derive(Default)]
pub(crate) struct JobKeyStore(Mutex<BTreeMap<String, HeldKeys>>);

struct HeldKeys {
    keys: StorageKeys,
    lock: Option<JobLock>,
    /// Whether the job is in the store yet. A job that isn't in the store yet must not be taken for an ended job.
    made: bool,
}

impl JobKeyStore {
    /// Adds the credentials and the lock of a job that is about to be added to the store.
    pub(crate) fn put(&self, job: &str, keys: StorageKeys, lock: JobLock) {
        let (lock, made) = (Some(lock), false);
        let held = HeldKeys { keys, lock, made };
        self.0.lock().insert(job.to_owned(), held);
    }

    /// Records that a job is in the store now.
    pub(crate) fn made(&self, job: &str) {
        if let Some(held) = self.0.lock().get_mut(job) {
            held.made = true;
        }
    }

    /// Takes the lock of a job out, if it's held here.
    pub(crate) fn take_lock(&self, job: &str) -> Option<JobLock> {
        self.0.lock().get_mut(job)?.lock.take()
    }

    /// Returns the lock of a job that will be tried later. If the job has no credentials here, the lock is released.
    pub(crate) fn give_back(&self, job: &str, lock: JobLock) {
        if let Some(held) = self.0.lock().get_mut(job) {
            held.lock = Some(lock);
        }
    }

    /// Returns a job's credentials.
    pub(crate) fn keys(&self, job: &str) -> Option<StorageKeys> {
        self.0.lock().get(job).map(|held| held.keys.clone())
    }

    /// Removes a job's credentials and its lock.
    pub(crate) fn forget(&self, job: &str) {
        let held = self.0.lock().remove(job);
        if let Some(lock) = held.and_then(|held| held.lock) {
            lock.remove();
        }
    }

    /// Returns the ids of jobs in the store whose credentials are held here.
    pub(crate) fn jobs(&self) -> Vec<String> {
        let held = self.0.lock();
        let made = held.iter().filter(|(_, held)| held.made);
        made.map(|(job, _)| job.clone()).collect()
    }
}
