//! What the journal knows of one submission.

use super::entry::Intent;
use super::moment::Moment;
use crate::api::model::JobState;
use serde_json::{Value, json};
use std::time::Duration;

/// Where a submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Written down and sent, or about to be; if its owner is dead, a crash left it so.
    Open,
    /// Whether there is a job could not be found out.
    Unknown,
    /// It never left: there is no job.
    Unsent,
    /// The service refused it: there is no job.
    Refused,
    /// Scans have shown that there is no job.
    Absent,
    /// Its job is known, the job's end is not.
    Submitted,
    /// Its job has ended so.
    Ended(JobState),
}

impl Standing {
    /// Every word, in the order of a submission's life.
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

    /// The word shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Unknown => "Unknown",
            Self::Unsent => "Unsent",
            Self::Refused => "Refused",
            Self::Absent => "Absent",
            Self::Submitted => "Submitted",
            Self::Ended(state) => state.word(),
        }
    }

    /// Returns true if nothing more is to come: there is no job, or the job has ended.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Open | Self::Unknown | Self::Submitted)
    }

    /// True where there may be a job that is not known.
    pub const fn is_unresolved(self) -> bool {
        matches!(self, Self::Open | Self::Unknown)
    }
}

/// One submission, as far as the journal knows.
#[derive(Clone, Debug)]
pub struct Submission {
    /// What was to be submitted. The files are kept only while it is unresolved: see `file_count`.
    pub intent: Intent,
    /// How many files it has.
    pub file_count: usize,
    /// Where it stands.
    pub standing: Standing,
    /// Its job.
    pub job: Option<String>,
    /// True where its job, or that it has none, is known by word of the user only.
    pub by_hand: bool,
    /// True where its job's end is known by word of the user only.
    pub end_by_hand: bool,
    /// Rows imported, once the job has ended.
    pub rows: Option<u64>,
    /// The service's error code, where it was refused.
    pub code: Option<i64>,
    /// Jobs that may be its own, where that is unknown.
    pub candidates: Vec<String>,
    /// When something was last journalled about it, RFC 3339.
    pub updated: String,
    /// When it was last written down to be sent, by a clock that doesn't jump.
    pub sent: Option<Moment>,
    /// The intent's place among the entries.
    pub order: u64,
}

/// The keys of [`Submission::json`], in order.
pub const SUBMISSION_KEYS: [&str; 12] = [
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
    /// Returns how long ago its first send was written down, or `None` if that can't be counted.
    pub fn age(&self) -> Option<Duration> {
        self.intent.moment.as_ref()?.elapsed()
    }

    pub(super) fn new(mut intent: Intent, order: u64) -> Self {
        let file_count = intent.files.iter().map(Vec::len).sum();
        intent.files.shrink_to_fit();
        Self {
            file_count,
            standing: Standing::Open,
            job: None,
            by_hand: false,
            end_by_hand: false,
            rows: None,
            code: None,
            candidates: Vec::new(),
            updated: intent.at.clone(),
            sent: intent.moment.clone(),
            intent,
            order,
        }
    }

    /// Its plain form.
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
