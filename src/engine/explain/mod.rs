//! Rewords Rhai's errors, and explains the surprises of its grammar at the place where they occur.

mod habits;
mod operators;
mod parse;

use super::call::wrong_count;
use super::compile::Sources;
use super::help;
use super::registry::{self, VARIABLES};
use super::types::{self, methods};
use crate::error::{Failure, Kind};
use crate::render::Screen;
use crate::text::words;
use rhai::{EvalAltResult, Token};

/// The position of an error.
pub(crate) struct At<'a> {
    /// The source line.
    pub line: &'a str,
    /// Column, counted from 1 in characters; 0 if unknown.
    pub column: usize,
    /// True inside a function of the script (not in a closure or at a module's top level).
    pub in_function: bool,
    /// The sources compiled so far.
    pub sources: &'a Sources,
}

impl At<'_> {
    /// Returns the line from the column on.
    fn rest(&self) -> &str {
        let mut letters = self.line.chars();
        letters
            .by_ref()
            .take(self.column.saturating_sub(1))
            .for_each(drop);
        letters.as_str()
    }

    /// Returns the line before the column.
    fn before(&self) -> &str {
        self.line.strip_suffix(self.rest()).unwrap_or_default()
    }

    /// Returns the line before the column and the blanks there.
    fn ahead(&self) -> &str {
        self.before().trim_end()
    }
}

/// Converts one of Rhai's parse or run-time errors to a failure.
pub(crate) fn explain(error: &EvalAltResult, at: &At<'_>) -> Failure {
    match error {
        EvalAltResult::ErrorParsing(kind, _) => parse::parse_error(kind, at),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => function_not_found(signature, at),
        EvalAltResult::ErrorVariableNotFound(name, _) => variable_not_found(name, at),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => constant(name),
        EvalAltResult::ErrorNonPureMethodCallOnConstant(_, _) => {
            constant(last_word(at.ahead().trim_end_matches(['.', '?'])))
        }
        EvalAltResult::ErrorStackOverflow(_) => script("functions call each other too deeply"),
        EvalAltResult::ErrorMismatchDataType(wanted, got, _) => {
            let (wanted, got) = (with_article(wanted), with_article(got));
            script(format!("{wanted} was expected here, got {got}"))
        }
        EvalAltResult::ErrorDotExpr(problem, _) => no_property(problem),
        other => {
            let text = other.unwrap_inner().to_string();
            // Rhai appends the position, which the caret shows better.
            script(lower_first(text.split(" (line ").next().unwrap_or(&text)))
        }
    }
}

