//! The input split into Rhai's own tokens and comments, with their byte ranges.
//!
//! Rhai's lexer does the splitting. By itself it misreads the rest of a back-tick string after `${ … }`, since only the
//! parser can find the brace that ends the code inside. So braces are counted here, and the lexer's state is set back
//! to the string at the matching brace.

use rhai::{InputStream, Position, Token, TokenizeState, get_next_token};
use std::ops::Range;

/// A token and its position.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The token; input that the lexer rejects is a [`Token::LexError`].
    pub(super) token: Token,
    /// The token's byte range.
    pub(super) span: Range<usize>,
}

/// A construct that's still open at the end of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// A back-tick or raw string.
    Text,
    /// A block comment.
    Comment,
}

/// Returns the text's tokens, and the construct that's still open at its end.
pub(super) fn pieces(text: &str) -> (Vec<Piece>, Option<Open>) {
    let mut stream = Stream {
        text,
        at: 0,
        back: Vec::new(),
    };
    let mut state = TokenizeState {
        include_comments: true,
        ..TokenizeState::default()
    };
    let mut position = Position::new(1, 0);
    let mut pieces = Vec::new();
    // Number of open braces for each interpolation around the current position.
    let mut inside: Vec<usize> = Vec::new();
    loop {
        let in_text = state.is_within_text_terminated_by.is_some();
        let from = stream.place();
        let (token, _) = get_next_token(&mut stream, &mut state, &mut position);
        let end = stream.place();
        if token == Token::EOF || end == from {
            break;
        }
        let start = if in_text {
            from
        } else {
            let passed = text.get(from..end).unwrap_or_default();
            end - passed.trim_start().len()
        };
        match token {
            Token::InterpolatedString(_) => inside.push(0),
            Token::LeftBrace | Token::MapStart => {
                if let Some(open) = inside.last_mut() {
                    *open += 1;
                }
            }
            Token::RightBrace => {
                if let Some(open) = inside.last_mut() {
                    *open = open.saturating_sub(1);
                    if *open == 0 {
                        inside.pop();
                        state.is_within_text_terminated_by = Some("`".into());
                    }
                }
            }
            _ => {}
        }
        let ends_open = matches!(token, Token::StringConstant(_))
            && state.is_within_text_terminated_by.is_some();
        pieces.push(Piece {
            token,
            span: start..end,
        });
        if ends_open {
            return (pieces, Some(Open::Text));
        }
    }
    let open = if state.comment_level > 0 {
        Some(Open::Comment)
    } else if state.is_within_text_terminated_by.is_some() {
        Some(Open::Text)
    } else {
        None
    };
    (pieces, open)
}

/// A text with the current reading position.
struct Stream<'a> {
    text: &'a str,
    at: usize,
    /// Characters that were returned to the stream, the next one last.
    back: Vec<char>,
}

impl Stream<'_> {
    /// Returns the byte offset of the next character.
    fn place(&self) -> usize {
        let back: usize = self.back.iter().map(|letter| letter.len_utf8()).sum();
        self.at.saturating_sub(back)
    }

    fn letter(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }
}

impl InputStream for Stream<'_> {
    fn unget(&mut self, letter: char) {
        self.back.push(letter);
    }

    fn get_next(&mut self) -> Option<char> {
        self.back.pop().or_else(|| {
            let letter = self.letter()?;
            self.at += letter.len_utf8();
            Some(letter)
        })
    }

    fn peek_next(&mut self) -> Option<char> {
        self.back.last().copied().or_else(|| self.letter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<&str> {
        let (pieces, _) = pieces(text);
        pieces.into_iter().map(|it| &text[it.span]).collect()
    }

    #[test]
    fn texts_with_code_inside_keep_their_places() {
        assert_eq!(
            cut(r#"let s = `é ${ f("}") + `${x}` } z`; 1"#),
            [
                "let", "s", "=", "`é $", "{", "f", "(", "\"}\"", ")", "+", "`$", "{", "x", "}",
                "`", "}", " z`", ";", "1"
            ]
        );
        assert_eq!(
            cut(r"`a \${b} ${ #{c: 1}.c } d` /* e /* f */ */ g // h"),
            [
                r"`a \${b} $",
                "{",
                "#{",
                "c",
                ":",
                "1",
                "}",
                ".",
                "c",
                "}",
                " d`",
                "/* e /* f */ */",
                "g",
                "// h"
            ]
        );
        assert_eq!(
            cut("1.e 0..9 1_000.5"),
            ["1", ".", "e", "0", "..", "9", "1_000.5"]
        );
        assert_eq!(
            cut(r##"#"raw " text"# + 'x'"##),
            [r##"#"raw " text"#"##, "+", "'x'"]
        );
    }

    #[test]
    fn what_is_open_is_told() {
        for (text, open) in [
            ("`a", Some(Open::Text)),
            ("`a ${x} b", Some(Open::Text)),
            ("`a ${x", None),
            ("`a`", None),
            ("/* a", Some(Open::Comment)),
            ("1 /* a */", None),
            ("\"a", None),
            ("", None),
        ] {
            assert_eq!(pieces(text).1, open, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn pieces_lie_in_order_within_the_text(text in "[\"'`#${}()/*\\\\a1.:=;,\n é日]{0,60}") {
            let mut last = 0;
            for piece in pieces(&text).0 {
                prop_assert!(piece.span.start >= last && piece.span.start <= piece.span.end);
                prop_assert!(text.get(piece.span.clone()).is_some());
                last = piece.span.end;
            }
        }
    }
}
