//! Errors of the journal. If the journal can't be used, nothing is submitted.

use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// A failure of the journal.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A file or folder couldn't be read or written.
    #[error("cannot {doing} the journal {}: {source}", .path.display())]
    File {
        /// The operation that failed.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another process held the lock for too long.
    #[error("the journal {} has been locked by another process for {}s", .path.display(), .after.as_secs())]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// Time that we waited.
        after: Duration,
    },
    /// The wait for another process's lock was interrupted.
    #[error("interrupted while another process had the journal {} locked", .path.display())]
    Stopped {
        /// The lock's file.
        path: PathBuf,
        /// The reason why the wait ended.
        stop: Stop,
    },
    /// The file was written by a later release.
    #[error("the journal {} has the form {found}, this zshell knows {known}", .path.display(), known = super::entry::VERSION)]
    Version {
        /// The journal's file.
        path: PathBuf,
        /// Version of the file format that was found.
        found: u32,
    },
    /// Lines can't be read, so an import key may be in use without our seeing it.
    #[error("the journal {} is damaged ({lines} can't be read), so nothing is submitted under an import key", .path.display())]
    Damaged {
        /// The journal's file.
        path: PathBuf,
        /// The damaged lines.
        lines: String,
    },
    /// The journal has no such submission.
    #[error("the journal has no submission {0:?}")]
    NoSubmission(String),
    /// A process is working on this submission at this moment.
    #[error("the submission {0} is being worked on")]
    AtWork(String),
    /// The submission is settled, so it can't be settled again in this way.
    #[error("the submission {id} is {state}, which is settled")]
    Settled {
        /// The submission's id.
        id: String,
        /// The word for its state.
        state: &'static str,
    },
    /// The user gave the end of a job, but no job is known and none was named.
    #[error("the submission {id} is {state}: no job of it is known that could have ended")]
    NoJob {
        /// The submission's id.
        id: String,
        /// The word for its state.
        state: &'static str,
    },
    /// The job belongs to another submission.
    #[error("the job {job} is that of the submission {owner}")]
    JobTaken {
        /// The job's id.
        job: String,
        /// Id of the submission that has the job.
        owner: String,
    },
}

impl JournalError {
    pub(super) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let kind = match &error {
            JournalError::Locked { .. } | JournalError::AtWork(_) => Kind::Busy,
            JournalError::Stopped { stop, .. } => (*stop).into(),
            _ => Kind::Refused,
        };
        let hint = match &error {
            JournalError::File { .. } => {
                "submissions are written there first, so nothing is submitted twice: make room and check the folder's permissions, or name another folder with --data-dir"
            }
            JournalError::Locked { .. } => {
                "a process that is stopped or hangs may hold it; try again later"
            }
            JournalError::Stopped { .. } => "a stopped or hanging process may hold the lock",
            JournalError::AtWork(_) => {
                "another zshell looks for its job; try again once that has ended"
            }
            JournalError::Version { .. } => {
                "use the newer zshell, or another folder with --data-dir"
            }
            JournalError::Damaged { .. } => {
                "a lost line may be about a job that exists: compare jobs() with submissions(), then repair the journal by zshell journal prune --older-than 36500d, which writes it without the damaged lines"
            }
            JournalError::NoSubmission(_) => "zshell journal list --limit all shows them",
            JournalError::Settled { .. } => {
                "only an open or unknown submission can be settled, or one that was settled by hand before, or (--ended) the end of a job that the service has forgotten"
            }
            JournalError::NoJob { .. } => {
                "name the job too: zshell journal settle ID --job JOB --ended STATE"
            }
            JournalError::JobTaken { .. } => {
                "zshell journal show ID shows that one; a job belongs to one submission"
            }
        };
        Self::new(kind, error.to_string()).with_hint(hint)
    }
}
