//! Whether the typed text is a complete statement, according to Rhai's parser.
//!
//! Every part of the line editor's helper needs the result for the current text at each keypress, so the last result is
//! cached. Parser and cache are thread-local because rustyline's key handlers must be `Send`, and Rhai's engine isn't.

use super::lexer::OpenConstruct;
use super::source::{SourceText, byte_offset};
use crate::engine::compile::{self, parse};
use rhai::{Engine, LexError, OptimizationLevel, ParseError, ParseErrorType, Position};
use std::cell::RefCell;
use std::rc::Rc;

/// The state of the typed text.
#[derive(Debug, Default)]
pub(crate) struct ParseState {
    /// The text's tokens; none for a command.
    pub(crate) source: SourceText,
    /// True if Enter ends the statement, because it can be run or its error can be shown.
    pub(crate) is_complete: bool,
    /// Byte offset of an error that no further input can correct.
    pub(crate) error: Option<usize>,
}

thread_local! {
    static PARSER: Engine = parser();
    static LAST: RefCell<Rc<ParseState>> = RefCell::default();
}

/// Returns an engine that parses scripts but runs nothing.
fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    compile::language(&mut engine);
    engine.set_optimization_level(OptimizationLevel::None);
    engine
}

/// Returns true for a command of the prompt, which isn't part of the language and is always a single line.
pub(crate) fn is_command(text: &str) -> bool {
    command(text).is_some()
}

/// Returns the command line without its colon. `help`, `help NAME`, `NAME?`, `?`, `exit` and `quit` work without a colon
/// too, alone on their line.
pub(crate) fn command(text: &str) -> Option<&str> {
    let text = text.trim();
    if let Some(command) = text.strip_prefix(':') {
        return Some(command);
    }
    let word = text.trim_end_matches([';', ' ']);
    if matches!(word, "exit" | "quit" | "quit()" | "help" | "?") {
        return Some(word.trim_end_matches("()"));
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | ' ');
    let is_page = |name: &str| {
        let name = name.trim().trim_end_matches("()");
        name.starts_with(|c: char| c.is_alphabetic() || c == ':') && name.chars().all(is_part)
    };
    let is_asked = match (text.strip_prefix("help "), text.strip_prefix('?')) {
        (Some(about), _) => is_page(about) || about.trim_start().starts_with("--"),
        (None, Some(name)) => is_page(name),
        (None, None) => text.ends_with('?') && is_page(text.trim_end_matches('?')),
    };
    (is_asked && !text.contains('\n')).then_some(text)
}

/// Returns true if a whole script parses.
pub(crate) fn parses(text: &str) -> bool {
    PARSER.with(|engine| parse(engine, text).is_ok())
}

/// Parses a text, or returns the cached result for it.
pub(crate) fn parse_state(text: &str) -> Rc<ParseState> {
    let last = LAST.with_borrow(Rc::clone);
    if !text.is_empty() && last.source.text() == text {
        return last;
    }
    let state = Rc::new(PARSER.with(|engine| ParseState::new(engine, text)));
    LAST.set(Rc::clone(&state));
    state
}

impl ParseState {
    fn new(engine: &Engine, text: &str) -> Self {
        if is_command(text) {
            return Self {
                is_complete: true,
                ..Self::default()
            };
        }
        let source = SourceText::read(text);
        let (is_complete, error) = match parse(engine, text) {
            // An open block comment swallows any text.
            Ok(()) => (source.open().is_none(), None),
            Err(error) if wants_more(engine, &source, &error) => (false, None),
            Err(error) => (true, Some(offset(text, error.position()))),
        };
        Self {
            source,
            is_complete,
            error,
        }
    }
}

/// Returns true if the text ends too early: inside a text that may span lines, or because the parser fails at its very
/// end. A wrong last token (`1 + )`) fails at the same position if more text follows.
fn wants_more(engine: &Engine, source: &SourceText, error: &ParseError) -> bool {
    match error.err_type() {
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            return source.open() == Some(OpenConstruct::Text);
        }
        // A `_` in place of a value, which more text can't fix.
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) if text == "_" => return false,
        _ => {}
    }
    let last = source.len().checked_sub(1).map(|last| source.span(last));
    let text = source.text();
    last.is_none_or(|last| offset(text, error.position()) >= last.start)
        && parse(engine, &format!("{text}\n)"))
            .map_or_else(|moved| moved.position() != error.position(), |()| true)
}

/// Returns the byte offset of a position. Without a position it's the end of the text.
fn offset(text: &str, position: Position) -> usize {
    match (position.line(), position.position()) {
        (Some(line), Some(column)) => byte_offset(text, line, column),
        _ => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_needs_no_colon() {
        assert_eq!(command(" :quit"), Some("quit"));
        for text in [
            "help",
            "help paths",
            "help :watch",
            "help two words",
            "help --find key_prefix",
            "?",
            "? paths",
            "?import",
            "import?",
            "jobs()??",
            ":set?",
            "exit",
            "quit",
        ] {
            assert_eq!(
                command(text).map(|it| it.trim_start_matches(':')),
                Some(text.trim_start_matches(':'))
            );
        }
        assert_eq!(command("exit;"), Some("exit"));
        for text in [
            "help(paths)",
            "help - 1",
            "helper",
            "help\nx",
            "a ?? b",
            "a?.b",
            "exit()",
            "exit(1)",
            "exit x",
            "",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
    }

    #[test]
    fn open_input_is_incomplete() {
        for text in [
            "fn f() {",
            "if true {\n  1",
            "1 +",
            "import(1,",
            "import(",
            "f(1",
            "[1, 2",
            "#{a: 1,",
            "let s = `abc",
            "let s = `abc ${ 1 +",
            "`a ${x} b",
            "let s = #\"raw",
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
            let state = parse_state(text);
            assert!(!state.is_complete && state.error.is_none(), "{text}");
        }
    }

    #[test]
    fn complete_and_wrong_input_is_complete() {
        for (text, error) in [
            ("", None),
            ("1", None),
            ("import(1, 2)", None),
            ("fn f() { 1 }", None),
            ("/* closed */", None),
            ("`a ${1} b`", None),
            (":help )", None),
            ("let s = \"abc", Some(8)),
            ("let go = 1;", Some(4)),
            ("foo(1)) + 2", Some(6)),
            ("let x = 'a", Some(8)),
            ("1 2 3", Some(2)),
            ("1 22", Some(2)),
            ("1 + + )", Some(6)),
            ("1 + ) /* a", Some(4)),
            ("let x = }", Some(8)),
            ("fn f() { 1 } }", Some(13)),
            ("_", Some(0)),
            ("let x = _", Some(8)),
            ("\"é\" + )", Some(7)),
            ("let a = \"日\";\nlet b = 1 )", Some(25)),
            ("eval(\"1\")", Some(0)),
        ] {
            let state = parse_state(text);
            assert!(state.is_complete, "{text}");
            assert_eq!(state.error, error, "{text}");
        }
        assert!(parses("let a = 1; a") && !parses("1 +"));
    }
}
