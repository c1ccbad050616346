//! The result of many imports.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::style::{Screen, Tone};
use super::{pairs, value};
use crate::text::words;

/// Lays out the totals, the steps, and below them the jobs that failed or are unresolved.
pub(super) fn lay_out(batch: &Value, screen: &Screen) -> String {
    let number = |key: &str| value::number(batch, key).unwrap_or(0);
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
    let steps = value::items_of(batch, "steps");
    if !steps.is_empty() {
        let columns = vec![
            GridColumn::new("step", ESSENTIAL),
            GridColumn::new("state", ESSENTIAL),
            GridColumn::new("detail", 90).wrapping(20),
        ];
        text.extend(["\n", &value::own_table(columns, steps, screen)]);
    }
    let bad = value::items_of(batch, "jobs")
        .iter()
        .filter(|it| is_bad(it));
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
    let state = value::text(job, "state");
    matches!(state, Some("Failed" | "Aborted" | "Refused" | "Unknown"))
}
