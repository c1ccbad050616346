//! The import API's values, independent of the dialect.

use crate::secret::StorageKeys;
use std::fmt;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// The effect of a call on the server, which decides how to treat a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A read, which may be retried.
    Read,
    /// A change, which is sent once.
    Change,
    /// A submission of an import job, which is sent once and whose outcome must become known.
    Create,
}

/// A form of the import API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr)]
#[strum(const_into_str, ascii_case_insensitive, serialize_all = "lowercase")]
pub enum Dialect {
    /// Zilliz Cloud's older, per-region controller: one object URL per job.
    V1,
    /// Zilliz Cloud's control plane.
    V2,
    /// A self-hosted Milvus server, 2.4 and later.
    Milvus,
}

impl Dialect {
    /// Returns the dialect's name in `connect(#{api: …})`: `v1`, `v2` or `milvus`.
    pub const fn word(self) -> &'static str {
        self.into_str()
    }
}

/// The state of a job or of one of its files, as zshell displays it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
pub enum JobState {
    /// Accepted, but not started.
    #[default]
    Pending,
    /// Running, in any phase.
    Importing,
    /// Two-phase import that waits for commit or abort.
    Uncommitted,
    /// All rows are in the collection.
    Completed,
    /// Ended by an error; no rows are in the collection.
    Failed,
    /// Ended by the user.
    Aborted,
}

impl JobState {
    /// All states in the order of a job's life.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

    /// Returns the state's displayed name, e.g. `Importing`.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Returns true if the job's state can't change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Aborted)
    }

    /// Returns true if waiting is over: the job has ended, or needs the user's decision.
    pub const fn ends_wait(self) -> bool {
        self.is_final() || matches!(self, Self::Uncommitted)
    }
}

/// A [`JobState`] with the service's own word for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The state.
    pub kind: JobState,
    /// The word as sent, since unknown words are displayed; empty if none was sent.
    pub sent: String,
}

impl State {
    /// Parses a service's word for a state, ignoring case. An unknown word is taken
    /// for a phase that this release doesn't know, so it means importing.
    pub fn parse(sent: &str) -> Self {
        let word = sent.trim();
        let kind = match word.to_ascii_lowercase().as_str() {
            "" | "none" | "pending" | "importpending" | "preimporting" => JobState::Pending,
            "uncommitted" => JobState::Uncommitted,
            "completed" | "importcompleted" => JobState::Completed,
            "failed" | "importfailed" => JobState::Failed,
            "aborted" | "canceled" | "cancelled" => JobState::Aborted,
            _ => JobState::Importing,
        };
        let sent = word.to_owned();
        Self { kind, sent }
    }

    /// Returns a state for which the service sent no word.
    pub const fn derived(kind: JobState) -> Self {
        let sent = String::new();
        Self { kind, sent }
    }
}

impl fmt::Display for State {
    /// Formats the name from the table, or the unknown word itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KNOWN: [&str; 7] = [
            "importing",
            "inprogress",
            "importrunning",
            "running",
            "indexbuilding",
            "sorting",
            "committing",
        ];
        let sent = self.sent.to_ascii_lowercase();
        let unknown =
            self.kind == JobState::Importing && !sent.is_empty() && !KNOWN.contains(&sent.as_str());
        f.pad(if unknown {
            &self.sent
        } else {
            self.kind.word()
        })
    }
}

/// Returns true for texts that services send in place of an id: blanks, `0`, `-1` and `null`.
pub(crate) fn is_placeholder_id(text: &str) -> bool {
    matches!(text.trim(), "" | "0" | "-1") || text.trim().eq_ignore_ascii_case("null")
}

/// A job's progress at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The job's id, always as text, since it may exceed 2^53.
    pub job_id: String,
    /// The target collection; empty if the service didn't send it.
    pub collection: String,
    /// The job's state.
    pub state: State,
    /// Percentage, 0.0 to 100.0.
    pub percent: f64,
    /// Rows imported so far.
    pub rows: Option<u64>,
    /// Rows in all files.
    pub total_rows: Option<u64>,
    /// Name of the file or files, as sent.
    pub file_name: String,
    /// Bytes in all files.
    pub file_size: Option<u64>,
    /// Creation time (RFC 3339, as sent).
    pub create_time: Option<String>,
    /// Completion time (RFC 3339, as sent).
    pub complete_time: Option<String>,
    /// The reason of a failure.
    pub reason: Option<String>,
    /// Progress of each file.
    pub details: Vec<FileProgress>,
    /// Parts of the files that Milvus drops without an error, as reported by zshell's own service.
    pub warnings: Vec<String>,
}

