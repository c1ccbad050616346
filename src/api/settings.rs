//! What a connection is told: addresses, ids, key, time limits.

use super::dry_run::DryRun;
use super::model::Dialect;
use crate::secret::Secret;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use url::Url;

/// The time to set up a connection, unless told otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The deadline of one call with its retries, unless told otherwise.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How far a job list may lag behind, unless told otherwise.
pub const SETTLE: Duration = Duration::from_secs(30);
/// How long a busy service is asked again for one import, by default.
pub const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How long a service certainly remembers finished jobs, by default. Milvus forgets them after 3 hours.
pub const REMEMBERS: Duration = Duration::from_hours(1);
/// The largest answer that is read, unless told otherwise: 64 MiB.
pub const BODY_LIMIT: usize = 64 << 20;

/// Where to connect, as whom, and how patiently. Only the addresses' scheme, host, port and path count.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The form of the API spoken at `import_base`.
    pub dialect: Dialect,
    /// Where import calls go: controller, control plane, or the server itself.
    pub import_base: Url,
    /// Where collection calls go: the cluster's own endpoint. On `milvus`, `None` means `import_base`.
    pub collection_base: Option<Url>,
    /// The cluster, on the cloud.
    pub cluster_id: Option<String>,
    /// The project, on the cloud; stands in for a cluster together with `region`.
    pub project_id: Option<String>,
    /// The cloud region, e.g. `aws-us-east1`.
    pub region: Option<String>,
    /// The database; `None` is the server's default one.
    pub database: Option<String>,
    /// API key or `user:password`; `None` where the server asks for none.
    pub token: Option<Secret>,
    /// Where the key came from, to be told when it is refused: `ZILLIZ_API_KEY`.
    pub key_source: String,
    /// The time to set up a connection.
    pub connect_timeout: Duration,
    /// The deadline of one call: from its begin to the last byte of its answer, retries included.
    pub read_timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub body_limit: usize,
    /// A PEM file of certificates to trust beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// The longest time after which a job that was made shows in the job list: the server's delay and the list's lag
    /// together. Only then does its absence prove anything.
    pub settle: Duration,
    /// How long a busy service is asked again, if that was given.
    pub busy_wait: Option<Duration>,
    /// How long the service certainly remembers finished jobs; `None` is for ever. The absence of a job that was sent
    /// longer ago proves nothing.
    pub remembers: Option<Duration>,
    /// True where the server is known to honour the `Idempotency-Key` header (reference: Milvus 2.6.24, 3.0.2 and later).
    /// No call tells a server's version, so it has to be said; zshell's own service needs no such word.
    pub honours_keys: bool,
    /// What the service is called in the journal, where its address does not last from run to run.
    pub lasting_name: Option<String>,
    /// Where `-v` lines go.
    pub log: Option<LogSink>,
    /// Set for `--dry-run`: nothing is sent that would change anything.
    pub dry_run: Option<DryRun>,
}

impl Settings {
    /// Settings for this address with nothing else given: no key, no ids, the usual time limits.
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

/// Takes the lines of the HTTP log, one a request and one an answer, secrets masked, without line ends; and counts the
/// requests. Clones are the same log, which can be turned on and off while connections use it.
#[derive(Clone)]
pub struct LogSink(Arc<Log>);

struct Log {
    write: Box<dyn Fn(&str) + Send + Sync>,
    on: AtomicBool,
    requests: AtomicU64,
}

impl LogSink {
    /// A log, turned on, that hands each line to `write`, from whichever thread makes the call.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Log {
            write: Box::new(write),
            on: AtomicBool::new(true),
            requests: AtomicU64::new(0),
        }))
    }

    /// Turns the lines on or off; requests are counted either way.
    pub fn turn(&self, on: bool) {
        self.0.on.store(on, Ordering::Relaxed);
    }

    /// The requests sent so far, retries among them.
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
