//! Which statements of the session the script has.

use super::keys::Keys;
use super::source::Source;
use crate::engine::compile::blank_prefix;
use crate::engine::tokens::Lexer;
use crate::repl::record::{Outcome, Statement};
use rhai::Token;
use std::collections::BTreeSet;

/// A statement of the record, and what becomes of it.
pub(super) struct Entry<'a> {
    pub(super) statement: &'a Statement,
    /// The text taken apart; none for one that does not parse.
    pub(super) source: Option<Source>,
    pub(super) fate: Fate,
    /// For each part of the text whether it stays.
    pub(super) parts: Vec<bool>,
    /// Whether a later statement asks for this one's value as `last`.
    pub(super) is_asked_for: bool,
}

/// What becomes of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, or what stays of it does.
    Kept,
    /// It is not missed: it failed, or only looked.
    Dropped,
    /// It should stay but cannot, for this reason.
    LeftOut(String),
}

impl<'a> Entry<'a> {
    /// An entry about which nothing is decided yet.
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

    /// Whether it had a value that was shown, which makes it `last`.
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

/// A statement that helped the one who typed it, and changed and gave nothing. A `last` of the session's own is a
/// variable like any other.
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

/// Of a statement that failed, what was done before may have been built on: it stays if something later uses what it
/// declared. The functions of a statement are there from its begin.
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

/// Whether a name is used before it is declared anew.
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

/// The byte at a line and a column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth)?.0 + 1,
    };
    let rest = text.get(start..)?;
    let at = rest.char_indices().nth(column.saturating_sub(1));
    Some(start + at.map_or(rest.len(), |(at, _)| at))
}

/// `last` exists at the prompt alone: whose value it is has to be known. A `last` that the session declared hides it.
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
        // What only looked at `last` has not changed it.
        if has_value && !is_dropped {
            producer = Some(index);
        }
    }
}

/// `return` ends a statement of the prompt, but would end the script.
fn refuse_returns(entries: &mut [Entry]) {
    let last = entries.iter().rposition(Entry::is_kept);
    for (index, entry) in entries.iter_mut().enumerate() {
        let Some(source) = entry.source.as_ref().filter(|_| last != Some(index)) else {
            continue;
        };
        let returns = source.items.iter().any(|item| {
            let mut tokens = item.tokens.clone().filter_map(|at| source.token(at));
            // In a closure it belongs there.
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

/// What uses something that is left out is left out too.
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
