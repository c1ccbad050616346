//! Second step: one create call, repeated only if it never left or if the service was busy.

use super::admit::{Admitted, not_known};
use super::{Doubt, SubmitError, Submitter, outcome_entries};
use crate::api::{ApiError, Outcome, backoff};
use crate::journal::{KnownBy, Moment};
use crate::submission::unresolved::{Open, Unresolved};
use std::time::{Duration, Instant};

/// Result of a send.
#[derive(Debug)]
pub enum Sent {
    /// The job's id.
    Made(String),
    /// The outcome isn't known yet.
    Unresolved(Unresolved),
    /// An earlier attempt under the import key has failed: begin again, for the next attempt.
    Next,
}

impl Submitter<'_> {
    /// Sends a submission. A create call that never left is repeated, with growing pauses, until the read timeout is
    /// over. A call that met a busy service is repeated until `busy_wait` is over.
    pub fn send(&self, mut open: Open) -> Result<Sent, SubmitError> {
        let begun = Instant::now();
        let pending = self.pending();
        let patience = self.client.settings().read_timeout;
        let mut tries = 0;
        loop {
            open.sent = Moment::now();
            open.begun = Some(Instant::now());
            let error = match self.create(&mut open, true) {
                Ok(job) => return self.answered(open, job),
                Err(error) => error,
            };
            tries += 1;
            let pause = match (error.outcome(), &error) {
                (Outcome::Unknown, ApiError::Stopped { stop, .. }) => {
                    return Err(self.stopped(&open, *stop));
                }
                (Outcome::Unknown, _) => {
                    let cause = Some(Box::new(error));
                    return Ok(Sent::Unresolved(Unresolved::new(
                        open,
                        cause,
                        self.settle(),
                    )));
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

    /// Checks the job of an answer, and converts it to a result.
    fn answered(&self, open: Open, job: String) -> Result<Sent, SubmitError> {
        match self.admit(open, job.clone(), KnownBy::Answer)? {
            Admitted::Made(job) => Ok(Sent::Made(job)),
            Admitted::Next => Ok(Sent::Next),
            Admitted::Foreign(open) => self.foreign(open, job).map(Sent::Unresolved),
        }
    }

    /// Parks a submission that was answered with another submission's job, so that its own job is looked for. If the
    /// same id comes a second time, a mix-up on one connection can't explain it, and the outcome counts as not known.
    pub(super) fn foreign(&self, mut open: Open, job: String) -> Result<Unresolved, SubmitError> {
        let cause = Some(Box::new(self.client.foreign_job(&job)));
        if open.foreign.as_ref() == Some(&job) {
            return Err(not_known(self, open, Doubt::Foreign, vec![job], cause));
        }
        open.foreign = Some(job);
        let mut parked = Unresolved::new(open, cause, self.settle());
        parked.scan_instead();
        Ok(parked)
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
