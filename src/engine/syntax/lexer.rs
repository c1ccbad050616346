//! Splitting text into Rhai's own tokens and comments, with their byte ranges.
//!
//! Rhai's lexer does the splitting. By itself it misreads the rest of a back-tick string after `${ … }`, because only
//! the parser can find the brace that ends the code inside. So [`Lexer`] counts braces and sets Rhai's lexer back to
//! the string at the matching brace. It also finds the end of a string with a wrong escape, where Rhai's lexer stops.

use rhai::{InputStream, Position, Token, TokenizeState, get_next_token};
use std::ops::Range;

/// A token with its byte range.
#[derive(Clone, Debug)]
pub(crate) struct SourceToken {
    /// The token. Input that Rhai rejects is a [`Token::LexError`].
    pub(crate) token: Token,
    /// The byte range, without line breaks at its end.
    pub(crate) span: Range<usize>,
}

/// A construct that may continue on further lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenConstruct {
    /// A back-tick or raw string.
    Text,
    /// A block comment.
    Comment,
}

/// The tokens and comments of a text. `()` becomes two brackets.
pub(crate) struct Lexer<'t> {
    stream: CharStream<'t>,
    state: TokenizeState,
    position: Position,
    /// Number of open braces in each interpolation around the current position.
    interpolations: Vec<usize>,
    /// The second bracket of `()`.
    pending: Option<SourceToken>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            stream: CharStream {
                text,
                at: 0,
                back: Vec::new(),
            },
            state: TokenizeState {
                include_comments: true,
                ..TokenizeState::default()
            },
            position: Position::new(1, 0),
            interpolations: Vec::new(),
            pending: None,
        }
    }

    /// Returns the construct that's still open after the last token.
    pub(crate) fn open(&self) -> Option<OpenConstruct> {
        if self.state.comment_level > 0 {
            Some(OpenConstruct::Comment)
        } else if self.state.is_within_text_terminated_by.is_some() {
            Some(OpenConstruct::Text)
        } else {
            None
        }
    }

    /// Counts braces, and returns to the back-tick string at the end of an interpolation.
    fn follow_braces(&mut self, token: &Token) {
        match (token, self.interpolations.last_mut()) {
            (Token::InterpolatedString(_), _) => self.interpolations.push(0),
            (Token::LeftBrace | Token::MapStart, Some(open)) => *open += 1,
            (Token::RightBrace, Some(open)) => {
                *open = open.saturating_sub(1);
                if *open == 0 {
                    self.interpolations.pop();
                    self.state.is_within_text_terminated_by = Some("`".into());
                }
            }
            _ => {}
        }
    }

    /// Moves to the end of a string or character whose escape Rhai's lexer rejected: the closing quote or the line's
    /// end.
    fn skip_literal(&mut self, start: usize) {
        self.state.is_within_text_terminated_by = None;
        self.stream.move_to(start);
        let quote = self.stream.get_next();
        while let Some(letter) = self.stream.peek_next().filter(|letter| *letter != '\n') {
            self.stream.get_next();
            match letter {
                '\\' => {
                    self.stream.get_next();
                }
                // A doubled quote is an escaped one.
                _ if Some(letter) == quote && self.stream.peek_next() == quote => {
                    self.stream.get_next();
                }
                _ if Some(letter) == quote => break,
                _ => {}
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = SourceToken;

    fn next(&mut self) -> Option<SourceToken> {
        if self.pending.is_some() {
            return self.pending.take();
        }
        // A text that's open after a token stays open: nothing follows.
        let continues_text = self.state.is_within_text_terminated_by.is_some();
        let text = self.stream.text;
        let from = self.stream.place();
        let (token, _) = get_next_token(&mut self.stream, &mut self.state, &mut self.position);
        let passed = text.get(from..self.stream.place()).unwrap_or_default();
        if token == Token::EOF || passed.is_empty() {
            return None;
        }
        let blanks = passed.len() - passed.trim_start().len();
        let start = from + if continues_text { 0 } else { blanks };
        self.follow_braces(&token);
        match &token {
            Token::Unit => {
                self.pending = Some(SourceToken {
                    token: Token::RightParen,
                    span: start + 1..self.stream.place(),
                });
                return Some(SourceToken {
                    token: Token::LeftParen,
                    span: start..start + 1,
                });
            }
            Token::LexError(_) if self.state.is_within_text_terminated_by.is_some() => {
                self.skip_literal(start);
            }
            _ => {}
        }
        let end = self.stream.place();
        let read = text.get(start..end).unwrap_or_default();
        // Rhai counts the line break behind a line comment or an unterminated string as part of it.
        let kept = match token {
            Token::Comment(_) | Token::LexError(_) => read.trim_end_matches(['\n', '\r']).len(),
            _ => read.len(),
        };
        Some(SourceToken {
            token,
            span: start..start + kept,
        })
    }
}

/// Returns the first token of a text that isn't a comment.
pub(crate) fn first_token(text: &str) -> Option<Token> {
    Lexer::new(text)
        .map(|it| it.token)
        .find(|token| !matches!(token, Token::Comment(_)))
}

/// A text with the current reading position.
struct CharStream<'t> {
    text: &'t str,
    at: usize,
    /// Characters that were returned to the stream, the next one last.
    back: Vec<char>,
}

impl CharStream<'_> {
    /// Returns the byte offset of the next character.
    fn place(&self) -> usize {
        let back: usize = self.back.iter().map(|letter| letter.len_utf8()).sum();
        self.at.saturating_sub(back)
    }

    fn move_to(&mut self, at: usize) {
        self.back.clear();
        self.at = at;
    }

    fn letter(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }
}

impl InputStream for CharStream<'_> {
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
