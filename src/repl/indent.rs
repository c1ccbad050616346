//! Indentation of statements by open brackets.

use crate::engine::syntax::SourceText;

/// Blanks per level.
pub(super) const STEP: usize = 4;

/// Returns the indentation of a new line after this position. None inside a text or comment, which would contain the
/// blanks.
pub(super) fn after(text: &str, pos: usize) -> String {
    let width = of_open_bracket(text.get(..pos).unwrap_or_default());
    width.map_or_else(String::new, |width| " ".repeat(width + STEP))
}

/// Returns the start of the line and the indentation of a closing bracket typed here, if the bracket is first on its
/// line and indented too far.
pub(super) fn of_closing(text: &str, pos: usize) -> Option<(usize, String)> {
    let (start, blanks) = blanks_before(text, pos)?;
    let width = of_open_bracket(text.get(..pos)?)?;
    (width < blanks).then(|| (start, " ".repeat(width)))
}

/// Returns the start of the line and the number of its blanks before this position. `None` in the first line, and behind
/// anything but blanks.
pub(super) fn blanks_before(text: &str, pos: usize) -> Option<(usize, usize)> {
    let before = text.get(..pos)?;
    let start = before.rfind('\n')? + 1;
    let blanks = before.get(start..)?;
    let is_blank = blanks.chars().all(|letter| letter == ' ');
    is_blank.then_some((start, blanks.len()))
}

/// Returns the indentation of the line with the innermost open bracket. `None` without one, and inside a text or
/// comment.
fn of_open_bracket(text: &str) -> Option<usize> {
    let source = SourceText::read(text);
    let bracket = source.open_before(source.len()).pop();
    let bracket = bracket.filter(|_| source.open().is_none())?;
    let before = text.get(..source.span(bracket).start)?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?;
    Some(line.len() - line.trim_start_matches(' ').len())
}

#[cfg(test)]
mod tests {
    use super::{after, of_closing};

    #[test]
    fn open_brackets_indent_the_next_line() {
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
    fn a_closing_bracket_is_indented_like_its_opening_line() {
        let close = |text: &str| of_closing(text, text.len()).map(|(_, blanks)| blanks.len());
        assert_eq!(close("fn f() {\n    "), Some(0));
        assert_eq!(close("fn f() {\n    if x {\n        "), Some(4));
        assert_eq!(close("fn f() {\n    1"), None);
        assert_eq!(close("fn f() {\n"), None, "nothing to take away");
        assert_eq!(close("f(`a\n    "), None);
        assert_eq!(close("    "), None);
    }
}
