//! The code around the cursor. The content of comments and strings is left out, and within `${…}` only the code inside
//! the braces is included.

use crate::repl::pieces::{Open, Piece, pieces};
use std::ops::Range;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A closed string or character, including its quotes.
    Text,
    /// An operator or bracket; `#{` is a single token.
    Sign,
}

/// One token of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) sort: Sort,
    /// Byte range in the whole text.
    pub(super) span: Range<usize>,
}

/// The construct at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Code.
    Code,
    /// A comment, a character, or a raw string (`#"…"#`), for which there are no completions.
    Opaque,
    /// A string that began with this quote and whose content begins at byte `start`.
    Text { quote: char, start: usize },
}

/// The code around the cursor. In nested interpolations it's the innermost code.
#[derive(Debug)]
pub(super) struct Code<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    pub(super) end: End,
}

impl<'t> Code<'t> {
    /// Returns the word or sign at an index; empty if there's no token or a string.
    pub(super) fn word(&self, index: Option<usize>) -> &'t str {
        self.token(index)
            .filter(|token| token.sort != Sort::Text)
            .map_or("", |token| self.slice(token))
    }

    /// Returns true if the token at the index is a word.
    pub(super) fn is_name(&self, index: Option<usize>) -> bool {
        self.token(index)
            .is_some_and(|token| token.sort == Sort::Word)
    }

    /// Returns the token at an index.
    pub(super) fn token(&self, index: Option<usize>) -> Option<&Token> {
        self.tokens.get(index?)
    }

    /// Returns a token's text.
    pub(super) fn slice(&self, token: &Token) -> &'t str {
        self.text.get(token.span.clone()).unwrap_or_default()
    }

    /// Returns the index of the bracket that's closed by the one at `close`.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..=close).rev() {
            match self.word(Some(index)) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" | "#{" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// One level of interpolation.
#[derive(Default)]
struct Frame {
    tokens: Vec<Token>,
    /// Number of braces opened in this level and not closed.
    open: usize,
    /// Byte offset of the back-tick string around this level.
    text: usize,
}

/// Reads the text, all of which is before the cursor.
pub(super) fn scan(text: &str) -> Code<'_> {
    let (pieces, open) = pieces(text);
    let mut scan = Scan {
        text,
        outer: Vec::new(),
        frame: Frame::default(),
        template: None,
        end: End::Code,
    };
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.into_iter().enumerate() {
        let open = open.filter(|_| index == last);
        scan.take(&piece, index == last, open);
    }
    if open == Some(Open::Comment) {
        scan.end = End::Opaque;
    }
    Code {
        text,
        tokens: scan.frame.tokens,
        end: scan.end,
    }
}

struct Scan<'t> {
    text: &'t str,
    outer: Vec<Frame>,
    frame: Frame,
    /// Byte offset of the back-tick string that continues with the next piece.
    template: Option<usize>,
    end: End,
}

