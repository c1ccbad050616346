//! Jobs: their stable JSON forms, the list, one job with its files, and the table of several jobs.

use serde_json::{Map, Value, json};

use super::column::{Column, ESSENTIAL};
use super::failure;
use super::grid::{Cell, Grid};
use super::style::{Screen, Tone};
use super::words;
use crate::api::model::{FileProgress, JobSummary, Progress, State};

/// The keys of a job summary's JSON, in order.
pub const JOB_KEYS: [&str; 5] = ["job", "collection", "state", "percent", "reason"];

/// The keys of a progress reading's JSON, in order.
pub const PROGRESS_KEYS: [&str; 11] = [
    "job",
    "collection",
    "state",
    "percent",
    "rows",
    "total_rows",
    "file",
    "size",
    "completed",
    "reason",
    "details",
];

/// A job summary as JSON: `job`, `collection`, `state`, `percent`, `reason`. What is not known is null.
pub fn job_json(job: &JobSummary) -> Value {
    json!({
        "job": job.job_id,
        "collection": text(&job.collection),
        "state": job.state.kind.word(),
        "percent": job.percent,
        "reason": job.reason,
    })
}

/// A progress reading as JSON: `job`, `collection`, `state`, `percent`, `rows`, `total_rows`, `file`, `size` (bytes),
/// `completed` (RFC 3339), `reason`, and `details`, a list with the same keys a file from `file` on. What is not known is null.
pub fn progress_json(progress: &Progress) -> Value {
    let mut map = Map::new();
    map.insert("job".to_owned(), json!(progress.job_id));
    map.insert("collection".to_owned(), text(&progress.collection));
    map.insert("state".to_owned(), json!(progress.state.kind.word()));
    map.insert("percent".to_owned(), json!(progress.percent));
    map.insert("rows".to_owned(), json!(progress.rows));
    map.insert("total_rows".to_owned(), json!(progress.total_rows));
    map.insert("file".to_owned(), text(&progress.file_name));
    map.insert("size".to_owned(), json!(progress.file_size));
    map.insert("completed".to_owned(), json!(progress.complete_time));
    map.insert("reason".to_owned(), json!(progress.reason));
    let details = progress.details.iter().map(file_json).collect();
    map.insert("details".to_owned(), Value::Array(details));
    Value::Object(map)
}

fn file_json(file: &FileProgress) -> Value {
    json!({
        "file": text(&file.file_name),
        "state": file.state.kind.word(),
        "percent": file.percent,
        "rows": file.rows,
        "total_rows": file.total_rows,
        "size": file.file_size,
        "completed": file.complete_time,
        "reason": file.reason,
    })
}

/// Text as JSON, null where the service did not say.
fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// The list of jobs, with a footer where there are more than these.
pub(super) fn list(jobs: &[JobSummary], total: Option<u64>, screen: &Screen) -> String {
    let shown = jobs.len() as u64;
    let more = total.filter(|total| *total > shown);
    if jobs.is_empty() {
        return match more {
            Some(total) => format!("no jobs shown of {}\n", words::number(total)),
            None => "no jobs\n".to_owned(),
        };
    }
    let mut grid = Grid::new(vec![
        Column::new("job", ESSENTIAL),
        Column::new("collection", 40).wrapping(12),
        Column::new("state", ESSENTIAL),
        Column::new("percent", 30).right(),
        Column::new("reason", 20).wrapping(20),
    ]);
    for job in jobs {
        grid.push(vec![
            Cell::text(&job.job_id),
            Cell::optional(Some(&job.collection)),
            state(&job.state),
            job.percent
                .map_or_else(Cell::absent, |percent| Cell::text(&words::percent(percent))),
            Cell::optional(job.reason.as_deref()),
        ]);
    }
    let mut text = grid.lay_out(screen);
    if let Some(total) = more {
        let footer = format!(
            "{} of {} jobs; jobs(#{{limit: \"all\"}}) shows all",
            words::number(shown),
            words::number(total)
        );
        text.push_str(&screen.paint(Tone::Dim, &footer));
        text.push('\n');
    }
    text
}

