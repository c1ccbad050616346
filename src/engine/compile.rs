//! Compiling source text to an AST, for the prompt, `run`, `eval` and modules.
//!
//! `import` is a keyword of Rhai. In zshell `import(…)` is a call wherever a call may appear, and `import "path" as
//! name;` stays the module statement. A separate lexer pass would get lost inside interpolated text, so the parser's
//! own tokens are used: at the keyword, a hook checks the source at that position and returns a plain identifier if an
//! opening parenthesis follows.

use super::addition;
use super::help;
use super::syntax::{SourceText, byte_offset, first_token};
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, ParseError, Position, Scope, Stmt, Token};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

thread_local! {
    /// The sources being compiled, innermost last: a module is compiled during its importer.
    static COMPILING: RefCell<Vec<Compiled>> = const { RefCell::new(Vec::new()) };
}

/// A source being compiled.
struct Compiled {
    text: Rc<str>,
    /// True if [`addition::mark`] has marked the text.
    marked: bool,
    last: HelpCallState,
}

/// The last tokens, as far as they matter for `help(NAME)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HelpCallState {
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

    /// Returns the names that are declared after one of these keywords in any source.
    pub fn declared(&self, keywords: &[Token]) -> BTreeSet<String> {
        let texts = self.texts.borrow();
        let sources = texts.values().map(|text| SourceText::read(text));
        let names = sources.flat_map(|source| {
            let names = source.declared_by(keywords);
            names.map(str::to_owned).collect::<Vec<String>>()
        });
        names.collect()
    }
}

/// Returns a line of a text (counted from 1), without its line break.
pub(crate) fn line_of(text: &str, line: usize) -> Option<String> {
    let line = text.split('\n').nth(line.checked_sub(1)?)?;
    Some(line.trim_end_matches('\r').to_owned())
}

/// Pops the innermost source when compiling it ends, also on an early return.
struct Compiling;

impl Compiling {
    fn push(text: Rc<str>, marked: bool) -> Self {
        let last = HelpCallState::Other;
        let compiled = Compiled { text, marked, last };
        COMPILING.with_borrow_mut(|texts| texts.push(compiled));
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
pub(crate) fn language(engine: &mut Engine) {
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.disable_symbol("eval");
    addition::register(engine);
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
        Token::Import if next_token("import", position) == Some(Token::LeftParen) => {
            Token::Identifier(Box::new("import".into()))
        }
        Token::Import if last == HelpCallState::HelpOpen && is_page("import", position) => {
            Token::StringConstant(Box::new("import".into()))
        }
        Token::Identifier(name) | Token::Reserved(name)
            if last == HelpCallState::HelpOpen && is_page(&name, position) =>
        {
            Token::StringConstant(Box::new(name.as_str().into()))
        }
        Token::Reserved(symbol) if is_marked() => addition::read_mark(symbol),
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
pub(crate) fn compile_in(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    text: &str,
    scope: &Scope<'_>,
) -> Result<AST, ParseError> {
    let text = sources.insert(name, &blank_prefix(text));
    let marked = addition::mark(&text);
    let is_marked = marked.is_some();
    let text = marked.unwrap_or(text);
    let _guard = Compiling::push(Rc::clone(&text), is_marked);
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
fn follow(token: &Token) -> HelpCallState {
    COMPILING.with_borrow_mut(|texts| {
        let Some(compiled) = texts.last_mut() else {
            return HelpCallState::Other;
        };
        let last = compiled.last;
        compiled.last = match token {
            Token::Period | Token::Elvis | Token::DoubleColon | Token::Fn => HelpCallState::Owner,
            Token::Identifier(name) if **name == "help" && last != HelpCallState::Owner => {
                HelpCallState::Help
            }
            Token::LeftParen if last == HelpCallState::Help => HelpCallState::HelpOpen,
            _ => HelpCallState::Other,
        };
        last
    })
}

/// Returns true if the innermost source has marks before the right sides of `+=`.
fn is_marked() -> bool {
    COMPILING.with_borrow(|texts| texts.last().is_some_and(|it| it.marked))
}

/// Returns true if the word at this position is the name of a help page and the only text in its parentheses.
fn is_page(word: &str, position: Position) -> bool {
    help::has_page(word) && next_token(word, position) == Some(Token::RightParen)
}

/// Returns the token after the word at this position of the innermost source.
fn next_token(word: &str, position: Position) -> Option<Token> {
    COMPILING.with_borrow(|texts| {
        let text = &texts.last()?.text;
        let start = byte_offset(text, position.line()?, position.position()?);
        first_token(text.get(start..)?.strip_prefix(word)?)
    })
}

/// Returns the call at the end of a path in an AST, its position, and whether it's a method call.
pub(super) fn call_at<'a>(path: &[ASTNode<'a>]) -> Option<(&'a FnCallExpr, Position, bool)> {
    match path.last()? {
        ASTNode::Expr(Expr::FnCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position, false)),
        ASTNode::Expr(Expr::MethodCall(call, position)) => Some((call, *position, true)),
        _ => None,
    }
}

/// Checks whether the text parses, and discards the result.
pub(super) fn parse(engine: &Engine, text: &str) -> Result<(), ParseError> {
    let _guard = Compiling::push(text.into(), false);
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
    fn import_can_be_called_wherever_a_call_may_be() {
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
    fn the_import_statement_is_unchanged() {
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
