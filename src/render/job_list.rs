//! Lists of jobs, from the list call and from `wait`, and of submissions.

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::grid::Grid;
use super::jobs::{measures, size, state, time};
use super::reasons::grouped;
use super::style::{Screen, Tone};
use super::wrap::hanging;
use super::{jobs, value};
use crate::api::model::{JobState, JobSummary, Progress};
use crate::text::words;
use serde_json::Value;
use std::fmt::Write;

/// Minimum number of jobs for a footer that counts them by state.
const MANY: usize = 5;

/// On a screen with fewer columns, the reasons are shown below the table, because they don't fit in it.
const WIDE: usize = 120;

/// Maximum number of reasons below a table.
const REASONS: usize = 5;

/// Maximum number of ids above a reason. Further jobs are counted.
const NAMED: usize = 3;

/// Lays out the list of jobs. A footer counts a long list by state, and says if the service has more jobs than shown.
pub(super) fn list(jobs: &[JobSummary], total: Option<u64>, screen: &Screen) -> String {
    let shown = jobs.len() as u64;
    let more = total.filter(|total| *total > shown);
    if jobs.is_empty() {
        return match more {
            Some(total) => format!("no jobs shown of {}\n", screen.number(total)),
            None => "no jobs\n".to_owned(),
        };
    }
    // Few services report a job's file and the time of its creation.
    let mut grid = Grid::new(vec![
        GridColumn::new("job", ESSENTIAL).heading(),
        GridColumn::new("collection", 40).wrapping(12),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("percent", 30).right(),
        GridColumn::new("reason", 20).wrapping(20),
        GridColumn::new("file", 35).wrapping(12).optional(),
        GridColumn::new("created", 10).optional(),
    ]);
    for job in jobs {
        grid.push(vec![
            Cell::text(&job.job_id),
            Cell::optional(Some(&job.collection)),
            state(&job.state),
            Cell::optional(job.percent.map(words::percent).as_deref()),
            reason(job.reason.as_deref(), screen),
            Cell::optional(Some(&job.file)),
            time(job.create_time.as_deref(), screen),
        ]);
    }
    let mut text = grid.lay_out(screen);
    let reasons = jobs.iter().map(|job| (&*job.job_id, &job.reason));
    text.push_str(&reasons_below(reasons, screen));
    text.push_str(&counts(jobs.iter().map(|job| job.state.kind), screen));
    text.push_str(&footer(shown, total, "jobs", screen));
    text
}

/// Returns a line with the shown and the total number of items, if there are more than shown.
pub(super) fn footer(shown: u64, total: Option<u64>, items: &str, screen: &Screen) -> String {
    let Some(total) = total.filter(|total| *total > shown) else {
        return String::new();
    };
    let (shown, total) = (screen.number(shown), screen.number(total));
    let footer = format!("{shown} of {total} {items}; {items}(#{{limit: \"all\"}}) shows all");
    format!("{}\n", screen.paint(Tone::Dim, &footer))
}

/// Lays out submissions of the journal. Their other keys appear only in JSON and CSV.
pub(super) fn submissions(items: &[Value], total: Option<u64>, screen: &Screen) -> String {
    if items.is_empty() {
        return "no submissions\n".to_owned();
    }
    let columns = vec![
        GridColumn::new("submission", 90),
        GridColumn::new("key", 80).wrapping(12),
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("job", ESSENTIAL),
        GridColumn::new("collection", 60).wrapping(12),
        GridColumn::new("files", 50).right(),
        GridColumn::new("connection", 20),
        GridColumn::new("submitted", 70),
    ];
    let footer = footer(items.len() as u64, total, "submissions", screen);
    value::own_table(columns, items, screen) + footer.as_str()
}

/// Lays out several jobs, one row each.
pub(super) fn table(jobs: &[Progress], screen: &Screen) -> String {
    if jobs.is_empty() {
        return "no jobs\n".to_owned();
    }
    let mut columns = vec![
        GridColumn::new("job", ESSENTIAL).heading(),
        GridColumn::new("collection", 40).wrapping(12),
        GridColumn::new("file", 25).wrapping(12),
    ];
    columns.extend(measures());
    let mut grid = Grid::new(columns);
    for job in jobs {
        grid.push(vec![
            Cell::text(&job.job_id),
            Cell::optional(Some(&job.collection)),
            Cell::optional(Some(&jobs::files_label(job))),
            state(&job.state),
            Cell::text(&words::percent(job.percent)),
            Cell::optional(screen.rows(job.rows, job.total_rows).as_deref()),
            size(job.file_size),
            time(job.complete_time.as_deref(), screen),
            reason(job.reason.as_deref(), screen),
        ]);
    }
    let mut text = grid.lay_out(screen);
    let reasons = jobs.iter().map(|job| (&*job.job_id, &job.reason));
    text.push_str(&reasons_below(reasons, screen));
    text.push_str(&counts(jobs.iter().map(|job| job.state.kind), screen));
    text
}

/// Returns a reason's cell, if the table is wide enough for reasons.
fn reason(reason: Option<&str>, screen: &Screen) -> Cell {
    let wide = screen.width.is_none_or(|width| width >= WIDE);
    Cell::optional(reason.filter(|_| wide))
}

/// Returns the reasons that don't fit the table, each below the ids of its jobs.
fn reasons_below<'a>(
    reasons: impl Iterator<Item = (&'a str, &'a Option<String>)>,
    screen: &Screen,
) -> String {
    if screen.width.is_none_or(|width| width >= WIDE) {
        return String::new();
    }
    let reasons = reasons.filter_map(|(id, reason)| Some((id, reason.as_deref()?)));
    let groups = grouped(reasons.filter(|(_, reason)| !reason.trim().is_empty()));
    let mut text = String::new();
    for group in groups.iter().take(REASONS) {
        let named = group.names.iter().take(NAMED);
        let ids = named.map(|id| screen.paint(Tone::Bad, &words::safe_line(id)));
        text.push_str(&ids.collect::<Vec<_>>().join("\n"));
        if let more @ 1.. = group.names.len().saturating_sub(NAMED) {
            let _ = write!(text, " and {} more", screen.number(more as u64));
        }
        text.push('\n');
        text.push_str(&hanging("  ", 2, &words::safe(group.reason), screen));
    }
    let more = groups.len().saturating_sub(REASONS);
    if more > 0 {
        let more = screen.count(more as u64, "more reason");
        let note = format!("{more}; jobs(#{{state: \"Failed\"}}) lists the jobs that failed");
        text.extend([&screen.paint(Tone::Dim, &note), "\n"]);
    }
    text
}

/// Returns the number of jobs per state, on a terminal and for a long list only.
fn counts(states: impl ExactSizeIterator<Item = JobState>, screen: &Screen) -> String {
    if states.len() < MANY || !screen.tty {
        return String::new();
    }
    let jobs = screen.count(states.len() as u64, "job");
    let parts = jobs::by_state(states).into_iter().map(|(kind, count)| {
        let text = format!("{} {kind}", screen.number(count));
        screen.paint(jobs::state_tone(kind), &text)
    });
    format!("{jobs}: {}\n", parts.collect::<Vec<_>>().join(", "))
}
