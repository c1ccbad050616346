//! Whether what is typed at the prompt is a whole statement, judged by the real parser.

use super::compile::{self, parse};
use rhai::{Engine, ParseError, Position};

/// What the prompt should do with the text typed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can be run.
    Complete,
    /// It does not parse, and nothing that follows mends that; where the error lies.
    Broken(Position),
    /// More lines belong to it.
    Incomplete,
}

/// An engine that parses as scripts are parsed, and runs nothing.
pub fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    compile::language(&mut engine);
    engine
}

/// Judges input by the real parser: it is incomplete where the parser fails at its very end, inside a
/// back-tick text, or inside a block comment.
pub fn completeness(engine: &Engine, text: &str) -> Completeness {
    match parse(engine, text) {
        // An open block comment swallows anything; nothing else accepts a stray parenthesis.
        Ok(()) if text.contains("/*") && parse(engine, &format!("{text}\n)")).is_ok() => {
            Completeness::Incomplete
        }
        Ok(()) => Completeness::Complete,
        Err(error) => {
            let open_text = is_unterminated(&error)
                && parse(engine, &format!("{text}`"))
                    .as_ref()
                    .map_or_else(|now| !is_unterminated(now), |()| true);
            let incomplete = open_text
                || (!is_unterminated(&error)
                    && !is_lone_underscore(&error)
                    && wants_more(engine, text, error.position()));
            if incomplete {
                Completeness::Incomplete
            } else {
                Completeness::Broken(error.position())
            }
        }
    }
}

fn is_unterminated(error: &ParseError) -> bool {
    use rhai::{LexError, ParseErrorType};
    matches!(
        error.err_type(),
        ParseErrorType::BadInput(LexError::UnterminatedString)
    )
}

/// True if the error is a `_` where a value should stand: nothing that follows mends that.
fn is_lone_underscore(error: &ParseError) -> bool {
    use rhai::{LexError, ParseErrorType};
    matches!(
        error.err_type(),
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == "_"
    )
}

/// True if the error is that the text ends too soon. An error at the end may also be the last thing typed being wrong
/// (`1 + )`): that error stays where it is when more follows.
fn wants_more(engine: &Engine, text: &str, position: Position) -> bool {
    at_end(text, position)
        && parse(engine, &format!("{text}\n)"))
            .map_or_else(|moved| moved.position() != position, |()| true)
}

/// True if the position lies at or behind the last thing typed.
fn at_end(text: &str, position: Position) -> bool {
    let (Some(line), Some(column)) = (position.line(), position.position()) else {
        return true;
    };
    let trimmed = text.trim_end();
    let lines = trimmed.split('\n').count();
    let last = trimmed.rsplit('\n').next().unwrap_or_default();
    line > lines || (line == lines && column >= last.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_input_is_incomplete() {
        let engine = parser();
        for text in [
            "fn f() {",
            "if true {\n  1",
            "1 +",
            "import(1,",
            "import(",
            "[1, 2",
            "#{a: 1,",
            "let s = `abc",
            "let s = `abc ${ 1 +",
            "`a ${x} b",
            "/* open",
            "1 /* open",
            "let x =",
            "try { 1 }",
            "fn f()",
            "for x in",
            "`a` + `b ${`c`} ",
            "1 + // one",
            "1 + /* one",
            "import(\"books\",\n",
            "if (1",
            "switch 1 { 2 => 3, _",
            "switch 1 { _ =>",
        ] {
            assert_eq!(
                completeness(&engine, text),
                Completeness::Incomplete,
                "{text}"
            );
        }
    }

    #[test]
    fn whole_and_broken_input_is_complete() {
        let engine = parser();
        for text in [
            "",
            "1",
            "import(1, 2)",
            "fn f() { 1 }",
            "let s = \"abc",
            "let go = 1;",
            "foo(1)) + 2",
            "/* closed */",
            "`a ${1} b`",
            "let x = 'a",
            "1 2 3",
            "1 2",
            "1 + + )",
            "let x = }",
            "fn f() { 1 } }",
            "_",
            "let x = _",
        ] {
            assert_ne!(
                completeness(&engine, text),
                Completeness::Incomplete,
                "{text}"
            );
        }
    }
}
