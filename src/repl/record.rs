//! The statements of the session, for `:save`.

use rhai::Dynamic;
use std::path::PathBuf;

/// A statement or a whole script that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The text as typed or read.
    pub text: String,
    /// The origin.
    pub origin: StatementOrigin,
    /// The outcome.
    pub outcome: StatementOutcome,
}

impl Statement {
    /// Returns true if the statement was typed or edited.
    pub(crate) fn is_typed(&self) -> bool {
        self.origin == StatementOrigin::Prompt
    }
}

/// The origin of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementOrigin {
    /// Typed at the prompt.
    Prompt,
    /// Read from this file by `:load`.
    File(PathBuf),
    /// Read from `init.rhai`.
    Init(PathBuf),
    /// No statement: `:cd` made this the current folder.
    Folder(PathBuf),
}

/// The outcome of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementOutcome {
    /// A value, which was shown.
    Shown,
    /// No value.
    Silent,
    /// An error.
    Failed,
}

impl StatementOutcome {
    /// Returns the outcome of a run.
    pub(crate) fn of<E>(result: &Result<Dynamic, E>) -> Self {
        match result {
            Ok(value) if value.is_unit() => Self::Silent,
            Ok(_) => Self::Shown,
            Err(_) => Self::Failed,
        }
    }
}
