//! Secrets inside texts and comments without a common grammar: JSON, URLs, headers, queries.

use super::names::is_secret;
use std::ops::Range;

/// Returns the places of secrets in a text. The spans may overlap and aren't sorted.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = next_word(text, at) {
        at = word.end;
        let name = text.get(word.clone()).unwrap_or_default();
        let after = text.get(word.end..).unwrap_or_default();
        if is_key_id(name) {
            found.push(word);
            continue;
        }
        let key = if name.eq_ignore_ascii_case("bearer") {
            bearer(after)
        } else if name == "Basic" {
            bearer(after).filter(|key| is_mixed(after.get(key.clone()).unwrap_or_default()))
        } else if is_secret(name) {
            pair(name, after)
        } else if after.starts_with("://") {
            password(after)
        } else {
            None
        };
        if let Some(key) = key {
            found.push(word.end + key.start..word.end + key.end);
        }
    }
    found
}

fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let start = from + text.get(from..)?.find(is_word)?;
    let rest = text.get(start..)?;
    Some(start..start + rest.find(|c| !is_word(c)).unwrap_or(rest.len()))
}

/// Returns true for the id of an AWS access key, long-term or short-term.
fn is_key_id(word: &str) -> bool {
    (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.len() >= 16
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns true if the text can't be a word of a sentence: it's long and has a digit or a capital letter inside.
fn is_mixed(word: &str) -> bool {
    let unusual = |letter: char| letter.is_ascii_digit() || letter.is_uppercase();
    word.len() >= 8 && word.chars().skip(1).any(unusual)
}

const fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`')
}

/// Finds `Bearer TOKEN`.
fn bearer(after: &str) -> Option<Range<usize>> {
    let key = after.trim_start_matches([' ', '\t']);
    let start = after.len() - key.len();
    let end = key
        .find(|c: char| c.is_whitespace() || is_quote(c) || c == '\\')
        .unwrap_or(key.len());
    (start > 0 && end > 0).then_some(start..start + end)
}

/// Finds `NAME": "VALUE"` and `NAME=VALUE`. Each quote may be escaped by as many backslashes as the surrounding text
/// needs.
fn pair(name: &str, after: &str) -> Option<Range<usize>> {
    let closed = after.trim_start_matches('\\');
    let named = closed.strip_prefix(is_quote);
    let sign = named.unwrap_or(after).trim_start();
    if name.starts_with("--") && sign.len() < after.len() && !sign.starts_with('=') {
        // A command-line option: `--token VALUE`.
        let start = after.len() - sign.len();
        let ends = |c: char| c.is_whitespace() || is_quote(c);
        return Some(start..start + sign.find(ends).unwrap_or(sign.len()));
    }
    let value = sign.strip_prefix([':', '='])?.trim_start();
    let bare = value.trim_start_matches('\\');
    let escapes = value.len() - bare.len();
    let start = after.len() - bare.len();
    if let Some(quote) = bare.chars().next().filter(|letter| is_quote(*letter)) {
        let key = bare.get(1..)?;
        return Some(start + 1..start + 1 + closing(key, quote, escapes));
    }
    let start = after.len() - value.len();
    // A header's value may have several words. Elsewhere, words after a colon are a sentence unless the name or the
    // value can't be part of one.
    let is_header = name.eq_ignore_ascii_case("authorization");
    let ends = |c: char| {
        is_quote(c)
            || matches!(c, ',' | ';' | '&' | '}' | '\n' | '\\')
            || (!is_header && c.is_whitespace())
    };
    let end = value.find(ends).unwrap_or(value.len());
    let is_key = is_header
        || named.is_some()
        || sign.starts_with('=')
        || name.contains(['-', '_'])
        || is_mixed(value.get(..end).unwrap_or_default());
    is_key.then(|| start..start + end)
}

/// Returns the length up to a quote with at most as many backslashes as the opening quote.
fn closing(key: &str, quote: char, escapes: usize) -> usize {
    let mut behind = 0;
    for (at, letter) in key.char_indices() {
        if letter == quote && behind <= escapes {
            return at - behind;
        }
        behind = if letter == '\\' { behind + 1 } else { 0 };
    }
    key.len()
}

/// Finds `://user:PASSWORD@host`.
fn password(after: &str) -> Option<Range<usize>> {
    let address = after.get(3..)?;
    let end = address
        .find(|c: char| c.is_whitespace() || is_quote(c))
        .unwrap_or(address.len());
    let address = address.get(..end)?;
    let colon = address.find(':')?;
    let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
    let in_host = address.get(..host_end)?.rfind('@');
    // A password may contain an unescaped slash. After a port, a slash starts the path.
    let port = address.get(colon + 1..host_end).unwrap_or_default();
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    let at = if is_port { in_host } else { address.rfind('@') }?;
    (colon < at).then_some(3 + colon + 1..3 + at)
}
