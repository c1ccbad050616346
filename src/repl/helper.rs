//! What rustyline asks while a statement is typed, one part for each question.
//!
//! Completion has its own folder: [`Completer`] is handed each Tab as it is.

use super::complete::Completer;
use super::judge::Judge;
use rustyline::completion::{Completer as Completes, Pair};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Highlighter, Hinter};

/// The parts.
#[derive(Highlighter, Hinter)]
pub(super) struct Helper {
    /// Whether Enter ends the statement.
    pub(super) judge: Judge,
    /// What Tab offers.
    pub(super) completer: Completer,
}

impl rustyline::Helper for Helper {}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        self.judge.validate(context)
    }
}

impl Completes for Helper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        self.completer.complete(line, pos, context)
    }
}
