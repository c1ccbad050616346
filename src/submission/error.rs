//! Errors of submissions that end without a known job.

use crate::api::{ApiError, Outcome};
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::journal::JournalError;
use crate::text::words;
use std::time::Duration;
use thiserror::Error;

/// The reason why a submission has no known job.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// The service or one of our checks refused the submission, or it couldn't be sent: there's no job.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The journal couldn't be used: nothing was sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The import key belongs to another submission.
    #[error(
        "the import key {key:?} belongs to another submission, {id} into {collection:?} of {at}"
    )]
    KeyTaken {
        /// The import key.
        key: String,
        /// Id of the submission that uses the import key.
        id: String,
        /// Collection of that submission.
        collection: String,
        /// Time of that submission, RFC 3339.
        at: String,
    },
    /// The run was stopped before anything was sent, or while the service was too busy to accept the job.
    #[error("{} before the import job could be submitted", .0.words())]
    Waiting(Stop),
    /// The run was stopped after the send. An answer that still arrives is journalled.
    #[error("{} before it was known whether the import job was created", .stop.words())]
    Stopped {
        /// The reason for the stop.
        stop: Stop,
        /// The submission's id.
        id: String,
        /// The submission's import key.
        key: Option<String>,
    },
    /// The service stayed busy: there's no job.
    #[error("{last}: still busy after {}", words::duration(*.waited))]
    StillBusy {
        /// Time for which the call was repeated.
        waited: Duration,
        /// The service's last answer.
        last: Box<ApiError>,
    },
    /// The submission was sent several times without an answer, and scans showed each time that there's no job.
    #[error("sent {sends} times without a job being made: {last}")]
    GaveUp {
        /// Number of sends.
        sends: u32,
        /// The error of the last send.
        last: Box<ApiError>,
    },
    /// It couldn't be found out whether there's a job.
    #[error("whether the import job was created is not known: {why}{}", in_brackets(.cause.as_deref()))]
    NotKnown {
        /// The submission's id.
        id: String,
        /// The submission's import key.
        key: Option<String>,
        /// The reason for the doubt.
        why: Doubt,
        /// Ids of jobs that may be the submission's.
        jobs: Vec<String>,
        /// The error through which the answer was lost.
        cause: Option<Box<ApiError>>,
    },
}

/// The reason why it couldn't be found out whether there's a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Doubt {
    /// More than one job has these files.
    #[error("more jobs than one have its files")]
    Several,
    /// The matching job may also belong to another submission.
    #[error("a job has its files, but so has another submission that is not resolved")]
    Rival,
    /// There are new jobs that don't name their files.
    #[error("there are new jobs that do not tell their files")]
    Undecided,
    /// The job list couldn't be read completely.
    #[error("the job list could not be read whole")]
    NoScan,
    /// The service doesn't let this API key list jobs.
    #[error("the service doesn't let this API key list the jobs")]
    NoList,
    /// Repeating the call under the same `Idempotency-Key` gave no certain answer.
    #[error("asking again under the same key told nothing")]
    NoAnswer,
    /// The service may have forgotten the job.
    #[error(
        "the job list doesn't show its job, but it was sent so long ago, or before a restart, that the service may have forgotten the job"
    )]
    Old,
    /// The service answered with a job that belongs to another submission.
    #[error("the service answered with a job that another submission has")]
    Foreign,
    /// The service answered with a job that existed before.
    #[error("the service answered with a job that was there before and doesn't tell its files")]
    Earlier,
}

fn in_brackets(cause: Option<&ApiError>) -> String {
    cause.map_or_else(String::new, |error| format!(" ({error})"))
}

impl SubmitError {
    /// Returns the time after which the service wants the call to be repeated.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after(),
            Self::StillBusy { last, .. } => last.retry_after(),
            _ => None,
        }
    }

    /// Returns the error's kind, which scripts see and which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Api(error) => error.kind(),
            Self::Journal(_) | Self::KeyTaken { .. } => Kind::Refused,
            Self::Stopped { stop, .. } | Self::Waiting(stop) => (*stop).into(),
            // It's certain that there's no job, although the last answer alone wouldn't prove it.
            Self::StillBusy { last, .. } => last.kind(),
            Self::GaveUp { last, .. } => match (last.outcome(), last.kind()) {
                (Outcome::Unknown, _) => Kind::Connect,
                (_, kind) => kind,
            },
            Self::NotKnown { .. } => Kind::Unknown,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Api(_) | Self::Journal(_) | Self::Waiting(_) => None,
            Self::StillBusy { last, .. } => last.hint(),
            Self::KeyTaken { id, .. } => Some(format!(
                "an import key belongs to one set of files, collection and options: choose another, or see zshell journal show {id}"
            )),
            Self::Stopped { id, key, .. } => Some(match key {
                Some(_) => format!(
                    "run it again under the same key, which finds out; or see zshell journal show {id}"
                ),
                None => format!(
                    "the job may exist: see zshell journal show {id} and jobs() before importing again"
                ),
            }),
            Self::GaveUp { .. } => Some(
                "no job was made; see whether the service is well, then run it again".to_owned(),
            ),
            Self::NotKnown { id, key, jobs, .. } => Some(not_known_hint(id, key.is_some(), jobs)),
        }
    }
}

fn not_known_hint(id: &str, keyed: bool, jobs: &[String]) -> String {
    let look = match jobs {
        [] => "look with jobs()".to_owned(),
        [job, ..] => format!(
            "it may be {}: compare the files, progress({job:?})",
            words::list(&jobs.iter().map(String::as_str).collect::<Vec<_>>(), "or")
        ),
    };
    let again = if keyed {
        ", or run it again under the same key, which looks again"
    } else {
        ""
    };
    format!(
        "{look}; then zshell journal settle {id} --job JOB, or --absent if there is none{again}"
    )
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        let mut failure = Self::new(error.kind(), error.to_string()).with_any_hint(error.hint());
        match error {
            SubmitError::Api(error) => return error.into(),
            SubmitError::Journal(error) => return error.into(),
            SubmitError::StillBusy { last, .. } => failure.code = last.code(),
            SubmitError::NotKnown { jobs, cause, .. } => {
                failure.code = cause.and_then(|cause| cause.code());
                failure.jobs = jobs;
            }
            _ => {}
        }
        failure
    }
}
