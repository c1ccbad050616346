//! Indentation of statements by open brackets.

use super::brackets;
use super::judge;

/// Blanks per level.
pub(super) const STEP: usize = 4;

/// Returns the indentation of a new line after this position. None inside a text or comment, which would contain the
/// blanks.
pub(super) fn after(text: &str, pos: usize) -> String {
    let before = text.get(..pos).unwrap_or_default();
    let reading = judge::read(before);
    let open = brackets::open_at(&reading.pieces, pos);
    match open.last().and_then(|at| reading.pieces.get(*at)) {
        Some(bracket) if reading.open.is_none() => {
            " ".repeat(set_in(before, bracket.span.start) + STEP)
        }
        _ => String::new(),
    }
}

/// Returns the start of the line and the indentation of a closing bracket typed here, if the bracket is first on its
/// line and indented too far.
pub(super) fn of_closing(text: &str, pos: usize) -> Option<(usize, String)> {
    let before = text.get(..pos)?;
    let start = before.rfind('\n')? + 1;
    let blanks = before.get(start..)?;
    let reading = judge::read(before);
    if !blanks.chars().all(|letter| letter == ' ') || reading.open.is_some() {
        return None;
    }
    let open = brackets::open_at(&reading.pieces, pos);
    let bracket = reading.pieces.get(*open.last()?)?;
    let width = set_in(before, bracket.span.start);
    (width < blanks.len()).then(|| (start, " ".repeat(width)))
}

/// Returns the blanks at the beginning of the line.
fn set_in(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::{after, of_closing};

    #[test]
    fn a_level_for_the_innermost_open_bracket() {
        for (text, blanks) in [
            ("fn f() {", 4),
            ("fn f() {\n    if x {", 8),
            ("fn f() {\n    g(#{a: 1,", 8),
            ("fn f() {\n    1;\n", 4),
            ("fn f() {\n    if x {\n    }", 4),
            ("[1, 2,", 4),
            ("1 +", 0),
            ("let t = `a {", 0),
            ("f(`a ${ g(", 4),
            ("f(/* {", 0),
        ] {
            assert_eq!(after(text, text.len()).len(), blanks, "{text}");
        }
    }

    #[test]
    fn a_closing_bracket_stands_below_its_line() {
        let close = |text: &str| of_closing(text, text.len()).map(|(_, blanks)| blanks.len());
        assert_eq!(close("fn f() {\n    "), Some(0));
        assert_eq!(close("fn f() {\n    if x {\n        "), Some(4));
        assert_eq!(close("fn f() {\n    1"), None);
        assert_eq!(close("fn f() {\n"), None, "nothing to take away");
        assert_eq!(close("f(`a\n    "), None);
        assert_eq!(close("    "), None);
    }
}
