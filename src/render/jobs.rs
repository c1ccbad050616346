//! Jobs: their stable JSON forms, and the cells that their lists and details share.

use serde_json::{Value, json};

use super::cell::Cell;
use super::column::{ESSENTIAL, GridColumn};
use super::style::{Screen, Tone};
use crate::api::model::{FileProgress, JobState, JobSummary, Progress, State};
use crate::text::words;

/// The keys of a file's JSON in a progress reading, in order.
pub(crate) const FILE_KEYS: [&str; 8] = [
    "file",
    "state",
    "percent",
    "rows",
    "total_rows",
    "size",
    "completed",
    "reason",
];

/// Returns a job summary as JSON: `job`, `collection`, `state`, `percent`, `reason`, `created` (RFC 3339),
/// `file`. Unknown values are null.
pub(crate) fn job_json(job: &JobSummary) -> Value {
    json!({
        "job": job.job_id,
        "collection": text(&job.collection),
        "state": job.state.kind.word(),
        "percent": job.percent,
        "reason": job.reason,
        "created": job.create_time,
        "file": text(&job.file),
    })
}

/// Returns a progress reading as JSON: `job`, `collection`, `state`, `percent`, `rows`, `total_rows`, `file`, `size`
/// (bytes), `created` and `completed` (RFC 3339), `reason`, `details` (a list of maps, one per file) and `warnings` (a
/// list of texts). Unknown values are null.
pub(crate) fn progress_json(progress: &Progress) -> Value {
    json!({
        "job": progress.job_id,
        "collection": text(&progress.collection),
        "state": progress.state.kind.word(),
        "percent": progress.percent,
        "rows": progress.rows,
        "total_rows": progress.total_rows,
        "file": text(&progress.file_name),
        "size": progress.file_size,
        "created": progress.create_time,
        "completed": progress.complete_time,
        "reason": progress.reason,
        "details": progress.details.iter().map(file_json).collect::<Vec<_>>(),
        "warnings": progress.warnings,
    })
}

/// Returns a file of a progress reading as JSON with [`FILE_KEYS`]. Unknown values are null.
pub(crate) fn file_json(file: &FileProgress) -> Value {
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

/// Returns text as JSON, or null if the service sent none.
fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// Returns the columns that jobs and files share: state and measurements.
pub(super) fn measures() -> [GridColumn; 6] {
    [
        GridColumn::new("state", ESSENTIAL),
        GridColumn::new("percent", 50).right(),
        GridColumn::new("rows", 35).right(),
        GridColumn::new("size", 20).right(),
        GridColumn::new("completed", 10),
        GridColumn::new("reason", 30).wrapping(20),
    ]
}

/// Returns the columns of a job's files.
pub(super) fn file_columns() -> Vec<GridColumn> {
    let name = GridColumn::new("file", ESSENTIAL).wrapping(24);
    std::iter::once(name).chain(measures()).collect()
}

/// Returns a cell of a state in its tone.
pub(super) fn state(state: &State) -> Cell {
    Cell::toned(&state_text(state), state_tone(state.kind))
}

/// Returns a cell of bytes with their unit.
pub(super) fn size(bytes: Option<u64>) -> Cell {
    bytes.map_or_else(Cell::absent, |bytes| Cell::text(&words::bytes(bytes)))
}

/// Returns a cell of a time: relative on a terminal, as sent elsewhere.
pub(super) fn time(time: Option<&str>, screen: &Screen) -> Cell {
    match time {
        Some(time) if screen.tty => Cell::optional(Some(&words::ago(time, screen.now()))),
        other => Cell::optional(other),
    }
}

/// Returns the name of a job's file without its folder, or the number of files and the first one's name. Empty if the
/// service reports no file.
pub(super) fn files_label(job: &Progress) -> String {
    match &*job.details {
        [] if job.file_name.contains(',') => String::new(),
        [] => words::files(1, &job.file_name),
        [first, ..] => words::files(job.details.len(), &first.file_name),
    }
}

/// Returns a state for people: its word, and the service's own word if that adds something: `Importing (Sorting)`.
///
/// Words that only spell the state differently aren't repeated.
pub(super) fn state_text(state: &State) -> String {
    const SPELLINGS: [&str; 9] = [
        "ImportPending",
        "None",
        "InProgress",
        "ImportRunning",
        "Running",
        "ImportCompleted",
        "ImportFailed",
        "Canceled",
        "Cancelled",
    ];
    let word = state.kind.word();
    let is_sent = |known: &str| known.eq_ignore_ascii_case(&state.sent);
    if state.sent.is_empty() || is_sent(word) || SPELLINGS.into_iter().any(is_sent) {
        word.to_owned()
    } else {
        format!("{word} ({})", state.sent)
    }
}

/// Counts jobs by their states. States of no job are left out.
pub(super) fn by_state(states: impl Iterator<Item = JobState>) -> Vec<(JobState, u64)> {
    let states: Vec<JobState> = states.collect();
    let counts = JobState::ALL.iter().map(|kind| {
        let count = states.iter().filter(|state| *state == kind).count();
        (*kind, count as u64)
    });
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Returns the tone of a state.
pub(super) const fn state_tone(kind: JobState) -> Tone {
    match kind {
        JobState::Pending => Tone::Dim,
        JobState::Importing => Tone::Busy,
        JobState::Uncommitted | JobState::Aborted => Tone::Warn,
        JobState::Completed => Tone::Good,
        JobState::Failed => Tone::Bad,
    }
}

/// Returns the tone of a state's word: of a job, a submission or a step.
pub(super) fn word_tone(word: &str) -> Tone {
    let job = word.parse::<JobState>().ok();
    match (job, word) {
        (Some(kind), _) => state_tone(kind),
        (None, "done") => Tone::Good,
        (None, "skipped") => Tone::Dim,
        (None, "Submitted") => Tone::Busy,
        (None, "failed" | "Unknown" | "Refused") => Tone::Bad,
        (None, _) => Tone::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_state_words_are_shown_as_sent() {
        let worded = |kind, sent: &str| {
            state_text(&State {
                kind,
                sent: sent.to_owned(),
            })
        };
        assert_eq!(
            worded(JobState::Importing, "Sorting"),
            "Importing (Sorting)"
        );
        assert_eq!(worded(JobState::Importing, "ImportRunning"), "Importing");
        assert_eq!(worded(JobState::Completed, "Completed"), "Completed");
        assert_eq!(worded(JobState::Pending, ""), "Pending");
    }
}
