//! Whether the typed text is a complete statement, according to Rhai's parser.

use super::compile::{self, parse};
use rhai::{Engine, ParseError, Position};

/// The state of the typed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Complete: it can be run.
    Complete,
    /// A syntax error at this position that more text can't fix.
    Broken(Position),
    /// Incomplete: more lines are needed.
    Incomplete,
}

/// Returns an engine that parses scripts but runs nothing.
pub fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    compile::language(&mut engine);
    engine
}

/// Parses the text. It's incomplete if the parser fails at its very end, inside a back-tick text or inside a block
/// comment.
pub fn completeness(engine: &Engine, text: &str) -> Completeness {
    match parse(engine, text) {
        // An open block comment swallows any text; a stray parenthesis is an error everywhere else.
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

/// Returns true if the error is a `_` in place of a value, which more text can't fix.
fn is_lone_underscore(error: &ParseError) -> bool {
    use rhai::{LexError, ParseErrorType};
    matches!(
        error.err_type(),
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == "_"
    )
}

/// Returns true if the text ends too early. An error at the end may also be a wrong last token (`1 + )`): such an error
/// stays at its position if more text follows.
fn wants_more(engine: &Engine, text: &str, position: Position) -> bool {
    at_end(text, position)
        && parse(engine, &format!("{text}\n)"))
            .map_or_else(|moved| moved.position() != position, |()| true)
}

/// Returns true if the position is at or after the last token.
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
