//! One line of the journal.
//!
//! A line is a JSON object with one key, the kind of the entry: `{"intent":{…}}`. Lines of a kind that this release does
//! not know are passed over, and kept when the journal is pruned. No entry holds a secret: object paths come without
//! query and user, options only as part of the identity, and of an error its code but not the service's words.

use super::identity::Scope;
use super::moment::Moment;
use serde::{Deserialize, Serialize};

/// The form of the file that this release writes.
pub(super) const VERSION: u32 = 1;

/// What happened, in the order in which it is journalled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The first line of the file.
    Journal(Header),
    /// A baseline: jobs that a complete scan has seen.
    Seen(Seen),
    /// A submission is about to be sent.
    Intent(Intent),
    /// Its job is known.
    Made(Made),
    /// The service refused it: there is no job.
    Refused(Refused),
    /// It never left: there is no job.
    Unsent(Closed),
    /// Scans have shown that there is no job. A `sends_again` entry is followed by another send.
    Absent(Absent),
    /// Whether there is a job could not be found out.
    Unknown(Unknown),
    /// A job has ended.
    Ended(Ended),
    /// Somebody has said what became of it.
    Settled(Settled),
}

/// The first line: another generation means another file, whose offsets are not the old one's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The form of the file.
    pub version: u32,
    /// A fresh id for each file: pruning makes a new one.
    pub generation: String,
}

/// Jobs seen by a complete scan, without those that were journalled before for the same scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The baseline's id, which intents name.
    pub baseline: String,
    /// When the scan began, RFC 3339.
    pub at: String,
    /// What was scanned.
    #[serde(flatten)]
    pub scope: Scope,
    /// Ids of jobs.
    pub jobs: Vec<String>,
    /// When the scan began, by a clock that doesn't jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
}

/// What is about to be submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The submission's id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// When, by a clock that doesn't jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
    /// Where to.
    #[serde(flatten)]
    pub scope: Scope,
    /// The connection's name, for people.
    pub connection: String,
    /// Hash of scope, partition, files and options.
    pub identity: String,
    /// The key the caller chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Counts from 1 the jobs made under the key: a failed one may be submitted again.
    #[serde(default = "first")]
    pub attempt: u32,
    /// The `Idempotency-Key` header it travels under.
    pub header: String,
    /// True where the server is known to honour that header.
    #[serde(default)]
    pub honoured: bool,
    /// The baseline taken before; none where the header is all that is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The files, without query and user.
    pub files: Vec<Vec<String>>,
    /// Of a batch's submission, the state of each of its files when it was put together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stamps: Vec<String>,
}

const fn first() -> u32 {
    1
}

/// A submission's job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The submission's id.
    pub id: String,
    /// When this became known, RFC 3339.
    pub at: String,
    /// The job's id.
    pub job: String,
    /// How it became known.
    pub how: How,
}

/// How a job became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By the answer to the create call.
    Answer,
    /// By an answer that came after the run had been stopped.
    LateAnswer,
    /// By asking again under the same `Idempotency-Key`.
    SameKey,
    /// By a scan of the job list.
    Scan,
    /// By word of the user: earlier journals have it where now a [`Settled`] stands.
    User,
}

/// A refusal. The service's words are left out: they may echo what must not be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The submission's id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// The service's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// The end of a submission of which nothing more is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The submission's id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
}

/// No job was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// The submission's id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// True if it is sent again now: the submission stays open.
    pub sends_again: bool,
    /// When, by a clock that doesn't jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
}

/// Nobody knows whether there is a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The submission's id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// Jobs that may be its own.
    pub jobs: Vec<String>,
}

/// The final state of a job, kept since services forget jobs after hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The service, as [`Scope::target`].
    pub target: String,
    /// The job's id.
    pub job: String,
    /// When this was seen, RFC 3339.
    pub at: String,
    /// `Completed`, `Failed` or `Aborted`.
    pub state: String,
    /// Rows imported, where the service said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// What became of a submission, by word of the user: a job, a job that has ended, or no job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The submission's id.
    pub id: String,
    /// When this was said, RFC 3339.
    pub at: String,
    /// The job's id; none where there is no job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// `Completed` or `Failed`, where the job has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Entry {
    /// The kinds of entries, as they are written.
    pub(super) const KINDS: [&'static str; 10] = [
        "journal", "seen", "intent", "made", "refused", "unsent", "absent", "unknown", "ended",
        "settled",
    ];

    /// The submission it is about; a job's end and a baseline are about none by its id.
    pub fn submission(&self) -> Option<&str> {
        match self {
            Self::Journal(_) | Self::Seen(_) | Self::Ended(_) => None,
            Self::Intent(it) => Some(&it.id),
            Self::Made(it) => Some(&it.id),
            Self::Refused(it) => Some(&it.id),
            Self::Unsent(it) => Some(&it.id),
            Self::Absent(it) => Some(&it.id),
            Self::Unknown(it) => Some(&it.id),
            Self::Settled(it) => Some(&it.id),
        }
    }
}
