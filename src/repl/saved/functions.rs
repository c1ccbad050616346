//! Functions that the session defined more than once. A script may define each of them only once.

use super::plan::{Entry, Fate};
use std::ops::Range;

/// A replacement of a name in one entry's text.
pub(super) struct Renaming {
    pub(super) entry: usize,
    pub(super) span: Range<usize>,
    pub(super) name: String,
}

/// A definition: entry, part of the entry, name, number of parameters.
type Definition = (usize, usize, String, usize);

/// Drops definitions that were replaced later, but renames those that were called before their replacement.
pub(super) fn changes(entries: &mut [Entry]) -> Vec<Renaming> {
    let definitions = definitions(entries);
    let mut renamings = Vec::new();
    for (at, definition) in definitions.iter().enumerate() {
        let (entry, part, name, count) = definition;
        let mut later = definitions.iter().skip(at + 1);
        let Some((until, ..)) = later.find(|it| it.2 == *name && it.3 == *count) else {
            continue;
        };
        let calls = calls(entries, *entry..*until, name, *count);
        if calls.is_empty() {
            if let Some(entry) = entries.get_mut(*entry) {
                if let Some(stays) = entry.parts.get_mut(*part) {
                    *stays = false;
                }
                if entry.parts.iter().all(|stays| !stays) {
                    entry.fate = Fate::Dropped;
                }
            }
            continue;
        }
        let other = free_name(entries, &renamings, name);
        let own = own_names(entries, definition);
        renamings.extend(calls.into_iter().chain(own).map(|(entry, span)| Renaming {
            entry,
            span,
            name: other.clone(),
        }));
    }
    renamings
}

fn definitions(entries: &[Entry]) -> Vec<Definition> {
    let mut found = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, it)| it.is_kept()) {
        let Some(source) = &entry.source else {
            continue;
        };
        for (part, item) in source.items.iter().enumerate() {
            let stays = entry.parts.get(part).copied().unwrap_or(false);
            if let Some((name, count)) = item.function.as_ref().filter(|_| stays) {
                found.push((index, part, name.clone(), *count));
            }
        }
    }
    found
}

/// Returns the spans in which statements of these entries, outside of functions, call the function.
fn calls(
    entries: &[Entry],
    among: Range<usize>,
    name: &str,
    count: usize,
) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    for index in among {
        let entry = entries.get(index).filter(|it| it.is_kept());
        let Some(source) = entry.and_then(|it| it.source.as_ref()) else {
            continue;
        };
        let statements = source.items.iter().filter(|it| it.function.is_none());
        for at in statements.flat_map(|item| item.tokens.clone()) {
            if source.reference(at) == Some(name) && source.calls(at) == Some(count) {
                let start = source.start(at);
                found.push((index, start..start + name.len()));
            }
        }
    }
    found
}

/// Returns the spans of the function's name in its definition and its recursive calls.
fn own_names(
    entries: &[Entry],
    (index, part, name, count): &Definition,
) -> Vec<(usize, Range<usize>)> {
    let source = entries.get(*index).and_then(|it| it.source.as_ref());
    let Some((source, item)) = source.and_then(|it| Some((it, it.items.get(*part)?))) else {
        return Vec::new();
    };
    let named = item.tokens.clone().filter(|at| {
        let is_it = source.lexemes.get(*at).and_then(|it| it.name()) == Some(name);
        is_it && source.calls(*at) == Some(*count)
    });
    named
        .map(|at| (*index, source.start(at)..source.start(at) + name.len()))
        .collect()
}

fn free_name(entries: &[Entry], renamings: &[Renaming], name: &str) -> String {
    let is_taken = |wanted: &str| {
        let mut sources = entries.iter().filter_map(|it| it.source.as_ref());
        renamings.iter().any(|it| it.name == wanted)
            || sources.any(|source| source.text.contains(wanted))
    };
    let mut number = 1_u64;
    loop {
        let wanted = format!("{name}_{number}");
        if !is_taken(&wanted) {
            return wanted;
        }
        number += 1;
    }
}
