//! Selection of the session's statements that the script contains.

use super::keys::Keys;
use super::source::Source;
use crate::engine::compile::blank_prefix;
use crate::engine::tokens::Lexer;
use crate::repl::record::{Outcome, Statement};
use rhai::Token;
use std::collections::BTreeSet;

/// A statement of the session, and the decision about it.
pub(super) struct Entry<'a> {
    pub(super) statement: &'a Statement,
    /// The parsed text; `None` if it doesn't parse.
    pub(super) source: Option<Source>,
    pub(super) fate: Fate,
    /// For each part of the text, true if it's kept.
    pub(super) parts: Vec<bool>,
    /// True if a later statement uses this statement's value as `last`.
    pub(super) is_asked_for: bool,
}

/// The decision about a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The statement is in the script, or those of its parts that are kept.
    Kept,
    /// The statement isn't needed: it failed, or only displayed something.
    Dropped,
    /// The statement is needed but can't be in the script, for this reason.
    LeftOut(String),
}

impl<'a> Entry<'a> {
    /// Returns an entry that's kept with all its parts, until it's decided otherwise.
    pub(super) fn new(lexer: &Lexer, statement: &'a Statement) -> Self {
        let text = blank_prefix(&statement.text);
        let source = Source::read(lexer, text.trim());
        let count = source.as_ref().map_or(0, |it| it.items.len());
        Self {
            statement,
            source,
            fate: Fate::Kept,
            parts: vec![true; count],
            is_asked_for: false,
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.fate == Fate::Kept
    }

    /// Returns true if the statement had a value that was shown, which makes the value `last`.
    pub(super) fn has_value(&self) -> bool {
        self.statement.outcome == Outcome::Shown
    }

    fn uses(&self, name: &str) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.used().any(|it| it == name))
    }

    fn declares(&self, name: &str) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.declared().any(|it| it == name))
    }
}

/// Decides about every entry.
pub(super) fn decide(entries: &mut [Entry], keys: &Keys) {
    let mut own_last = false;
    for entry in entries.iter_mut() {
        own_last |= entry.declares("last");
        entry.fate = match &entry.source {
            None => Fate::Dropped,
            Some(source) if source.items.is_empty() || only_looks(source, own_last) => {
                Fate::Dropped
            }
            Some(source) => match keys.obstacle(source) {
                Some(why) => Fate::LeftOut(why),
                None => Fate::Kept,
            },
        };
    }
    keep_what_failed_halfway(entries);
    ask_for_last(entries);
    refuse_returns(entries);
    spread(entries);
}

/// Returns true for a statement that only displayed something: it changed nothing and had no value of its own. If the
/// session declared a variable named `last`, `last` isn't such a statement.
fn only_looks(source: &Source, own_last: bool) -> bool {
    let [item] = source.items.as_slice() else {
        return false;
    };
    match source.part(&item.span) {
        "last" | "show(last)" => !own_last,
        _ => {
            let called = source.lexemes.first().and_then(|it| it.name());
            called == Some("help") && source.lexemes.len() <= 4 && source.calls(0).is_some()
        }
    }
}

/// Keeps the completed part of a failed statement if something later uses a name that this part declared. A statement's
/// functions are defined before its first part runs, so they count as completed.
fn keep_what_failed_halfway(entries: &mut [Entry]) {
    for index in (0..entries.len()).rev() {
        let Some((entry, later)) = entries.get(index..).and_then(<[Entry]>::split_first) else {
            continue;
        };
        let Outcome::Failed { at } = entry.statement.outcome else {
            continue;
        };
        let Some(source) = &entry.source else {
            continue;
        };
        let failed = at.and_then(|(line, column)| offset(&source.text, line, column));
        let done: Vec<bool> = source
            .items
            .iter()
            .map(|item| item.function.is_some() || failed.is_some_and(|at| item.span.end <= at))
            .collect();
        let needed = source
            .items
            .iter()
            .zip(&done)
            .filter(|(_, done)| **done)
            .flat_map(|(item, _)| {
                source
                    .declared()
                    .filter(move |name| source.part(&item.span).contains(name))
            })
            .any(|name| is_needed(later, name));
        if entry.fate == Fate::Dropped {
            continue;
        }
        if let Some(entry) = entries.get_mut(index) {
            if needed {
                entry.parts = done;
            } else {
                entry.fate = Fate::Dropped;
            }
        }
    }
}

