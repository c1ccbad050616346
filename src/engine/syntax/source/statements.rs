//! The statements of a text, and the names that they declare and refer to.

use super::SourceText;
use rhai::Token;
use std::ops::Range;

/// One statement or function definition of a text.
#[derive(Clone, Debug)]
pub(crate) struct SourceStatement {
    /// Indexes of its tokens, without the semicolon.
    pub(crate) tokens: Range<usize>,
    /// Name and number of parameters, if it's a function definition.
    pub(crate) function: Option<(String, usize)>,
}

impl SourceText {
    /// Returns the name at an index if it refers to a variable, a function, a method or a module: not if it's a
    /// property, a map's key, or a declaration.
    pub(crate) fn reference(&self, index: usize) -> Option<&str> {
        let name = self.name(index)?;
        let is_key = self.token(index + 1) == Some(&Token::Colon);
        let declares = self.before(index).is_some_and(declares);
        let is_property = self.is_member(index) && !self.is_called(index);
        (!is_key && !declares && !is_property).then_some(name)
    }

    /// Returns the names that are declared after one of these keywords, at any depth.
    pub(crate) fn declared_by(&self, keywords: &[Token]) -> impl Iterator<Item = &str> {
        (1..self.len())
            .filter(|index| self.before(*index).is_some_and(|it| keywords.contains(it)))
            .filter_map(|index| self.name(index))
    }

    /// Returns the names that a statement declares for later statements.
    pub(crate) fn declared_in(&self, statement: &SourceStatement) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = statement.tokens.start;
        while at < statement.tokens.end {
            if self.token(at).is_some_and(declares) {
                names.extend(self.name(at + 1));
            }
            at = self.skip(at);
        }
        names
    }

    /// Returns the statements and functions of the text.
    pub(crate) fn statements(&self) -> Vec<SourceStatement> {
        let mut statements = Vec::new();
        let mut first = 0;
        while first < self.len() {
            let end = self.statement_end(first);
            if end > first {
                statements.push(SourceStatement {
                    tokens: first..end,
                    function: self.function_at(first),
                });
            }
            let has_semicolon = self.token(end) == Some(&Token::SemiColon);
            first = (end + usize::from(has_semicolon)).max(first + 1);
        }
        statements
    }

    /// Returns name and number of parameters of the function definition at an index.
    fn function_at(&self, first: usize) -> Option<(String, usize)> {
        let is_private = self.token(first) == Some(&Token::Private);
        let keyword = first + usize::from(is_private);
        if self.token(keyword) != Some(&Token::Fn) {
            return None;
        }
        let parameters = self.items(keyword + 2, self.len()).len();
        Some((self.name(keyword + 1)?.to_owned(), parameters))
    }

    /// Returns the index behind the last token of the statement that begins at `first`.
    fn statement_end(&self, first: usize) -> usize {
        use Token::{Catch, Else, Fn, For, If, LeftBrace, Loop, Private, Switch, Try, While};
        let is_block = matches!(
            self.token(first),
            Some(If | Switch | While | Loop | For | Try | LeftBrace | Fn | Private)
        );
        let mut at = first;
        while at < self.len() && self.token(at) != Some(&Token::SemiColon) {
            let next = self.skip(at);
            let is_braces = self.token(at) == Some(&LeftBrace)
                && !matches!(self.before(at), Some(Token::InterpolatedString(_)));
            if is_block && is_braces && !matches!(self.token(next), Some(Else | Catch)) {
                return next;
            }
            at = next;
        }
        at.min(self.len())
    }
}

/// Returns true for the keywords before a name that a statement declares.
fn declares(token: &Token) -> bool {
    matches!(token, Token::Let | Token::Const | Token::As | Token::Fn)
}
