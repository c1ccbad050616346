//! One job with its files.

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::failure::{self, Explanation};
use super::grid::Grid;
use super::jobs::{bar, measures, size, state, time};
use super::style::{Screen, Tone};
use super::{jobs, pairs, wrap};
use crate::api::model::{FileProgress, JobState, Progress};
use crate::text::words;

/// Lays out the job's own properties, one row per file, then the explanation. The explanation comes last so it's next
/// to the prompt.
pub(super) fn details(job: &Progress, screen: &Screen) -> String {
    let explanation = failure::explain_failure(job);
    let mut text = whole(job, explanation.as_ref(), screen);
    if !job.details.is_empty() {
        text.push('\n');
        text.push_str(&files(job, explanation.is_some(), screen));
    }
    if failure::files_done(job) {
        let notice = screen.paint(Tone::Busy, "files done, server finishing");
        text.extend(["\n", &notice, "\n"]);
    }
    if let Some(explanation) = explanation {
        text.push('\n');
        text.push_str(&explanation.lay_out(screen));
    }
    if !job.warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings(job, screen) {
        text.extend([&warning, "\n"]);
    }
    text
}

/// Returns the lines of the warnings.
fn warnings(job: &Progress, screen: &Screen) -> Vec<String> {
    let width = screen.width.unwrap_or(usize::MAX);
    let lines = |warning: &String| {
        let line = format!("warning: {}", words::safe_line(warning));
        wrap::wrapped(&line, width)
    };
    let lines = job.warnings.iter().flat_map(lines);
    lines.map(|line| screen.paint(Tone::Warn, &line)).collect()
}

fn whole(job: &Progress, explanation: Option<&Explanation>, screen: &Screen) -> String {
    let files = job.details.len() as u64;
    let file = match files {
        0 => Cell::optional(Some(&job.file_name)),
        _ => Cell::text(&words::count(files, "file")),
    };
    let percent = words::percent(job.percent);
    let percent = if screen.tty {
        let drawn = words::bar(job.percent, 20, screen.unicode);
        let tone = jobs::state_tone(job.state.kind);
        Cell::toned(&format!("{drawn} {percent}"), tone)
    } else {
        Cell::text(&percent)
    };
    let mut pairs = vec![
        ("job", Cell::text(&job.job_id)),
        ("collection", Cell::optional(Some(&job.collection))),
        ("state", state(&job.state)),
        ("percent", percent),
        (
            "rows",
            Cell::optional(words::rows(job.rows, job.total_rows).as_deref()),
        ),
        (if files == 0 { "file" } else { "files" }, file),
        ("size", size(job.file_size)),
    ];
    // Older servers don't report a job's creation time.
    if let Some(created) = job.create_time.as_deref() {
        pairs.push(("created", time(Some(created), screen)));
    }
    // On a terminal, the explanation below has the reason.
    let explained = explanation.is_some() && screen.tty;
    let reason = job.reason.as_deref().filter(|_| !explained);
    pairs.push(("completed", time(job.complete_time.as_deref(), screen)));
    pairs.push(("reason", Cell::optional(reason)));
    pairs::lay_out(&pairs, screen)
}

/// Lays out one row per file, failed files first. On a terminal, details shown above or below aren't repeated: the
/// reasons of an explained failure, and the completion times of files of an ended job.
fn files(job: &Progress, explained: bool, screen: &Screen) -> String {
    let mut columns = vec![GridColumn::new("file", ESSENTIAL).wrapping(24)];
    columns.extend(measures());
    let mut grid = Grid::new(columns);
    let failed = |file: &&FileProgress| file.state.kind == JobState::Failed;
    let (first, rest): (Vec<_>, Vec<_>) = job.details.iter().partition(failed);
    let ended = job.complete_time.is_some();
    for file in first.into_iter().chain(rest) {
        let reason = file
            .reason
            .as_deref()
            .filter(|_| !(explained && screen.tty));
        let completed = file.complete_time.as_deref();
        grid.push(vec![
            Cell::optional(Some(&file.file_name)),
            state(&file.state),
            bar(file.percent, &file.state, screen),
            Cell::text(&words::percent(file.percent)),
            Cell::optional(words::rows(file.rows, file.total_rows).as_deref()),
            size(file.file_size),
            time(completed.filter(|_| !(ended && screen.tty)), screen),
            Cell::optional(reason),
        ]);
    }
    grid.lay_out(screen)
}
