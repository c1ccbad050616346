//! Manual settling of outcomes that couldn't be found out, and corrections of earlier settlements.

use super::entry::{Entry, Settled};
use super::record::Standing;
use super::{Journal, JournalError, now};
use crate::api::model::JobState;
use crate::journal::state::JournalState;

/// The outcome of a submission according to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// The submission has made no job.
    NoJob,
    /// The submission has made this job.
    Job(String),
    /// The submission's job has ended in this state. The job's id is needed if the job isn't known yet.
    Ended(JobState, Option<String>),
}

impl Journal {
    /// Journals the outcome of a submission, and returns its job. Allowed for open and unknown submissions, for those
    /// that were settled manually before, and for the end of a job if that end isn't journalled. Fails while a process
    /// works on the submission.
    pub fn settle(&self, id: &str, word: &Word) -> Result<Option<String>, JournalError> {
        let identity = self.read(|fold| Some(fold.submission(id)?.intent.identity.clone()))?;
        let identity = identity.ok_or_else(|| JournalError::NoSubmission(id.to_owned()))?;
        let busy = || JournalError::AtWork(id.to_owned());
        let _lock = self.lock_identity(&identity)?.ok_or_else(busy)?;
        self.transact(|fold| {
            let settled = settled(fold, id, word)?;
            let job = settled.job.clone();
            Ok((vec![Entry::Settled(settled)], job))
        })
    }

    /// Returns the result that [`Self::settle`] would have, without writing anything.
    pub fn would_settle(&self, id: &str, word: &Word) -> Result<Option<String>, JournalError> {
        self.read(|fold| Ok(settled(fold, id, word)?.job))?
    }
}

/// Returns the entry for an outcome, if the submission's state allows it.
fn settled(fold: &JournalState, id: &str, word: &Word) -> Result<Settled, JournalError> {
    let submission = fold
        .submission(id)
        .ok_or_else(|| JournalError::NoSubmission(id.to_owned()))?;
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
        // The job's end isn't known, or is known from `journal settle` only.
        submission.standing == Standing::Submitted || submission.end_by_hand
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
