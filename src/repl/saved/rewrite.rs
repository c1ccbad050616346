//! Conversion of one statement of the session to its form in the script.

use super::Circumstances;
use super::functions::Renaming;
use super::keys::Keys;
use super::plan::Entry;
use super::source::{Item, Source};
use crate::engine::tokens::Lexer;
use crate::repl::record::Origin;
use rhai::Token;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// Inputs for the conversion of one statement.
pub(super) struct Change<'a> {
    pub(super) lexer: &'a Lexer,
    pub(super) circumstances: &'a Circumstances,
    pub(super) functions: &'a [Renaming],
    /// The profile whose `connect("NAME")` calls become `connect()`.
    pub(super) profile: Option<&'a str>,
    /// True if the statement's value is the script's result.
    pub(super) is_last: bool,
}

/// A replacement of a byte range by a text.
type Edit = (Range<usize>, String);

/// Returns the statement's text in the script, or the reason why it can't be converted.
pub(super) fn rewrite(
    entry: &Entry,
    index: usize,
    keys: &mut Keys,
    change: &Change,
) -> Result<String, String> {
    let Some(source) = &entry.source else {
        return Ok(String::new());
    };
    let mut edits = keys.changes(source);
    let renamed = change.functions.iter().filter(|it| it.entry == index);
    edits.extend(renamed.map(|it| (it.span.clone(), it.name.clone())));
    edits.extend(modules(entry, source, change.circumstances));
    let connects: Vec<Edit> = change.profile.map_or_else(Vec::new, |_| {
        connects(source)
            .map(|(span, _)| (span, String::new()))
            .collect()
    });
    let is_connect = !connects.is_empty();
    edits.extend(connects);
    keep_parts(entry, source, &mut edits);
    edits.extend(show(entry, source, change));
    edits.extend(ending(entry, source, change.is_last));
    let mut text = applied(&source.text, edits);
    if let Some(name) = change.profile.filter(|_| is_connect) {
        let _ = write!(text, " // was {name:?}");
    }
    if keys.shows(&text) {
        return Err("a key stands in it, where secret(\"…\") cannot".to_owned());
    }
    if change.lexer.parses(&text) {
        Ok(text)
    } else {
        Err("it could not be put into the form of a script".to_owned())
    }
}

/// Removes the parts that aren't kept, and all edits within them.
fn keep_parts(entry: &Entry, source: &Source, edits: &mut Vec<Edit>) {
    for (item, stays) in source.items.iter().zip(&entry.parts) {
        if !stays {
            let gone = item.span.start..item.end;
            edits.retain(|(span, _)| span.end <= gone.start || gone.end <= span.start);
            edits.push((gone, String::new()));
        }
    }
}

/// Returns the edits that show the value as the prompt did, and bind it to `last` if a later statement uses it.
fn show(entry: &Entry, source: &Source, change: &Change) -> Vec<Edit> {
    let result = source
        .result()
        .filter(|at| entry.has_value() && entry.parts.get(*at) == Some(&true));
    let Some(item) = result.and_then(|at| source.items.get(at)) else {
        return Vec::new();
    };
    let code = source.part(&item.span);
    let (start, end) = (
        item.span.start..item.span.start,
        item.span.end..item.span.end,
    );
    let connects = is_call_of(source, item, "connect");
    if entry.is_asked_for {
        let shown = if connects { "" } else { ";\nshow(last)" };
        return vec![(start, "const last = ".to_owned()), (end, shown.to_owned())];
    }
    // A connection's table is useful only to someone who connects at the prompt.
    if change.is_last || connects || !change.lexer.parses(&format!("show({code}\n);")) {
        return Vec::new();
    }
    vec![(start, "show(".to_owned()), (end, ")".to_owned())]
}

/// Returns the edit that ends the last part with a semicolon, so that another statement can follow.
fn ending(entry: &Entry, source: &Source, is_last: bool) -> Option<Edit> {
    let mut kept = source.items.iter().zip(&entry.parts).rev();
    let (item, _) = kept.find(|(_, stays)| **stays)?;
    let open = item.end == item.span.end && item.function.is_none();
    (open && !is_last).then(|| (item.span.end..item.span.end, ";".to_owned()))
}

/// Returns true if the item is a call of this function and nothing else.
fn is_call_of(source: &Source, item: &Item, name: &str) -> bool {
    let first = item.tokens.start;
    let called = source.lexemes.get(first).and_then(|it| it.name()) == Some(name);
    let last = source.before(item.tokens.end);
    called && source.calls(first).is_some() && matches!(last, Some(Token::RightParen | Token::Unit))
}

