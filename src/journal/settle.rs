//! Settling by hand what could not be found out, and correcting that.

use super::entry::{Entry, Settled};
use super::fold::Fold;
use super::record::{Standing, Submission};
use super::{Journal, JournalError, now};
use crate::api::model::JobState;

/// What somebody says became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It has made no job.
    NoJob,
    /// It has made this job.
    Job(String),
    /// Its job, this one where it is not known yet, has ended so.
    Ended(JobState, Option<String>),
}

impl Journal {
    /// Writes down what became of a submission, and answers its job. For what is open or unknown, for what was settled by
    /// hand before, and for the end of a job that is not journalled. Refused while a process is at work on it.
    pub fn settle(&self, id: &str, word: &Word) -> Result<Option<String>, JournalError> {
        let identity = self.read(|fold| Some(fold.submission(id)?.intent.identity.clone()))?;
        let identity = identity.ok_or_else(|| missing(id))?;
        let busy = || JournalError::AtWork { id: id.to_owned() };
        let _lock = self.lock_identity(&identity)?.ok_or_else(busy)?;
        self.transact(|fold| {
            let settled = settled(fold, id, word)?;
            let job = settled.job.clone();
            Ok((vec![Entry::Settled(settled)], job))
        })
    }

    /// What [`Self::settle`] would answer; nothing is written.
    pub fn would_settle(&self, id: &str, word: &Word) -> Result<Option<String>, JournalError> {
        self.read(|fold| Ok(settled(fold, id, word)?.job))?
    }
}

fn missing(id: &str) -> JournalError {
    JournalError::NoSubmission { id: id.to_owned() }
}

/// The entry for it, where that makes sense.
fn settled(fold: &Fold, id: &str, word: &Word) -> Result<Settled, JournalError> {
    let submission = fold.submission(id).ok_or_else(|| missing(id))?;
    let is_open = submission.standing.is_unresolved() || submission.by_hand;
    let (job, state) = match word {
        Word::NoJob => (None, None),
        Word::Job(job) => (Some(job.clone()), None),
        Word::Ended(state, named) => {
            let known = submission.job.clone();
            let job = named.clone().or(known).ok_or(JournalError::NoJob {
                id: id.to_owned(),
                state: submission.standing.word(),
            })?;
            (Some(job), Some(*state))
        }
    };
    let allowed = if state.is_some() && job == submission.job {
        may_end(submission)
    } else {
        is_open
    };
    if !allowed {
        return Err(JournalError::Settled {
            id: id.to_owned(),
            state: submission.standing.word(),
        });
    }
    let target = &submission.intent.scope.target;
    if let Some(job) = &job
        && let Some(owner) = fold.of_job(target, job)
        && owner.intent.id != id
    {
        return Err(JournalError::JobTaken {
            job: job.clone(),
            owner: owner.intent.id.clone(),
        });
    }
    Ok(Settled {
        id: id.to_owned(),
        at: now(),
        job,
        state: state.map(|state| state.word().to_owned()),
    })
}

/// True where the end of its job is not known, or by word of the user only.
fn may_end(submission: &Submission) -> bool {
    submission.standing == Standing::Submitted || submission.end_by_hand
}
