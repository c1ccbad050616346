//! Entries of the journal, one per line.
//!
//! A line is a JSON object with a single member, which is named after the kind of the entry: `{"intent":{…}}`. Lines of
//! a kind that this release doesn't know are skipped, and kept when the journal is pruned. No entry holds a secret:
//! object paths are stored without query and user, options only as part of the identity's hash, and errors as their
//! code without the service's message.

use super::identity::Scope;
use super::moment::Moment;
use super::now;
use crate::api::model::JobState;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Version of the file format that this release writes.
pub(super) const VERSION: u32 = 1;

/// An event, journalled in the order in which events happen. Times (`at`) are in RFC 3339, and `id` is a submission's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Entry {
    /// The first line of the file. A different generation means that the file was replaced, so offsets into the old
    /// file are invalid.
    Journal {
        /// Version of the file format.
        version: u32,
        /// Unique id of the file: pruning writes a new file.
        generation: String,
    },
    /// A baseline: jobs that a complete scan has seen.
    Seen(Seen),
    /// A submission is about to be sent.
    Intent(Intent),
    /// The submission's job is known.
    Made(Made),
    /// The service refused the submission: there's no job. The service's message isn't stored, since it may echo
    /// secrets.
    Refused {
        id: String,
        at: String,
        /// The service's error code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i64>,
        /// The HTTP status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// The submission never left: there's no job.
    Unsent { id: String, at: String },
    /// Scans have shown that there's no job.
    Absent {
        id: String,
        at: String,
        /// True if the submission is sent again now, and so stays open.
        sends_again: bool,
        /// Time of the finding, by a clock that doesn't jump.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// It couldn't be found out whether there's a job.
    Unknown {
        id: String,
        at: String,
        /// Jobs that may be the submission's.
        jobs: Vec<String>,
        /// True if the run was stopped before it could find out.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stopped: bool,
    },
    /// A job has ended.
    Ended(Ended),
    /// The user has settled the submission with `journal settle`.
    Settled(Settled),
    /// A batch has created the collection, so rows of earlier jobs aren't in it.
    Created {
        /// Time after the create call.
        at: String,
        /// Service, database and collection.
        #[serde(flatten)]
        scope: Scope,
    },
    /// A batch has checked files, and the import would succeed.
    Checked {
        at: String,
        /// Hash of the files with their sizes and times, the schema, and the settings of the check.
        identity: String,
        /// Number of rows.
        rows: u64,
    },
}

/// Jobs seen by a complete scan, without those that were journalled before for the same scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The baseline's id, which intents refer to.
    pub baseline: String,
    /// Time when the scan began, RFC 3339.
    pub at: String,
    /// The scope that was scanned.
    #[serde(flatten)]
    pub scope: Scope,
    /// Ids of the jobs.
    pub jobs: Vec<String>,
    /// Time when the scan began, by a clock that doesn't jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
}

/// A submission that's about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The submission's id.
    pub id: String,
    /// Time of the intent, RFC 3339.
    pub at: String,
    /// Time of the intent, by a clock that doesn't jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
    /// Service, database and collection.
    #[serde(flatten)]
    pub scope: Scope,
    /// Name of the connection, for messages.
    pub connection: String,
    /// Hash of scope, partition, files and options.
    pub identity: String,
    /// The import key, if the caller chose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Number of this attempt under the import key, from 1: if an attempt's job fails, the next attempt may be
    /// submitted.
    #[serde(default = "first")]
    pub attempt: u32,
    /// Value of the `Idempotency-Key` header of the create call.
    pub header: String,
    /// True if the server is known to honour that header.
    #[serde(default)]
    pub honoured: bool,
    /// Id of the baseline taken before the intent; `None` if the header alone identifies the job, or if the service
    /// refuses to list jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The files, without query and user.
    pub files: Vec<Vec<String>>,
    /// State of each file when the batch was built; empty if the submission isn't part of a batch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stamps: Vec<String>,
    /// Fingerprint of each file's content; empty texts for files without one. Empty if the batch checked nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<String>,
}

const fn first() -> u32 {
    1
}

/// A submission's job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The submission's id.
    pub id: String,
    /// Time when the job became known, RFC 3339.
    pub at: String,
    /// The job's id.
    pub job: String,
    /// The way in which the job became known.
    pub how: KnownBy,
}

/// The way in which a job became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// By the answer to the create call.
    Answer,
    /// By an answer that arrived after the run had been stopped.
    LateAnswer,
    /// By repeating the call under the same `Idempotency-Key`.
    SameKey,
    /// By a scan of the job list.
    Scan,
    /// By `journal settle` of earlier releases. This release writes [`Settled`] instead.
    User,
}

/// The final state of a job, stored because services forget jobs after hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The service, as in [`Scope::target`].
    pub target: String,
    /// The job's id.
    pub job: String,
    /// Time when the end was seen, RFC 3339.
    pub at: String,
    /// `Completed`, `Failed` or `Aborted`.
    pub state: String,
    /// Number of rows imported, if the service reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// The outcome of a submission according to the user: a job, a job that has ended, or no job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The submission's id.
    pub id: String,
    /// Time of the `journal settle` command, RFC 3339.
    pub at: String,
    /// The job's id; `None` if there's no job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// `Completed` or `Failed`, if the job has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Entry {
    /// Returns the first line of a new file.
    pub(super) fn header() -> Self {
        Self::Journal {
            version: VERSION,
            generation: Ulid::generate().to_string(),
        }
    }

    /// Returns the entry that assigns a job to a submission, known now.
    pub(crate) fn made(id: &str, job: &str, how: KnownBy) -> Self {
        Self::Made(Made {
            id: id.to_owned(),
            at: now(),
            job: job.to_owned(),
            how,
        })
    }

    /// Returns the entry for the end of a job, seen now.
    pub(crate) fn ended(target: &str, job: &str, state: JobState, rows: Option<u64>) -> Self {
        Self::Ended(Ended {
            target: target.to_owned(),
            job: job.to_owned(),
            at: now(),
            state: state.word().to_owned(),
            rows,
        })
    }

    /// Returns the entry for an outcome that can't be found out. `jobs` may be the submission's.
    pub(crate) fn unknown(id: &str, jobs: Vec<String>, stopped: bool) -> Self {
        Self::Unknown {
            id: id.to_owned(),
            at: now(),
            jobs,
            stopped,
        }
    }

    /// Returns the id of the submission that the entry belongs to. Other
    /// entries, such as ends of jobs and baselines, don't name a submission.
    pub fn submission(&self) -> Option<&str> {
        match self {
            Self::Journal { .. }
            | Self::Seen(_)
            | Self::Ended(_)
            | Self::Created { .. }
            | Self::Checked { .. } => None,
            Self::Intent(Intent { id, .. })
            | Self::Made(Made { id, .. })
            | Self::Refused { id, .. }
            | Self::Unsent { id, .. }
            | Self::Absent { id, .. }
            | Self::Unknown { id, .. }
            | Self::Settled(Settled { id, .. }) => Some(id),
        }
    }
}
