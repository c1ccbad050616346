//! One function turns text into an AST, for the prompt, `run`, `eval` and modules alike.
//!
//! `import` is a keyword of Rhai. Here `import(…)` is a call wherever a call may stand, and
//! `import "path" as name;` stays the module statement. A lexer pass of our own would lose its way inside
//! interpolated text, so the parser's own tokens are used: when it meets the keyword, the hook looks into
//! the source at that very place and hands on a plain identifier if an opening parenthesis follows.

use super::help;
use rhai::{AST, Engine, ParseError, Position, Scope, Token};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

thread_local! {
    /// The texts being compiled, innermost last: a module is compiled while its importer is.
    static COMPILING: RefCell<Vec<Compiled>> = const { RefCell::new(Vec::new()) };
}

/// A text being compiled.
struct Compiled {
    text: Rc<str>,
    last: Last,
}

/// The last tokens, as far as they tell whether a page of help is named next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// `.`, `::` or `fn`: the name that follows is no function of ours.
    Owner,
    /// `help`
    Help,
    /// `help(`
    HelpOpen,
    /// Anything else.
    Other,
}

/// The texts compiled so far by source name, kept so that an error can show its line.
#[derive(Clone, Default)]
pub struct Sources {
    texts: Rc<RefCell<BTreeMap<String, Rc<str>>>>,
    /// The statement of the prompt that defined a function, by the function's name.
    homes: Rc<RefCell<BTreeMap<String, String>>>,
}

impl Sources {
    /// Keeps the text of a source; a later text of the same name replaces it.
    pub fn insert(&self, name: &str, text: &str) -> Rc<str> {
        let text: Rc<str> = text.into();
        self.texts
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&text));
        text
    }

    /// The text of a source.
    pub fn get(&self, name: &str) -> Option<Rc<str>> {
        self.texts.borrow().get(name).cloned()
    }

    /// Notes which source defined a function: functions of earlier statements are merged into the one that runs, and
    /// Rhai then takes them for its own.
    pub fn set_home(&self, function: &str, source: &str) {
        self.homes
            .borrow_mut()
            .insert(function.to_owned(), source.to_owned());
    }

    /// The source that defined a function at the prompt.
    pub fn home(&self, function: &str) -> Option<String> {
        self.homes.borrow().get(function).cloned()
    }

    /// A line of a source (counted from 1), without its line break.
    pub fn line(&self, name: &str, line: usize) -> Option<String> {
        line_of(&self.get(name)?, line)
    }

    /// The names that follow this word (`"let "`, `"fn "`) in what was compiled so far.
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

    /// Whether any source declares this name with the given word, `let` or `const`; guessed from the text.
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

/// A line of a text (counted from 1), without its line break.
pub fn line_of(text: &str, line: usize) -> Option<String> {
    let line = text.split('\n').nth(line.checked_sub(1)?)?;
    Some(line.trim_end_matches('\r').to_owned())
}

/// Pops the innermost text when compiling it ends, also by an early return.
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

/// How deeply expressions may nest, at the top level and in functions. Set explicitly, since debug builds of Rhai have
/// other defaults than release builds.
const EXPRESSION_DEPTH: usize = 128;

/// Sets an engine up to parse our language: the import call, no `eval`, the same depths in every build.
pub fn language(engine: &mut Engine) {
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.disable_symbol("eval");
    install(engine);
}

/// Installs the hook that tells the import call from the import statement, and takes `help(jobs)` for `help("jobs")`.
///
/// Rhai marks the token hook as volatile, not as going away; the crate's version is pinned by `Cargo.lock`.
#[expect(deprecated, reason = "Rhai's mark for an API that may change")]
pub fn install(engine: &mut Engine) {
    engine.on_parse_token(|token, position, _| read_token(token, position));
}

/// The token as we read it: `import` before a parenthesis is a name like any other, and a page of help a text.
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

/// Compiles `text` under a source name, which errors and the module resolver see.
pub fn compile(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    text: &str,
) -> Result<AST, ParseError> {
    compile_in(engine, sources, name, text, &Scope::new())
}

/// The same, where these variables are known.
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

/// A byte-order mark and a `#!` line mean nothing to Rhai: blanks of the same width keep the columns.
pub(crate) fn blank_prefix(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.starts_with("#!") {
        return text.to_owned();
    }
    let end = text.find('\n').unwrap_or(text.len());
    let (shebang, rest) = text.split_at(end);
    " ".repeat(shebang.chars().count()) + rest
}

/// Notes the token in the innermost text; gives what stood before it.
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

/// True if the word at this place of the innermost text names a page of help and is all that stands in its parentheses.
fn is_page(word: &str, position: Position) -> bool {
    help::has_page(word) && following(word, position, |rest| skip_blank(rest).starts_with(')'))
}

/// True if the `import` at this place of the innermost text is followed by `(`.
fn is_call(position: Position) -> bool {
    following("import", position, |rest| skip_blank(rest).starts_with('('))
}

/// True if what follows the word at this place of the innermost text is as told.
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

/// What follows the word at line and column, both counted from 1, the column in characters.
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

/// Compiles and forgets: whether the text parses, and if not, why.
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
