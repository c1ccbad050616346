//! The overview of `help()`.

use crate::engine::describe::Family;
use crate::engine::registry::{self, VARIABLES};
use crate::engine::types::TYPES;
use crate::guide::{CommandHelp, PAGES};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// The next steps, and an import that works as pasted in an empty folder.
pub(super) const FIRST_STEPS: &str = "\
help
  help(import)            explains a function, a type or a topic
  help(\"vector\")          lists where a word occurs
  Tab                     completes names, options, values and files

a first import, with no account and no network
  connect(\"local\")
  create_collection(\"books\", #{dimension: 4})
  write_text(\"books.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`)
  wait(import(\"books\", \"books.jsonl\"))
";

/// Minimum width of the first column.
const NAMES: usize = 22;

/// Returns the overview by task, with a line per entry.
pub(super) fn text(commands: &[CommandHelp]) -> String {
    let mut text = FIRST_STEPS.to_owned();
    for family in Family::ALL.iter().copied() {
        let functions = registry::functions().filter(|function| function.family == family);
        let rows = functions.map(|function| (form(function.name, function.arity.1), function.help));
        push(&mut text, family.title(), rows);
    }
    let variables = VARIABLES.iter().map(|(name, help)| (*name, *help));
    push(&mut text, "variables", variables);
    let values = TYPES.iter().map(|it| (it.name, it.help));
    push(&mut text, "values", values);
    let topics = PAGES.iter().map(|it| (it.name, it.summary()));
    push(&mut text, "topics", topics);
    let commands = commands.iter().map(|it| (it.form(), it.help));
    push(&mut text, "commands", commands);
    text
}

/// Returns a function's name with parentheses, which are empty if the function has no arguments.
pub(super) fn form(name: &str, arguments: usize) -> String {
    let inside = if arguments > 0 { "…" } else { "" };
    format!("{name}({inside})")
}

/// Adds a group: its title and aligned rows. A group without rows is left out.
pub(super) fn push<A: AsRef<str>, B: AsRef<str>>(
    text: &mut String,
    title: &str,
    rows: impl Iterator<Item = (A, B)>,
) {
    let rows: Vec<(A, B)> = rows.collect();
    let widths = rows.iter().map(|(name, _)| name.as_ref().width());
    let Some(width) = widths.max() else {
        return;
    };
    let width = width.max(NAMES);
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{title}");
    for (name, help) in rows {
        let (name, help) = (name.as_ref(), help.as_ref());
        let _ = writeln!(text, "  {name:<width$}  {help}");
    }
}
