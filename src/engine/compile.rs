//! Compiling source text to an AST, for the prompt, `run`, `eval` and modules.
//!
//! `import` is a keyword of Rhai. In zshell `import(…)` is a call wherever a call may appear, and `import "path" as
//! name;` stays the module statement. A separate lexer pass would get lost inside interpolated text, so the parser's
//! own tokens are used: at the keyword, a hook checks the source at that position and returns a plain identifier if an
//! opening parenthesis follows.

use super::help;
use rhai::{AST, Engine, ParseError, Position, Scope, Token};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

thread_local! {
    /// The sources being compiled, innermost last: a module is compiled during its importer.
    static COMPILING: RefCell<Vec<Compiled>> = const { RefCell::new(Vec::new()) };
}

/// A source being compiled.
struct Compiled {
    text: Rc<str>,
    last: Last,
}

/// The last tokens, as far as they matter for `help(NAME)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// `.`, `::` or `fn`: the next name isn't one of zshell's functions.
    Owner,
    /// `help`
    Help,
    /// `help(`
    HelpOpen,
    /// Any other token.
    Other,
}

/// The sources compiled so far by name, for the source lines of errors.
#[derive(Clone, Default)]
pub struct Sources {
    texts: Rc<RefCell<BTreeMap<String, Rc<str>>>>,
    /// The prompt statement that defined a function, by the function's name.
    homes: Rc<RefCell<BTreeMap<String, String>>>,
}

impl Sources {
    /// Keeps a source's text. A later text of the same name replaces it.
    pub fn insert(&self, name: &str, text: &str) -> Rc<str> {
        let text: Rc<str> = text.into();
        self.texts
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&text));
        text
    }

    /// Returns a source's text.
    pub fn get(&self, name: &str) -> Option<Rc<str>> {
        self.texts.borrow().get(name).cloned()
    }

    /// Records which source defined a function. Rhai merges functions of earlier statements into the running one and
    /// attributes them to it.
    pub fn set_home(&self, function: &str, source: &str) {
        self.homes
            .borrow_mut()
            .insert(function.to_owned(), source.to_owned());
    }

    /// Returns the source that defined a function at the prompt.
    pub fn home(&self, function: &str) -> Option<String> {
        self.homes.borrow().get(function).cloned()
    }

    /// Returns a line of a source (counted from 1), without its line break.
    pub fn line(&self, name: &str, line: usize) -> Option<String> {
        line_of(&self.get(name)?, line)
    }

    /// Returns the names after this word (`"let "`, `"fn "`) in all sources.
    pub fn declared(&self, word: &str) -> Vec<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let names_of = |text: &Rc<str>| -> Vec<String> {
            let found = text.match_indices(word).filter_map(|(at, _)| {
                let rest = text.get(at + word.len()..)?.trim_start();
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                rest.get(..end).filter(|name| !name.is_empty())
            });
            found.map(str::to_owned).collect()
        };
        self.texts.borrow().values().flat_map(names_of).collect()
    }

    /// Returns true if a source seems to declare this name with the given word, `let` or `const`. A guess from the
    /// text.
    pub fn declares(&self, word: &str, name: &str) -> bool {
        let declares = |text: &Rc<str>| {
            text.match_indices(word).any(|(at, _)| {
                let rest = text.get(at + word.len()..).unwrap_or_default();
                let rest = rest.trim_start().strip_prefix(name);
                rest.is_some_and(|rest| {
                    !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
                })
            })
        };
        self.texts.borrow().values().any(declares)
    }
}

/// Returns a line of a text (counted from 1), without its line break.
pub fn line_of(text: &str, line: usize) -> Option<String> {
    let line = text.split('\n').nth(line.checked_sub(1)?)?;
    Some(line.trim_end_matches('\r').to_owned())
}

/// Pops the innermost source when compiling it ends, also on an early return.
struct Compiling;

impl Compiling {
    fn push(text: Rc<str>) -> Self {
        let last = Last::Other;
        COMPILING.with_borrow_mut(|texts| texts.push(Compiled { text, last }));
        Self
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        COMPILING.with_borrow_mut(|texts| {
            texts.pop();
        });
    }
}

/// Maximum nesting of expressions, at the top level and in functions. Rhai's debug and release builds have different
/// defaults.
const EXPRESSION_DEPTH: usize = 128;

/// Configures an engine for zshell's language: the import call, no `eval`, the same depth limits in every build.
pub fn language(engine: &mut Engine) {
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.disable_symbol("eval");
    install(engine);
}

/// Installs the token hook for the import call and for `help(jobs)`, which becomes `help("jobs")`.
///
/// Rhai marks the hook as volatile, but it isn't going away, and `Cargo.lock` pins the version.
#[expect(deprecated, reason = "Rhai's mark for an API that may change")]
pub fn install(engine: &mut Engine) {
    engine.on_parse_token(|token, position, _| read_token(token, position));
}

/// Rewrites a token: `import` before a parenthesis becomes a name, and the name of a help page becomes a text.
pub(super) fn read_token(token: Token, position: Position) -> Token {
    let last = follow(&token);
    match token {
        Token::Import if is_call(position) => Token::Identifier(Box::new("import".into())),
        Token::Import if last == Last::HelpOpen && is_page("import", position) => {
            Token::StringConstant(Box::new("import".into()))
        }
        Token::Identifier(name) if last == Last::HelpOpen && is_page(&name, position) => {
            Token::StringConstant(Box::new(name.as_str().into()))
        }
        token => token,
    }
}

/// Compiles `text` under a source name, which errors and the module resolver use.
pub fn compile(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    text: &str,
) -> Result<AST, ParseError> {
    compile_in(engine, sources, name, text, &Scope::new())
}

