//! Checks that the job a create call was answered with belongs to the submission.
//!
//! A server that honours the `Idempotency-Key` header answers a repeated value with the first job, even if the value
//! comes from another data folder and even if that job failed. A connection that delivers an answer twice returns the
//! job of another submission. So a job id that another submission owns is rejected, and the progress of a job that
//! existed before the intent is read before the job is accepted.

use super::files::{Likeness, compare};
use super::{Doubt, Notice, SubmitError, Submitter};
use crate::api::model::{JobState, Progress};
use crate::api::{ApiError, backoff};
use crate::journal::{Entry, KnownBy};
use crate::submission::unresolved::{Open, SubmissionStep, Unresolved};
use std::time::Instant;

/// A job's owner according to the journal.
enum JobOwner {
    /// The submission has this job.
    Own(String),
    /// No submission has the job, and no baseline contains it.
    New,
    /// A scan saw the job before the intent was written.
    Before,
    /// Another submission has the job.
    Anothers,
}

impl Submitter<'_> {
    /// Accepts the job of an answer if it's the submission's own.
    pub(super) fn admit(
        &self,
        open: Open,
        job: String,
        how: KnownBy,
    ) -> Result<SubmissionStep, SubmitError> {
        let keyed = open.intent.key.is_some();
        // Without a baseline, only the job's own progress shows whether it's new. The same holds for a server that
        // honours idempotency keys: its answer may be the job of an attempt that was made after the baseline.
        let reads = keyed
            && !self.client.is_local_service()
            && (self.client.honours_keys() || open.intent.baseline.is_none());
        match self.known(&open, &job, how, !reads) {
            JobOwner::Own(job) => Ok(SubmissionStep::Made(job)),
            JobOwner::New => self.read_new(open, job, how),
            JobOwner::Before if keyed => self.read_earlier(open, job, how),
            JobOwner::Before | JobOwner::Anothers => self.foreign(open, job),
        }
    }

    /// Looks the job up in the journal. If `claims`, a new job is journalled as the submission's.
    fn known(&self, open: &Open, job: &str, how: KnownBy, claims: bool) -> JobOwner {
        let id = open.id();
        let noted = self.desk.journal.note_with(|fold| {
            let Some(own) = fold.submission(id) else {
                return (Vec::new(), JobOwner::Own(job.to_owned()));
            };
            match &own.job {
                // The late answer to an earlier send has been journalled already.
                Some(job) => (Vec::new(), JobOwner::Own(job.clone())),
                None if fold.is_anothers(own, job) => (Vec::new(), JobOwner::Anothers),
                None if fold.precedes(own, job) => (Vec::new(), JobOwner::Before),
                None if claims => (
                    vec![Entry::made(id, job, how)],
                    JobOwner::Own(job.to_owned()),
                ),
                None => (Vec::new(), JobOwner::New),
            }
        });
        noted.unwrap_or_else(|error| {
            self.warn_unwritten(&error);
            JobOwner::Own(job.to_owned())
        })
    }

    /// Accepts a job that isn't in the baseline, unless its progress shows another submission's files or a failure that
    /// predates this attempt.
    fn read_new(
        &self,
        open: Open,
        job: String,
        how: KnownBy,
    ) -> Result<SubmissionStep, SubmitError> {
        let Ok(progress) = self.client.progress(&job) else {
            return self.claim_answer(open, job, how);
        };
        match likeness(&open, &progress) {
            Likeness::Other => self.foreign(open, job),
            _ if has_failed(&progress) && open.may_repeat => {
                Ok(self.repeat(&open, &job, &progress))
            }
            _ => self.claim_answer(open, job, how),
        }
    }

    /// Accepts a job that existed before the intent if it has the submission's files and hasn't failed.
    fn read_earlier(
        &self,
        open: Open,
        job: String,
        how: KnownBy,
    ) -> Result<SubmissionStep, SubmitError> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            match self.client.progress(&job) {
                Err(ApiError::Stopped { stop, .. }) => return Err(self.stopped(&open, stop)),
                Err(_) => {}
                Ok(progress) => match likeness(&open, &progress) {
                    Likeness::Other => return self.foreign(open, job),
                    _ if has_failed(&progress) => return Ok(self.repeat(&open, &job, &progress)),
                    Likeness::Same => return self.claim_answer(open, job, how),
                    // Some services report a job's files late, so read again.
                    Likeness::Unclear => {}
                },
            }
            tries += 1;
            if begun.elapsed() >= self.settle() {
                return Err(not_known(self, open, Doubt::Earlier, vec![job], None));
            }
            let slept = self.client.interrupt().sleep(backoff(tries));
            slept.map_err(|stop| self.stopped(&open, stop))?;
        }
    }

    fn claim_answer(
        &self,
        open: Open,
        job: String,
        how: KnownBy,
    ) -> Result<SubmissionStep, SubmitError> {
        let id = open.id();
        let noted = self.desk.journal.note_with(|fold| {
            let own = fold.submission(id);
            if own.is_some_and(|own| fold.is_anothers(own, &job)) {
                return (Vec::new(), false);
            }
            (vec![Entry::made(id, &job, how)], true)
        });
        let own = noted.unwrap_or_else(|error| {
            self.warn_unwritten(&error);
            true
        });
        if own {
            Ok(SubmissionStep::Made(job))
        } else {
            self.foreign(open, job)
        }
    }

    /// Journals the failed job as this attempt's, so that the next submission gets a new attempt number.
    fn repeat(&self, open: &Open, job: &str, progress: &Progress) -> SubmissionStep {
        (self.notify)(Notice::Event(format!(
            "job {job} was submitted under this key before and is {}: submitting again",
            progress.state
        )));
        let made = Entry::made(open.id(), job, KnownBy::SameKey);
        let target = &open.intent.scope.target;
        let ended = Entry::ended(target, job, progress.state.kind, progress.rows);
        self.note(vec![made, ended]);
        SubmissionStep::Next
    }

    /// Parks a submission that was answered with another submission's job, so that its own job is looked for. If the
    /// same id comes a second time, a mix-up on one connection can't explain it, and the outcome counts as not known.
    fn foreign(&self, mut open: Open, job: String) -> Result<SubmissionStep, SubmitError> {
        let cause = Some(Box::new(self.client.foreign_job(&job)));
        if open.foreign.as_ref() == Some(&job) {
            return Err(not_known(self, open, Doubt::Foreign, vec![job], cause));
        }
        open.foreign = Some(job);
        let mut parked = Unresolved::new(open, cause, self.settle());
        parked.scan_instead();
        Ok(SubmissionStep::Unresolved(parked))
    }
}

fn likeness(open: &Open, progress: &Progress) -> Likeness {
    compare(&open.intent.files, progress)
}

fn has_failed(progress: &Progress) -> bool {
    matches!(progress.state.kind, JobState::Failed | JobState::Aborted)
}

/// Journals that the outcome of a submission couldn't be found out.
pub(super) fn not_known(
    it: &Submitter<'_>,
    open: Open,
    why: Doubt,
    jobs: Vec<String>,
    cause: Option<Box<ApiError>>,
) -> SubmitError {
    it.note(vec![Entry::unknown(open.id(), jobs.clone(), false)]);
    SubmitError::NotKnown {
        id: open.intent.id,
        key: open.intent.key,
        why,
        jobs,
        cause,
    }
}
