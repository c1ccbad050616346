//! One job with its files.

use serde_json::Value;

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::failure::{self, Explanation};
use super::grid::Grid;
use super::jobs::{measures, size, state, time};
use super::style::{Screen, Tone};
use super::{jobs, pairs, parts, wrap};
use crate::api::model::{FileProgress, JobState, Progress, State};
use crate::text::words;

/// Lays out the job's own properties, one row per file, then the explanation. The explanation comes last so it's next
/// to the prompt.
pub(super) fn details(job: &Progress, screen: &Screen) -> String {
    let explanation = failure::explain_failure(job);
    let mut text = whole(job, explanation.as_ref(), screen);
    // A single file has nothing to add on a terminal; elsewhere the layout doesn't depend on the number of files.
    if job.details.len() > usize::from(screen.tty) {
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
    let mut pairs = vec![
        ("job", Cell::text(&job.job_id)),
        ("collection", Cell::optional(Some(&job.collection))),
        ("state", state(&job.state)),
        ("percent", percent),
        (
            "rows",
            Cell::optional(screen.rows(job.rows, job.total_rows).as_deref()),
        ),
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

/// Lays out a list of files in their JSON form as one row per file.
pub(super) fn file_list(items: &[Value], screen: &Screen) -> String {
    let file = |item: &Value| {
        let text = |key: &str| parts::text(item, key).map(str::to_owned);
        let number = |key: &str| parts::number(item, key);
        let word = text("state").unwrap_or_default();
        let kind = word.parse::<JobState>().ok();
        FileProgress {
            file_name: text("file").unwrap_or_default(),
            file_size: number("size"),
            state: State {
                kind: kind.unwrap_or(JobState::Pending),
                sent: word,
            },
            percent: item.get("percent").and_then(Value::as_f64).unwrap_or(0.0),
            rows: number("rows"),
            total_rows: number("total_rows"),
            complete_time: text("completed"),
            reason: text("reason"),
        }
    };
    let files: Vec<FileProgress> = items.iter().map(file).collect();
    table(&files, "", HiddenDetails::default(), screen)
}

/// Lays out one row per file, failed files first. On a terminal, details shown above or below aren't repeated: the
/// reasons of an explained failure, and the completion times of files of an ended job.
fn files(job: &Progress, explained: bool, screen: &Screen) -> String {
    let folder = if screen.tty { folder(&job.details) } else { "" };
    let hidden = HiddenDetails {
        reasons: explained && screen.tty,
        times: job.complete_time.is_some() && screen.tty,
    };
    table(&job.details, folder, hidden, screen)
}

/// Details of files that are shown above or below the table.
#[derive(Clone, Copy, Default)]
struct HiddenDetails {
    reasons: bool,
    times: bool,
}

fn table(files: &[FileProgress], folder: &str, hidden: HiddenDetails, screen: &Screen) -> String {
    let mut columns = vec![GridColumn::new("file", ESSENTIAL).wrapping(24)];
    columns.extend(measures());
    let mut grid = Grid::new(columns);
    let failed = |file: &&FileProgress| file.state.kind == JobState::Failed;
    let (first, rest): (Vec<_>, Vec<_>) = files.iter().partition(failed);
    for file in first.into_iter().chain(rest) {
        let reason = file.reason.as_deref().filter(|_| !hidden.reasons);
        let completed = file.complete_time.as_deref();
        grid.push(vec![
            Cell::optional(Some(within(&file.file_name, folder))),
            state(&file.state),
            Cell::text(&words::percent(file.percent)),
            Cell::optional(screen.rows(file.rows, file.total_rows).as_deref()),
            size(file.file_size),
            time(completed.filter(|_| !hidden.times), screen),
            Cell::optional(reason),
        ]);
    }
    grid.lay_out(screen)
}
