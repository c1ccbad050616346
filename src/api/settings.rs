//! The settings of a connection: addresses, ids, API key, time limits.

use super::model::{Dialect, JobState};
use crate::secret::Secret;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, io};
use url::Url;

/// Default time to set up a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Default deadline of one call with its retries.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Default time after which a new job certainly shows in the job list.
pub(crate) const SETTLE: Duration = Duration::from_secs(30);
/// Default time for which one import is retried while the service is busy.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Default time for which a service certainly remembers finished jobs. Milvus forgets jobs after 3 hours.
pub(crate) const REMEMBERS: Duration = Duration::from_hours(1);
/// Default size limit of an answer: 64 MiB.
pub(crate) const BODY_LIMIT: usize = 64 << 20;

/// The addresses, credentials and limits of a connection. Only the addresses' scheme, host, port and path are used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The dialect spoken at `import_base`.
    pub dialect: Dialect,
    /// Base URL of import calls: the controller, the control plane, or the server itself.
    pub import_base: Url,
    /// Base URL of collection calls: the cluster's own endpoint. On `milvus`, `None` means `import_base`.
    pub collection_base: Option<Url>,
    /// The cluster's id, on the cloud.
    pub cluster_id: Option<String>,
    /// The project's id, on the cloud; with `region` it replaces a cluster id.
    pub project_id: Option<String>,
    /// The cloud region, e.g. `aws-us-east1`.
    pub region: Option<String>,
    /// The database; `None` is the server's default database.
    pub database: Option<String>,
    /// The API key or `user:password`; `None` if the server requires none.
    pub token: Option<Secret>,
    /// Source of the key, for the error when it's refused, e.g. `ZILLIZ_API_KEY`.
    pub key_source: String,
    /// Time limit for setting up a connection.
    pub connect_timeout: Duration,
    /// Deadline of one call, from its start to the last byte of its answer, with retries.
    pub read_timeout: Duration,
    /// Largest answer to read, in bytes.
    pub body_limit: usize,
    /// A PEM file of certificates to trust in addition to the system's.
    pub ca_cert: Option<PathBuf>,
    /// Time after which a new job certainly shows in the job list: the server's delay plus the list's lag. Before that,
    /// a missing job proves nothing.
    pub settle: Duration,
    /// Time for which an import is retried while the service is busy, if the user has set it.
    pub busy_wait: Option<Duration>,
    /// Time for which the service certainly remembers finished jobs; `None` is forever. If a job was sent longer ago,
    /// its absence proves nothing.
    pub remembers: Option<Duration>,
    /// Whether the server is known to honour the `Idempotency-Key` header, as Milvus is from 2.6.24 and 3.0.2 on.
    /// No call returns a server's version, so the user has to set it; zshell's own service is recognized.
    pub honours_keys: bool,
    /// The service's name in the journal, if its address changes from run to run.
    pub lasting_name: Option<String>,
    /// The log for `-v`.
    pub log: Option<LogSink>,
    /// Set for `--dry-run`: requests that would change something aren't sent.
    pub dry_run: Option<DryRun>,
}

impl Settings {
    /// Returns settings for this address with default limits, without a key or ids.
    pub fn new(dialect: Dialect, import_base: Url) -> Self {
        Self {
            dialect,
            import_base,
            collection_base: None,
            cluster_id: None,
            project_id: None,
            region: None,
            database: None,
            token: None,
            key_source: "none given".to_owned(),
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            body_limit: BODY_LIMIT,
            ca_cert: None,
            settle: SETTLE,
            busy_wait: None,
            remembers: Some(REMEMBERS),
            honours_keys: false,
            lasting_name: None,
            log: None,
            dry_run: None,
        }
    }
}

/// The HTTP log: one line per request and one per answer, with secrets masked, without line ends. Also counts requests.
/// Clones share the log, which can be switched on and off while connections use it.
#[derive(Clone)]
pub struct LogSink(Arc<LogState>);

struct LogState {
    write: Box<dyn Fn(&str) + Send + Sync>,
    on: AtomicBool,
    requests: AtomicU64,
}

impl LogSink {
    /// Returns a log that is on and passes each line to `write`, on the thread of the call.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(LogState {
            write: Box::new(write),
            on: AtomicBool::new(true),
            requests: AtomicU64::new(0),
        }))
    }

    /// Switches the lines on or off; requests are always counted.
    pub fn turn(&self, on: bool) {
        self.0.on.store(on, Ordering::Relaxed);
    }

    /// Returns the number of requests sent so far, including retries.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Relaxed)
    }

    pub(super) fn line(&self, line: &str) {
        (self.0.write)(line);
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

/// A dry run, shared by all connections of a run. Clones share state.
#[derive(Clone)]
pub struct DryRun(pub(super) Arc<DryRunState>);

type WriteCommand = dyn Fn(&str) -> io::Result<()> + Send + Sync;

/// The output of a dry run, and the state that it pretends.
pub(super) struct DryRunState {
    pub(super) write: Box<WriteCommand>,
    pub(super) pretended: Mutex<Pretended>,
}

/// The state that the printed commands would have led to.
#[derive(Default)]
pub(super) struct Pretended {
    pub(super) jobs: PlaceholderJobs,
    /// The script's header, and the header of its waits; empty once printed.
    pub(super) headers: (&'static str, &'static str),
    pub(super) loaded: BTreeSet<String>,
    /// Names that the run created, with the collection that an alias points to, or dropped (`None`).
    pub(super) names: BTreeMap<PretendedName, Option<String>>,
}

/// A name with its place: the service's URL, the database and the kind, such as [`COLLECTIONS`] or `partitions books`.
pub(super) type PretendedName = ((String, Option<String>, String), String);

/// The kind of a collection's name.
pub(super) const COLLECTIONS: &str = "collections";

/// Placeholder jobs in order of creation.
#[derive(Default)]
pub(super) struct PlaceholderJobs(pub(super) Vec<PlaceholderJob>);

/// A job that a create call of a dry run would have made.
pub(super) struct PlaceholderJob {
    pub(super) state: JobState,
    /// Whether the script has requested the job's progress.
    pub(super) asked: bool,
    /// The commands that wait until the job can be committed. `None` once printed, and for jobs without a commit.
    pub(super) wait: Option<String>,
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DryRun")
    }
}
