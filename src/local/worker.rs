//! The threads that run jobs: jobs submitted here, and jobs left behind by a dead process.

mod threads;

use super::faults::Faults;
use super::import::{self, Halt, now};
use super::lock::{self, JobLock};
use super::remote::{Keys, Vault};
use super::retry::Retries;
use super::store::work::{Claimed, Failing};
use super::store::{Store, StoreError};
use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
pub(super) use threads::Workers;

/// Interval at which an idle worker checks for jobs that another process left behind, and at which any worker checks
/// for storage keys that are no longer needed.
const LOOK: Duration = Duration::from_secs(1);

/// Open jobs per lookup. The first job without a worker is nearly always among them.
const OPEN_JOBS: u64 = 16;

/// The state that the workers and the server share.
pub(super) struct Shared {
    store: Store,
    locks: PathBuf,
    rate: Option<u64>,
    vault: Vault,
    faults: Faults,
    warn: fn(&str),
    board: Mutex<Board>,
    /// Wakes one idle worker for a job.
    work: Condvar,
    /// Wakes all threads that sleep when the service stops, and the thread that waits for the end of the others.
    wake: Condvar,
}

#[derive(Default)]
struct Board {
    stopping: bool,
    /// Wake-up counter, so a notification between check and wait isn't lost.
    calls: u64,
    /// Jobs that a worker of this process runs.
    claimed: BTreeSet<String>,
    /// Jobs submitted here that, as of the last check, weren't claimed.
    submitted: BTreeSet<String>,
    /// Jobs of this process that wait until the store works again.
    retries: Retries,
    /// Time of the last check whether jobs with stored keys have ended.
    looked: Option<Instant>,
    /// Number of threads that haven't ended.
    threads: usize,
}

impl Shared {
    /// Returns the state for workers on this store, with lock files in `locks`.
    pub(super) fn new(
        store: Store,
        locks: PathBuf,
        rate: Option<u64>,
        faults: Faults,
        warn: fn(&str),
    ) -> Self {
        Self {
            store,
            locks,
            rate,
            vault: Vault::default(),
            faults,
            warn,
            board: Mutex::default(),
            work: Condvar::new(),
            wake: Condvar::new(),
        }
    }

    /// Returns the store.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the storage keys of jobs that haven't ended.
    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Keeps the storage keys of a job that is about to be created in memory, and locks the job for this process.
    pub(super) fn keep_keys(&self, job: &str, keys: Keys) -> Result<(), StoreError> {
        let lock = JobLock::take(&self.locks, job).map_err(|source| self.lock_error(source))?;
        // The id is new, so no other process can have its lock.
        if let Some(lock) = lock {
            self.vault.put(job, keys, lock);
        }
        Ok(())
    }

    /// Returns the limit on each job's rows per second, if there is one.
    pub(super) fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// Returns the faults to inject.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns true if the service is stopping.
    pub(super) fn stopping(&self) -> bool {
        self.board().stopping
    }

    /// Sleeps for `time`, or until the service stops.
    pub(super) fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let waited = self
                .wake
                .wait_timeout_while(self.board(), time, |board| !board.stopping);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Wakes a worker for a new job.
    pub(super) fn submit(&self, job: &str) {
        self.board().submitted.insert(job.to_owned());
        self.nudge();
    }

    /// Wakes an idle worker, e.g. to sweep after a drop.
    pub(super) fn nudge(&self) {
        self.board().calls += 1;
        self.work.notify_one();
    }

    /// Returns the reason why a job waits, if the store failed at the last try.
    pub(super) fn trouble(&self, job: &str) -> Option<String> {
        self.board().retries.reason(job).map(str::to_owned)
    }

