//! What rustyline asks while a statement is typed, one part for each question.
//!
//! Completion has its own folder: [`Completer`] is handed each Tab as it is.

use super::complete::Completer;
use super::highlight::{self, LONGEST};
use super::hint::{Hint, Hinter};
use super::judge;
use super::keys::Wishes;
use rustyline::completion::{Completer as Completes, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// The parts.
pub(super) struct Helper {
    /// What Tab offers.
    pub(super) completer: Completer,
    /// What is shown dim behind the cursor.
    pub(super) hinter: Hinter,
    /// What keys asked for.
    pub(super) wishes: Wishes,
    /// The prompt in colours.
    pub(super) prompt: RefCell<String>,
    /// The brackets that are lit up.
    lit: RefCell<Option<[Range<usize>; 2]>>,
    /// True once the line is done with: nothing belongs to the cursor any more.
    done: Cell<bool>,
}

impl Helper {
    /// A helper made of these parts.
    pub(super) fn new(completer: Completer, hinter: Hinter, wishes: Wishes) -> Self {
        Self {
            completer,
            hinter,
            wishes,
            prompt: RefCell::default(),
            lit: RefCell::default(),
            done: Cell::new(false),
        }
    }
}

impl rustyline::Helper for Helper {}

impl Validator for Helper {
    /// Asked once Enter has decided that the statement ends, and on terminals without keys of ours for every line.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        if self.wishes.drops() {
            return Ok(ValidationResult::Valid(Some("^C".to_owned())));
        }
        Ok(if judge::read(context.input()).whole {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
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
        if let Some(bracket) = self.wishes.outdent(line) {
            let pair = Pair {
                display: bracket.text.clone(),
                replacement: bracket.text,
            };
            return Ok((bracket.start, vec![pair]));
        }
        self.completer.complete(line, pos, context)
    }
}

impl rustyline::hint::Hinter for Helper {
    type Hint = Hint;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Hint> {
        let size = terminal_size::terminal_size();
        let columns = size.map_or(80, |(columns, _)| usize::from(columns.0));
        self.hinter.hint(line, pos, columns)
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if line.len() > LONGEST {
            return Cow::Borrowed(line);
        }
        let cursor = (!self.done.get()).then_some(pos);
        Cow::Owned(highlight::highlight(line, cursor))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        self.completer.highlight(candidate)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        default: bool,
    ) -> Cow<'b, str> {
        if default {
            Cow::Owned(self.prompt.borrow().clone())
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    /// Whatever is typed may change the colour of what stands before it; a moving cursor only lights up brackets.
    fn highlight_char(&self, line: &str, pos: usize, kind: CmdKind) -> bool {
        self.done.set(kind == CmdKind::ForcedRefresh);
        if line.len() > LONGEST || kind == CmdKind::ForcedRefresh {
            return false;
        }
        let lit = highlight::partners(line, pos);
        let changed = lit != self.lit.replace(lit.clone());
        kind == CmdKind::Other || changed
    }
}
