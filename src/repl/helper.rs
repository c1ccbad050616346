//! The parts of the editor that rustyline calls while a statement is typed.
//!
//! Completion is a module of its own: [`Completer`] handles Tab.

use super::complete::Completer;
use super::highlight::{highlight, partners};
use super::hint::{Hint, Hinter};
use super::keys::{LineEnd, PendingKeyAction};
use crate::engine::highlight::LONGEST;
use crate::engine::syntax::parse_state;
use rustyline::completion::{Completer as Completes, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// The editor's helper.
pub(super) struct Helper {
    /// Completion on Tab.
    pub(super) completer: Completer,
    /// Dim hints after the cursor.
    pub(super) hinter: Hinter,
    /// Requests of key handlers.
    pub(super) pending: PendingKeyAction,
    /// The prompt with colours.
    pub(super) prompt: String,
    /// Highlighted brackets.
    lit: RefCell<Option<[Range<usize>; 2]>>,
    /// True after Enter: highlighting no longer depends on the cursor.
    done: Cell<bool>,
}

impl Helper {
    /// Returns a helper made of these parts.
    pub(super) fn new(completer: Completer, hinter: Hinter, pending: PendingKeyAction) -> Self {
        Self {
            completer,
            hinter,
            pending,
            prompt: String::new(),
            lit: RefCell::default(),
            done: Cell::new(false),
        }
    }
}

impl rustyline::Helper for Helper {}

impl Validator for Helper {
    /// Called after Enter decided that the statement is complete, and for every line on dumb terminals.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let end = self.pending.lock().end;
        Ok(match end {
            Some(LineEnd::Cancel) => ValidationResult::Valid(Some("^C".to_owned())),
            None if !parse_state(context.input()).is_complete => ValidationResult::Incomplete,
            _ => ValidationResult::Valid(None),
        })
    }
}

impl Completes for Helper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (bracket, tab) = {
            let mut pending = self.pending.lock();
            (pending.outdent.take(), pending.tab.unwrap_or_default())
        };
        if let Some(bracket) = bracket.filter(|bracket| bracket.line == line) {
            let pair = Pair {
                display: bracket.text.clone(),
                replacement: bracket.text,
            };
            return Ok((bracket.start, vec![pair]));
        }
        let next = self.completer.walk(line, pos, tab);
        Ok(next.unwrap_or_else(|| self.completer.complete(line, pos)))
    }
}

impl rustyline::hint::Hinter for Helper {
    type Hint = Hint;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Hint> {
        let size = terminal_size::terminal_size();
        let columns = size.map_or(80, |(columns, _)| usize::from(columns.0));
        match self.completer.walked(line, pos) {
            Some(place) => self.hinter.note(&place, line, columns),
            None => self.hinter.hint(line, pos, columns),
        }
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if line.len() > LONGEST {
            return Cow::Borrowed(line);
        }
        let cursor = (!self.done.get()).then_some(pos);
        Cow::Owned(highlight(line, cursor))
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
            Cow::Borrowed(&self.prompt)
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    /// Typing may change colours before the cursor. Moving the cursor changes only the highlighted brackets.
    fn highlight_char(&self, line: &str, pos: usize, kind: CmdKind) -> bool {
        self.done.set(kind == CmdKind::ForcedRefresh);
        if line.len() > LONGEST || kind == CmdKind::ForcedRefresh {
            return false;
        }
        let lit = partners(line, pos);
        let changed = lit != self.lit.replace(lit.clone());
        kind == CmdKind::Other || changed
    }
}
