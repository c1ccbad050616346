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
    fn rest(&self) -> String {
        let before = self.column.saturating_sub(1);
        self.line.chars().skip(before).collect()
    }

    /// Returns the line before the column.
    fn before(&self) -> String {
        let before = self.column.saturating_sub(1);
        self.line.chars().take(before).collect()
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
            let before = at.before();
            let owner = before.trim_end().trim_end_matches(['.', '?']);
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            constant(owner.rsplit(|c| !is_word(c)).next().unwrap_or_default())
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            Failure::new(Kind::Script, "functions call each other too deeply")
        }
        EvalAltResult::ErrorMismatchDataType(wanted, got, _) => Failure::new(
            Kind::Script,
            format!(
                "{} was expected here, got {}",
                with_article(wanted),
                with_article(got)
            ),
        ),
        EvalAltResult::ErrorDotExpr(problem, _) => no_property(problem),
        other => {
            let text = other.unwrap_inner().to_string();
            // Rhai appends the position, which the caret shows better.
            let text = text.split(" (line ").next().unwrap_or(&text).to_owned();
            Failure::new(Kind::Script, lower_first(&text))
        }
    }
}

fn function_not_found(signature: &str, at: &At<'_>) -> Failure {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ""));
    let given = given.strip_suffix(')').unwrap_or(given);
    if name == "eval" {
        return Failure::new(Kind::Script, "eval is switched off in zshell");
    }
    if let Some(function) = registry::find(name) {
        let given: Vec<&str> = given.split(", ").filter(|it| !it.is_empty()).collect();
        let receiver = given
            .first()
            .filter(|it| function.method && **it == "Connection");
        return wrong_count(function, given.len() - usize::from(receiver.is_some()));
    }
    let types: Vec<&str> = given.split(", ").collect();
    if let Some(failure) = operators::explain(name, &types, at) {
        return failure;
    }
    let failure = if given.is_empty() {
        Failure::new(Kind::Script, format!("no function {name}()"))
    } else {
        let types: Vec<String> = types.iter().map(|name| with_article(name)).collect();
        let types = words::list(&types, "and");
        Failure::new(
            Kind::Script,
            format!("no function {name} that takes {types}"),
        )
    };
    let own = at.sources.declared(&[Token::Fn]);
    let mut names: Vec<&str> = registry::functions()
        .map(|function| function.name)
        .collect();
    names.extend(["print", "debug"]);
    names.extend(own.iter().map(String::as_str));
    if !given.is_empty() {
        // Names that live longer than the others.
        for method in methods::names() {
            names.push(method);
        }
    }
    if names.contains(&name) {
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
    let failure = Failure::new(Kind::Script, format!("{name} cannot be changed"));
    if VARIABLES.iter().any(|(known, _)| *known == name) {
        failure.with_hint(format!("copy it: let mine = {name};"))
    } else {
        failure.with_hint("it is a constant: let makes a variable, and a copy of it can be changed")
    }
}

fn variable_not_found(name: &str, at: &At<'_>) -> Failure {
    let failure = Failure::new(Kind::Script, format!("no variable {name}"));
    let hint = match name {
        _ if at.before().trim_end().ends_with("help(") => {
            let pages = help::pages().map(|(name, _)| name);
            let found = help::find(name, &[], &Screen::plain());
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
            let inside = match registry::find(name).map(|function| function.arity.0) {
                Some(0) => "",
                _ => "…",
            };
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
            let rest = at.rest();
            let rest = rest.strip_prefix(name).unwrap_or_default().trim_start();
            if rest.starts_with('=') && !rest.starts_with("==") {
                Some(format!("a variable begins with let: let {name} = …"))
            } else {
                near_variable(name, at).or_else(|| unquoted(name, rest, at))
            }
        }
    };
    failure.with_any_hint(hint)
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
    let alone = at.before().trim_end().ends_with(['(', ',', '[', ':'])
        && rest.starts_with([')', ',', ']', '}']);
    alone.then(|| format!("text needs double quotes: {}", words::quote(name)))
}

/// Rewords Rhai's "Unknown property 'x' - a getter is not registered for type 'y'".
fn no_property(problem: &str) -> Failure {
    let mut quoted = problem.split('\'').skip(1).step_by(2);
    let (Some(name), Some(owner)) = (quoted.next(), quoted.next()) else {
        return Failure::new(Kind::Script, lower_first(problem));
    };
    let of = type_word(owner);
    let keys: Vec<&str> = types::find(owner)
        .map(|it| it.properties().iter().map(|it| it.name).collect())
        .unwrap_or_default();
    if problem.starts_with("No writable property") && keys.contains(&name) {
        let message = format!("{name} of {of} cannot be changed");
        return Failure::new(Kind::Script, message)
            .with_hint("as_map() makes a copy that can be changed");
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
    Failure::new(Kind::Script, format!("no property {name} of {of}")).with_hint(hint)
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
    let mut letters = text.trim().trim_end_matches('.').chars();
    match letters.next() {
        // `Fn` and other type names keep their case.
        Some(first) if first.is_uppercase() && !text.starts_with("Fn") => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.trim().trim_end_matches('.').to_owned(),
    }
}
