//! The status of a batch's jobs.

use crate::api::model::{JobState, Progress};
use crate::error::{Failure, Kind};
use std::rc::Rc;

/// The status of one job of a batch.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchEntry {
    /// The job's id, once it's known.
    pub(super) job: Option<String>,
    /// The last reading.
    pub(super) progress: Option<Rc<Progress>>,
    /// The reason why the job wasn't submitted, or why its state is in doubt.
    pub(super) failure: Option<Failure>,
}

impl BatchEntry {
    /// Returns the word for the status.
    pub(super) fn word(&self) -> String {
        match (&self.progress, &self.failure, &self.job) {
            (Some(progress), ..) => progress.state.to_string(),
            (None, Some(failure), _) if failure.kind == Kind::Unknown => "Unknown".to_owned(),
            (None, Some(_), _) => "Refused".to_owned(),
            (None, None, Some(_)) => "Submitted".to_owned(),
            (None, None, None) => "Pending".to_owned(),
        }
    }

    /// Returns true if the job wasn't submitted and didn't fail.
    pub(super) fn is_left(&self) -> bool {
        self.job.is_none() && self.failure.is_none() && self.progress.is_none()
    }

    /// Returns true if it's unknown whether the job exists or how it ended.
    pub(super) fn is_in_doubt(&self) -> bool {
        let failure = self.failure.as_ref();
        failure.is_some_and(|failure| failure.kind == Kind::Unknown)
    }

    /// Returns the job's state, if the job was read.
    pub(super) fn state(&self) -> Option<JobState> {
        self.progress.as_ref().map(|it| it.state.kind)
    }

    /// Returns true if there's nothing left to wait for.
    pub(super) fn has_ended(&self) -> bool {
        self.failure.is_some() || self.state().is_some_and(JobState::ends_wait)
    }

    /// Returns true if the job failed, was aborted, or wasn't accepted.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some() || matches!(self.state(), Some(JobState::Failed | JobState::Aborted))
    }

    /// Returns the imported rows; 0 if they aren't known.
    pub(super) fn rows(&self) -> u64 {
        self.progress.as_ref().and_then(|it| it.rows).unwrap_or(0)
    }

    /// Returns how much of the job is done, in thousandths. A job that ended is done.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0 to 1,000
    pub(super) fn thousandths(&self) -> u64 {
        match &self.progress {
            _ if self.has_ended() => 1000,
            Some(progress) if progress.percent.is_finite() => {
                (progress.percent.clamp(0.0, 100.0) * 10.0) as u64
            }
            _ => 0,
        }
    }
}
