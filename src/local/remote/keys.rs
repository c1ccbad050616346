//! Storage keys of create calls: in memory only, for as long as their job needs them.

use crate::local::call::Call;
use crate::local::lock::JobLock;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The keys that a create call carries; on Azure the account's name and key.
#[derive(Clone, Debug, Default)]
pub(in crate::local) struct Keys {
    pub(super) access: Option<Secret>,
    pub(super) secret: Option<Secret>,
    pub(super) session: Option<Secret>,
}

impl Keys {
    /// The keys of a request: `accessKey` and `secretKey` in every dialect, and `token`, the session token of short-term
    /// keys, beside them.
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

    /// Those of this process' environment, as AWS' own tools name them.
    pub(super) fn own() -> Self {
        let value = |name: &str| crate::config::set(name).map(Secret::new);
        Self {
            access: value("AWS_ACCESS_KEY_ID"),
            secret: value("AWS_SECRET_ACCESS_KEY"),
            session: value("AWS_SESSION_TOKEN"),
        }
    }

    /// True where both halves of a pair are there.
    pub(in crate::local) fn is_whole(&self) -> bool {
        self.access.is_some() && self.secret.is_some()
    }

    /// True where nothing was given.
    pub(in crate::local) fn is_empty(&self) -> bool {
        self.access.is_none() && self.secret.is_none()
    }
}

/// The keys of jobs that have not ended.
///
/// A job's lock is held beside them from before it is made, since another process on the same data folder would find
/// the job but not its keys.
#[derive(Default)]
pub(in crate::local) struct Vault(Mutex<BTreeMap<String, Held>>);

struct Held {
    keys: Keys,
    lock: Option<JobLock>,
    /// True once the job is in the store: before that it is not there, which is not the same as ended.
    made: bool,
}

impl Vault {
    /// Keeps the keys, and the lock, of a job that is about to be made.
    pub(in crate::local) fn put(&self, job: &str, keys: Keys, lock: JobLock) {
        let lock = Some(lock);
        let made = false;
        self.held()
            .insert(job.to_owned(), Held { keys, lock, made });
    }

    /// Notes that a job is in the store now.
    pub(in crate::local) fn made(&self, job: &str) {
        if let Some(held) = self.held().get_mut(job) {
            held.made = true;
        }
    }

    /// Hands the lock of a job out, where it is here.
    pub(in crate::local) fn take_lock(&self, job: &str) -> Option<JobLock> {
        self.held().get_mut(job)?.lock.take()
    }

    /// Takes the lock of a job back that is to be tried again; one of a job without keys is freed.
    pub(in crate::local) fn give_back(&self, job: &str, lock: JobLock) {
        if let Some(held) = self.held().get_mut(job) {
            held.lock = Some(lock);
        }
    }

    /// A job's keys.
    pub(in crate::local) fn keys(&self, job: &str) -> Option<Keys> {
        self.held().get(job).map(|held| held.keys.clone())
    }

    /// Forgets a job's keys.
    pub(in crate::local) fn forget(&self, job: &str) {
        let held = self.held().remove(job);
        if let Some(lock) = held.and_then(|held| held.lock) {
            lock.remove();
        }
    }

    /// The jobs in the store whose keys are here.
    pub(in crate::local) fn jobs(&self) -> Vec<String> {
        let held = self.held();
        let made = held.iter().filter(|(_, held)| held.made);
        made.map(|(job, _)| job.clone()).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
