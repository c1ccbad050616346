//! The threads that run jobs: those submitted here, and those a dead process left behind.

use super::import::{self, Halt, now};
use super::lock::{self, JobLock};
use super::store::work::{Claimed, Failing};
use super::store::{Store, StoreError};
use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often an idle worker looks for jobs that another process left behind.
const LOOK: Duration = Duration::from_secs(1);

/// What the workers and the server share.
pub(super) struct Shared {
    store: Store,
    locks: PathBuf,
    rate: Option<u64>,
    board: Mutex<Board>,
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
}

impl Shared {
    /// State for workers on this store, with lock files in `locks`.
    pub(super) fn new(store: Store, locks: PathBuf, rate: Option<u64>) -> Self {
        Self {
            store,
            locks,
            rate,
            board: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    /// The store.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Rows per second each job is held to.
    pub(super) fn rate(&self) -> Option<u64> {
        self.rate
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
        let mut board = self.board();
        board.submitted.insert(job.to_owned());
        board.calls += 1;
        drop(board);
        self.wake.notify_all();
    }

    /// Wakes idle workers, e.g. to sweep after a drop.
    pub(super) fn nudge(&self) {
        self.board().calls += 1;
        self.wake.notify_all();
    }

    /// Jobs that this process has to finish: those its workers have, and those submitted here that nobody has yet.
    pub(super) fn running(&self) -> usize {
        // Looked up before the board: a job that is taken up in between is then on both lists, not on none.
        let pending = if self.board().submitted.is_empty() {
            Vec::new()
        } else {
            self.store.pending_jobs().unwrap_or_default()
        };
        let mut board = self.board();
        let Board {
            claimed, submitted, ..
        } = &mut *board;
        submitted.retain(|job| pending.contains(job));
        claimed.union(submitted).count()
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
            // A store that fails now (disk full, locked for long) may work again later.
            if self.run_next().unwrap_or(false) || self.sweep().unwrap_or(false) {
                continue;
            }
            let idle = |board: &mut Board| !board.stopping && board.calls == seen;
            let waited = self.wake.wait_timeout_while(self.board(), LOOK, idle);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Deletes some of what is to go; space is given back only while no import here could use it again.
    fn sweep(&self) -> Result<bool, StoreError> {
        Ok(self.store.sweep()? || (self.board().claimed.is_empty() && self.store.vacuum()?))
    }

    /// Runs the oldest job that nobody works on; false where there is none.
    fn run_next(&self) -> Result<bool, StoreError> {
        let mut trouble = None;
        for id in self.store.open_jobs()? {
            match self.try_run(&id) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                // One job in trouble must not keep the next ones from running.
                Err(error) => trouble = Some(error),
            }
        }
        trouble.map_or(Ok(false), Err)
    }

    /// Runs this job, unless somebody works on it already.
    fn try_run(&self, id: &str) -> Result<bool, StoreError> {
        if self.board().claimed.contains(id) {
            return Ok(false);
        }
        let taken = JobLock::take(&self.locks, id).map_err(|source| self.lock_error(source))?;
        let Some(lock) = taken else {
            return Ok(false);
        };
        self.board().claimed.insert(id.to_owned());
        let ended = self.run(id);
        match &ended {
            Ok(true) => lock.remove(),
            Ok(false) | Err(_) => drop(lock),
        }
        let mut board = self.board();
        board.claimed.remove(id);
        board.submitted.remove(id);
        drop(board);
        ended.map(|_| true)
    }

    /// Runs one job whose lock is held; true where it has ended, false where it waits for the next owner.
    fn run(&self, id: &str) -> Result<bool, StoreError> {
        let Some(job) = self.store.claim(id)? else {
            return Ok(true);
        };
        // A reader that panics must not leave a job behind that every later process tries again.
        let outcome = catch_unwind(AssertUnwindSafe(|| import::run(self, &job)));
        match outcome {
            Ok(Ok(()) | Err(Halt::Gone)) => Ok(true),
            Ok(Err(Halt::Stopped)) => self.store.release(&job).map(|()| false),
            Ok(Err(Halt::Failed(failing))) => self.fail(&job, failing),
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

/// The running worker threads.
pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` (at least 1) threads.
    pub(super) fn start(shared: &Arc<Shared>, count: usize) -> io::Result<Self> {
        let mut workers = Self {
            shared: Arc::clone(shared),
            threads: Vec::new(),
        };
        for _ in 0..count.max(1) {
            let shared = Arc::clone(shared);
            let thread = std::thread::Builder::new().name("local-import".to_owned());
            // On failure the threads already started end with `workers`.
            workers.threads.push(thread.spawn(move || shared.work())?);
        }
        let shared = Arc::clone(shared);
        let thread = std::thread::Builder::new().name("local-tidy".to_owned());
        workers.threads.push(thread.spawn(move || {
            lock::tidy(&shared.locks, |job| {
                shared.store.has_ended(job).unwrap_or(false)
            });
        })?);
        Ok(workers)
    }
}

impl Drop for Workers {
    /// Ends the batch in hand, gives unfinished jobs back, and waits for the threads.
    fn drop(&mut self) {
        self.shared.board().stopping = true;
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            _ = thread.join();
        }
    }
}