impl Progress {
    /// Returns the progress of a job of which only the state is known.
    pub fn of_state(job_id: &str, collection: &str, state: State) -> Self {
        Self {
            job_id: job_id.to_owned(),
            collection: collection.to_owned(),
            state,
            ..Self::default()
        }
    }
}

/// The progress of one file of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct FileProgress {
    /// The file's name, as sent.
    pub file_name: String,
    /// Size in bytes.
    pub file_size: Option<u64>,
    /// The file's state.
    pub state: State,
    /// Percentage, 0.0 to 100.0.
    pub percent: f64,
    /// Rows imported so far.
    pub rows: Option<u64>,
    /// Rows in the file.
    pub total_rows: Option<u64>,
    /// Completion time (RFC 3339, as sent).
    pub complete_time: Option<String>,
    /// The reason of a failure.
    pub reason: Option<String>,
}

/// A job in the job list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSummary {
    /// The job's id, always as text, since it may exceed 2^53.
    pub job_id: String,
    /// The target collection.
    pub collection: String,
    /// The job's state.
    pub state: State,
    /// Percentage, 0.0 to 100.0, if the dialect's list has it.
    pub percent: Option<f64>,
    /// Creation time (RFC 3339, as sent).
    pub create_time: Option<String>,
    /// The reason of a failure, if the dialect's list has it.
    pub reason: Option<String>,
    /// The file, or the number of files. No dialect's list has it: the journal adds it.
    pub file: String,
}

/// One page of the job list.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPage {
    /// The page's jobs in the service's order.
    pub jobs: Vec<JobSummary>,
    /// The total number of jobs, if the service sends it.
    pub count: Option<u64>,
    /// False if the page holds an item that can't be read as a job, or no list at all. Such a page doesn't prove that a
    /// job is missing.
    pub whole: bool,
}

/// The files of an import.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Object paths: each inner list is one file, or one set of `NumPy` files.
    Files(Vec<Vec<String>>),
    /// Paths inside a Zilliz Cloud volume, in the same shape.
    Volume {
        /// The volume's name.
        name: String,
        /// Paths relative to the volume.
        paths: Vec<Vec<String>>,
    },
}

impl Source {
    /// Returns the paths: each inner list is one file, or one set of `NumPy` files.
    pub fn sets(&self) -> &[Vec<String>] {
        let (Self::Files(sets) | Self::Volume { paths: sets, .. }) = self;
        sets
    }
}

/// Largest number of files, or sets of `NumPy` files, in one create call (Milvus:
/// `dataCoord.import.maxImportFileNumPerReq`).
pub(crate) const MOST_FILES: usize = 1024;

/// One create call. The connection adds its own settings (cluster, project, region).
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRequest {
    /// The target collection.
    pub collection: String,
    /// The target partition; `None` is the default partition (or the partition key decides).
    pub partition: Option<String>,
    /// The database; `None` is the connection's.
    pub database: Option<String>,
    /// The files to import.
    pub source: Source,
    /// Storage credentials.
    pub keys: StorageKeys,
    /// `options` of the request; all values are texts.
    pub options: Vec<(String, String)>,
    /// Further keys of the request's body, sent unchanged.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl ImportRequest {
    /// Returns the same request for other files, in the volume if it has one.
    pub(crate) fn with_files(&self, sets: Vec<Vec<String>>) -> Self {
        let mut request = self.clone();
        match &mut request.source {
            Source::Files(files) | Source::Volume { paths: files, .. } => *files = sets,
        }
        request
    }

    /// Returns true if the job's rows should wait for a commit.
    pub fn is_two_phase(&self) -> bool {
        let held = |(name, value): &(String, String)| {
            name == "auto_commit" && value.eq_ignore_ascii_case("false")
        };
        self.options.iter().any(held)
    }
}
