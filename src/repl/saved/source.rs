//! Parsed text of a statement: its tokens, its functions, and the statements in it.

use crate::engine::tokens::{Lexeme, Lexer};
use rhai::Token;
use std::ops::Range;

/// A text that parses.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) lexemes: Vec<Lexeme>,
    pub(super) items: Vec<Item>,
}

/// One statement or function of a text.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Byte range, without surrounding comments and without the semicolon.
    pub(super) span: Range<usize>,
    /// Range of token indexes.
    pub(super) tokens: Range<usize>,
    /// Byte offset behind the semicolon, or the end of `span` if there's no semicolon.
    pub(super) end: usize,
    /// Name and number of parameters, if the item is a function.
    pub(super) function: Option<(String, usize)>,
}

impl Source {
    /// Parses a text; returns `None` if it doesn't parse.
    pub(super) fn read(lexer: &Lexer, text: &str) -> Option<Self> {
        let lexemes = lexer.read(text).ok()?;
        let mut source = Self {
            text: text.to_owned(),
            lexemes,
            items: Vec::new(),
        };
        source.items = source.split(lexer);
        Some(source)
    }

    /// Returns the token at this index.
    pub(super) fn token(&self, index: usize) -> Option<&Token> {
        self.lexemes.get(index).map(|it| &it.token)
    }

    /// Returns the token before this index.
    pub(super) fn before(&self, index: usize) -> Option<&Token> {
        self.token(index.checked_sub(1)?)
    }

    /// Returns the byte offset of a token, or the length of the text if there's no such token.
    pub(super) fn start(&self, index: usize) -> usize {
        self.lexemes
            .get(index)
            .map_or(self.text.len(), |it| it.start)
    }

    /// Returns the name at this index if it refers to a variable, a function or a module, rather than to a property or
    /// a map's key.
    pub(super) fn reference(&self, index: usize) -> Option<&str> {
        let name = self.lexemes.get(index)?.name()?;
        let is_member = matches!(self.before(index), Some(Token::Period | Token::Elvis));
        let is_key = matches!(self.token(index + 1), Some(Token::Colon));
        let declares = matches!(
            self.before(index),
            Some(Token::Let | Token::Const | Token::As | Token::Fn)
        );
        (!is_key && !declares && (!is_member || self.calls(index).is_some())).then_some(name)
    }

    /// Returns the names that this text declares for later statements.
    pub(super) fn declared(&self) -> impl Iterator<Item = &str> {
        self.items.iter().flat_map(move |item| {
            let mut depth = 0_usize;
            item.tokens.clone().filter_map(move |index| {
                match self.token(index)? {
                    token if opens(token) => depth += 1,
                    token if closes(token) => depth = depth.saturating_sub(1),
                    Token::Let | Token::Const | Token::As | Token::Fn if depth == 0 => {
                        return self.lexemes.get(index + 1)?.name();
                    }
                    _ => {}
                }
                None
            })
        })
    }

    /// Returns the names that this text uses, including names that it declares itself.
    pub(super) fn used(&self) -> impl Iterator<Item = &str> {
        (0..self.lexemes.len()).filter_map(|index| self.reference(index))
    }

    /// Returns the number of arguments if the name at this index is called.
    pub(super) fn calls(&self, index: usize) -> Option<usize> {
        let method = matches!(self.before(index), Some(Token::Period | Token::Elvis));
        match self.token(index + 1)? {
            Token::LeftParen => {}
            // Rhai's lexer returns `()` as one token.
            Token::Unit => return Some(usize::from(method)),
            _ => return None,
        }
        let (mut depth, mut count, mut empty) = (0_usize, usize::from(method), true);
        for lexeme in self.lexemes.get(index + 1..)? {
            match &lexeme.token {
                Token::Comma if depth == 1 => count += usize::from(!empty),
                token if opens(token) => {
                    empty &= depth == 0;
                    depth += 1;
                    continue;
                }
                token if closes(token) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(count + usize::from(!empty));
                    }
                }
                _ => {}
            }
            empty = matches!(lexeme.token, Token::Comma) && depth == 1;
        }
        None
    }

    /// Returns the index of the statement whose value is the text's value.
    pub(super) fn result(&self) -> Option<usize> {
        self.items.iter().rposition(|item| item.function.is_none())
    }

    /// Returns the part of the text in a byte range.
    pub(super) fn part(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn split(&self, lexer: &Lexer) -> Vec<Item> {
        let mut items = Vec::new();
        let mut first = 0;
        while first < self.lexemes.len() {
            let (end, next) = self.item_end(first);
            if end > first {
                items.extend(self.item(lexer, first..end, next > end));
            }
            first = next.max(first + 1);
        }
        items
    }

    fn item(&self, lexer: &Lexer, tokens: Range<usize>, closed: bool) -> Option<Item> {
        let start = self.start(tokens.start);
        let limit = self.start(tokens.end);
        let code = self.text.get(start..limit)?;
        let last = self.start(tokens.end.checked_sub(1)?) - start;
        let end = start + code_end(lexer, code, last, tokens.len());
        let function = matches!(self.token(tokens.start), Some(Token::Fn | Token::Private))
            .then(|| self.signature(tokens.start))
            .flatten();
        Some(Item {
            span: start..end,
            end: if closed { limit + 1 } else { end },
            tokens,
            function,
        })
    }

    fn signature(&self, first: usize) -> Option<(String, usize)> {
        let is_private = matches!(self.token(first), Some(Token::Private));
        let name = first + 1 + usize::from(is_private);
        let count = self.calls(name)?;
        Some((self.lexemes.get(name)?.name()?.to_owned(), count))
    }

    /// Returns the index behind the last token of the statement that begins at `first`, and the index of the next
    /// statement's first token.
    fn item_end(&self, first: usize) -> (usize, usize) {
        let begins_block = matches!(
            self.token(first),
            Some(
                Token::If
                    | Token::Switch
                    | Token::While
                    | Token::Loop
                    | Token::For
                    | Token::Try
                    | Token::LeftBrace
                    | Token::Fn
                    | Token::Private
            )
        );
        let mut open: Vec<bool> = Vec::new();
        for index in first..self.lexemes.len() {
            let Some(token) = self.token(index) else {
                break;
            };
            match token {
                Token::SemiColon if open.is_empty() => return (index, index + 1),
                token if opens(token) => {
                    let interpolates =
                        matches!(self.before(index), Some(Token::InterpolatedString(_)));
                    open.push(matches!(token, Token::LeftBrace) && !interpolates);
                }
                token if closes(token) => {
                    let was_block = open.pop().unwrap_or(false);
                    let goes_on = matches!(self.token(index + 1), Some(Token::Else | Token::Catch));
                    if was_block && open.is_empty() && begins_block && !goes_on {
                        let closed = matches!(self.token(index + 1), Some(Token::SemiColon));
                        return (index + 1, index + 1 + usize::from(closed));
                    }
                }
                _ => {}
            }
        }
        (self.lexemes.len(), self.lexemes.len())
    }
}

