//! What was found, and where.

use crate::engine::script_error::ScriptError;
use crate::error::Failure;
use rhai::Position;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It fails when it is reached.
    Error,
    /// It does nothing.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, as it was named.
    pub file: String,
    /// Counted from 1; 0 where the place is not known.
    pub line: usize,
    /// Counted from 1, in characters; 0 where only the line is known.
    pub column: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// Its plain form.
    pub fn json(&self) -> Value {
        json!({
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "severity": self.severity.to_string(),
            "message": self.message,
            "hint": self.hint,
        })
    }
}

impl fmt::Display for Finding {
    /// `file:line:column: severity: message`, and the hint on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            severity,
            message,
            ..
        } = self;
        write!(f, "{file}:{line}:{column}: {severity}: {message}")?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report(RefCell<BTreeSet<Finding>>);

impl Report {
    /// Something that fails when it is reached.
    pub(super) fn error(&self, file: &str, position: Position, failure: Failure) {
        self.add(file, position, Severity::Error, failure);
    }

    /// Something that does nothing.
    pub(super) fn warning(&self, file: &str, position: Position, failure: Failure) {
        self.add(file, position, Severity::Warning, failure);
    }

    /// A source that does not parse.
    pub(super) fn error_of(&self, file: &str, error: &ScriptError) {
        let place = error.place.as_ref();
        self.0.borrow_mut().insert(Finding {
            file: file.to_owned(),
            line: place.map_or(0, |place| place.line),
            column: place.map_or(0, |place| place.column),
            severity: Severity::Error,
            message: error.failure.message.clone(),
            hint: error.failure.hint.clone(),
        });
    }

    fn add(&self, file: &str, position: Position, severity: Severity, failure: Failure) {
        self.0.borrow_mut().insert(Finding {
            file: file.to_owned(),
            line: position.line().unwrap_or(0),
            column: position.position().unwrap_or(0),
            severity,
            message: failure.message,
            hint: failure.hint,
        });
    }

    /// All of it, by file and place.
    pub(super) fn findings(self) -> Vec<Finding> {
        self.0.into_inner().into_iter().collect()
    }
}
