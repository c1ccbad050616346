//! The worker threads, which start and stop together. Stopping waits for them for a limited time.

use crate::local::jobs::lock;
use crate::local::jobs::state::Shared;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest wait for the threads when the service stops. They finish their current batch. A thread that hangs, e.g. in a
/// read from a network disk, is left behind, which is as safe as killing the process.
const GRACE: Duration = Duration::from_secs(3);

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
        let running = RunningThread::new(&self.shared);
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(move || work(&running.0))?);
        Ok(())
    }
}

/// A guard that counts a thread while it runs.
struct RunningThread(Arc<Shared>);

impl RunningThread {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.board.lock().threads += 1;
        Self(Arc::clone(shared))
    }
}

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
