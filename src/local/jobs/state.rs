//! The state that workers and requests share, and the calls that wake or stop workers.

use super::key_store::JobKeyStore;
use super::lock::JobLock;
use crate::local::faults::Faults;
use crate::local::storage::{DataStore, StoreError};
use crate::secret::StorageKeys;
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A job's wait after its first failure. Each further wait is twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// The state that the workers and the server share.
pub(crate) struct Shared {
    pub(crate) store: DataStore,
    pub(super) locks: PathBuf,
    /// Limit on each job's rows per second.
    pub(super) rate: Option<u64>,
    /// The storage keys of jobs that haven't ended.
    pub(crate) key_store: JobKeyStore,
    /// The faults to inject.
    pub(crate) faults: Faults,
    pub(super) warn: fn(&str),
    pub(super) board: Mutex<WorkerState>,
    /// Wakes one idle worker for a job.
    pub(super) work: Condvar,
    /// Wakes all threads that sleep when the service stops, and the thread that waits for the end of the others.
    pub(super) wake: Condvar,
}

/// The part of the state that a lock guards.
#[derive(Default)]
pub(super) struct WorkerState {
    pub(super) stopping: bool,
    /// Wake-up counter, so a notification between check and wait isn't lost.
    pub(super) calls: u64,
    /// Jobs that a worker of this process runs.
    pub(super) claimed: BTreeSet<String>,
    /// Jobs submitted here that, as of the last check, weren't claimed.
    pub(super) submitted: BTreeSet<String>,
    /// Jobs of this process that wait until the store works again.
    pub(super) retries: Retries,
    /// Time of the last check whether jobs with stored keys have ended.
    pub(super) looked: Option<Instant>,
    /// Number of threads that haven't ended.
    pub(super) threads: usize,
}

impl Shared {
    /// Returns the state for workers on this store, with lock files in `locks`.
    pub(crate) fn new(
        store: DataStore,
        locks: PathBuf,
        rate: Option<u64>,
        faults: Faults,
        warn: fn(&str),
    ) -> Self {
        Self {
            store,
            locks,
            rate,
            key_store: JobKeyStore::default(),
            faults,
            warn,
            board: Mutex::default(),
            work: Condvar::new(),
            wake: Condvar::new(),
        }
    }

    /// Keeps the storage keys of a job that is about to be created in memory, and locks the job for this process.
    pub(crate) fn keep_keys(&self, job: &str, keys: StorageKeys) -> Result<(), StoreError> {
        // The id is new, so no other process can have its lock.
        if let Some(lock) = JobLock::take(&self.locks, job)? {
            self.key_store.put(job, keys, lock);
        }
        Ok(())
    }

    /// Returns true if the service is stopping.
    pub(crate) fn stopping(&self) -> bool {
        self.board.lock().stopping
    }

    /// Sleeps for `time`, or until the service stops.
    pub(crate) fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let mut board = self.board.lock();
            self.wake
                .wait_while_for(&mut board, |board| !board.stopping, time);
        }
    }

    /// Wakes a worker for a new job.
    pub(crate) fn submit(&self, job: &str) {
        self.board.lock().submitted.insert(job.to_owned());
        self.nudge();
    }

    /// Wakes an idle worker, e.g. to sweep after a drop.
    pub(crate) fn nudge(&self) {
        self.board.lock().calls += 1;
        self.work.notify_one();
    }

    /// Returns the reason why a job waits, if the store failed at the last try.
    pub(crate) fn trouble(&self, job: &str) -> Option<String> {
        self.board.lock().retries.reason(job).map(str::to_owned)
    }

    /// Returns the number of jobs that this process has to finish: jobs that its workers run or will retry, and jobs
    /// submitted here that aren't claimed yet.
    pub(crate) fn running(&self) -> usize {
        // The store is read before the board, so a job that is claimed in between is on both lists rather than on none.
        let pending = if self.board.lock().submitted.is_empty() {
            Ok(Vec::new())
        } else {
            self.store.pending_jobs()
        };
        let mut board = self.board.lock();
        let WorkerState {
            claimed,
            submitted,
            retries,
            ..
        } = &mut *board;
        // If the store can't be read, the state of its jobs is unknown.
        if let Ok(pending) = pending {
            submitted.retain(|job| pending.contains(job));
        }
        let jobs = claimed.iter().chain(&*submitted).chain(retries.jobs());
        jobs.collect::<BTreeSet<_>>().len()
    }
}

/// The jobs of this process that wait because the store failed.
#[derive(Debug, Default)]
pub(crate) struct Retries(BTreeMap<String, Retry>);

#[derive(Debug)]
struct Retry {
    reason: String,
    delay: Duration,
    due: Instant,
}

impl Retries {
    /// Delays a job; returns true the first time.
    pub(crate) fn put_off(&mut self, job: &str, reason: String, now: Instant) -> bool {
        let before = self.0.get(job).map(|retry| retry.delay);
        let delay = before.map_or(FIRST_RETRY, |delay| {
            delay.saturating_mul(2).min(LONGEST_RETRY)
        });
        let retry = Retry {
            reason,
            delay,
            due: now + delay,
        };
        self.0.insert(job.to_owned(), retry);
        before.is_none()
    }

    /// Returns true if the job may be tried now.
    pub(crate) fn is_due(&self, job: &str, now: Instant) -> bool {
        self.0.get(job).is_none_or(|retry| retry.due <= now)
    }

    /// Returns the reason why a job waits.
    pub(crate) fn reason(&self, job: &str) -> Option<&str> {
        self.0.get(job).map(|retry| retry.reason.as_str())
    }

    /// Removes a job that has ended or that another process owns now.
    pub(crate) fn forget(&mut self, job: &str) {
        self.0.remove(job);
    }

    /// Returns the ids of the waiting jobs.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_end_with_the_job() {
        let mut retries = Retries::default();
        let now = Instant::now();
        assert!(retries.is_due("a", now));
        assert!(retries.put_off("a", "first".to_owned(), now));
        assert!(!retries.is_due("a", now) && retries.is_due("a", now + FIRST_RETRY));
        for _ in 0..10 {
            assert!(!retries.put_off("a", "again".to_owned(), now));
        }
        assert!(
            !retries.is_due("a", now + LONGEST_RETRY / 2)
                && retries.is_due("a", now + LONGEST_RETRY)
        );
        assert_eq!(retries.reason("a"), Some("again"));
        retries.forget("a");
        assert_eq!((retries.reason("a"), retries.jobs().count()), (None, 0));
    }
}
