//! Watching of running jobs, for `wait` and `import_all`: how often a job is read, when a silent service counts as gone,
//! and the requests themselves ([`requests`] on threads, within rate limits; [`lists`] for many jobs at once).

pub(super) mod lists;
pub(super) mod requests;

use crate::api::Client;
use std::time::{Duration, Instant};

/// Minimum time between two readings of a job.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(500);
/// Minimum time between two readings of the local service, whose requests are cheap.
pub(super) const MIN_LOCAL_INTERVAL: Duration = Duration::from_millis(5);
/// Maximum time between two readings, unless the caller sets an interval.
const MAX_INTERVAL: Duration = Duration::from_secs(10);
/// The time between two redraws while no answer arrives.
pub(super) const REDRAW: Duration = Duration::from_millis(250);
/// Maximum requests per second for all jobs together, well below the 20 requests per second that the cloud allows an
/// API key (<https://docs.zilliz.com/docs/limits>).
pub(super) const REQUESTS_PER_SECOND: u32 = 15;
/// A service counts as gone after more than `MAX_MISSES` failed readings in a row, and no answer for `PATIENCE` times a
/// call's read timeout.
const MAX_MISSES: u32 = 5;
const PATIENCE: u32 = 4;

/// Returns the pause before the next reading of a job: a twentieth of the time watched so far, so short jobs are read
/// often and long jobs less.
pub(super) fn interval(watched: Duration, is_local: bool) -> Duration {
    if is_local && watched < MIN_INTERVAL {
        watched.max(MIN_LOCAL_INTERVAL)
    } else {
        (watched / 20).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }
}

/// Returns a client whose calls end at the deadline.
fn until(client: &Client, deadline: Option<Instant>) -> Client {
    client.with_interrupt(client.interrupt().until(deadline))
}

/// Contact with a service: whether it still answers.
pub(super) struct Contact {
    misses: u32,
    answered: Instant,
}

impl Contact {
    /// Returns the state at the start: the service counts as answering.
    pub(super) fn new() -> Self {
        let answered = Instant::now();
        let misses = 0;
        Self { misses, answered }
    }

    /// Records an answer.
    pub(super) fn answered(&mut self) {
        *self = Self::new();
    }

    /// Returns the time since the last answer, if answers were missing since.
    pub(super) fn silence(&self) -> Option<Duration> {
        (self.misses > 0).then(|| self.answered.elapsed())
    }

    /// Records a missing answer. Returns true if the service counts as gone.
    pub(super) fn missed(&mut self, read_timeout: Duration) -> bool {
        self.misses += 1;
        let patience = read_timeout.saturating_mul(PATIENCE);
        self.misses > MAX_MISSES && self.answered.elapsed() >= patience
    }
}