/// Compiles `text` with these variables in scope.
pub fn compile_in(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    text: &str,
    scope: &Scope<'_>,
) -> Result<AST, ParseError> {
    let text = sources.insert(name, &blank_prefix(text));
    let _guard = Compiling::push(Rc::clone(&text));
    let mut ast = engine.compile_with_scope(scope, &*text)?;
    ast.set_source(name);
    Ok(ast)
}

/// Rhai doesn't accept a byte order mark or a `#!` line. Blanks of the same width keep the columns.
pub(crate) fn blank_prefix(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.starts_with("#!") {
        return text.to_owned();
    }
    let end = text.find('\n').unwrap_or(text.len());
    let (shebang, rest) = text.split_at(end);
    " ".repeat(shebang.chars().count()) + rest
}

/// Records a token in the innermost source and returns the state before it.
fn follow(token: &Token) -> Last {
    COMPILING.with_borrow_mut(|texts| {
        let Some(compiled) = texts.last_mut() else {
            return Last::Other;
        };
        let last = compiled.last;
        compiled.last = match token {
            Token::Period | Token::Elvis | Token::DoubleColon | Token::Fn => Last::Owner,
            Token::Identifier(name) if **name == "help" && last != Last::Owner => Last::Help,
            Token::LeftParen if last == Last::Help => Last::HelpOpen,
            _ => Last::Other,
        };
        last
    })
}

/// Returns true if the word at this position is the name of a help page and the only text in its parentheses.
fn is_page(word: &str, position: Position) -> bool {
    help::has_page(word) && following(word, position, |rest| skip_blank(rest).starts_with(')'))
}

/// Returns true if `(` follows the `import` at this position.
fn is_call(position: Position) -> bool {
    following("import", position, |rest| skip_blank(rest).starts_with('('))
}

/// Returns true if the predicate holds for the text after the word at this position.
fn following(word: &str, position: Position, is: impl Fn(&str) -> bool) -> bool {
    COMPILING.with_borrow(|texts| {
        let (Some(compiled), Some(line), Some(column)) =
            (texts.last(), position.line(), position.position())
        else {
            return false;
        };
        after_word(&compiled.text, word, line, column).is_some_and(is)
    })
}

/// Returns the text after the word at a line and column (from 1; columns count characters).
fn after_word<'t>(text: &'t str, word: &str, line: usize, column: usize) -> Option<&'t str> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth)?.0 + 1,
    };
    let from_line = &text[start..];
    let offset = from_line.char_indices().nth(column.checked_sub(1)?)?.0;
    from_line[offset..].strip_prefix(word)
}

/// Skips white space, `//` comments and nested `/* */` comments.
fn skip_blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if text.starts_with("//") {
            text = text.find('\n').map_or("", |end| &text[end..]);
        } else if text.starts_with("/*") {
            text = skip_block_comment(text);
        } else {
            return text;
        }
    }
}

fn skip_block_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find(['/', '*']) {
        let tail = &rest[at..];
        let step = if tail.starts_with("/*") {
            depth += 1;
            2
        } else if tail.starts_with("*/") {
            depth -= 1;
            2
        } else {
            1
        };
        rest = &tail[step..];
        if depth == 0 {
            return rest;
        }
    }
    ""
}

/// Checks whether the text parses, and discards the result.
pub(super) fn parse(engine: &Engine, text: &str) -> Result<(), ParseError> {
    let _guard = Compiling::push(text.into());
    engine.compile(text).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> Engine {
        let mut engine = Engine::new();
        install(&mut engine);
        engine.register_fn("import", |a: i64, b: i64| a * 10 + b);
        engine.register_fn("import", |_: rhai::Map| 0_i64);
        engine
    }

    fn eval(text: &str) -> i64 {
        let engine = engine();
        let ast = compile(&engine, &Sources::default(), "test", text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        engine
            .eval_ast::<i64>(&ast)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_import_call_stands_wherever_a_call_may() {
        for text in [
            "import(1, 2)",
            "import (1, 2)",
            "import\n\n  (1, 2)",
            "import // a comment (\n (1, 2)",
            "import /* a /* nested ( */ one */ (1, 2)",
            "1.import(2)",
            "let x = 1; x?.import(2)",
            "fn f(a) { import(a, 2) } f(1)",
            "let f = |a| import(a, 2); f.call(1)",
            "let s = `${import(1, 2)}`; parse_int(s)",
            "let s = `äöü ${ `x` + import(1, 2) }`; parse_int(s.sub_string(5))",
            "/* 日本 */ import(1, 2)",
            "let a = \"import(1, 2)\";\r\nimport(1, 2)",
            "\u{feff}#!/usr/bin/env -S zshell run\nimport(1, 2)",
            "import(\n  1,\n  2\n)",
        ] {
            assert_eq!(eval(text), 12, "{text}");
        }
    }

    #[test]
    fn the_import_statement_stays() {
        let mut engine = engine();
        let mut module = rhai::Module::new();
        module.set_native_fn("two", || Ok(2_i64));
        let mut resolver = rhai::module_resolvers::StaticModuleResolver::new();
        resolver.insert("m", module);
        engine.set_module_resolver(resolver);
        let text = "import \"m\" as m; import(1, m::two())";
        let ast = compile(&engine, &Sources::default(), "test", text).expect("compiles");
        assert_eq!(engine.eval_ast::<i64>(&ast).expect("runs"), 12);
    }

    #[test]
    fn a_source_line_is_found_by_number() {
        let sources = Sources::default();
        sources.insert("a", "one\r\ntwo\nthree");
        assert_eq!(sources.line("a", 1).as_deref(), Some("one"));
        assert_eq!(sources.line("a", 3).as_deref(), Some("three"));
        assert_eq!(sources.line("a", 4), None);
        assert_eq!(sources.line("a", 0), None);
    }
}
