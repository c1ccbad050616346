//! Waiting for the database: for our own turn, and for other processes', but never without an end.

use super::StoreError;
use rusqlite::Connection;
use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The longest time nobody looks whether waiting has become pointless.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// How long an operation may still wait once the service stops, e.g. to give a job back.
const LAST: Duration = Duration::from_secs(1);

/// When the service began to stop.
#[derive(Debug, Default)]
pub(super) struct Stopping(OnceLock<Instant>);

impl Stopping {
    /// Cuts every wait short from now on.
    pub(super) fn begin(&self) {
        self.0.get_or_init(Instant::now);
    }

    /// What is left of a wait until `end`; `None` where it is over.
    fn left(&self, end: Instant) -> Option<Duration> {
        let end = self.0.get().map_or(end, |begin| end.min(*begin + LAST));
        let left = end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Does `act`, and again while the database is another's, until `end`.
    pub(super) fn insist<T>(
        &self,
        end: Instant,
        mut act: impl FnMut() -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        loop {
            let begin = Instant::now();
            match act() {
                Err(error) if super::is_busy(&error) => {
                    let left = self.left(end).ok_or(StoreError::Busy)?;
                    // The database normally waited for a slice itself, but not where that could be a deadlock.
                    std::thread::sleep(SLICE.min(left).saturating_sub(begin.elapsed()));
                }
                done => return Ok(done?),
            }
        }
    }
}

/// How long a worker lets requests go first.
const POLITE: Duration = Duration::from_millis(20);

/// Who wants the connection: somebody waits for a request's answer, and nobody for a worker's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A request's.
    Request,
    /// A worker's: it lets requests go first, but not for long.
    Worker,
}

/// A connection that one thread uses at a time.
pub(super) struct Gate {
    queue: Mutex<Queue>,
    free: Condvar,
    connection: Mutex<Connection>,
}

#[derive(Default)]
struct Queue {
    /// Somebody has the connection.
    taken: bool,
    /// Requests that wait for it.
    requests: usize,
}

/// The right to use a gate's connection, until dropped.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    connection: MutexGuard<'a, Connection>,
}

impl Gate {
    /// A gate before this connection.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            queue: Mutex::default(),
            free: Condvar::new(),
            connection: Mutex::new(connection),
        }
    }

    /// Waits for the connection until `end`.
    pub(super) fn pass(
        &self,
        turn: Turn,
        stopping: &Stopping,
        end: Instant,
    ) -> Result<Pass<'_>, StoreError> {
        let begin = Instant::now();
        let is_request = turn == Turn::Request;
        let mut queue = self.queue();
        queue.requests += usize::from(is_request);
        while queue.taken || (!is_request && queue.requests > 0 && begin.elapsed() < POLITE) {
            let Some(left) = stopping.left(end) else {
                queue.requests -= usize::from(is_request);
                return Err(StoreError::Busy);
            };
            let slice = if is_request { SLICE } else { POLITE };
            let waited = self.free.wait_timeout(queue, left.min(slice));
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.requests -= usize::from(is_request);
        queue.taken = true;
        drop(queue);
        let connection = &self.connection;
        Ok(Pass {
            gate: self,
            connection: connection.lock().unwrap_or_else(PoisonError::into_inner),
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.queue().taken = false;
        // All of those that wait, since one of them may let the others go first.
        self.gate.free.notify_all();
    }
}

impl Deref for Pass<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
