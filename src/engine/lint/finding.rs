//! A finding and its position.

use serde::Serialize;
use std::fmt;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// It fails when it's reached.
    Error,
    /// It has no effect.
    Warning,
}

/// A mistake in a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