/// Several jobs, one row each.
pub(super) fn table(jobs: &[Progress], screen: &Screen) -> String {
    if jobs.is_empty() {
        return "no jobs\n".to_owned();
    }
    let mut columns = vec![
        Column::new("job", ESSENTIAL),
        Column::new("collection", 40).wrapping(12),
    ];
    columns.extend(measures());
    let mut grid = Grid::new(columns);
    for job in jobs {
        grid.push(vec![
            Cell::text(&job.job_id),
            Cell::optional(Some(&job.collection)),
            state(&job.state),
            Cell::text(&words::percent(job.percent)),
            Cell::optional(words::rows(job.rows, job.total_rows).as_deref()),
            size(job.file_size),
            time(job.complete_time.as_deref(), screen),
            Cell::optional(job.reason.as_deref()),
        ]);
    }
    grid.lay_out(screen)
}

/// One job: what is known of it as a whole, then a row a file, then what explains it.
pub(super) fn details(job: &Progress, screen: &Screen) -> String {
    let mut whole = Vec::new();
    let mut field = |name: &str, value: Cell| whole.push((name.to_owned(), value));
    field("job", Cell::text(&job.job_id));
    field("collection", Cell::optional(Some(&job.collection)));
    field("state", state(&job.state));
    field("percent", Cell::text(&words::percent(job.percent)));
    field(
        "rows",
        Cell::optional(words::rows(job.rows, job.total_rows).as_deref()),
    );
    field("file", Cell::optional(Some(&job.file_name)));
    field("size", size(job.file_size));
    field("completed", time(job.complete_time.as_deref(), screen));
    field("reason", Cell::optional(job.reason.as_deref()));
    let mut text = pairs(whole, screen);
    if !job.details.is_empty() {
        text.push('\n');
        text.push_str(&files(&job.details, screen));
    }
    if failure::files_done(job) {
        text.push_str("\nfiles done, server finishing\n");
    }
    if let Some(explanation) = failure::explain_failure(job) {
        text.push('\n');
        text.push_str(&explanation.lay_out(screen));
    }
    text
}

/// Names and values, one a row.
pub(super) fn pairs(fields: Vec<(String, Cell)>, screen: &Screen) -> String {
    let mut grid = Grid::pairs();
    for (name, value) in fields {
        grid.push(vec![Cell::text(&name), value]);
    }
    grid.lay_out(screen)
}

fn files(files: &[FileProgress], screen: &Screen) -> String {
    let mut columns = vec![Column::new("file", ESSENTIAL).wrapping(14)];
    columns.extend(measures());
    let mut grid = Grid::new(columns);
    for file in files {
        grid.push(vec![
            Cell::optional(Some(&file.file_name)),
            state(&file.state),
            Cell::text(&words::percent(file.percent)),
            Cell::optional(words::rows(file.rows, file.total_rows).as_deref()),
            size(file.file_size),
            time(file.complete_time.as_deref(), screen),
            Cell::optional(file.reason.as_deref()),
        ]);
    }
    grid.lay_out(screen)
}

/// The columns that jobs and files share.
fn measures() -> [Column; 6] {
    [
        Column::new("state", ESSENTIAL),
        Column::new("percent", 50).right(),
        Column::new("rows", 35).right(),
        Column::new("size", 20).right(),
        Column::new("completed", 10),
        Column::new("reason", 30).wrapping(20),
    ]
}

fn state(state: &State) -> Cell {
    Cell::toned(&words::state(state), words::state_tone(state.kind))
}

fn size(bytes: Option<u64>) -> Cell {
    bytes.map_or_else(Cell::absent, |bytes| Cell::text(&words::bytes(bytes)))
}

/// A time: how long ago on a terminal, as sent elsewhere.
fn time(time: Option<&str>, screen: &Screen) -> Cell {
    match time {
        Some(time) if screen.tty => Cell::optional(Some(&words::ago(time, screen.now()))),
        other => Cell::optional(other),
    }
}
