//! A submission's current state according to the journal.

use super::entry::Intent;
use super::moment::Moment;
use crate::api::model::JobState;
use serde_json::{Value, json};
use std::time::Duration;

/// State of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum Standing {
    /// The submission is journalled and was sent or is about to be. If its process is dead, a crash left it open.
    Open,
    /// It couldn't be found out whether there's a job.
    Unknown,
    /// The submission never left: there's no job.
    Unsent,
    /// The service refused the submission: there's no job.
    Refused,
    /// Scans have shown that there's no job.
    Absent,
    /// The submission's job is known, but the job's end isn't.
    Submitted,
    /// The submission's job has ended in this state.
    Ended(JobState),
}

impl Standing {
    /// The words of all states, in the order of a submission's life.
    pub const WORDS: [&'static str; 9] = [
        "Open",
        "Unknown",
        "Unsent",
        "Refused",
        "Absent",
        "Submitted",
        "Completed",
        "Failed",
        "Aborted",
    ];

    /// Returns the word that's shown for this state.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended(state) => state.word(),
            other => other.into(),
        }
    }

    /// Returns true if the state is final: there's no job, or the job has ended.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Open | Self::Unknown | Self::Submitted)
    }

    /// Returns true if there may be a job that isn't known.
    pub const fn is_unresolved(self) -> bool {
        matches!(self, Self::Open | Self::Unknown)
    }
}

/// A submission and its current state.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The request as it was about to be sent. Its files are kept only while the submission is unresolved: see
    /// `file_count`.
    pub intent: Intent,
    /// Number of files.
    pub file_count: usize,
    /// Name of the first file, without its folder.
    pub first_file: String,
    /// State of the submission.
    pub standing: Standing,
    /// The submission's job.
    pub job: Option<String>,
    /// True if the job, or that there's none, was set by `journal settle` rather than reported by the service.
    pub by_hand: bool,
    /// True if the job's end was set by `journal settle` rather than reported by the service.
    pub end_by_hand: bool,
    /// Number of rows imported, once the job has ended.
    pub rows: Option<u64>,
    /// The service's error code, if the submission was refused.
    pub code: Option<i64>,
    /// Jobs that may be the submission's, if its outcome is unknown.
    pub candidates: Vec<String>,
    /// True if a run was stopped before it could find out the outcome.
    pub stopped: bool,
    /// True if the collection was created later, so the rows of the job aren't in it.
    pub superseded: bool,
    /// Time of the latest journal entry about the submission, RFC 3339.
    pub updated: String,
    /// Time when the latest send was journalled, by a clock that doesn't jump.
    pub sent: Option<Moment>,
    /// Number of the intent among the journal's entries.
    pub order: u64,
}

/// Member names of [`Submission::json`], in order.
pub(crate) const SUBMISSION_KEYS: [&str; 12] = [
    "submission",
    "key",
    "state",
    "job",
    "collection",
    "files",
    "rows",
    "attempt",
    "connection",
    "database",
    "submitted",
    "updated",
];

impl Submission {
    /// Returns the time since the first send was journalled, or `None` if it can't be computed.
    pub fn age(&self) -> Option<Duration> {
        self.intent.moment.as_ref()?.elapsed()
    }

    /// Returns true if the import key needs another job: this one failed, or its rows went with the collection that it
    /// was for.
    pub fn needs_another(&self, standing: Standing) -> bool {
        match standing {
            Standing::Ended(JobState::Failed | JobState::Aborted) => true,
            Standing::Submitted | Standing::Ended(_) => self.superseded,
            _ => false,
        }
    }

    pub(super) fn new(mut intent: Intent, order: u64) -> Self {
        let file_count = intent.files.iter().map(Vec::len).sum();
        let first = intent.files.iter().flatten().next();
        let name = first.and_then(|path| path.rsplit('/').next());
        let first_file = name.unwrap_or_default().to_owned();
        intent.files.shrink_to_fit();
        Self {
            file_count,
            first_file,
            standing: Standing::Open,
            job: None,
            by_hand: false,
            end_by_hand: false,
            rows: None,
            code: None,
            candidates: Vec::new(),
            stopped: false,
            superseded: false,
            updated: intent.at.clone(),
            sent: intent.moment.clone(),
            intent,
            order,
        }
    }

    /// Returns the submission as JSON.
    pub fn json(&self) -> Value {
        json!({
            "submission": self.intent.id,
            "key": self.intent.key,
            "state": self.standing.word(),
            "job": self.job,
            "collection": self.intent.scope.collection,
            "files": self.file_count,
            "rows": self.rows,
            "attempt": self.intent.attempt,
            "connection": self.intent.connection,
            "database": self.intent.scope.database,
            "submitted": self.intent.at,
            "updated": self.updated,
        })
    }
}
