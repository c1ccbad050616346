//! Limited waits for the database: for the connection of this process, and for locks of other processes.

use super::error::{Result, StoreError, is_busy};
use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::Connection;
use std::ops::Deref;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Interval at which a waiting operation checks whether to give up.
pub(crate) const SLICE: Duration = Duration::from_millis(50);

/// Longest wait of a worker once the service stops, to release its job. Requests end at once.
const LAST: Duration = Duration::from_secs(1);

/// The limit of one operation's waits.
pub(crate) struct DatabaseWait<'a> {
    pub(crate) priority: Priority,
    pub(crate) end: Instant,
    /// The time at which the service began to stop, which shortens all waits.
    pub(crate) stopping: &'a OnceLock<Instant>,
}

impl DatabaseWait<'_> {
    /// Returns the time left; `None` if the wait is over.
    fn left(&self) -> Option<Duration> {
        let last = match self.priority {
            Priority::Request => Duration::ZERO,
            Priority::Worker => LAST,
        };
        let stop = self.stopping.get().map(|begin| *begin + last);
        let end = stop.map_or(self.end, |stop| self.end.min(stop));
        let left = end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Runs `act`, and retries while another process has locked the database.
    pub(crate) fn insist<T>(&self, mut act: impl FnMut() -> rusqlite::Result<T>) -> Result<T> {
        loop {
            let begin = Instant::now();
            match act() {
                Err(error) if is_busy(&error) => {
                    let left = self.left().ok_or(StoreError::Busy)?;
                    // The database normally waited for a slice itself, but not if that could be a deadlock.
                    std::thread::sleep(SLICE.min(left).saturating_sub(begin.elapsed()));
                }
                done => return Ok(done?),
            }
        }
    }
}

/// Longest time for which a worker lets requests go first.
const POLITE: Duration = Duration::from_millis(20);

/// The user of a connection. Requests go first because a client waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// A request.
    Request,
    /// A worker, which lets requests go first for a limited time.
    Worker,
}

/// A lock around a connection that one thread uses at a time.
pub(crate) struct ConnectionPool {
    queue: Mutex<PoolQueue>,
    free: Condvar,
    connection: Mutex<Connection>,
}

#[derive(Default)]
struct PoolQueue {
    /// True if a thread uses the connection.
    taken: bool,
    /// Number of waiting requests.
    requests: usize,
}

/// The right to use a pool's connection, until dropped.
pub(crate) struct PooledConnection<'a> {
    pool: &'a ConnectionPool,
    connection: MutexGuard<'a, Connection>,
}

impl ConnectionPool {
    /// Returns a pool for this connection.
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            queue: Mutex::default(),
            free: Condvar::new(),
            connection: Mutex::new(connection),
        }
    }

    /// Waits for the connection.
    pub(crate) fn connection(&self, wait: &DatabaseWait<'_>) -> Result<PooledConnection<'_>> {
        let begin = Instant::now();
        let is_request = wait.priority == Priority::Request;
        let mut queue = self.queue.lock();
        queue.requests += usize::from(is_request);
        while queue.taken || (!is_request && queue.requests > 0 && begin.elapsed() < POLITE) {
            let Some(left) = wait.left() else {
                queue.requests -= usize::from(is_request);
                return Err(StoreError::Busy);
            };
            let slice = if is_request { SLICE } else { POLITE };
            self.free.wait_for(&mut queue, left.min(slice));
        }
        queue.requests -= usize::from(is_request);
        queue.taken = true;
        drop(queue);
        Ok(PooledConnection {
            pool: self,
            connection: self.connection.lock(),
        })
    }
}

impl Drop for PooledConnection<'_> {
    fn drop(&mut self) {
        self.pool.queue.lock().taken = false;
        // All waiting threads are notified, since a worker may let the others go first.
        self.pool.free.notify_all();
    }
}

impl Deref for PooledConnection<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
