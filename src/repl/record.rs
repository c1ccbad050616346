//! What the session has run, as `:save` reads it.

use crate::engine::ScriptError;
use std::path::PathBuf;

/// A statement, or a whole script, that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As it was typed or read.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
    /// How it ended.
    pub outcome: Outcome,
}

impl Statement {
    /// Whether it ended without an error.
    pub fn succeeded(&self) -> bool {
        !matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Whether it was typed, or edited, as a statement.
    pub fn is_typed(&self) -> bool {
        self.origin == Origin::Prompt
    }
}

/// Where a statement came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    Prompt,
    /// It is the text of this file, read by `:load`.
    File(PathBuf),
    /// It is the text of `init.rhai`.
    Init(PathBuf),
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a value, which was shown.
    Shown,
    /// Without a value.
    Silent,
    /// With an error, at this line and column of its text (both counted from 1) where that is known.
    Failed {
        /// What stands before it was done.
        at: Option<(usize, usize)>,
    },
}

impl Outcome {
    /// The outcome of an error in the source of this name.
    pub(super) fn failed(error: &ScriptError, source: &str) -> Self {
        let outermost = error.trace.last().map(|(_, place)| place);
        let place = outermost.or(error.place.as_ref());
        let at = place
            .filter(|place| place.source == source)
            .map(|place| (place.line, place.column));
        Self::Failed { at }
    }
}
