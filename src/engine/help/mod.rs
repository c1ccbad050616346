//! Help pages: the overview and pages generated from the tables of functions and types, and the guide's pages.

mod fold;

pub(crate) use fold::{folded, laid_out};

use super::call::Function;
use super::describe::{Family, Opt, Takes};
use super::registry::{self, VARIABLES};
use super::types::{self, Gives, ScriptType, TYPES, Type};
use crate::connection::Connection;
use crate::error::Failure;
use crate::guide::{self, PAGES};
use crate::render::{Screen, markdown};
use crate::text::words;
use std::fmt::Write;
use std::rc::Rc;

/// Lines of the screen that the overview leaves to the prompt.
const PROMPT_LINES: usize = 2;

const FIRST_STEPS: &str = "
a first import, with no account and no network
  connect(\"local\")
  create_collection(\"books\", #{dimension: 4})
  write_text(\"books.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`)
  wait(import(\"books\", \"books.jsonl\"))
";
const MORE: &str = "\nhelp(import) explains one; Tab completes names, options, values and files\n";

/// Returns the overview by task, with a line per entry if the screen has room, otherwise only names. `commands` are the
/// prompt's commands with form and help.
pub(crate) fn overview(screen: &Screen, commands: &[(String, &str)]) -> String {
    let groups = groups(commands);
    // A line per entry for everything, then for functions only, then only names, with and without the first steps.
    let names = || list(&groups, 0);
    let forms: [&dyn Fn() -> String; 3] = [
        &|| list(&groups, groups.len()) + MORE,
        &|| list(&groups, Family::ALL.len()) + MORE,
        &|| names() + FIRST_STEPS + MORE.trim_start(),
    ];
    let fits = |text: &String| {
        let lines = folded(text, screen.width).lines().count();
        let height = screen.height.unwrap_or(usize::MAX);
        lines.saturating_add(PROMPT_LINES) <= height
    };
    let fitting = forms.into_iter().map(|form| form()).find(fits);
    fitting.unwrap_or_else(|| names() + MORE.trim_start())
}

/// Returns the groups of the overview: a title, and names with their help.
fn groups<'a>(commands: &'a [(String, &'a str)]) -> Vec<(&'static str, Vec<(String, &'a str)>)> {
    let mut groups: Vec<(&str, Vec<(String, &str)>)> = Vec::new();
    for family in Family::ALL {
        let functions = registry::functions().filter(|function| function.family == family);
        let rows = functions.map(|function| {
            let inside = if function.arity.1 > 0 { "…" } else { "" };
            (format!("{}({inside})", function.name), function.help)
        });
        groups.push((family.title(), rows.collect()));
    }
    let owned = |(name, help): &(&str, &'static str)| ((*name).to_owned(), *help);
    groups.push(("variables", VARIABLES.iter().map(owned).collect()));
    let kinds = TYPES.iter().map(|it| (it.name.to_owned(), it.help));
    groups.push(("values", kinds.collect()));
    let topics = PAGES.iter().map(|it| (it.name.to_owned(), it.summary()));
    groups.push(("topics", topics.collect()));
    if !commands.is_empty() {
        groups.push(("commands", commands.to_vec()));
    }
    groups
}

/// Formats the groups: the first `described` with a line per entry, the others as names only.
fn list(groups: &[(&str, Vec<(String, &str)>)], described: usize) -> String {
    let mut text = String::new();
    for (index, (title, rows)) in groups.iter().enumerate() {
        if index < described {
            let _ = writeln!(text, "{title}");
            for (name, help) in rows {
                let _ = writeln!(text, "  {name:<22} {help}");
            }
        } else {
            let names = rows.iter().map(|(form, _)| {
                let end = form.find(['(', ' ']).unwrap_or(form.len());
                form.get(..end).unwrap_or_default()
            });
            let names: Vec<&str> = names.collect();
            let _ = writeln!(text, "{title:<12}  {}", names.join(" "));
        }
    }
    text
}

/// Returns all pages by name, with a one-line summary: functions, types, topics.
pub(crate) fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let functions = registry::functions().map(|function| (function.name, function.help));
    let types = TYPES.iter().map(|it| (it.name, it.help));
    let topics = PAGES.iter().map(|it| (it.name, it.summary()));
    functions.chain(types).chain(topics)
}

/// Returns true if a page has exactly this name.
pub(crate) fn has_page(name: &str) -> bool {
    pages().any(|(known, _)| known == name)
}

/// Returns the page with this name, laid out for the screen.
pub(crate) fn about(name: &str, screen: &Screen) -> Result<String, Failure> {
    let name = name.trim().trim_end_matches("()");
    match guide::find(name) {
        Some(page) => Ok(markdown(page.text, screen)),
        None => generated(name).map(|text| laid_out(&text, screen)),
    }
}

/// Returns the page of a function, type, variable or getter.
fn generated(name: &str) -> Result<String, Failure> {
    if let Some(function) = registry::find(name) {
        return Ok(function_page(function));
    }
    if let Some(it) = types::find(name) {
        return Ok(type_page(it));
    }
    if let Some((name, help)) = VARIABLES.iter().find(|(known, _)| *known == name) {
        return Ok(format!("{name}\n  {help}\n"));
    }
    if let Some(page) = method_page(name) {
        return Ok(page);
    }
    Err(unknown(name, pages().map(|(name, _)| name)))
}

/// Returns the failure for a missing page, with near names.
pub(crate) fn unknown<'a>(name: &str, pages: impl Iterator<Item = &'a str>) -> Failure {
    let hint = words::did_you_mean(name, pages).unwrap_or_else(|| "help() lists them".to_owned());
    Failure::usage(format!("no help on {name:?}")).with_hint(hint)
}

/// Returns the help for one getter of a type: `help("Progress.rows")`.
fn method_page(name: &str) -> Option<String> {
    let (owner, getter) = name.split_once('.')?;
    let owner = types::find(owner)?;
    let key = owner.keys().into_iter().find(|key| key.name == getter)?;
    Some(format!("{}.{}\n  {}\n", owner.name, key.name, key.help))
}

fn function_page(function: &Function) -> String {
    let mut text = String::new();
    for form in function.forms {
        let _ = writeln!(text, "{form}");
    }
    let _ = writeln!(text, "  {}", function.help);
    if function.gives != Gives::Nothing {
        let _ = writeln!(text, "  gives {}", function.gives.words());
    }
    if !function.options.is_empty() {
        text.push_str("\noptions\n");
        option_rows(&mut text, function.options, 2);
    }
    let _ = writeln!(text, "\nexample\n  {}", function.example);
    if function.method {
        text.push_str("\nalso a method of a connection: ");
        let _ = writeln!(text, "connect(\"local\").{}(…)", function.name);
    }
    if !function.related.is_empty() {
        let _ = writeln!(text, "\nsee also {}", words::list(function.related, "and"));
    }
    text
}

/// Returns a row per option: name, help, values and default. Options of nested maps are indented.
fn option_rows(text: &mut String, options: &[Opt], indent: usize) {
    let blanks = " ".repeat(indent);
    let column = 20 - indent;
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
        let _ = writeln!(text, "{blanks}{:<column$} {help}", option.name);
        if let Takes::Keys(inner) = option.takes {
            option_rows(text, inner, indent + 2);
        }
    }
}

fn type_page(it: &Type) -> String {
    let mut text = format!("{}\n  {}\n", it.name, it.help);
    let keys = it.keys();
    if !keys.is_empty() {
        text.push_str("\ngetters\n");
        for key in keys {
            let _ = writeln!(text, "  {:<14} {}", key.name, key.help);
        }
        text.push_str("\nto_json() gives them as text, as_map() as a plain map\n");
    }
    if it == Rc::<Connection>::TYPE {
        let methods = registry::functions().filter(|function| function.method);
        let names: Vec<&str> = methods.map(|function| function.name).collect();
        let _ = writeln!(text, "\nmethods\n  {}", names.join(" "));
    }
    text
}
