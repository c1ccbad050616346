//! Single things that zshell made: the result of many imports, a connection, a caught error.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::style::{Screen, Tone};
use super::{pairs, parts, value};
use crate::text::words;

/// Lays out the totals, the steps, and below them the jobs that failed or are unresolved.
pub(super) fn batch(batch: &Value, screen: &Screen) -> String {
    let number = |key: &str| parts::number(batch, key).unwrap_or(0);
    let (ok, failed) = (number("ok"), number("failed"));
    let mut jobs = format!("{} succeeded", screen.number(ok));
    if failed > 0 {
        let _ = write!(jobs, ", {} failed", screen.number(failed));
    }
    let tone = if failed > 0 { Tone::Bad } else { Tone::Good };
    let elapsed = batch.get("elapsed").and_then(Value::as_f64).unwrap_or(0.0);
    let elapsed = Duration::try_from_secs_f64(elapsed).unwrap_or_default();
    let mut text = pairs::lay_out(
        &[
            ("jobs", Cell::toned(&jobs, tone)),
            ("files", Cell::text(&screen.number(number("files")))),
            ("rows", Cell::text(&screen.number(number("rows")))),
            ("elapsed", Cell::text(&words::duration(elapsed))),
        ],
        screen,
    );
    let steps = parts::items(batch, "steps");
    if !steps.is_empty() {
        let columns = vec![
            GridColumn::new("step", ESSENTIAL),
            GridColumn::new("state", ESSENTIAL),
            GridColumn::new("detail", 90).wrapping(20),
        ];
        text.extend(["\n", &value::own_table(columns, steps, screen)]);
    }
    let bad = parts::items(batch, "jobs").iter().filter(|it| is_bad(it));
    let bad: Vec<&Value> = bad.collect();
    if !bad.is_empty() {
        let columns = vec![
            GridColumn::new("job", ESSENTIAL),
            GridColumn::new("state", ESSENTIAL),
            GridColumn::new("files", 50).right(),
            GridColumn::new("reason", 90).wrapping(20),
        ];
        text.extend(["\n", &value::own_table(columns, bad, screen)]);
    }
    text
}

fn is_bad(job: &Value) -> bool {
    let state = parts::text(job, "state");
    matches!(state, Some("Failed" | "Aborted" | "Refused" | "Unknown"))
}

/// Lays out a connection's plain form, as the result of `connect` and for `:who`. On a terminal, unset settings are left
/// out.
pub(super) fn connection(connection: &Value, screen: &Screen) -> String {
    let text = |key: &str| parts::text(connection, key).filter(|text| !text.is_empty());
    let Some(name) = text("name") else {
        return value::lay_out(connection, screen);
    };
    // If both addresses are equal, one is enough.
    let collections = text("collections").filter(|address| Some(*address) != text("endpoint"));
    let database = text("database").unwrap_or("default");
    let no_key = || Cell::toned("none", Tone::Dim);
    pairs::lay_out(
        &[
            ("name", Cell::toned(name, Tone::Good)),
            ("api", Cell::optional(text("api"))),
            ("endpoint", Cell::optional(text("endpoint"))),
            ("collections", Cell::optional(collections)),
            ("cluster", Cell::optional(text("cluster"))),
            ("region", Cell::optional(text("region"))),
            ("database", Cell::text(database)),
            ("key", text("key").map_or_else(no_key, Cell::text)),
        ],
        screen,
    )
}

/// Lays out a caught error's plain form: kind and message first, then the hint.
pub(super) fn error(error: &Value, screen: &Screen) -> String {
    let text = |key: &str| parts::text(error, key);
    let (Some(kind), Some(message)) = (text("kind"), text("message")) else {
        return value::lay_out(error, screen);
    };
    let number = |key: &str| Some(error.get(key)?.as_i64()?.to_string());
    let jobs = parts::items(error, "jobs").iter();
    let jobs: Vec<&str> = jobs.filter_map(Value::as_str).collect();
    pairs::lay_out(
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
