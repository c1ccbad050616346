//! Second step: one create call, repeated only if it never left or if the service was busy.

use super::{SubmitError, Submitter, outcome_entries};
use crate::api::{ApiError, Outcome, backoff};
use crate::journal::{KnownBy, Moment};
use crate::submission::unresolved::{Open, SubmissionStep, Unresolved};
use std::time::{Duration, Instant};

impl Submitter<'_> {
    /// Sends a submission. A create call that never left is repeated, with growing pauses, until the read timeout is
    /// over. A call that met a busy service is repeated until `busy_wait` is over.
    pub fn send(&self, mut open: Open) -> Result<SubmissionStep, SubmitError> {
        let begun = Instant::now();
        let pending = self.pending();
        let patience = self.client.settings().read_timeout;
        let mut tries = 0;
        loop {
            open.sent = Moment::now();
            open.begun = Some(Instant::now());
            let error = match self.create(&mut open, true) {
                Ok(job) => return self.admit(open, job, KnownBy::Answer),
                Err(error) => error,
            };
            tries += 1;
            let pause = match (error.outcome(), &error) {
                (Outcome::Unknown, ApiError::Stopped { stop, .. }) => {
                    return Err(self.stopped(&open, *stop));
                }
                (Outcome::Unknown, _) => {
                    let cause = Some(Box::new(error));
                    let parked = Unresolved::new(open, cause, self.settle());
                    return Ok(SubmissionStep::Unresolved(parked));
                }
                (Outcome::NeverSent, ApiError::Unreachable { .. }) => {
                    Some(backoff(tries)).filter(|pause| begun.elapsed() + *pause < patience)
                }
                (Outcome::Busy, _) => self.busy_pause(&error, tries, begun),
                _ => None,
            };
            let slept = pause.map(|pause| self.client.interrupt().sleep(pause));
            if slept.is_some_and(|slept| slept.is_ok()) {
                pending.again();
                continue;
            }
            self.note(outcome_entries(open.id(), &Err(error.clone()), false));
            return Err(match (error.outcome(), slept) {
                // No job was made, and the run ends.
                (Outcome::Busy, Some(Err(stop))) => SubmitError::Waiting { stop },
                (Outcome::Busy, _) if tries > 1 => SubmitError::StillBusy {
                    waited: begun.elapsed(),
                    last: Box::new(error),
                },
                _ => error.into(),
            });
        }
    }

    /// Returns the pause before the call to a busy service is repeated, or `None` if `busy_wait` would be exceeded.
    fn busy_pause(&self, error: &ApiError, tries: u32, begun: Instant) -> Option<Duration> {
        let pause = error.retry_after().unwrap_or_else(|| backoff(tries));
        let waited = begun.elapsed().checked_add(pause)?;
        (waited <= self.busy_wait).then_some(pause)
    }

    /// Makes one create call. If the run is stopped, the answer is journalled when it arrives. The answer to a repeat
    /// is journalled only if it's a job, since a failure of the repeat proves nothing about the first send.
    pub(super) fn create(&self, open: &mut Open, first: bool) -> Result<String, ApiError> {
        open.sends = open.sends.saturating_add(1);
        let late = self.desk.late.journalling(&self.desk.journal, open, first);
        self.client
            .create_or_late(&open.request, &open.intent.header, late)
    }
}
