//! One job with its files.

use super::cell::Cell;
use super::failure::{self, Explanation};
use super::grid::Grid;
use super::jobs::{size, state, time};
use super::style::{Screen, Tone};
use super::{jobs, pairs, wrap};
use crate::api::model::{FileProgress, JobState, Progress};
use crate::text::words;

/// Lays out the job's own properties, one row per file, then the explanation. The explanation comes last so it's next
/// to the prompt.
pub(super) fn details(job: &Progress, screen: &Screen) -> String {
    let explanation = failure::explain_failure(job);
    let mut text = whole(job, explanation.as_ref(), screen);
    // A single file has nothing to add on a terminal; elsewhere the layout doesn't depend on the number of files.
    if job.details.len() > usize::from(screen.tty) {
        text.extend(["\n", &files(job, explanation.is_some(), screen)]);
    }
    if failure::files_done(job) {
        let notice = screen.paint(Tone::Busy, "files done, server finishing");
        text.extend(["\n", &notice, "\n"]);
    }
    if let Some(explanation) = explanation {
        text.extend(["\n", &explanation.lay_out(screen)]);
    }
    if !job.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &job.warnings {
        let warning = format!("warning: {}", words::safe_line(warning));
        for line in wrap::wrapped(&warning, screen.width.unwrap_or(usize::MAX)) {
            text.extend([&screen.paint(Tone::Warn, &line), "\n"]);
        }
    }
    text
}

fn whole(job: &Progress, explanation: Option<&Explanation>, screen: &Screen) -> String {
    let files = match &*job.details {
        [] => ("file", Cell::optional(Some(&job.file_name))),
        [only] if screen.tty => ("file", Cell::optional(Some(&only.file_name))),
        files => {
            let count = screen.count(files.len() as u64, "file");
            let folder = Some(folder(files)).filter(|folder| screen.tty && !folder.is_empty());
            let text =
                folder.map_or_else(|| count.clone(), |folder| format!("{count} in {folder}"));
            ("files", Cell::text(&text))
        }
    };
    let percent = words::percent(job.percent);
    let percent = if screen.tty {
        let (filled, empty) = screen.bar(job.percent, 20);
        let tone = jobs::state_tone(job.state.kind);
        Cell::toned(&format!("{filled}{empty} {percent}"), tone)
    } else {
        Cell::text(&percent)
    };
    let rows = screen.rows(job.rows, job.total_rows);
    let mut pairs = vec![
        ("job", Cell::text(&job.job_id)),
        ("collection", Cell::optional(Some(&job.collection))),
        ("state", state(&job.state)),
        ("percent", percent),
        ("rows", Cell::optional(rows.as_deref())),
        files,
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

/// Returns the folder that all files are in, with the slash at its end. Empty if there's none.
fn folder(files: &[FileProgress]) -> &str {
    let first = files.first().map_or("", |file| &*file.file_name);
    let mut common = first.len();
    for file in files {
        let pairs = first.bytes().zip(file.file_name.bytes());
        common = common.min(pairs.take_while(|(one, other)| one == other).count());
    }
    let shared = first.as_bytes().get(..common).unwrap_or_default();
    let end = shared.iter().rposition(|byte| *byte == b'/');
    end.and_then(|end| first.get(..=end)).unwrap_or_default()
}

/// Returns a file's name without the folder.
fn within<'a>(name: &'a str, folder: &str) -> &'a str {
    name.strip_prefix(folder)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

/// Lays out one row per file, failed files first. On a terminal, details shown above or below aren't repeated: the
/// reasons of an explained failure, and the completion times of files of an ended job.
fn files(job: &Progress, explained: bool, screen: &Screen) -> String {
    let folder = if screen.tty { folder(&job.details) } else { "" };
    let mut grid = Grid::new(jobs::file_columns());
    let failed = |file: &&FileProgress| file.state.kind == JobState::Failed;
    let (first, rest): (Vec<_>, Vec<_>) = job.details.iter().partition(failed);
    for file in first.into_iter().chain(rest) {
        let reason = file
            .reason
            .as_deref()
            .filter(|_| !(explained && screen.tty));
        let has_time = job.complete_time.is_none() || !screen.tty;
        let completed = file.complete_time.as_deref().filter(|_| has_time);
        grid.push(vec![
            Cell::optional(Some(within(&file.file_name, folder))),
            state(&file.state),
            Cell::text(&words::percent(file.percent)),
            Cell::optional(screen.rows(file.rows, file.total_rows).as_deref()),
            size(file.file_size),
            time(completed, screen),
            Cell::optional(reason),
        ]);
    }
    grid.lay_out(screen)
}
