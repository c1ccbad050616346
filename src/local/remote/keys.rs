//! Storage credentials of create calls, kept only in memory and only while their job needs them.

use crate::local::call::Call;
use crate::local::lock::JobLock;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The storage credentials of a create call; on Azure the account's name and key.
#[derive(Clone, Debug, Default)]
pub(in crate::local) struct Keys {
    pub(super) access: Option<Secret>,
    pub(super) secret: Option<Secret>,
    pub(super) session: Option<Secret>,
}

impl Keys {
    /// Returns the storage credentials of a request: `accessKey` and `secretKey` in every dialect, and `token`, the
    /// session token of temporary credentials.
    pub(in crate::local) fn of(call: &Call) -> Self {
        let value = |names: &[&str]| call.text(names).map(Secret::new);
        let access = value(&["accessKey"]);
        Self {
            session: access
                .as_ref()
                .and_then(|_| value(&["token", "sessionToken"])),
            secret: value(&["secretKey"]),
            access,
        }
    }

    /// Returns the credentials from this process' environment, under the names that AWS' own tools use.
    pub(super) fn own() -> Self {
        let value = |name: &str| crate::config::set(name).map(Secret::new);
        Self {
            access: value("AWS_ACCESS_KEY_ID"),
            secret: value("AWS_SECRET_ACCESS_KEY"),
            session: value("AWS_SESSION_TOKEN"),
        }
    }

    /// Returns true if both the access key id and the secret access key are given.
    pub(in crate::local) fn is_whole(&self) -> bool {
        self.access.is_some() && self.secret.is_some()
    }

    /// Returns true if no credentials are given.
    pub(in crate::local) fn is_empty(&self) -> bool {
        self.access.is_none() && self.secret.is_none()
    }
}

/// The storage credentials of jobs that haven't ended.
///
/// From before a job is added to the store, its lock is held here too. Otherwise another process on the data folder
/// could take the job without having its credentials.
/// the job but not its keys.
#[derive(Default)]
pub(in crate::local) struct Vault(Mutex<BTreeMap<String, Held>>);

struct Held {
    keys: Keys,
    lock: Option<JobLock>,
    /// Whether the job is in the store yet. A job that isn't in the store yet must not be taken for an ended job.
    made: bool,
}

impl Vault {
    /// Adds the credentials and the lock of a job that is about to be added to the store.
    pub(in crate::local) fn put(&self, job: &str, keys: Keys, lock: JobLock) {
        let lock = Some(lock);
        let made = false;
        self.held()
            .insert(job.to_owned(), Held { keys, lock, made });
    }

    /// Records that a job is in the store now.
    pub(in crate::local) fn made(&self, job: &str) {
        if let Some(held) = self.held().get_mut(job) {
            held.made = true;
        }
    }

    /// Takes the lock of a job out, if it's held here.
    pub(in crate::local) fn take_lock(&self, job: &str) -> Option<JobLock> {
        self.held().get_mut(job)?.lock.take()
    }

    /// Returns the lock of a job that will be tried later. If the job has no credentials here, the lock is released.
    pub(in crate::local) fn give_back(&self, job: &str, lock: JobLock) {
        if let Some(held) = self.held().get_mut(job) {
            held.lock = Some(lock);
        }
    }

    /// Returns a job's credentials.
    pub(in crate::local) fn keys(&self, job: &str) -> Option<Keys> {
        self.held().get(job).map(|held| held.keys.clone())
    }

    /// Removes a job's credentials and its lock.
    pub(in crate::local) fn forget(&self, job: &str) {
        let held = self.held().remove(job);
        if let Some(lock) = held.and_then(|held| held.lock) {
            lock.remove();
        }
    }

    /// Returns the ids of jobs in the store whose credentials are held here.
    pub(in crate::local) fn jobs(&self) -> Vec<String> {
        let held = self.held();
        let made = held.iter().filter(|(_, held)| held.made);
        made.map(|(job, _)| job.clone()).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
