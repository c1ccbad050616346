//! What the import API says, whichever dialect said it.

use crate::secret::Secret;

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

/// A [`JobState`] together with the word the service sent for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The state the word stands for.
    pub kind: JobState,
    /// The word as sent, kept since unknown words are shown; empty where none was sent.
    pub sent: String,
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
    /// When it ended (RFC 3339, as sent).
    pub complete_time: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// One entry a file.
    pub details: Vec<FileProgress>,
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
}

/// What to import.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Object paths: each inner list is one file, or one set of NumPy files.
    Files(Vec<Vec<String>>),
    /// Paths inside a Zilliz Cloud volume, in the same shape.
    Volume {
        /// The volume's name.
        name: String,
        /// Paths relative to the volume.
        paths: Vec<Vec<String>>,
    },
}

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
}
