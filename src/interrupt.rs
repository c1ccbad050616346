//! The stop flag of a run, raised by Ctrl-C, SIGTERM, SIGHUP, a deadline or a closed standard output.
//!
//! Every wait goes through [`Interrupt::sleep`] or polls [`Interrupt::check`], so a stop ends the wait within [`TICK`].

use crate::error::{Failure, Kind};
use crate::pending::PendingCalls;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Interval at which a blocked thread checks the flag.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// Interval at which a sleeping thread shows the call that it sleeps for.
const SHOW: Duration = Duration::from_millis(100);

/// Why a run stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub enum Stop {
    /// Ctrl-C (SIGINT).
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP: the terminal is gone.
    HungUp,
    /// A deadline has passed: the run's (`--timeout`) or one set by [`Interrupt::until`].
    TimedOut,
    /// Standard output was closed by its reader.
    ClosedPipe,
}

impl From<Stop> for Kind {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::Terminated => Self::Terminated,
            Stop::HungUp => Self::HungUp,
            Stop::TimedOut => Self::Timeout,
            Stop::ClosedPipe => Self::ClosedPipe,
        }
    }
}

impl Stop {
    /// Returns the reason as the beginning of a sentence.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::HungUp => "the terminal was closed",
            Self::TimedOut => "the time given with --timeout is over",
            Self::ClosedPipe => "standard output was closed",
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::new(stop.into(), stop.words())
    }
}

/// The reason why work on a thread has no result.
#[derive(Debug)]
pub(crate) enum ThreadError {
    /// The thread can't be started.
    Start(io::Error),
    /// The thread ended without a result.
    Ended,
    /// The run was stopped.
    Stopped(Stop),
}

#[derive(Debug, Default)]
struct InterruptState {
    stop: Option<Stop>,
    deadline: Option<Instant>,
}

/// A stop flag. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    shared: Arc<(Mutex<InterruptState>, Condvar)>,
    /// An additional deadline that only this clone has.
    until: Option<Instant>,
    pending: PendingCalls,
}

impl Interrupt {
    /// Returns a flag that isn't raised and has no deadline.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a clone with an additional deadline, for a part of the run.
    #[must_use]
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            until: [self.until, deadline].into_iter().flatten().min(),
            pending: self.pending.clone(),
        }
    }

    /// Returns the calls that the run waits for.
    pub(crate) fn pending(&self) -> &PendingCalls {
        &self.pending
    }

    /// Raises the flag and wakes all sleepers. The first reason is kept until [`Self::clear`].
    pub fn raise(&self, stop: Stop) {
        self.with(|state| {
            state.stop.get_or_insert(stop);
        });
        self.shared.1.notify_all();
    }

    /// Lowers the flag, so the next statement can run.
    pub fn clear(&self) {
        self.with(|state| state.stop = None);
    }

    /// Sets the run's deadline. [`Self::check`] returns [`Stop::TimedOut`] from then on.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.with(|state| state.deadline = deadline);
    }

    /// Returns an error with the reason if the flag is raised or a deadline has passed.
    pub fn check(&self) -> Result<(), Stop> {
        self.with(|state| self.reason(state).map_or(Ok(()), Err))
    }

    /// Sleeps for `time`, or until the flag is raised or a deadline passes.
    pub fn sleep(&self, time: Duration) -> Result<(), Stop> {
        let end = Instant::now().checked_add(time);
        let (lock, condvar) = &*self.shared;
        let longest = if self.pending.is_observed() {
            SHOW
        } else {
            Duration::MAX
        };
        loop {
            self.pending.tick();
            let mut state = lock.lock();
            if let Some(stop) = self.reason(&state) {
                return Err(stop);
            }
            let now = Instant::now();
            if end.is_some_and(|end| now >= end) {
                return Ok(());
            }
            let next = [end, state.deadline, self.until]
                .into_iter()
                .flatten()
                .min();
            let left = next.map_or(Duration::MAX, |next| next.saturating_duration_since(now));
            condvar.wait_for(&mut state, left.min(longest));
        }
    }

    /// Does blocking work on a thread. A stop ends the wait at once and abandons the thread. Calls `tick` several times a
    /// second, and at the end.
    pub(crate) fn on_a_thread<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        mut tick: impl FnMut(),
    ) -> Result<T, ThreadError> {
        let (done, result) = mpsc::channel();
        thread::Builder::new()
            .name(name.to_owned())
            // Sending fails if the wait was stopped, and the result is dropped then.
            .spawn(move || _ = done.send(work()))
            .map_err(ThreadError::Start)?;
        loop {
            let received = result.recv_timeout(TICK);
            self.pending.tick();
            tick();
            match received {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => self.check().map_err(ThreadError::Stopped)?,
                Err(RecvTimeoutError::Disconnected) => return Err(ThreadError::Ended),
            }
        }
    }

    fn reason(&self, state: &InterruptState) -> Option<Stop> {
        let deadline = [state.deadline, self.until].into_iter().flatten().min();
        let late = deadline.is_some_and(|at| Instant::now() >= at);
        state.stop.or(late.then_some(Stop::TimedOut))
    }

    fn with<T>(&self, act: impl FnOnce(&mut InterruptState) -> T) -> T {
        act(&mut self.shared.0.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_flag_ends_a_sleep() {
        let interrupt = Interrupt::new();
        let other = interrupt.until(None);
        let thread = std::thread::spawn(move || other.sleep(Duration::MAX));
        interrupt.raise(Stop::Interrupted);
        interrupt.raise(Stop::Terminated);
        assert_eq!(thread.join().unwrap(), Err(Stop::Interrupted));
        interrupt.clear();
        assert_eq!(interrupt.check(), Ok(()));
    }

    #[test]
    fn a_past_deadline_stops() {
        let interrupt = Interrupt::new();
        interrupt.set_deadline(Some(Instant::now()));
        assert_eq!(interrupt.sleep(Duration::MAX), Err(Stop::TimedOut));
    }

    #[test]
    fn a_deadline_of_a_part_does_not_affect_the_whole() {
        let interrupt = Interrupt::new();
        let part = interrupt.until(Some(Instant::now()));
        assert_eq!(part.sleep(Duration::MAX), Err(Stop::TimedOut));
        assert_eq!(interrupt.check(), Ok(()));
    }
}
