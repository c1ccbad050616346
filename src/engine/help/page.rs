//! The pages of functions, types, getters and commands.

use super::overview::form;
use crate::connection::Connection;
use crate::engine::call::Function;
use crate::engine::describe::{Opt, Takes};
use crate::engine::registry;
use crate::engine::types::{self, Gives, ScriptType, Type};
use crate::guide::CommandHelp;
use crate::text::words;
use std::fmt::Write;
use std::rc::Rc;

/// Minimum width of the column with option names and their indentation.
const NAMES: usize = 20;

pub(super) fn function(function: &Function) -> String {
    let mut text = String::new();
    for form in function.forms {
        let _ = writeln!(text, "{form}");
    }
    let _ = writeln!(text, "  {}", function.help);
    if function.gives != Gives::Nothing {
        let is_named = function.help.starts_with("returns ");
        let verb = if is_named { "as" } else { "returns" };
        let _ = writeln!(text, "  {verb} {}", function.gives.words());
    }
    if !function.options.is_empty() {
        text.push_str("\noptions\n");
        let column = column(function.options, 2);
        option_rows(&mut text, function.options, 2, column);
    }
    let is_only = function.examples().count() == 1;
    for (place, example) in function.examples() {
        let heading = place.heading("example", is_only);
        let _ = writeln!(text, "\n{heading}\n  {}", example.replace('\n', "\n  "));
    }
    if !function.related.is_empty() {
        let _ = writeln!(text, "\nsee also {}", words::list(function.related, "and"));
    }
    text
}

/// Returns the column where the descriptions of options begin.
fn column(options: &[Opt], indent: usize) -> usize {
    let width = |option: &Opt| match option.takes {
        Takes::Keys(inner) => column(inner, indent + 2).max(indent + option.name.len() + 1),
        _ => indent + option.name.len() + 1,
    };
    options.iter().map(width).max().unwrap_or(0).max(NAMES)
}

/// Returns a row per option: name, help, values and default. Options of nested maps are indented.
fn option_rows(text: &mut String, options: &[Opt], indent: usize, column: usize) {
    let blanks = " ".repeat(indent);
    let width = column - indent;
    for option in options {
        let mut help = option.help.to_owned();
        if let Takes::Words(words) = option.takes
            && !words.iter().all(|word| help.contains(word))
        {
            let quoted: Vec<String> = words.iter().map(|word| words::quote(word)).collect();
            let _ = write!(help, ": {}", words::list(&quoted, "or"));
        }
        if !option.default.is_empty() {
            let _ = write!(help, " (default {})", option.default);
        }
        let _ = writeln!(text, "{blanks}{:<width$} {help}", option.name);
        if let Takes::Keys(inner) = option.takes {
            option_rows(text, inner, indent + 2, column);
        }
    }
}

pub(super) fn script_type(it: &Type) -> String {
    let mut text = format!("{}\n  {}\n", it.name, it.help);
    if !it.properties.is_empty() {
        text.push_str("\ngetters\n");
        for key in it.properties {
            let _ = writeln!(text, "  {:<14} {}", key.name, key.help);
        }
        text.push_str("\nto_json() gives them as text, as_map() as a plain map\n");
    }
    if it == Rc::<Connection>::TYPE {
        let methods = registry::functions().filter(|function| function.method);
        let forms: Vec<String> = methods.map(|it| form(it.name, it.arity.1)).collect();
        let _ = writeln!(text, "\nmethods\n  {}", forms.join(" "));
    }
    text
}

/// Returns the help for one getter of a type: `help("Progress.rows")`.
pub(super) fn getter(name: &str) -> Option<String> {
    let (owner, getter) = name.split_once('.')?;
    let owner = types::find(owner)?;
    let key = owner.properties.iter().find(|key| key.name == getter)?;
    Some(format!("{}.{}\n  {}\n", owner.name, key.name, key.help))
}

/// Returns the page of a command: its form, other names and an example.
pub(super) fn command(command: &CommandHelp) -> String {
    let mut text = format!("{}\n  {}\n", command.form(), command.help);
    if !command.aliases.is_empty() {
        let names = command.aliases.iter().map(|name| format!(":{name}"));
        let _ = writeln!(text, "  also {}", names.collect::<Vec<_>>().join(", "));
    }
    let _ = writeln!(text, "\nexample\n  {}", command.example);
    text
}
