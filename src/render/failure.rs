//! Why a job failed and what to type next.

use super::style::{Screen, Tone};
use super::words;
use crate::api::model::{FileProgress, JobState, Progress};

/// A failed job explained: failed files first, the full reason, what to type next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened, in one line.
    pub headline: String,
    /// The reasons, failed files first; never empty.
    pub reasons: Vec<String>,
    /// What to do next, ready to be typed where it is a call.
    pub next: String,
}

impl Explanation {
    /// The reasons and the advice as plain text, for an error's message: `headline: reason; reason`.
    pub fn message(&self) -> String {
        format!("{}: {}", self.headline, self.reasons.join("; "))
    }

    /// The explanation in lines, each ended by a newline.
    pub fn lay_out(&self, screen: &Screen) -> String {
        let mut text = screen.paint(Tone::Bad, &words::safe_line(&self.headline));
        text.push('\n');
        for reason in &self.reasons {
            // A reason of several lines stays under its own indentation.
            let reason = words::safe(reason).replace('\n', "\n    ");
            text.extend(["  ", &reason, "\n"]);
        }
        text.extend(["next: ", &words::safe_line(&self.next), "\n"]);
        text
    }
}

/// Why a job failed or was aborted; `None` for a job in another state.
pub fn explain_failure(progress: &Progress) -> Option<Explanation> {
    let id = &progress.job_id;
    let failed: Vec<&FileProgress> = progress
        .details
        .iter()
        .filter(|file| file.state.kind == JobState::Failed || has_reason(file))
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
    let mut reasons: Vec<String> = failed
        .iter()
        .map(|file| file_reason(file, progress.reason.as_deref()))
        .collect();
    let own = progress
        .reason
        .as_deref()
        .filter(|reason| !reason.trim().is_empty());
    match own {
        Some(reason)
            if !failed
                .iter()
                .any(|file| file.reason.as_deref() == Some(reason)) =>
        {
            reasons.push(reason.to_owned());
        }
        None if !failed.iter().any(|file| has_reason(file)) => {
            reasons.push("the service gave no reason".to_owned());
        }
        _ => {}
    }
    let call = format!("progress({})", words::quote(id));
    let next = if progress.details.is_empty() {
        format!("{call} reads it again")
    } else {
        format!("{call}.details shows each file")
    };
    let next = if own.is_none() && !failed.iter().any(|file| has_reason(file)) {
        format!(
            "{next}; look at the files against describe({})",
            words::quote(&progress.collection)
        )
    } else {
        next
    };
    Some(Explanation {
        headline,
        reasons,
        next,
    })
}

/// True where every file is done but the job is not: the server is still finishing (indexing, committing).
pub fn files_done(progress: &Progress) -> bool {
    matches!(progress.state.kind, JobState::Pending | JobState::Importing)
        && !progress.details.is_empty()
        && progress
            .details
            .iter()
            .all(|file| file.state.kind == JobState::Completed)
}

fn has_reason(file: &FileProgress) -> bool {
    let reason = file.reason.as_deref();
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

fn file_reason(file: &FileProgress, job_reason: Option<&str>) -> String {
    let name = if file.file_name.is_empty() {
        "a file"
    } else {
        &file.file_name
    };
    match file.reason.as_deref() {
        // Services differ in whether a reason begins with its file.
        Some(reason) if reason.trim_start().starts_with(name) => reason.trim().to_owned(),
        Some(reason) if !reason.trim().is_empty() => format!("{name}: {reason}"),
        _ if job_reason.is_some_and(|reason| !reason.trim().is_empty()) => name.to_owned(),
        _ => format!("{name}: the service gave no reason"),
    }
}