/// Returns the `connect` calls that name a profile: the byte range of the argument, and the profile's name.
fn connects(source: &Source) -> impl Iterator<Item = (Range<usize>, &str)> {
    (0..source.lexemes.len()).filter_map(|at| {
        let called = source.reference(at) == Some("connect") && source.calls(at) == Some(1);
        let closed = matches!(source.token(at + 3), Some(Token::RightParen));
        match source.token(at + 2)? {
            Token::StringConstant(name) if called && closed && is_profile(name) => Some((
                source.start(at + 1) + 1..source.start(at + 3),
                name.as_str(),
            )),
            _ => None,
        }
    })
}

fn is_profile(name: &str) -> bool {
    !name.contains(['.', ':', '/']) && name != "localhost" && !name.trim().is_empty()
}

/// Returns the profile if the session connected to a single profile by name, so that `-p` can replace it. With several
/// profiles the names stay in the script.
pub(super) fn profile(entries: &[Entry], circumstances: &Circumstances) -> Option<String> {
    let mut only: Option<&str> = circumstances.profile.as_deref();
    let mut found = false;
    for source in entries
        .iter()
        .filter(|it| it.is_kept())
        .filter_map(|it| it.source.as_ref())
    {
        for (_, name) in connects(source) {
            if only.is_some_and(|other| other != name) {
                return None;
            }
            (only, found) = (Some(name), true);
        }
        // Without `-p`, this call used the default profile or none.
        let bare = (0..source.lexemes.len())
            .any(|at| source.reference(at) == Some("connect") && source.calls(at) == Some(0));
        if bare && circumstances.profile.is_none() {
            return None;
        }
    }
    only.filter(|_| found).map(str::to_owned)
}

/// Returns the edits that adapt the relative paths of modules to the script's folder.
fn modules(entry: &Entry, source: &Source, circumstances: &Circumstances) -> Vec<Edit> {
    let folder = |file: &Path| absolute(file.parent().unwrap_or(Path::new("")));
    let from = match &entry.statement.origin {
        Origin::Prompt => absolute(&circumstances.root),
        Origin::File(file) | Origin::Init(file) => folder(file),
    };
    let to = folder(&circumstances.file);
    if from == to {
        return Vec::new();
    }
    let imports = (0..source.lexemes.len()).filter_map(|at| {
        let Token::StringConstant(path) = source.token(at + 1)? else {
            return None;
        };
        if !matches!(source.token(at)?, Token::Import) || Path::new(path.as_str()).is_absolute() {
            return None;
        }
        let path = relative(&from.join(path.as_str()), &to);
        let quoted = serde_json::Value::from(path.display().to_string()).to_string();
        let start = source.start(at + 1);
        let code = source.text.get(start..source.start(at + 2))?;
        let length = super::source::code_end(&Lexer::new(), code, 0, 1);
        Some((start..start + length, quoted))
    });
    imports.collect()
}

fn absolute(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let whole = folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder));
    whole.unwrap_or_else(|_| folder.to_owned())
}

/// Returns a path relative to a folder; both must be absolute.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    let shared = plain
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    up.chain(plain.components().skip(shared)).collect()
}

/// Returns the text with the edits applied. Edits at one position are applied in their order.
fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut done = String::with_capacity(text.len());
    let mut from = 0;
    for (span, new) in edits {
        if span.start < from {
            continue;
        }
        done.push_str(text.get(from..span.start).unwrap_or_default());
        done.push_str(&new);
        from = span.end;
    }
    done.push_str(text.get(from..).unwrap_or_default());
    done.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{applied, relative};
    use std::path::Path;

    #[test]
    fn modules_are_found_from_another_folder() {
        let seen = |path: &str, folder: &str| {
            relative(Path::new(path), Path::new(folder))
                .display()
                .to_string()
        };
        assert_eq!(seen("/a/b/lib/x", "/a/b"), "lib/x");
        assert_eq!(seen("/a/b/../lib/x", "/a/c/d"), "../../lib/x");
        assert_eq!(seen("/x", "/a"), "../x");
    }

    #[test]
    fn edits_keep_their_order() {
        let edits = vec![
            (1..1, "(".to_owned()),
            (1..2, "X".to_owned()),
            (2..2, ")".to_owned()),
            (2..2, ";".to_owned()),
        ];
        assert_eq!(applied("abc", edits), "a(X);c");
    }
}
