//! What rustyline asks while a statement is typed, one part for each question.
//!
//! Completion has its own folder: [`Completer`] is handed each Tab as it is.

use super::complete::Completer;
use super::judge::Judge;
use rustyline::completion::{Completer as Completes, Pair};
use rustyline::highlight::Highlighter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Hinter};
use std::borrow::Cow;

/// The parts.
#[derive(Hinter)]
pub(super) struct Helper {
    /// Whether Enter ends the statement.
    pub(super) judge: Judge,
    /// What Tab offers.
    pub(super) completer: Completer,
}

impl rustyline::Helper for Helper {}

impl Highlighter for Helper {
    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        self.completer.highlight(candidate)
    }
}

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