impl Scan<'_> {
    /// Processes the next piece. If it's the last one, `open` is the construct that it leaves open.
    fn take(&mut self, piece: &Piece, is_last: bool, open: Option<Open>) {
        let span = piece.span.clone();
        let slice = self.text.get(span.clone()).unwrap_or_default();
        // Nothing follows this piece, not even a blank.
        let at_end = is_last && span.end == self.text.len();
        match &piece.token {
            rhai::Token::Comment(_) => {
                if at_end && slice.starts_with("//") && !slice.ends_with('\n') {
                    self.end = End::Opaque;
                }
            }
            rhai::Token::InterpolatedString(_) => {
                self.template.get_or_insert(span.start);
            }
            rhai::Token::LeftBrace if self.template.is_some() => {
                let inner = Frame {
                    text: self.template.take().unwrap_or_default(),
                    ..Frame::default()
                };
                self.outer.push(std::mem::replace(&mut self.frame, inner));
            }
            rhai::Token::RightBrace if self.frame.open == 0 && !self.outer.is_empty() => {
                self.template = Some(self.frame.text);
                self.frame = self.outer.pop().unwrap_or_default();
            }
            rhai::Token::StringConstant(_) | rhai::Token::CharConstant(_) => {
                let begin = self.template.take().unwrap_or(span.start);
                let is_open = open == Some(Open::Text);
                self.text_token(begin..span.end, is_open);
            }
            rhai::Token::LexError(_) if slice.starts_with(['"', '\'', '`']) => {
                let begin = self.template.take().unwrap_or(span.start);
                let is_open = at_end && !slice.ends_with('\n');
                let end = span.end - slice.len() + slice.trim_end_matches('\n').len();
                self.text_token(begin..end, is_open);
            }
            _ => self.token(slice, span),
        }
    }

    fn token(&mut self, slice: &str, span: Range<usize>) {
        let sort = match slice.chars().next() {
            Some(first) if first.is_ascii_digit() => Sort::Number,
            Some(first) if first.is_alphabetic() || first == '_' => Sort::Word,
            _ => Sort::Sign,
        };
        match slice {
            // Rhai's lexer returns `()` as one token; here it's the two brackets of a call without arguments.
            "()" => {
                let middle = span.start + 1;
                self.token("(", span.start..middle);
                return self.token(")", middle..span.end);
            }
            "{" | "#{" => self.frame.open += 1,
            "}" => self.frame.open = self.frame.open.saturating_sub(1),
            _ => {}
        }
        self.frame.tokens.push(Token { sort, span });
    }

    /// Processes a string or character; the cursor is in it if it's open.
    fn text_token(&mut self, span: Range<usize>, is_open: bool) {
        if !is_open {
            let sort = Sort::Text;
            self.frame.tokens.push(Token { sort, span });
            return;
        }
        let quote = self
            .text
            .get(span.start..)
            .and_then(|rest| rest.chars().next());
        self.end = match quote {
            Some(quote @ ('"' | '`')) => End::Text {
                quote,
                start: span.start + 1,
            },
            _ => End::Opaque,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (Vec<&str>, End) {
        let code = scan(text);
        let words = code.tokens.iter().map(|token| code.slice(token)).collect();
        (words, code.end)
    }

    #[test]
    fn texts_and_comments_are_told_from_code() {
        for (text, tokens, end) in [
            ("a.b(1)", vec!["a", ".", "b", "(", "1", ")"], End::Code),
            (
                "x?.y::z #{",
                vec!["x", "?.", "y", "::", "z", "#{"],
                End::Code,
            ),
            ("a // b", vec!["a"], End::Opaque),
            ("a // b\nc", vec!["a", "c"], End::Code),
            ("a /* b /* c */ d", vec!["a"], End::Opaque),
            ("a /* b */ d", vec!["a", "d"], End::Code),
            (r#""a\"b""c" d"#, vec![r#""a\"b""c""#, "d"], End::Code),
            (
                r#"f("a"#,
                vec!["f", "("],
                End::Text {
                    quote: '"',
                    start: 3,
                },
            ),
            ("'\"' a", vec!["'\"'", "a"], End::Code),
            ("'a", vec![], End::Opaque),
            (r##"#"a"b"# c"##, vec![r##"#"a"b"#"##, "c"], End::Code),
            ("f(`a ${g(", vec!["g", "("], End::Code),
            (
                "f(`a ${#{b: 1}} c` d",
                vec!["f", "(", "`a ${#{b: 1}} c`", "d"],
                End::Code,
            ),
            (
                "f(`a ${b} c",
                vec!["f", "("],
                End::Text {
                    quote: '`',
                    start: 3,
                },
            ),
            ("\"open\nb", vec!["\"open", "b"], End::Code),
        ] {
            assert_eq!(words(text), (tokens, end), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_only_deep() {
        let text = "`${".repeat(10_000);
        assert_eq!(words(&text), (vec![], End::Code));
    }
}