    /// Returns the number of jobs that this process has to finish: jobs that its workers run or will retry, and jobs
    /// submitted here that aren't claimed yet.
    pub(super) fn running(&self) -> usize {
        // The store is read before the board, so a job that is claimed in between is on both lists rather than on none.
        let nothing = self.board().submitted.is_empty();
        let pending = if nothing {
            Ok(Vec::new())
        } else {
            self.store.pending_jobs()
        };
        let mut board = self.board();
        let Board {
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

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let board = self.board();
            if board.stopping {
                return;
            }
            let seen = board.calls;
            drop(board);
            // Also runs if there's always another job, so keys are kept no longer than needed.
            _ = self.forget_ended();
            // A store that fails now (disk full, locked for long) may work again later.
            if self.run_next().unwrap_or(false) || self.tidy().unwrap_or(false) {
                continue;
            }
            let idle = |board: &mut Board| !board.stopping && board.calls == seen;
            let waited = self.work.wait_timeout_while(self.board(), LOOK, idle);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Cleans up while there is no job to run. Returns true if there's more to clean up.
    fn tidy(&self) -> Result<bool, StoreError> {
        // Space is only returned while no import here could reuse it.
        Ok(self.store.sweep()? || (self.board().claimed.is_empty() && self.store.vacuum()?))
    }

    /// Removes the data of jobs that were ended by another call, e.g. by dropping their collection.
    fn forget_ended(&self) -> Result<(), StoreError> {
        let kept: BTreeSet<String> = {
            let mut board = self.board();
            if board.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
                return Ok(());
            }
            board.looked = Some(Instant::now());
            let retried = board.retries.jobs().cloned();
            retried.chain(self.vault.jobs()).collect()
        };
        for job in kept {
            if self.store.has_ended(&job)? {
                self.vault.forget(&job);
                self.board().retries.forget(&job);
            }
        }
        Ok(())
    }

    /// Runs the oldest job that has no worker. Returns false if there is none.
    fn run_next(&self) -> Result<bool, StoreError> {
        let mut trouble = None;
        let mut after = 0;
        loop {
            let open = self.store.open_jobs(after, OPEN_JOBS)?;
            let Some((last, _)) = open.last() else {
                return trouble.map_or(Ok(false), Err);
            };
            after = *last;
            for (_, id) in &open {
                match self.try_run(id) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    // A job with an error mustn't keep the next ones from running.
                    Err(error) => trouble = Some(error),
                }
            }
        }
    }

    /// Runs this job, unless it already has a worker.
    fn try_run(&self, id: &str) -> Result<bool, StoreError> {
        let board = self.board();
        if board.claimed.contains(id) || !board.retries.is_due(id, Instant::now()) {
            return Ok(false);
        }
        drop(board);
        let kept = self.vault.take_lock(id);
        let lock = match kept.map_or_else(|| JobLock::take(&self.locks, id), |lock| Ok(Some(lock)))
        {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                self.board().retries.forget(id);
                return Ok(false);
            }
            Err(source) => return self.settle(id, Err(self.lock_error(source))),
        };
        self.board().claimed.insert(id.to_owned());
        let ended = self.run(id);
        match &ended {
            Ok(true) => {
                self.vault.forget(id);
                lock.remove();
            }
            Ok(false) => drop(lock),
            Err(_) => self.vault.give_back(id, lock),
        }
        self.settle(id, ended)
    }

    /// Removes a tried job from the board, or schedules a retry after an error.
    fn settle(&self, id: &str, ended: Result<bool, StoreError>) -> Result<bool, StoreError> {
        let mut board = self.board();
        board.claimed.remove(id);
        board.submitted.remove(id);
        let Err(error) = ended else {
            board.retries.forget(id);
            return Ok(true);
        };
        if !board.stopping {
            let reason = format!("{error}; the job waits and is tried again");
            if board.retries.put_off(id, reason.clone(), Instant::now()) {
                (self.warn)(&format!("zshell: local service: {id}: {reason}"));
            }
        }
        Err(error)
    }

    /// Runs one job whose lock is held. Returns true if the job has ended, false if it waits for the next owner. After
    /// an error, the job is either unchanged or partly run, and the next owner restarts it.
    fn run(&self, id: &str) -> Result<bool, StoreError> {
        let job = match self.store.claim(id) {
            Ok(Some(job)) => job,
            Ok(None) => return Ok(true),
            Err(error) if error.is_passing() => return Err(error),
            // The record is broken, so no later attempt can read it.
            Err(error) => {
                let failing = Failing {
                    reason: error.to_string(),
                    file: None,
                };
                let failed = self.store.fail_unclaimed(id, &failing, &now());
                return failed.map(|()| true);
            }
        };
        // If a reader panics, the job must fail, so later processes don't try it again.
        let outcome = catch_unwind(AssertUnwindSafe(|| import::run(self, &job)));
        match outcome {
            Ok(Ok(()) | Err(Halt::Gone)) => Ok(true),
            Ok(Err(Halt::Stopped)) => self.store.release(&job).map(|()| false),
            Ok(Err(Halt::Failed(failing))) => self.fail(&job, failing),
            Ok(Err(Halt::Store(error))) if error.is_passing() => {
                // If the release fails too, the job stays started without an owner, and the next owner restarts it.
                _ = self.store.release(&job);
                Err(error)
            }
            Ok(Err(Halt::Store(error))) => self.fail(
                &job,
                Failing {
                    reason: error.to_string(),
                    file: None,
                },
            ),
            Err(_) => {
                let reason = "the local service failed internally while it read this job's files; please report it";
                self.fail(
                    &job,
                    Failing {
                        reason: reason.to_owned(),
                        file: None,
                    },
                )
            }
        }
    }

    fn fail(&self, job: &Claimed, failing: Failing) -> Result<bool, StoreError> {
        self.store.fail(job, &failing, &now()).map(|()| true)
    }

    fn lock_error(&self, source: io::Error) -> StoreError {
        StoreError::File {
            doing: "lock a job in",
            path: self.locks.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
