//! Result of parsing the text typed so far: complete, broken, or incomplete.
//!
//! Every part of the line editor's helper needs the result for the current text at each keypress, so the last result is
//! cached.

use super::pieces::{Open, Piece, pieces};
use crate::engine::completeness::{Completeness, completeness, parser};
use rhai::{Engine, Position};
use std::cell::RefCell;
use std::rc::Rc;

/// Result of parsing a text.
pub(super) struct Reading {
    /// The text's tokens and comments.
    pub(super) pieces: Vec<Piece>,
    /// The string or comment that's still open at the end of the text.
    pub(super) open: Option<Open>,
    /// True if Enter ends the statement, because it can be run or its error can be shown.
    pub(super) whole: bool,
    /// Byte offset of an error that no further input can correct.
    pub(super) error: Option<usize>,
}

thread_local! {
    static PARSER: Engine = parser();
    static LAST: RefCell<Option<(String, Rc<Reading>)>> = const { RefCell::new(None) };
}

/// Returns true for a command, which isn't part of the language and is always a single line.
pub(super) fn is_command(text: &str) -> bool {
    command(text).is_some()
}

/// Returns the command line without its colon. `help`, `help NAME` and `?` work without a colon too.
pub(super) fn command(text: &str) -> Option<&str> {
    let text = text.trim();
    if let Some(command) = text.strip_prefix(':') {
        return Some(command);
    }
    let mut words = text.split_whitespace();
    let first = words.next()?;
    let is_name = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == ':');
    let is_help = first == "help" && words.next().is_none_or(is_name) || first == "?";
    (is_help && words.next().is_none()).then_some(text)
}

/// Parses a text, or returns the cached result for it.
pub(super) fn read(text: &str) -> Rc<Reading> {
    let kept = LAST.with_borrow(|last| {
        let (kept, reading) = last.as_ref()?;
        (kept == text).then(|| Rc::clone(reading))
    });
    kept.unwrap_or_else(|| {
        let reading = Rc::new(read_anew(text));
        LAST.set(Some((text.to_owned(), Rc::clone(&reading))));
        reading
    })
}

fn read_anew(text: &str) -> Reading {
    if is_command(text) {
        return Reading {
            pieces: Vec::new(),
            open: None,
            whole: true,
            error: None,
        };
    }
    let (pieces, open) = pieces(text);
    let completeness = PARSER.with(|engine| completeness(engine, text));
    Reading {
        pieces,
        open,
        whole: completeness != Completeness::Incomplete,
        error: match completeness {
            Completeness::Broken(position) => Some(byte_of(text, position)),
            Completeness::Complete | Completeness::Incomplete => None,
        },
    }
}

/// Returns the byte offset of a line and column, both counted from 1, with columns in characters. Without such a
/// position the result is the end of the text.
fn byte_of(text: &str, position: Position) -> usize {
    let (Some(line), Some(column)) = (position.line(), position.position()) else {
        return text.len();
    };
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    within.map_or(text.len(), |(offset, _)| start + offset)
}

#[cfg(test)]
mod tests {
    use super::{command, read};

    #[test]
    fn help_needs_no_colon() {
        assert_eq!(command(" :quit"), Some("quit"));
        for text in ["help", "help paths", "help :watch", "?"] {
            assert_eq!(command(text), Some(text));
        }
        for text in [
            "help(paths)",
            "help - 1",
            "help two words",
            "helper",
            "? x y",
            "",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
    }

    #[test]
    fn the_place_of_an_error_is_a_byte() {
        for (text, found) in [
            ("\"é\" + )", Some(7)),
            ("let a = \"日\";\nlet b = 1 )", Some(25)),
            ("1 +", None),
            ("1", None),
            (":help )", None),
        ] {
            assert_eq!(read(text).error, found, "{text}");
        }
        assert!(!read("f(").whole && read("f(1").error.is_none() && read("f(1)").whole);
        assert!(read("eval(\"1\")").error.is_some(), "as in the engine");
    }
}
