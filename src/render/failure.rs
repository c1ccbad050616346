//! Explanation of a failed job: the reason, and the statement to type next.

use super::style::{Screen, Tone};
use super::wrap::wrapped;
use crate::api::model::{FileProgress, JobState, Progress};
use crate::text::words;

/// Maximum number of reasons shown, because a job has up to 1,024 files. Further reasons are only counted.
const REASONS: usize = 20;

/// Explanation of a failed job: failed files first, each reason in full, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// The event in one line.
    pub headline: String,
    /// The reasons, failed files first. Never empty.
    pub reasons: Vec<String>,
    /// Advice for a known reason.
    pub hint: Option<&'static str>,
    /// The call that shows each file, if the job has files.
    pub look: Option<String>,
    /// The next step. If it's a call, it can be typed as written.
    pub next: String,
}

impl Explanation {
    /// Returns the headline and reasons as plain text for an error's message: `headline: reason; reason`.
    pub(crate) fn message(&self) -> String {
        format!("{}: {}", self.headline, self.reasons.join("; "))
    }

    /// Returns the advice for an error's hint in one line: the hint, the call that shows the files if they haven't been
    /// shown, and the next step.
    pub(crate) fn advice(&self) -> String {
        let parts = [self.hint, self.look.as_deref(), Some(&self.next)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Lays out the explanation, each line ended by a newline, wrapped on a terminal.
    pub(crate) fn lay_out(&self, screen: &Screen) -> String {
        let mut text = screen.paint(Tone::Bad, &words::safe_line(&self.headline));
        text.push('\n');
        for reason in &self.reasons {
            push(&mut text, "  ", "    ", &words::safe(reason), screen);
        }
        if let Some(hint) = self.hint {
            push(&mut text, "hint: ", "      ", hint, screen);
        }
        push(
            &mut text,
            "next: ",
            "      ",
            &words::safe_line(&self.next),
            screen,
        );
        text
    }
}

/// Appends the text's lines. Lines after the first get the indentation `further`.
fn push(text: &mut String, first: &str, further: &str, line: &str, screen: &Screen) {
    let room = screen
        .width
        .map(|width| width.saturating_sub(further.len()).max(20));
    let lines = match room {
        Some(room) => wrapped(line, room),
        None => line.lines().map(str::to_owned).collect(),
    };
    for (index, line) in lines.iter().enumerate() {
        text.extend([if index == 0 { first } else { further }, line, "\n"]);
    }
}

/// Explains a failed or aborted job. Returns `None` for a job in another state.
pub(crate) fn explain_failure(progress: &Progress) -> Option<Explanation> {
    let id = &progress.job_id;
    let failed: Vec<&FileProgress> = progress
        .details
        .iter()
        .filter(|file| {
            file.state.kind == JobState::Failed || given(file.reason.as_deref()).is_some()
        })
        .collect();
    let headline = match progress.state.kind {
        JobState::Failed if failed.is_empty() => format!("{id} failed"),
        JobState::Failed => {
            let files = words::count(progress.details.len() as u64, "file");
            format!(
                "{id} failed: {} of {files}",
                words::number(failed.len() as u64)
            )
        }
        JobState::Aborted => format!("{id} was aborted"),
        _ => return None,
    };
    let own = given(progress.reason.as_deref());
    let known: Vec<&str> = failed
        .iter()
        .filter_map(|file| given(file.reason.as_deref()))
        .chain(own)
        .collect();
    let mut reasons: Vec<String> = failed
        .iter()
        .take(REASONS)
        .map(|file| file_reason(file, own))
        .collect();
    if failed.len() > REASONS {
        let more = failed.len() - REASONS;
        reasons.push(format!(
            "and {}",
            words::count(more as u64, "more failed file")
        ));
    }
    match own {
        // A service may repeat a file's reason as the job's.
        Some(reason)
            if !failed
                .iter()
                .any(|file| given(file.reason.as_deref()) == Some(reason)) =>
        {
            reasons.push(reason.to_owned());
        }
        None if known.is_empty() => reasons.push("the service gave no reason".to_owned()),
        _ => {}
    }
    Some(Explanation {
        headline,
        reasons,
        hint: known.iter().find_map(|reason| hint(reason)),
        look: (!progress.details.is_empty())
            .then(|| format!("progress({}).details shows each file", words::quote(id))),
        next: next(progress, known.is_empty()),
    })
}

/// Returns the line to type next. It shows the collection's fields, or reads the job again if the job was aborted or its
/// collection isn't known.
fn next(progress: &Progress, unexplained: bool) -> String {
    let call = format!("progress({})", words::quote(&progress.job_id));
    let describe = format!("describe({})", words::quote(&progress.collection));
    if progress.state.kind == JobState::Aborted || progress.collection.is_empty() {
        format!("{call} reads it again")
    } else if unexplained {
        format!("{describe} shows the fields to look at the files against")
    } else {
        format!("{describe} shows the fields that the files have to match")
    }
}

/// Returns advice for a reason, matched by the words that services use (reference: error codes worth a hint).
fn hint(reason: &str) -> Option<&'static str> {
    const HINTS: [(&[&str], &str); 4] = [
        (
            &[
                "access denied",
                "accessdenied",
                "forbidden",
                "invalidaccesskeyid",
                "signaturedoesnotmatch",
                "permission",
                "403",
            ],
            "the storage keys need GetObject, ListBucket and GetBucketLocation on the bucket: import(#{…, access_key, secret_key})",
        ),
        (
            &[
                "nosuchkey",
                "nosuchbucket",
                "no such file",
                "does not exist",
                "not found",
            ],
            "the service does not find a file: check bucket and path",
        ),
        (
            &["timeout", "timed out", "deadline exceeded"],
            "it took too long: import fewer files a job, or give it more time with import(#{…, options: #{timeout: \"4h\"}})",
        ),
        (
            &[
                "out of memory",
                "memory limit",
                "too large",
                "exceeds the maximum size",
            ],
            "a file is too large for the cluster: split it",
        ),
    ];
    let reason = reason.to_lowercase();
    let known = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    HINTS
        .iter()
        .find(|(words, _)| known(words))
        .map(|(_, hint)| *hint)
}

/// Returns true if every file is done but the job isn't: the server is still finishing (indexing, committing).
pub(crate) fn files_done(progress: &Progress) -> bool {
    matches!(progress.state.kind, JobState::Pending | JobState::Importing)
        && !progress.details.is_empty()
        && progress
            .details
            .iter()
            .all(|file| file.state.kind == JobState::Completed)
}

/// Returns the trimmed reason, unless it's blank.
fn given(reason: Option<&str>) -> Option<&str> {
    reason.map(str::trim).filter(|reason| !reason.is_empty())
}

fn file_reason(file: &FileProgress, job_reason: Option<&str>) -> String {
    let name = if file.file_name.is_empty() {
        "a file"
    } else {
        &file.file_name
    };
    match given(file.reason.as_deref()) {
        // Some services start a reason with the file's name, some don't.
        Some(reason) if reason.starts_with(name) => reason.to_owned(),
        Some(reason) => format!("{name}: {reason}"),
        None if job_reason.is_some() => name.to_owned(),
        None => format!("{name}: the service gave no reason"),
    }
}
