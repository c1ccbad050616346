//! Pauses of a batch while the service is busy or unavailable.

use super::Queue;
use crate::error::{Failure, Kind};
use crate::submission::SubmitError;
use crate::text::words;
use std::time::{Duration, Instant};

/// Initial and maximum pause after a busy answer. Each pause is twice as long as the last.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Queue<'_> {
    /// Handles a submission without a job: retries it later, gives up, or marks it as in doubt.
    pub(super) fn refused(&mut self, at: usize, error: SubmitError) -> Result<(), Failure> {
        let retry_after = error.retry_after();
        let failure = Failure::from(error);
        match failure.kind {
            Kind::Busy => return self.busy(at, failure, retry_after),
            // Nothing was sent: the service is unavailable, or couldn't report the state of an earlier job.
            _ if failure.is_transient() && !self.is_lasting() => self.put_off(at, self.backoff()),
            Kind::Connect | Kind::Auth => return Err(failure),
            _ if failure.is_stop() => return Err(failure),
            _ => self.give_up(at, failure),
        }
        Ok(())
    }

    /// Counts a missing answer. Returns true if the service has been silent for too long.
    pub(super) fn is_lasting(&mut self) -> bool {
        self.contact
            .missed(self.connection.client.settings().read_timeout)
    }

    /// Schedules a retry for a busy service. Returns an error if the wait would exceed `busy_wait`. The wait starts
    /// over when the service accepts a job or a job ends.
    fn busy(
        &mut self,
        at: usize,
        failure: Failure,
        retry_after: Option<Duration>,
    ) -> Result<(), Failure> {
        let pause = retry_after.unwrap_or_else(|| self.backoff());
        let since = self.busy_since.unwrap_or_else(Instant::now);
        let waited = since.elapsed();
        if waited.saturating_add(pause) > self.busy_wait {
            let waited = words::duration(waited);
            let message = format!("{}: still busy after {waited}", failure.message);
            return Err(Failure { message, ..failure });
        }
        if self.busy_since.is_none() {
            let text = format!("{}; the batch waits and continues", failure.message);
            self.view.say(&text);
        }
        self.busy_since = Some(since);
        self.put_off(at, pause);
        Ok(())
    }

    /// Returns the current pause if one is running, else a pause twice as long as the last.
    fn backoff(&self) -> Duration {
        let left = self
            .pause
            .map(|until| until.saturating_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero()).unwrap_or_else(|| {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.busy.min(16));
            pause.min(LONGEST_PAUSE)
        })
    }

    /// Pauses submissions, and puts this task first in line.
    fn put_off(&mut self, at: usize, pause: Duration) {
        self.pending.push_front(at);
        let now = Instant::now();
        let paused = self.pause.is_some_and(|until| now < until);
        self.busy += u32::from(!paused);
        self.pause = self.pause.max(now.checked_add(pause));
    }
}
