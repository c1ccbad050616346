//! The threads that run jobs: jobs submitted here, and jobs left behind by a dead process. They start and stop together.

use super::import::{self, Halt};
use super::lock::{self, JobLock};
use super::state::{Shared, WorkerState};
use crate::local::storage::StoreError;
use crate::local::storage::work::{Claimed, JobFailure};
use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Interval at which an idle worker checks for jobs that another process left behind, and at which any worker checks
/// for storage keys that are no longer needed.
const LOOK: Duration = Duration::from_secs(1);

/// Open jobs per lookup. The first job without a worker is nearly always among them.
const OPEN_JOBS: u64 = 16;

/// Longest wait for the threads when the service stops. They finish their current batch. A thread that hangs, e.g. in a
/// read from a network disk, is left behind, which is as safe as killing the process.
const GRACE: Duration = Duration::from_secs(3);

impl Shared {
    fn work(&self) {
        loop {
            let board = self.board.lock();
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
            let idle = |board: &mut WorkerState| !board.stopping && board.calls == seen;
            self.work.wait_while_for(&mut self.board.lock(), idle, LOOK);
        }
    }

    /// Cleans up while there is no job to run. Returns true if there's more to clean up.
    fn tidy(&self) -> Result<bool, StoreError> {
        // Space is only returned while no import here could reuse it.
        Ok(self.store.sweep()? || (self.board.lock().claimed.is_empty() && self.store.vacuum()?))
    }

    /// Removes the data of jobs that were ended by another call, e.g. by dropping their collection.
    fn forget_ended(&self) -> Result<(), StoreError> {
        let kept: BTreeSet<String> = {
            let mut board = self.board.lock();
            if board.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
                return Ok(());
            }
            board.looked = Some(Instant::now());
            let retried = board.retries.jobs().cloned();
            retried.chain(self.key_store.jobs()).collect()
        };
        for job in kept {
            if self.store.has_ended(&job)? {
                self.key_store.forget(&job);
                self.board.lock().retries.forget(&job);
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
        let board = self.board.lock();
        if board.claimed.contains(id) || !board.retries.is_due(id, Instant::now()) {
            return Ok(false);
        }
        drop(board);
        let kept = self.key_store.take_lock(id);
        let lock = match kept.map_or_else(|| JobLock::take(&self.locks, id), |lock| Ok(Some(lock)))
        {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                self.board.lock().retries.forget(id);
                return Ok(false);
            }
            Err(error) => return self.settle(id, Err(error)),
        };
        self.board.lock().claimed.insert(id.to_owned());
        let ended = self.run(id);
        match &ended {
            Ok(true) => {
                self.key_store.forget(id);
                lock.remove();
            }
            Ok(false) => drop(lock),
            Err(_) => self.key_store.give_back(id, lock),
        }
        self.settle(id, ended)
    }

    /// Removes a tried job from the board, or schedules a retry after an error.
    fn settle(&self, id: &str, ended: Result<bool, StoreError>) -> Result<bool, StoreError> {
        let mut board = self.board.lock();
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
        // A job that waits for a retry was left by this process, which hasn't died.
        let is_own = self.board.lock().retries.reason(id).is_some();
        let job = match self.store.claim(id, is_own) {
            Ok(Some(job)) => job,
            Ok(None) => return Ok(true),
            Err(error) if error.is_passing() => return Err(error),
            // The record is broken, so no later attempt can read it.
            Err(error) => {
                self.store.fail_unclaimed(id, &JobFailure::new(error))?;
                return Ok(true);
            }
        };
        // If a reader panics, the job must fail, so later processes don't try it again.
        let outcome = catch_unwind(AssertUnwindSafe(|| import::run(self, &job)));
        match outcome {
            Ok(Ok(()) | Err(Halt::Store(StoreError::Ended))) => Ok(true),
            Ok(Err(Halt::Stopped)) => self.store.release(&job).map(|()| false),
            Ok(Err(Halt::Failed(failing))) => self.fail(&job, failing),
            Ok(Err(Halt::Store(error))) if error.is_passing() => {
                // If the release fails too, the job stays started without an owner, and the next owner restarts it.
                _ = self.store.release(&job);
                Err(error)
            }
            Ok(Err(Halt::Store(error))) => self.fail(&job, JobFailure::new(error)),
            Err(_) => {
                let reason = "the local service failed internally while it read this job's files; please report it";
                self.fail(&job, JobFailure::new(reason))
            }
        }
    }

    fn fail(&self, job: &Claimed, failing: JobFailure) -> Result<bool, StoreError> {
        self.store.fail(job, &failing).map(|()| true)
    }
}

/// The running worker threads.
pub(crate) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` (at least 1) threads.
    pub(crate) fn start(shared: &Arc<Shared>, count: usize) -> io::Result<Self> {
        let mut workers = Self {
            shared: Arc::clone(shared),
            threads: Vec::new(),
        };
        // If this fails, dropping `workers` ends the threads that were started.
        for _ in 0..count.max(1) {
            workers.spawn("local-import", Shared::work)?;
        }
        workers.spawn("local-tidy", |shared| {
            lock::tidy(&shared.locks, |job| {
                shared.store.has_ended(job).unwrap_or(false)
            });
            // Strays that can't be removed now are removed at the next start.
            _ = shared.store.remove_strays();
        })?;
        Ok(workers)
    }

    fn spawn(&mut self, name: &str, work: fn(&Shared)) -> io::Result<()> {
        self.shared.board.lock().threads += 1;
        let running = RunningThread(Arc::clone(&self.shared));
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(move || work(&running.0))?);
        Ok(())
    }
}

/// A guard that counts a thread until it ends.
struct RunningThread(Arc<Shared>);

impl Drop for RunningThread {
    fn drop(&mut self) {
        let mut board = self.0.board.lock();
        board.threads = board.threads.saturating_sub(1);
        drop(board);
        self.0.wake.notify_all();
    }
}

impl Drop for Workers {
    /// Stops the threads after their current batch, releases unfinished jobs, and waits for at most [`GRACE`].
    fn drop(&mut self) {
        self.shared.board.lock().stopping = true;
        self.shared.store.stop();
        self.shared.work.notify_all();
        self.shared.wake.notify_all();
        let mut board = self.shared.board.lock();
        let wake = &self.shared.wake;
        wake.wait_while_for(&mut board, |board| board.threads > 0, GRACE);
        let all = board.threads == 0;
        drop(board);
        for thread in self.threads.drain(..) {
            if all || thread.is_finished() {
                _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests;
