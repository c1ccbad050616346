//! The code around the cursor. Within `${…}` it's only the code inside the braces.

use crate::engine::syntax::{OpenConstruct, SourceText};
use rhai::{LexError, Token};
use std::ops::Range;

/// The construct at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorContext {
    /// Code.
    Code,
    /// A comment, a character, or a raw string (`#"…"#`), for which there are no completions.
    Opaque,
    /// A string that began with this quote and whose content begins at byte `start`.
    Text { quote: char, start: usize },
}

/// The code before the cursor. In nested interpolations it's the innermost code.
#[derive(Debug)]
pub(super) struct CursorCode<'t> {
    pub(super) source: &'t SourceText,
    /// Indexes of the tokens in the source, without the string at the cursor.
    pub(super) tokens: Range<usize>,
    pub(super) context: CursorContext,
}

impl<'t> CursorCode<'t> {
    /// Returns the code at the end of a source, which ends at the cursor.
    pub(super) fn at_end(source: &'t SourceText) -> Self {
        let text = open_text(source);
        let context = match text.map(|at| (source.slice(at).chars().next(), source.span(at))) {
            Some((Some(quote @ ('"' | '`')), span)) => CursorContext::Text {
                quote,
                start: span.start + 1,
            },
            None if !is_in_comment(source) => CursorContext::Code,
            _ => CursorContext::Opaque,
        };
        let end = text.unwrap_or(source.len());
        let mut open = source.open_before(end).into_iter().rev();
        let interpolation =
            open.find(|at| matches!(source.before(*at), Some(Token::InterpolatedString(_))));
        Self {
            source,
            tokens: interpolation.map_or(0, |open| open + 1)..end,
            context,
        }
    }

    /// Returns the word or sign at an index; empty if there's no token or a string.
    pub(super) fn word(&self, index: Option<usize>) -> &'t str {
        match index {
            Some(index) if self.tokens.contains(&index) && !self.source.is_text(index) => {
                self.source.slice(index)
            }
            _ => "",
        }
    }

    /// Returns true if the token at the index is a word.
    pub(super) fn is_name(&self, index: Option<usize>) -> bool {
        self.word(index)
            .starts_with(|first: char| first.is_alphabetic() || first == '_')
    }

    /// Returns true if the token at the index is a string or character.
    pub(super) fn is_text(&self, index: Option<usize>) -> bool {
        index.is_some_and(|index| self.tokens.contains(&index) && self.source.is_text(index))
    }

    /// Returns the brackets that are open before an index, the innermost last.
    pub(super) fn open_before(&self, index: usize) -> Vec<usize> {
        let mut open = self.source.open_before(index);
        open.retain(|at| self.tokens.contains(at));
        open
    }

    /// Returns the number of the argument, item or key that begins at an index within an open bracket, counted from 0.
    pub(super) fn item_at(&self, open: usize, index: usize) -> Option<usize> {
        match self.source.items(open, index).as_slice() {
            [] => (open + 1 == index).then_some(0),
            items => items.iter().position(|item| item.start == index),
        }
    }
}

/// Returns the index of the string at the end of a source, if the cursor is in one.
fn open_text(source: &SourceText) -> Option<usize> {
    let last = source.len().checked_sub(1);
    let unterminated = last.filter(|last| {
        let is_last = source.span(*last).end == source.text().len();
        is_last && source.is_text(*last) && is_unterminated(source.token(*last))
    });
    unterminated.or_else(|| source.open_text())
}

/// Returns true if the cursor is in a comment.
fn is_in_comment(source: &SourceText) -> bool {
    let last = source.comments().last();
    let last = last.filter(|comment| comment.end == source.text().len());
    source.open() == Some(OpenConstruct::Comment)
        || last.is_some_and(|comment| source.part(comment.clone()).starts_with("//"))
}

fn is_unterminated(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::LexError(error)) if matches!(**error, LexError::UnterminatedString))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (Vec<String>, CursorContext) {
        let source = SourceText::read(text);
        let code = CursorCode::at_end(&source);
        let words = code.tokens.clone().map(|at| source.slice(at).to_owned());
        (words.collect(), code.context)
    }

    #[test]
    fn texts_and_comments_are_not_code() {
        use CursorContext::{Code, Opaque, Text};
        let text = |quote, start| Text { quote, start };
        for (typed, tokens, context) in [
            ("a.b(1)", vec!["a", ".", "b", "(", "1", ")"], Code),
            ("a // b", vec!["a"], Opaque),
            ("a // b\nc", vec!["a", "c"], Code),
            ("a /* b /* c */ d", vec!["a"], Opaque),
            ("a /* b */ d", vec!["a", "d"], Code),
            (r#"f("a"#, vec!["f", "("], text('"', 3)),
            ("'\"' a", vec!["'\"'", "a"], Code),
            ("'a", vec![], Opaque),
            ("#\"a", vec![], Opaque),
            (r##"#"a"b"# c"##, vec![r##"#"a"b"#"##, "c"], Code),
            ("f(`a ${g(", vec!["g", "("], Code),
            ("f(`a ${b} c", vec!["f", "("], text('`', 3)),
            ("f(`a ${b}", vec!["f", "("], text('`', 3)),
            ("f(`a ${`${b} c", vec![], text('`', 8)),
            ("\"open\nb", vec!["\"open", "b"], Code),
        ] {
            let tokens = tokens.into_iter().map(str::to_owned).collect();
            assert_eq!(words(typed), (tokens, context), "{typed}");
        }
    }

    #[test]
    fn deep_nesting_is_only_deep() {
        let text = "`${".repeat(10_000);
        assert_eq!(words(&text), (vec![], CursorContext::Code));
    }
}
