//! Syntax highlighting of the typed statement.
//!
//! Uses the 8 basic colours and attributes that every theme adapts: keywords, texts, numbers, comments. Names that
//! zshell knows (functions, options of the current call, commands) are bold, so a misspelling is visible before Enter.
//! A syntax error is red and underlined.

use super::call_site;
use super::commands;
use crate::engine::syntax::{ParseState, SourceText, is_command, parse_state};
use rhai::Token;
use std::ops::Range;

/// Longer texts (in bytes) aren't highlighted.
pub(super) const LONGEST: usize = 32 << 10;

const KEYWORD: &str = "35";
const TEXT: &str = "32";
const NUMBER: &str = "36";
const COMMENT: &str = "2";
const KNOWN: &str = "1";
const PARTNER: &str = "1;4";
const BROKEN: &str = "4;31";

/// Returns the line with colours. `cursor` is `None` after Enter.
pub(super) fn highlight(line: &str, cursor: Option<usize>) -> String {
    if is_command(line) {
        return command(line);
    }
    let state = parse_state(line);
    let source = &state.source;
    let partners = cursor.and_then(|pos| source.bracket_pair(pos));
    let broken = broken(&state);
    let comments = source.comments().iter();
    let mut styles: Vec<(Range<usize>, Option<&str>)> =
        comments.map(|span| (span.clone(), Some(COMMENT))).collect();
    for index in 0..source.len() {
        let span = source.span(index);
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
pub(super) fn partners(line: &str, pos: usize) -> Option<[Range<usize>; 2]> {
    parse_state(line).source.bracket_pair(pos)
}

fn command(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let (blanks, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let (name, arguments) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    let known = name
        .strip_prefix(':')
        .is_some_and(|name| commands::find(name).is_ok());
    let mut painted = blanks.to_owned();
    push(&mut painted, known.then_some(KNOWN), name);
    painted.push_str(arguments);
    painted
}

/// Each line of a piece gets its own escape sequence, so nothing leaks when the terminal wraps or clears lines.
fn push(painted: &mut String, code: Option<&str>, text: &str) {
    let Some(code) = code else {
        painted.push_str(text);
        return;
    };
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        if !line.is_empty() {
            painted.push_str("\x1b[");
            painted.push_str(code);
            painted.push('m');
            painted.push_str(line);
            painted.push_str("\x1b[0m");
        }
        painted.push_str(end);
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
    source.is_called(index) && call_site::callee(source, index + 1).is_some()
}

/// Returns true for a known option in the option map of one of zshell's functions.
fn is_known_option(source: &SourceText, index: usize) -> bool {
    if source.token(index + 1) != Some(&Token::Colon) {
        return false;
    }
    let open = source.open_before(index);
    match open.as_slice() {
        [.., call, map] if source.token(*map) == Some(&Token::MapStart) => {
            let name = source.slice(index);
            call_site::callee(source, *call)
                .is_some_and(|(function, _)| function.options.iter().any(|it| it.matches(name)))
        }
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use super::highlight;

    /// Sequences as `<1m` and `>`.
    fn shown(line: &str) -> String {
        highlight(line, None)
            .replace("\x1b[0m", ">")
            .replace("\x1b[", "<")
    }

    #[test]
    fn names_we_know_are_bold() {
        assert_eq!(shown("import(x)"), "<1mimport>(x)");
        assert_eq!(shown("a.import (x)"), "a.<1mimport> (x)");
        assert_eq!(shown("imprt(x)"), "imprt(x)");
        assert_eq!(shown("jobs()"), "<1mjobs>()");
        assert_eq!(shown("jobs"), "jobs", "a variable may be called so");
        assert_eq!(
            shown("jobs(#{state: 1, stat: 2})"),
            "<1mjobs>(#{<1mstate>: <36m1>, stat: <36m2>})"
        );
        assert_eq!(shown("#{state: a}"), "#{state: a}");
        assert_eq!(
            shown("import \"x\" as y;"),
            "<35mimport> <32m\"x\"> <35mas> y;"
        );
        assert_eq!(shown(" :help import"), " <1m:help> import");
        assert_eq!(shown(":hlp"), ":hlp");
    }

    #[test]
    fn texts_hold_code() {
        assert_eq!(
            shown("let s = `a ${ f(\"b\") } c`; // d"),
            "<35mlet> s = <32m`a $>{ f(<32m\"b\">) }<32m c`>; <2m// d>"
        );
        assert_eq!(shown("`a\nb`"), "<32m`a>\n<32mb`>");
        assert_eq!(shown("\"open"), "<32m\"open>");
    }

    #[test]
    fn a_broken_place_is_marked_once_it_cannot_be_mended() {
        assert_eq!(shown("f(1))"), "f(<36m1>)<4;31m)>");
        assert_eq!(shown("1 2 "), "<36m1> <4;31m2> ");
        assert_eq!(shown("1 2"), "<36m1> <36m2>", "it may become a word");
        assert_eq!(shown("let x = \"a\nb"), "<35mlet> x = <4;31m\"a>\nb");
        assert_eq!(shown("f(1"), "f(<36m1>");
        assert_eq!(shown("let go = 1;"), "<35mlet> <4;31mgo> = <36m1>;");
    }

    #[test]
    fn partners_are_lit_at_the_cursor_alone() {
        let lit = highlight("f(1)", Some(1));
        assert_eq!(lit.matches("\x1b[1;4m").count(), 2);
        assert!(!highlight("f(1)", Some(0)).contains("1;4"));
    }
}
