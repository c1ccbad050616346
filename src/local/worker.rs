//! The threads that run jobs: those submitted here, and those a dead process left behind.

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

/// How often an idle worker looks for jobs that another process left behind, and any for keys that are no longer needed.
const LOOK: Duration = Duration::from_secs(1);

/// Open jobs looked at in one go: nearly always the first that nobody works on is among them.
const OPEN_JOBS: u64 = 16;

/// What the workers and the server share.
pub(super) struct Shared {
    store: Store,
    locks: PathBuf,
    rate: Option<u64>,
    vault: Vault,
    faults: Faults,
    warn: fn(&str),
    board: Mutex<Board>,
    /// Tells one idle worker of a job.
    work: Condvar,
    /// Tells everybody that the service stops, and who waits for that of a thread's end.
    wake: Condvar,
}

#[derive(Default)]
struct Board {
    stopping: bool,
    /// Counts the calls for work, so that none is missed between looking and waiting.
    calls: u64,
    /// Jobs a worker of this process has.
    claimed: BTreeSet<String>,
    /// Jobs submitted here and not seen taken up yet.
    submitted: BTreeSet<String>,
    /// Jobs of this process that wait for the store to work again.
    retries: Retries,
    /// When it was looked last whether jobs whose keys are kept have ended.
    looked: Option<Instant>,
    /// Threads that have not ended.
    threads: usize,
}

impl Shared {
    /// State for workers on this store, with lock files in `locks`.
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

    /// The store.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// The storage keys of jobs that have not ended.
    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Keeps the keys of a job that is about to be made, and the job for this process.
    pub(super) fn keep_keys(&self, job: &str, keys: Keys) -> Result<(), StoreError> {
        let lock = JobLock::take(&self.locks, job).map_err(|source| self.lock_error(source))?;
        // The id is new: nobody can have its lock.
        if let Some(lock) = lock {
            self.vault.put(job, keys, lock);
        }
        Ok(())
    }

    /// Rows per second each job is held to.
    pub(super) fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// What is to go wrong.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// True once the service is stopping.
    pub(super) fn stopping(&self) -> bool {
        self.board().stopping
    }

    /// Sleeps, or less when the service stops.
    pub(super) fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let waited = self
                .wake
                .wait_timeout_while(self.board(), time, |board| !board.stopping);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Tells the workers of a new job.
    pub(super) fn submit(&self, job: &str) {
        self.board().submitted.insert(job.to_owned());
        self.nudge();
    }

    /// Wakes an idle worker, e.g. to sweep after a drop.
    pub(super) fn nudge(&self) {
        self.board().calls += 1;
        self.work.notify_one();
    }

    /// Why a job waits, where the store did not work when it was tried last.
    pub(super) fn trouble(&self, job: &str) -> Option<String> {
        self.board().retries.reason(job).map(str::to_owned)
    }

    /// Jobs that this process has to finish: those its workers have or will try again, and those submitted here that
    /// nobody has yet.
    pub(super) fn running(&self) -> usize {
        // Looked up before the board: a job that is taken up in between is then on both lists, not on none.
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
        // A store that cannot be read says nothing about its jobs.
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
            // Also while there is always a job to run: keys are kept no longer than needed.
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

    /// What is done while there is no job to run; true where there is more of it.
    fn tidy(&self) -> Result<bool, StoreError> {
        // Space is given back only while no import here could use it again.
        Ok(self.store.sweep()? || (self.board().claimed.is_empty() && self.store.vacuum()?))
    }

    /// Forgets what is kept of jobs that somebody else has ended, e.g. with their collection.
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

    /// Runs the oldest job that nobody works on; false where there is none.
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
                    // One job in trouble must not keep the next ones from running.
                    Err(error) => trouble = Some(error),
                }
            }
        }
    }

    /// Runs this job, unless somebody works on it already.
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

    /// Takes a job that was tried off the board, or notes that it is to be tried again.
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

    /// Runs one job whose lock is held; true where it has ended, false where it waits for the next owner. After an
    /// error it is as it was, or was begun: then the next owner begins it again.
    fn run(&self, id: &str) -> Result<bool, StoreError> {
        let job = match self.store.claim(id) {
            Ok(Some(job)) => job,
            Ok(None) => return Ok(true),
            Err(error) if error.is_passing() => return Err(error),
            // The record is broken: no later attempt will read it.
            Err(error) => {
                let failing = Failing {
                    reason: error.to_string(),
                    file: None,
                };
                let failed = self.store.fail_unclaimed(id, &failing, &now());
                return failed.map(|()| true);
            }
        };
        // A reader that panics must not leave a job behind that every later process tries again.
        let outcome = catch_unwind(AssertUnwindSafe(|| import::run(self, &job)));
        match outcome {
            Ok(Ok(()) | Err(Halt::Gone)) => Ok(true),
            Ok(Err(Halt::Stopped)) => self.store.release(&job).map(|()| false),
            Ok(Err(Halt::Failed(failing))) => self.fail(&job, failing),
            Ok(Err(Halt::Store(error))) if error.is_passing() => {
                // Where this fails too, the job is found begun and without an owner.
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
