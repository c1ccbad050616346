//! How the jobs of a batch stand.

use crate::api::model::{JobState, Progress};
use crate::error::{Failure, Kind};
use std::rc::Rc;

/// How one job of a batch stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Its id, once it is known.
    pub(super) job: Option<String>,
    /// Its last reading.
    pub(super) progress: Option<Rc<Progress>>,
    /// Why it was not submitted, or why nobody knows.
    pub(super) failure: Option<Failure>,
}

impl Entry {
    /// The word for how it stands.
    pub(super) fn word(&self) -> String {
        match (&self.progress, &self.failure, &self.job) {
            (Some(progress), ..) => progress.state.to_string(),
            (None, Some(failure), _) if failure.kind == Kind::Unknown => "Unknown".to_owned(),
            (None, Some(_), _) => "Refused".to_owned(),
            (None, None, Some(_)) => "Submitted".to_owned(),
            (None, None, None) => "Pending".to_owned(),
        }
    }

    /// True where it was not even begun.
    pub(super) fn is_left(&self) -> bool {
        self.job.is_none() && self.failure.is_none() && self.progress.is_none()
    }

    /// True where nobody knows what became of it.
    pub(super) fn is_in_doubt(&self) -> bool {
        let failure = self.failure.as_ref();
        failure.is_some_and(|failure| failure.kind == Kind::Unknown)
    }

    /// Its state, where it has a job that was read.
    pub(super) fn state(&self) -> Option<JobState> {
        self.progress.as_ref().map(|it| it.state.kind)
    }

    /// True where nothing more is to be waited for.
    pub(super) fn has_ended(&self) -> bool {
        self.failure.is_some() || self.state().is_some_and(JobState::ends_wait)
    }

    /// True where it ended badly.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some() || matches!(self.state(), Some(JobState::Failed | JobState::Aborted))
    }

    /// Its rows, as far as known.
    pub(super) fn rows(&self) -> u64 {
        let rows = self.progress.as_ref().and_then(|it| it.rows);
        rows.unwrap_or(0)
    }
}