fn script(message: impl Into<String>) -> Failure {
    Failure::new(Kind::Script, message)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the word at the end of a text.
fn last_word(text: &str) -> &str {
    text.rsplit(|letter| !is_word(letter))
        .next()
        .unwrap_or_default()
}

fn function_not_found(signature: &str, at: &At<'_>) -> Failure {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ""));
    let given = given.strip_suffix(')').unwrap_or(given);
    if name == "eval" {
        return script("eval is switched off in zshell");
    }
    let types: Vec<&str> = given.split(", ").filter(|it| !it.is_empty()).collect();
    if let Some(function) = registry::find(name) {
        let has_receiver = function.method && types.first() == Some(&"Connection");
        return wrong_count(function, types.len() - usize::from(has_receiver));
    }
    let words: Vec<String> = types.iter().map(|name| with_article(name)).collect();
    if let Some(failure) = operators::explain(name, &types, &words, at) {
        return failure;
    }
    let failure = script(if types.is_empty() {
        format!("no function {name}()")
    } else {
        let types = words::list(&words, "and");
        format!("no function {name} that takes {types}")
    });
    let own = at.sources.declared(&[Token::Fn]);
    let names = registry::functions().map(|function| function.name);
    let methods = methods::names().filter(|_| !types.is_empty());
    let names = names.chain(["print", "debug"]);
    let names = names.chain(own.iter().map(String::as_str)).chain(methods);
    if names.clone().any(|known| known == name) {
        let hint = match methods::about(name) {
            Some(help) if help.starts_with(name) => format!("its form: {help}"),
            Some(help) => format!("{name}(): {help}"),
            None => format!("{name} takes other arguments"),
        };
        return failure.with_hint(hint);
    }
    failure.with_any_hint(words::did_you_mean(name, names))
}

/// Returns why a variable can't be changed: zshell's globals and constants.
fn constant(name: &str) -> Failure {
    let failure = script(format!("{name} cannot be changed"));
    if VARIABLES.iter().any(|(known, _)| *known == name) {
        failure.with_hint(format!("copy it: let mine = {name};"))
    } else {
        failure.with_hint("it is a constant: let makes a variable, and a copy of it can be changed")
    }
}

fn variable_not_found(name: &str, at: &At<'_>) -> Failure {
    let hint = match name {
        _ if at.ahead().ends_with("help(") => {
            let pages = help::pages().map(|(name, _)| name);
            let found = help::find(name, &[], &[], &Screen::plain());
            let found = found.map(|_| format!("help({name:?}) lists where the word occurs"));
            found
                .ok()
                .or_else(|| words::did_you_mean(name, pages))
                .or_else(|| Some("help() lists them".to_owned()))
        }
        "quit" => Some("exit() ends a script, :quit or Ctrl-D the prompt".to_owned()),
        "None" | "Null" | "NULL" => Some("the empty value is written ()".to_owned()),
        "True" | "TRUE" => Some("written true".to_owned()),
        "False" | "FALSE" => Some("written false".to_owned()),
        _ if at.before().trim().is_empty() && habits::call(at).is_some() => habits::call(at),
        _ if registry::find(name).is_some() => {
            let bare = registry::find(name).is_some_and(|function| function.arity.0 == 0);
            let inside = if bare { "" } else { "…" };
            Some(format!(
                "{name} is a function: write {name}({inside}); help({name:?}) explains it"
            ))
        }
        _ if at.in_function && at.sources.declared(&[Token::Const]).contains(name) => Some(
            format!("a function reaches a constant of its script as global::{name}"),
        ),
        _ if at.in_function && at.sources.declared(&[Token::Let]).contains(name) => Some(format!(
            "functions see only their parameters, args and script_dir: pass {name} to it"
        )),
        _ => {
            let rest = at.rest().strip_prefix(name).unwrap_or_default();
            let rest = rest.trim_start();
            if rest.starts_with('=') && !rest.starts_with("==") {
                Some(format!("a variable begins with let: let {name} = …"))
            } else {
                near_variable(name, at).or_else(|| unquoted(name, rest, at))
            }
        }
    };
    script(format!("no variable {name}")).with_any_hint(hint)
}

/// Returns variables with a similar spelling.
fn near_variable(name: &str, at: &At<'_>) -> Option<String> {
    let mut own = at.sources.declared(&[Token::Let, Token::Const, Token::For]);
    // A failed statement doesn't declare its variables.
    own.remove(name);
    let names = VARIABLES.iter().map(|(name, _)| *name);
    words::did_you_mean(name, names.chain(own.iter().map(String::as_str)))
}

/// A bare word as the only text of an argument may be a text without quotes.
fn unquoted(name: &str, rest: &str, at: &At<'_>) -> Option<String> {
    let alone =
        at.ahead().ends_with(['(', ',', '[', ':']) && rest.starts_with([')', ',', ']', '}']);
    alone.then(|| format!("text needs double quotes: {}", words::quote(name)))
}

/// Rewords Rhai's "Unknown property 'x' - a getter is not registered for type 'y'".
fn no_property(problem: &str) -> Failure {
    let mut quoted = problem.split('\'').skip(1).step_by(2);
    let (Some(name), Some(owner)) = (quoted.next(), quoted.next()) else {
        return script(lower_first(problem));
    };
    let of = type_word(owner);
    let keys: Vec<&str> = types::find(owner)
        .map(|it| it.properties.iter().map(|it| it.name).collect())
        .unwrap_or_default();
    if problem.starts_with("No writable property") && keys.contains(&name) {
        let message = format!("{name} of {of} cannot be changed");
        return script(message).with_hint("as_map() makes a copy that can be changed");
    }
    let near = words::did_you_mean(name, keys.iter().copied());
    let method = words::nearest(name, methods_of(owner)).first().copied();
    let hint = match (near, method) {
        (_, Some(method)) if method == name => format!("it is a method: {method}(…)"),
        (Some(near), _) => near,
        (None, Some(method)) => format!("did you mean {method}()?"),
        (None, None) if keys.is_empty() => {
            "see what a value has by showing it: show(value)".to_owned()
        }
        (None, None) => format!("it has {}", words::list(&keys, "and")),
    };
    script(format!("no property {name} of {of}")).with_hint(hint)
}

/// Returns the useful methods of a type.
fn methods_of(owner: &str) -> Vec<&'static str> {
    let names = |methods: &[(&'static str, &str)]| methods.iter().map(|(name, _)| *name).collect();
    match owner {
        "array" => names(methods::LIST),
        "string" => names(methods::TEXT),
        "Connection" => registry::functions()
            .filter(|function| function.method)
            .map(|function| function.name)
            .collect(),
        _ => names(methods::OWN),
    }
}

/// Returns the name of a type with its article.
fn with_article(name: &str) -> String {
    if let Some(own) = types::find(name) {
        return own.words.to_owned();
    }
    match type_word(name) {
        "text" => "text".to_owned(),
        "nothing" => "the empty value ()".to_owned(),
        "true or false" => "a Boolean".to_owned(),
        word if word.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {word}"),
        word => format!("a {word}"),
    }
}

fn type_word(name: &str) -> &str {
    match name {
        "&str | ImmutableString | String" | "string" | "&str" => "text",
        "i64" => "whole number",
        "f64" => "number",
        "()" => "nothing",
        "bool" => "true or false",
        "char" => "character",
        other => other,
    }
}

fn lower_first(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        // `Fn` and other type names keep their case.
        Some(first) if !text.starts_with("Fn") => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}