/// Returns true if a name is used before it's declared again.
fn is_needed(later: &[Entry], name: &str) -> bool {
    for entry in later.iter().filter(|entry| entry.is_kept()) {
        if entry.uses(name) {
            return true;
        }
        if entry.declares(name) {
            return false;
        }
    }
    false
}

/// Returns the byte offset of a line and a column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth)?.0 + 1,
    };
    let rest = text.get(start..)?;
    let at = rest.char_indices().nth(column.saturating_sub(1));
    Some(start + at.map_or(rest.len(), |(at, _)| at))
}

/// Finds the statement whose value each use of `last` refers to, since `last` exists only at the prompt. If the session
/// declares a variable named `last`, it hides the prompt's.
fn ask_for_last(entries: &mut [Entry]) {
    let mut producer: Option<usize> = None;
    for index in 0..entries.len() {
        let Some(entry) = entries.get(index) else {
            continue;
        };
        let (asks, hides) = (
            entry.is_kept() && entry.uses("last"),
            entry.declares("last"),
        );
        let (has_value, is_dropped) = (entry.has_value(), entry.fate == Fate::Dropped);
        let in_function = entry.source.as_ref().is_some_and(|source| {
            source.items.iter().any(|item| {
                item.function.is_some()
                    && item
                        .tokens
                        .clone()
                        .any(|at| source.reference(at) == Some("last"))
            })
        });
        if asks {
            let why = match producer.and_then(|at| entries.get_mut(at)) {
                _ if in_function => Some("a function of a script cannot see `last`"),
                Some(producer) if producer.is_kept() => {
                    producer.is_asked_for = true;
                    None
                }
                _ => Some("it uses `last`, which is the value of no statement before it here"),
            };
            if let (Some(why), Some(entry)) = (why, entries.get_mut(index)) {
                entry.fate = Fate::LeftOut(why.to_owned());
            }
        }
        if hides {
            return;
        }
        // Statements that only displayed `last` haven't changed it.
        if has_value && !is_dropped {
            producer = Some(index);
        }
    }
}

/// Leaves out statements with `return`, which ends a statement at the prompt but would end the script.
fn refuse_returns(entries: &mut [Entry]) {
    let last = entries.iter().rposition(Entry::is_kept);
    for (index, entry) in entries.iter_mut().enumerate() {
        let Some(source) = entry.source.as_ref().filter(|_| last != Some(index)) else {
            continue;
        };
        let returns = source.items.iter().any(|item| {
            let mut tokens = item.tokens.clone().filter_map(|at| source.token(at));
            // In a closure, `return` only ends the closure.
            let closure = |token: &Token| matches!(token, Token::Pipe | Token::Or);
            item.function.is_none()
                && tokens.clone().any(|token| matches!(token, Token::Return))
                && !tokens.any(closure)
        });
        if returns && entry.is_kept() {
            entry.fate = Fate::LeftOut("`return` would end the script here".to_owned());
        }
    }
}

/// Leaves out statements that use a name from a statement that's left out.
pub(super) fn spread(entries: &mut [Entry]) {
    let mut lost: BTreeSet<String> = BTreeSet::new();
    let mut last_is_lost = false;
    for entry in entries {
        let Some(source) = &entry.source else {
            continue;
        };
        if entry.is_kept() {
            let missing = source
                .used()
                .find(|name| lost.contains(*name) || (last_is_lost && *name == "last"));
            if let Some(name) = missing {
                let why = format!("it uses `{name}`, which is left out above");
                entry.fate = Fate::LeftOut(why);
            }
        }
        match entry.fate {
            Fate::Kept => {
                for name in source.declared() {
                    lost.remove(name);
                }
                last_is_lost &= !entry.is_asked_for;
            }
            Fate::LeftOut(_) => {
                lost.extend(source.declared().map(str::to_owned));
                last_is_lost |= entry.is_asked_for;
            }
            Fate::Dropped => {}
        }
    }
}
