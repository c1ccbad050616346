//! The parser's tokens with their positions, for code that rewrites source text.
//!
//! They are recorded while the parser reads them, because a separate lexer gets lost inside interpolated texts.

use super::compile::{parse, read_token};
use super::completeness::parser;
use rhai::{Engine, OptimizationLevel, ParseError, Position, Token};
use std::cell::RefCell;
use std::rc::Rc;

/// A token with its start in bytes.
#[derive(Clone, Debug)]
pub struct Lexeme {
    /// The token. `import` before a parenthesis is an identifier.
    pub token: Token,
    /// The byte offset of its start.
    pub start: usize,
}

impl Lexeme {
    /// Returns the name if the token is an identifier.
    pub fn name(&self) -> Option<&str> {
        match &self.token {
            Token::Identifier(name) => Some(name.as_str()),
            _ => None,
        }
    }
}

/// Tokenizes texts with the real parser.
pub struct Lexer {
    engine: Engine,
    seen: Rc<RefCell<Vec<(Token, Position)>>>,
}

impl Default for Lexer {
    fn default() -> Self {
        Self::new()
    }
}

impl Lexer {
    /// Returns a lexer for any number of texts.
    #[expect(deprecated, reason = "Rhai's mark for an API that may change")]
    pub fn new() -> Self {
        let mut engine = parser();
        engine.set_optimization_level(OptimizationLevel::None);
        let seen: Rc<RefCell<Vec<(Token, Position)>>> = Rc::default();
        let tokens = Rc::clone(&seen);
        engine.on_parse_token(move |token, position, _| {
            let token = read_token(token, position);
            if !matches!(token, Token::EOF | Token::Comment(_)) {
                tokens.borrow_mut().push((token.clone(), position));
            }
            token
        });
        Self { engine, seen }
    }

    /// Returns true if the text parses.
    pub fn parses(&self, text: &str) -> bool {
        self.read(text).is_ok()
    }

    /// Returns the tokens of a text that parses, without comments.
    pub fn read(&self, text: &str) -> Result<Vec<Lexeme>, ParseError> {
        self.seen.borrow_mut().clear();
        let parsed = parse(&self.engine, text);
        let seen = self.seen.take();
        parsed?;
        let lines: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let lexemes = seen.into_iter().filter_map(|(token, position)| {
            let line = *lines.get(position.line()?.checked_sub(1)?)?;
            let column = position.position()?.checked_sub(1)?;
            let (offset, _) = text.get(line..)?.char_indices().nth(column)?;
            let start = line + offset;
            Some(Lexeme { token, start })
        });
        Ok(lexemes.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_where_they_stand() {
        let text = "let e = `é a ${f(#{a: \"x\"})} b`; // c\nimport(1, e)";
        let lexer = Lexer::new();
        let tokens = lexer.read(text).expect("parses");
        let names: Vec<(&str, &str)> = tokens
            .iter()
            .filter_map(|it| Some((it.name()?, text.get(it.start..)?)))
            .collect();
        assert_eq!(names.len(), 5, "{tokens:?}");
        for (name, rest) in names {
            assert!(rest.starts_with(name), "{name} at {rest}");
        }
        assert!(lexer.read("1 +").is_err());
        assert!(lexer.read("").expect("parses").is_empty());
    }
}
