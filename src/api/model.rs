//! What the import API says, whichever dialect said it.

use crate::secret::Secret;
use std::fmt;

/// The three forms of the import API in the field (reference: the bulk-import REST APIs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Zilliz Cloud's older, per-region controller: one object URL a job.
    V1,
    /// Zilliz Cloud's control plane.
    V2,
    /// A self-hosted Milvus server, 2.4 and later.
    Milvus,
}

impl Dialect {
    /// The word that `connect(#{api: …})` takes: `v1`, `v2` or `milvus`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::Milvus => "milvus",
        }
    }

    /// The dialect of such a word, in any case of letters.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::V1, Self::V2, Self::Milvus]
            .into_iter()
            .find(|dialect| dialect.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The state of a job or of one of its files, as zshell shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Accepted, not begun.
    Pending,
    /// Running, in whichever phase.
    Importing,
    /// Two-phase import: waits for commit or abort.
    Uncommitted,
    /// All rows are in the collection.
    Completed,
    /// Ended without effect.
    Failed,
    /// Ended by the user.
    Aborted,
}

impl JobState {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Importing,
        Self::Uncommitted,
        Self::Completed,
        Self::Failed,
        Self::Aborted,
    ];

    /// The word shown for it, e.g. `Importing`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Importing => "Importing",
            Self::Uncommitted => "Uncommitted",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    /// True where nothing more will happen to the job.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Aborted)
    }

    /// True where waiting makes no sense: the job has ended, or needs the user's decision.
    pub const fn ends_wait(self) -> bool {
        self.is_final() || matches!(self, Self::Uncommitted)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A [`JobState`] together with the word the service sent for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The state the word stands for.
    pub kind: JobState,
    /// The word as sent, kept since unknown words are shown; empty where none was sent.
    pub sent: String,
}

impl State {
    /// The state a service's word stands for, in any case of letters (reference: the table of states). An
    /// unknown word means the job is in some phase that this release has not heard of, so: importing.
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

    /// The state of a word and a reason. Milvus has no state for aborted jobs: they are failed ones with this reason.
    pub fn with_reason(sent: &str, reason: Option<&str>) -> Self {
        let state = Self::parse(sent);
        let aborted = reason.is_some_and(|reason| reason.contains("aborted by user"));
        match state.kind {
            JobState::Failed if aborted => Self {
                kind: JobState::Aborted,
                ..state
            },
            _ => state,
        }
    }

    /// A state that no word was sent for.
    pub const fn derived(kind: JobState) -> Self {
        let sent = String::new();
        Self { kind, sent }
    }
}

impl fmt::Display for State {
    /// The word of the table, or the unknown word itself.
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

/// Returns true for what services send in place of an id: a blank text, `0`, `-1` and `null` (reference: Create).
pub fn is_placeholder_id(text: &str) -> bool {
    matches!(text.trim(), "" | "0" | "-1") || text.trim().eq_ignore_ascii_case("null")
}

/// One reading of a job's progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The job's id, always as text.
    pub job_id: String,
    /// The collection it imports into; empty where the service did not say.
    pub collection: String,
    /// Where it stands.
    pub state: State,
    /// 0.0 to 100.0.
    pub percent: f64,
    /// Rows imported so far.
    pub rows: Option<u64>,
    /// Rows in all files.
    pub total_rows: Option<u64>,
    /// The file or files, as the service words them.
    pub file_name: String,
    /// Bytes in all files.
    pub file_size: Option<u64>,
    /// When it was made (RFC 3339, as sent).
    pub create_time: Option<String>,
    /// When it ended (RFC 3339, as sent).
    pub complete_time: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// One entry a file.
    pub details: Vec<FileProgress>,
    /// What zshell's own service says Milvus drops of the files without an error.
    pub warnings: Vec<String>,
}

/// The progress of one file of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct FileProgress {
    /// The file, as the service words it.
    pub file_name: String,
    /// Bytes.
    pub file_size: Option<u64>,
    /// Where it stands.
    pub state: State,
    /// 0.0 to 100.0.
    pub percent: f64,
    /// Rows imported so far.
    pub rows: Option<u64>,
    /// Rows in the file.
    pub total_rows: Option<u64>,
    /// When it ended (RFC 3339, as sent).
    pub complete_time: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// One job as the list call shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSummary {
    /// The job's id, always as text.
    pub job_id: String,
    /// The collection it imports into.
    pub collection: String,
    /// Where it stands.
    pub state: State,
    /// 0.0 to 100.0, where the dialect's list carries it.
    pub percent: Option<f64>,
    /// When it was made (RFC 3339, as sent).
    pub create_time: Option<String>,
    /// Why it failed, where the dialect's list carries it.
    pub reason: Option<String>,
}

/// One page of the list call.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPage {
    /// The page's jobs in the service's order.
    pub jobs: Vec<JobSummary>,
    /// How many jobs there are in all, where the service says.
    pub count: Option<u64>,
    /// False if the page holds something that could not be read as a job, or no list at all: such a page proves nothing
    /// about which jobs exist.
    pub whole: bool,
}

/// What to import.
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

/// The most files, or sets of `NumPy` files, of one create call (reference: Limits).
pub const MOST_FILES: usize = 1024;

/// One create call. Connection settings (cluster, project, region) come from the client.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRequest {
    /// The target collection.
    pub collection: String,
    /// The target partition; `None` is the default one (or the partition key decides).
    pub partition: Option<String>,
    /// The database; `None` is the connection's.
    pub database: Option<String>,
    /// The files.
    pub source: Source,
    /// Storage key id.
    pub access_key: Option<Secret>,
    /// Storage key.
    pub secret_key: Option<Secret>,
    /// Session token of short-term storage credentials.
    pub session_token: Option<Secret>,
    /// `options` of the request: all values are text.
    pub options: Vec<(String, String)>,
    /// More keys of the request's body, sent as they are.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl ImportRequest {
    /// True where the job's rows are to wait for a commit.
    pub fn is_two_phase(&self) -> bool {
        let held = |(name, value): &(String, String)| {
            name == "auto_commit" && value.eq_ignore_ascii_case("false")
        };
        self.options.iter().any(held)
    }
}
