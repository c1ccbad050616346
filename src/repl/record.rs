//! The statements of the session, for `:save`.

use crate::engine::ScriptError;
use std::path::PathBuf;

/// A statement or a whole script that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text as typed or read.
    pub text: String,
    /// The origin.
    pub origin: Origin,
    /// The outcome.
    pub outcome: Outcome,
}

impl Statement {
    /// Returns true if the statement ended without an error.
    pub fn succeeded(&self) -> bool {
        !matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Returns true if the statement was typed or edited.
    pub fn is_typed(&self) -> bool {
        self.origin == Origin::Prompt
    }
}

/// The origin of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Typed at the prompt.
    Prompt,
    /// Read from this file by `:load`.
    File(PathBuf),
    /// Read from `init.rhai`.
    Init(PathBuf),
}

/// The outcome of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value, which was shown.
    Shown,
    /// No value.
    Silent,
    /// An error, with line and column (from 1) in the statement's text if known.
    Failed {
        /// The code before this position was executed.
        at: Option<(usize, usize)>,
    },
}

impl Outcome {
    /// Returns the outcome of an error in the source with this name.
    pub(super) fn failed(error: &ScriptError, source: &str) -> Self {
        let outermost = error.trace.last().map(|(_, place)| place);
        let place = outermost.or(error.place.as_ref());
        let at = place
            .filter(|place| place.source == source)
            .map(|place| (place.line, place.column));
        Self::Failed { at }
    }
}
