//! The reasons why a check has no report.

use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::stores::fault::StoreFault;
use std::io;

/// The reason why a check has no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// A path can't be looked up.
    #[error("check: cannot read {path}: {why}")]
    Unreadable {
        path: String,
        /// The system's or the store's error.
        why: String,
    },
    /// An object store can't be read.
    #[error("check: cannot read {path}: {fault}")]
    Store {
        path: String,
        /// The store's error.
        fault: StoreFault,
    },
    /// Reports don't belong together.
    #[error("check: cannot merge the reports: {0}")]
    Merge(String),
    /// A pattern is wrong.
    #[error("check: {pattern:?} is no pattern: {why}")]
    Pattern {
        /// The pattern as given.
        pattern: String,
        why: String,
    },
    /// No schema can be proposed.
    #[error("infer: {0}")]
    Infer(String),
    /// Primary keys can't be kept.
    #[error("check: cannot write the primary keys to {place}: {source}")]
    Keys {
        /// A file, or the temporary folder.
        place: String,
        /// The system's error.
        source: io::Error,
    },
    /// No thread can be started.
    #[error("check: cannot start a thread: {0}")]
    Thread(io::Error),
    /// A thread of the check ended without a result.
    #[error("check: ended without a result; this is a bug of zshell")]
    Ended,
    /// The run was stopped.
    #[error("stopped")]
    Stopped(Stop),
}

impl CheckError {
    /// Returns the error for a path that can't be read.
    pub(super) fn unreadable(path: &str, why: impl ToString) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        let kind = match &error {
            CheckError::Store { fault, .. } if fault.kind() != Kind::Refused => fault.kind(),
            _ => Kind::Script,
        };
        let failure = Self::new(kind, error.to_string());
        match error {
            CheckError::Stopped(stop) => stop.into(),
            CheckError::Pattern { .. } => Self::usage(failure.message),
            CheckError::Store { fault, .. } => failure.with_hint(fault.hint()),
            CheckError::Merge(_) => failure.with_hint(
                "merge one report of each shard: zshell check PATHS --schema FILE --shard 1/2 -o json, with the same paths and schema for all shards",
            ),
            CheckError::Keys { .. } => failure.with_hint(
                "free some space there, or set TMPDIR to another folder: 24 bytes are needed for each row",
            ),
            _ => failure,
        }
    }
}
