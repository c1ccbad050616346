//! Syntax highlighting of code.
//!
//! Uses the 8 basic colours and attributes that every theme adapts: keywords, texts, numbers, comments. Names that
//! zshell knows (functions, options of the current call) are bold, so a misspelling is visible before Enter. A syntax
//! error is red and underlined.

use super::registry;
use super::syntax::{ParseState, SourceText, parse_state};
use rhai::Token;
use std::fmt::Write;
use std::ops::Range;

/// Longer texts (in bytes) aren't highlighted.
pub(crate) const LONGEST: usize = 32 << 10;

const KEYWORD: &str = "35";
const TEXT: &str = "32";
const NUMBER: &str = "36";
const COMMENT: &str = "2";
/// Names that zshell knows.
pub(crate) const KNOWN: &str = "1";
const PARTNER: &str = "1;4";
const BROKEN: &str = "4;31";

/// Returns code with colours. At a cursor, the brackets of a pair are highlighted.
pub(crate) fn code(line: &str, cursor: Option<usize>) -> String {
    let state = parse_state(line);
    let source = &state.source;
    let partners = cursor.and_then(|pos| source.bracket_pair(pos));
    let broken = broken(&state);
    let comments = source.comments().iter();
    let mut styles: Vec<(Range<usize>, Option<&str>)> =
        comments.map(|span| (span.clone(), Some(COMMENT))).collect();
    for index in 0..source.len() {
        let mut span = source.span(index);
        if matches!(source.token(index), Some(Token::InterpolatedString(_))) {
            // The `$` belongs to the brace after it.
            span.end -= usize::from(source.slice(index).ends_with('$'));
        }
        let is_partner = partners.iter().flatten().any(|partner| *partner == span);
        let code = if broken == Some(index) {
            Some(BROKEN)
        } else if is_partner {
            Some(PARTNER)
        } else {
            style(source, index)
        };
        styles.push((span, code));
    }
    styles.sort_by_key(|(span, _)| span.start);
    let mut painted = String::with_capacity(line.len() * 2);
    let mut from = 0;
    for (span, code) in styles {
        painted.push_str(line.get(from..span.start).unwrap_or_default());
        from = span.end;
        push(&mut painted, code, source.part(span));
    }
    painted.push_str(line.get(from..).unwrap_or_default());
    painted
}

/// Returns the spans of the brackets that the cursor highlights.
pub(crate) fn partners(line: &str, pos: usize) -> Option<[Range<usize>; 2]> {
    parse_state(line).source.bracket_pair(pos)
}

/// Each line of a piece gets its own escape sequence, so nothing leaks when the terminal wraps or clears lines.
pub(crate) fn push(painted: &mut String, code: Option<&str>, text: &str) {
    let Some(code) = code else {
        painted.push_str(text);
        return;
    };
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            painted.push('\n');
        }
        if !line.is_empty() {
            let _ = write!(painted, "\x1b[{code}m{line}\x1b[0m");
        }
    }
}

fn style(source: &SourceText, index: usize) -> Option<&'static str> {
    let text = source.slice(index);
    match source.token(index)? {
        _ if source.is_text(index) => Some(TEXT),
        // An unterminated raw string.
        Token::LexError(_) => text.starts_with('#').then_some(TEXT),
        Token::IntegerConstant(_) | Token::FloatConstant(_) | Token::True | Token::False => {
            Some(NUMBER)
        }
        Token::Identifier(_) if is_known_call(source, index) || is_known_option(source, index) => {
            Some(KNOWN)
        }
        token if token.is_standard_keyword() && text.starts_with(char::is_alphabetic) => {
            Some(KEYWORD)
        }
        _ => None,
    }
}

fn is_known_call(source: &SourceText, index: usize) -> bool {
    source.is_called(index) && registry::callee(source, index + 1).is_some()
}

/// Returns true for a known option in the option map of one of zshell's functions.
fn is_known_option(source: &SourceText, index: usize) -> bool {
    if source.token(index + 1) != Some(&Token::Colon) {
        return false;
    }
    let [.., call, map] = source.open_before(index)[..] else {
        return false;
    };
    let function =
        registry::callee(source, call).filter(|_| source.token(map) == Some(&Token::MapStart));
    let name = source.slice(index);
    function.is_some_and(|(function, _)| function.options.iter().any(|it| it.matches(name)))
}

/// Returns the token with the syntax error. A word or text at the end of the line may be unfinished and isn't one.
fn broken(state: &ParseState) -> Option<usize> {
    let source = &state.source;
    let at = source.count_before(state.error?);
    let index = at.min(source.len().checked_sub(1)?);
    let may_continue = source.span(index).end == source.text().len()
        && source.slice(index).starts_with(|first: char| {
            first.is_alphanumeric() || matches!(first, '_' | '"' | '\'' | '`' | '#')
        });
    (!may_continue).then_some(index)
}
