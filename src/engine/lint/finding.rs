//! Findings and their positions.

use crate::engine::script_error::ScriptError;
use crate::error::Failure;
use rhai::Position;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// It fails when it's reached.
    Error,
    /// It has no effect.
    Warning,
}

/// A mistake in a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file as named by the user.
    pub file: String,
    /// Line, counted from 1; 0 if unknown.
    pub line: usize,
    /// Column, counted from 1 in characters; 0 if only the line is known.
    pub column: usize,
    /// The severity.
    pub severity: Severity,
    /// The mistake.
    pub message: String,
    /// The advice.
    pub hint: Option<String>,
}

impl Finding {
    /// Returns the finding as JSON.
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
    /// Formats `file:line:column: severity: message`, with the hint on a line of its own.
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

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct LintReport(RefCell<BTreeSet<Finding>>);

impl LintReport {
    /// Adds an error.
    pub(super) fn error(&self, file: &str, position: Position, failure: Failure) {
        self.add(file, position, Severity::Error, failure);
    }

    /// Adds a warning.
    pub(super) fn warning(&self, file: &str, position: Position, failure: Failure) {
        self.add(file, position, Severity::Warning, failure);
    }

    /// Adds a syntax error.
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

    /// Returns all findings, sorted by file and position.
    pub(super) fn findings(self) -> Vec<Finding> {
        self.0.into_inner().into_iter().collect()
    }
}
