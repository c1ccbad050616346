//! The result of many imports.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::style::{Screen, Tone};
use super::{pairs, value};
use crate::text::words;

/// Lays out the totals, and below them the jobs that failed or are unresolved.
pub(super) fn lay_out(batch: &Value, screen: &Screen) -> String {
    let number = |key: &str| batch.get(key).and_then(Value::as_u64).unwrap_or(0);
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
    if let Some(steps) = batch.get("steps").and_then(Value::as_array)
        && !steps.is_empty()
    {
        text.push('\n');
        text.push_str(&lay_out_steps(steps, screen));
    }
    let all = batch.get("jobs").and_then(Value::as_array);
    let bad: Vec<&Value> = all.into_iter().flatten().filter(|it| is_bad(it)).collect();
    if bad.is_empty() {
        return text;
    }
    let mut grid = Grid::new(vec![
        GridColumn::new("job", ESSENTIAL),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("files", 50).right(),
        GridColumn::new("reason", 90).wrapping(20),
    ]);
    for job in bad {
        let cell = |key: &str| {
            job.get(key)
                .map_or_else(Cell::absent, |it| value::own_cell(key, it, screen))
        };
        grid.push(vec![
            cell("job"),
            cell("state"),
            cell("files"),
            cell("reason"),
        ]);
    }
    text.push('\n');
    text.push_str(&grid.lay_out(screen));
    text
}

fn lay_out_steps(steps: &[Value], screen: &Screen) -> String {
    let mut grid = Grid::new(vec![
        GridColumn::new("step", ESSENTIAL),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("detail", 90).wrapping(20),
    ]);
    for step in steps {
        let cell = |key: &str| {
            step.get(key)
                .map_or_else(Cell::absent, |it| value::own_cell(key, it, screen))
        };
        grid.push(vec![cell("step"), cell("state"), cell("detail")]);
    }
    grid.lay_out(screen)
}

fn is_bad(job: &Value) -> bool {
    let state = job.get("state").and_then(Value::as_str);
    matches!(state, Some("Failed" | "Aborted" | "Refused" | "Unknown"))
}
