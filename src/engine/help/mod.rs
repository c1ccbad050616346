//! Help pages: the overview and pages generated from the tables of functions and types, the guide's pages, and the
//! search.

mod fold;
mod overview;
mod page;
mod search;

pub(crate) use search::find;

use super::registry::{self, VARIABLES};
use super::types::{self, TYPES, methods};
use crate::error::Failure;
use crate::guide::{self, CommandHelp, PAGES};
use crate::render::{Screen, markdown};
use crate::text::words;
use fold::laid_out;

/// Returns the overview: a line for each function, variable, type, topic and command, grouped by task.
pub(crate) fn overview(commands: &[CommandHelp], screen: &Screen) -> String {
    laid_out(&overview::text(commands), screen)
}

/// Returns all pages by name, with a one-line summary: functions, types, topics.
pub(crate) fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let functions = registry::functions().map(|function| (function.name, function.help));
    let types = TYPES.iter().map(|it| (it.name, it.help));
    let topics = PAGES.iter().map(|it| (it.name, it.summary()));
    functions.chain(types).chain(topics)
}

/// Returns true if a page, or a function of Rhai, has exactly this name.
pub(crate) fn has_page(name: &str) -> bool {
    let of_rhai = methods::FUNCTIONS.iter();
    let mut names = pages().chain(of_rhai.copied()).map(|(known, _)| known);
    names.any(|known| known == name)
}

/// Returns the page with this name, laid out for the screen. Without such a page, the places where the words occur.
pub(crate) fn about(
    name: &str,
    commands: &[CommandHelp],
    screen: &Screen,
) -> Result<String, Failure> {
    let name = name.trim().trim_end_matches("()");
    if let Some(page) = guide::find(name) {
        return Ok(markdown(page.text, screen));
    }
    match generated(name, commands) {
        Some(text) => Ok(laid_out(&text, screen)),
        None => find(name, commands, &[], screen),
    }
}

/// Returns the page of a function, type, variable, getter or command.
fn generated(name: &str, commands: &[CommandHelp]) -> Option<String> {
    if let Some(function) = registry::find(name) {
        return Some(page::function(function));
    }
    if let Some(it) = types::find(name) {
        return Some(page::script_type(it));
    }
    if let Some((name, help)) = VARIABLES.iter().find(|(known, _)| *known == name) {
        return Some(format!("{name}\n  {help}\n"));
    }
    let bare = name.strip_prefix(':').unwrap_or(name);
    let command = commands
        .iter()
        .find(|it| it.name == bare || it.aliases.contains(&bare));
    command.map(page::command).or_else(|| page::getter(name))
}

/// Returns the failure for a word that occurs nowhere, with near names.
fn unknown(word: &str, commands: &[CommandHelp]) -> Failure {
    let commands = commands.iter().map(|it| it.name);
    let of_rhai = methods::names().chain(methods::FUNCTIONS.iter().map(|(name, _)| *name));
    let options = registry::functions().flat_map(|function| function.options);
    let names = pages().map(|(name, _)| name).chain(commands);
    let names = names.chain(of_rhai).chain(options.map(|it| it.name));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    let hint = words::did_you_mean(word, names).unwrap_or_else(|| "help() lists them".to_owned());
    Failure::usage(format!("no help on {word:?}")).with_hint(hint)
}
