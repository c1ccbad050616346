//! The second step: one create call, sent again only where it never left.

use super::parked::{Open, Parked};
use super::{SubmitError, Submitter, outcome_entries};
use crate::api::{ApiError, Outcome, backoff};
use std::time::Instant;

/// What came of a send.
#[derive(Debug)]
pub enum Sent {
    /// The job's id.
    Made(String),
    /// Nobody knows yet.
    Parked(Parked),
}

impl Submitter<'_> {
    /// Sends a submission. What never left is sent again, with growing pauses, until the call's deadline.
    pub fn send(&self, mut open: Open) -> Result<Sent, SubmitError> {
        let begun = Instant::now();
        let patience = self.client.settings().read_timeout;
        let mut tries = 0;
        loop {
            let answer = self.create(&mut open, true);
            let error = match answer {
                Ok(job) => {
                    self.note(outcome_entries(open.id(), &Ok(job.clone()), false));
                    return Ok(Sent::Made(job));
                }
                Err(error) => error,
            };
            tries += 1;
            match (error.outcome(), &error) {
                (Outcome::Unknown, ApiError::Stopped { stop, .. }) => {
                    return Err(open.stopped(*stop));
                }
                (Outcome::Unknown, _) => {
                    return Ok(Sent::Parked(Parked::new(
                        open,
                        Some(Box::new(error)),
                        self.settle(),
                    )));
                }
                (Outcome::NeverSent, ApiError::Unreachable { .. }) => {
                    let pause = backoff(tries);
                    let left = patience.saturating_sub(begun.elapsed());
                    if pause < left && self.client.interrupt().sleep(pause).is_ok() {
                        continue;
                    }
                }
                _ => {}
            }
            self.note(outcome_entries(open.id(), &Err(error.clone()), false));
            return Err(error.into());
        }
    }

    /// One create call. If it is stopped, its answer is journalled when it comes: that of a repeat only where it is a job,
    /// since a failure of the repeat says nothing of the first send.
    pub(super) fn create(&self, open: &mut Open, first: bool) -> Result<String, ApiError> {
        open.sends = open.sends.saturating_add(1);
        let late = self.desk.late.journalling(&self.desk.journal, open, first);
        self.client
            .create_or_late(&open.request, &open.intent.header, late)
    }
}