/// Returns the length of the code without the comments and blanks after it: the shortest prefix with unchanged tokens.
pub(super) fn code_end(lexer: &Lexer, code: &str, last: usize, tokens: usize) -> usize {
    let comments = code
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > last)
        .filter(|at| {
            let rest = code.get(*at..).unwrap_or_default();
            rest.starts_with("//") || rest.starts_with("/*")
        });
    for at in comments {
        let part = code.get(..at).unwrap_or_default().trim_end();
        if lexer.read(part).is_ok_and(|read| read.len() == tokens) {
            return part.len();
        }
    }
    code.trim_end().len()
}

fn opens(token: &Token) -> bool {
    matches!(
        token,
        Token::LeftParen
            | Token::LeftBrace
            | Token::LeftBracket
            | Token::MapStart
            | Token::QuestionBracket
    )
}

fn closes(token: &Token) -> bool {
    matches!(
        token,
        Token::RightParen | Token::RightBrace | Token::RightBracket
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<String> {
        let source = Source::read(&Lexer::new(), text).expect("parses");
        let parts = source.items.iter();
        parts
            .map(|item| source.part(&item.span).to_owned())
            .collect()
    }

    #[test]
    fn statements_are_told_apart_as_the_parser_does() {
        for (text, parts) in [
            ("1 + 1", vec!["1 + 1"]),
            ("let a = 1; a // one; two", vec!["let a = 1", "a"]),
            ("let u = \"http://x\"; // y", vec!["let u = \"http://x\""]),
            ("fn f(a) { a; 1 } f(2)", vec!["fn f(a) { a; 1 }", "f(2)"]),
            (
                "if a { 1 } else { 2 } 3",
                vec!["if a { 1 } else { 2 }", "3"],
            ),
            (
                "if `${1}` == \"1\" { 2 } -1",
                vec!["if `${1}` == \"1\" { 2 }", "-1"],
            ),
            (
                "try { 1 } catch (e) { 2 } #{a: 1}",
                vec!["try { 1 } catch (e) { 2 }", "#{a: 1}"],
            ),
            ("let f = |x| { x; 1 }; f", vec!["let f = |x| { x; 1 }", "f"]),
            ("`a ${ let b = 1; b } c`", vec!["`a ${ let b = 1; b } c`"]),
            ("do { 1 } while false; 2", vec!["do { 1 } while false", "2"]),
            (";; 1 /* a */ ; /* b */", vec!["1"]),
            ("import(\"a\", \"b\") // c", vec!["import(\"a\", \"b\")"]),
            ("// only a comment", vec![]),
        ] {
            assert_eq!(items(text), parts, "{text}");
        }
    }

    #[test]
    fn names_and_calls_are_found() {
        let text = "fn f(a, b) { a } let x = f(1, g()); y.z(#{k: last}); import \"m\" as m;";
        let source = Source::read(&Lexer::new(), text).expect("parses");
        let declared: Vec<&str> = source.declared().collect();
        assert_eq!(declared, ["f", "x", "m"]);
        let used: Vec<&str> = source.used().collect();
        for name in ["f", "g", "y", "z", "last"] {
            assert!(used.contains(&name), "{name} in {used:?}");
        }
        assert!(!used.contains(&"x") && !used.contains(&"k"), "{used:?}");
        let function = source.items.first().and_then(|it| it.function.clone());
        assert_eq!(function, Some(("f".to_owned(), 2)));
    }
}
