//! `:vars`

use super::{CommandResult, PromptCommand, arguments};
use crate::engine::registry::Takes;
use crate::engine::types::{List, Record, Shape, json_of};
use crate::render::{OutputFormat, Shown};
use crate::repl::shell::Shell;
use crate::secret::{MASK, hidden, is_secret};
use crate::text::words;
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map};
use serde_json::{Value, json};

pub(super) const COMMAND: PromptCommand = PromptCommand {
    name: "vars",
    aliases: &[],
    arguments: "[TEXT]",
    help: "lists the variables and functions defined here, or those with TEXT in their name",
    example: ":vars",
    takes: &[Takes::Anything],
    run,
};

/// Maximum length of a shown value in characters.
const LENGTH: usize = 36;
/// Maximum number of items of a list or map, and maximum depth, that are looked at: more than the length shows.
const ITEMS: usize = 30;
const DEPTH: usize = 4;

fn run(shell: &mut Shell, rest: &str) -> CommandResult {
    let wanted = arguments::whole(rest).unwrap_or_default().to_lowercase();
    let mut rows = Vec::new();
    let mut list = |name: String, kind: &str, value: String| {
        if name.to_lowercase().contains(&wanted) {
            rows.push(json!({"name": name, "type": kind, "value": value}));
        }
    };
    for (name, value) in shell.interpreter.variables() {
        list(
            name.to_owned(),
            Shape::of(value).words(),
            shown(name, value),
        );
    }
    let names = shell.interpreter.names().get();
    for function in &names.functions {
        let form = format!("{}({})", function.name, function.parameters.join(", "));
        list(form, "a function", String::new());
    }
    for module in &names.modules {
        list(module.name.clone(), "a module", String::new());
    }
    let session = shell.session();
    if rows.is_empty() {
        session.notice("no variables and no functions");
        return Ok(());
    }
    let shown = Shown::Items {
        items: &Value::Array(rows),
        noun: "name",
    };
    Ok(session.show_as(shown, OutputFormat::Table)?)
}

/// Returns a value in one short line, without secrets.
fn shown(name: &str, value: &Dynamic) -> String {
    let json = brief(name, value, DEPTH);
    if json == MASK {
        return MASK.to_owned();
    }
    if value.is::<FnPtr>() {
        return String::new();
    }
    let text = hidden(&words::safe_line(&json.to_string()));
    if text.chars().count() <= LENGTH {
        return text;
    }
    let start: String = text.chars().take(LENGTH).collect();
    match &json {
        Value::Array(_) | Value::Object(_) => {
            let count = words::count(len(value) as u64, "item");
            format!("{start}… {count}")
        }
        _ => format!("{start}…"),
    }
}

/// Returns the number of items of a list or map.
fn len(value: &Dynamic) -> usize {
    let array = value.read_lock::<Array>().map(|it| it.len());
    let list = || value.read_lock::<List>().map(|it| it.items().len());
    let map = || value.read_lock::<Map>().map(|it| it.len());
    let record = || value.read_lock::<Record>().map(|it| it.map().len());
    array
        .or_else(list)
        .or_else(map)
        .or_else(record)
        .unwrap_or(0)
}

/// Returns the beginning of a value as JSON, with the values of secrets' names masked.
fn brief(name: &str, value: &Dynamic, depth: usize) -> Value {
    if is_secret(name) && !value.is_unit() {
        return Value::from(MASK);
    }
    let items = |items: &Array| -> Value {
        let first = items.iter().take(if depth > 0 { ITEMS } else { 0 });
        first.map(|item| brief("", item, depth - 1)).collect()
    };
    if let Some(array) = value.read_lock::<Array>() {
        return items(&array);
    }
    if let Some(list) = value.read_lock::<List>() {
        return items(list.items());
    }
    if let Some(map) = value.read_lock::<Map>() {
        return brief_map(map.iter().map(|(key, value)| (key.as_str(), value)), depth);
    }
    if let Some(record) = value.read_lock::<Record>() {
        return brief_map(record.pairs(), depth);
    }
    match value.read_lock::<ImmutableString>() {
        Some(text) => text.chars().take(2 * LENGTH).collect::<String>().into(),
        None => json_of(value),
    }
}

fn brief_map<'p>(pairs: impl Iterator<Item = (&'p str, &'p Dynamic)>, depth: usize) -> Value {
    let first = pairs.take(if depth > 0 { ITEMS } else { 0 });
    let first = first.map(|(key, value)| (key.to_owned(), brief(key, value, depth - 1)));
    Value::Object(first.collect())
}
