//! How the jobs of a batch stand.

use crate::api::model::{JobState, Progress};
use crate::error::Failure;
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
