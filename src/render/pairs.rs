//! Names and values of a single thing, one line each: of a connection, a caught error, or a part of another layout.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::cell::Cell;
use super::style::{Screen, Tone};
use super::value;
use super::wrap::wrapped;

/// If there are fewer than twice this many columns beside the names, a value with a wider word goes below its name.
const LEAST: usize = 20;

/// Lays out the pairs with aligned names. On a terminal, absent values are left out, and values are wrapped in their
/// own column. A value with a word too wide for a narrow column goes below its name.
pub(super) fn lay_out(pairs: &[(&str, Cell)], screen: &Screen) -> String {
    let shown = || {
        pairs
            .iter()
            .filter(|(_, cell)| !(screen.tty && cell.is_absent()))
    };
    let widest = shown().map(|(name, _)| name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, cell) in shown() {
        let padding = " ".repeat(widest.saturating_sub(name.width()) + 2);
        let name = screen.paint(Tone::Strong, name);
        let value = |line: &str| screen.paint(cell.tone(), line);
        let Some(width) = screen.width else {
            text.extend([&name, &padding, &value(&cell.line()), "\n"].map(|part: &str| part));
            continue;
        };
        let room = width.saturating_sub(widest + 2);
        let fitted = cell.fitted(room, screen);
        let lines = wrapped(&fitted, room);
        let beside = lines.iter().all(|line| line.width() <= room);
        let (lines, indent) = if beside || room >= 2 * LEAST {
            (lines, widest + 2)
        } else {
            text.extend([&name, "\n"].map(|part: &str| part));
            (wrapped(cell.shown(), width.saturating_sub(2)), 2)
        };
        for (index, line) in lines.iter().enumerate() {
            if index == 0 && indent > 2 {
                text.extend([&name, &padding].map(String::as_str));
            } else {
                text.push_str(&" ".repeat(indent));
            }
            text.extend([&value(line), "\n"].map(|part: &str| part));
        }
    }
    text
}

/// Lays out a connection's plain form, as the result of `connect` and for `:who`. On a terminal, unset settings are left
/// out.
pub(super) fn connection(connection: &Value, screen: &Screen) -> String {
    let text = |key: &str| value::text(connection, key).filter(|text| !text.is_empty());
    let Some(name) = text("name") else {
        return value::lay_out(connection, screen);
    };
    // If both addresses are equal, one is enough.
    let collections = text("collections").filter(|address| Some(*address) != text("endpoint"));
    let no_key = || Cell::toned("none", Tone::Dim);
    lay_out(
        &[
            ("name", Cell::toned(name, Tone::Good)),
            ("api", Cell::optional(text("api"))),
            ("endpoint", Cell::optional(text("endpoint"))),
            ("collections", Cell::optional(collections)),
            ("cluster", Cell::optional(text("cluster"))),
            ("region", Cell::optional(text("region"))),
            (
                "database",
                Cell::text(text("database").unwrap_or("default")),
            ),
            ("key", text("key").map_or_else(no_key, Cell::text)),
        ],
        screen,
    )
}

/// Lays out a caught error's plain form: kind and message first, then the hint.
pub(super) fn error(error: &Value, screen: &Screen) -> String {
    let text = |key: &str| value::text(error, key);
    let (Some(kind), Some(message)) = (text("kind"), text("message")) else {
        return value::lay_out(error, screen);
    };
    let number = |key: &str| Some(error.get(key)?.as_i64()?.to_string());
    let jobs = value::items_of(error, "jobs").iter();
    let jobs: Vec<&str> = jobs.filter_map(Value::as_str).collect();
    lay_out(
        &[
            ("error", Cell::toned(kind, Tone::Bad)),
            ("message", Cell::text(message)),
            ("code", Cell::optional(number("code").as_deref())),
            ("hint", Cell::optional(text("hint"))),
            ("jobs", Cell::optional(Some(&jobs.join(" ")))),
            ("exit", Cell::optional(number("exit").as_deref())),
        ],
        screen,
    )
}
