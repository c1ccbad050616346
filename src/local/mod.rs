//! The local import service: the import API in all three dialects on loopback, with an embedded database.
//!
//! `connect("local")` and `zshell serve` run the service. It's reached only over HTTP. [`Service::start`] takes a
//! [`ServiceConfig`]; [`server`] puts the routes together and serves them. Dependencies point down this list:
//!
//! - [`routes`]: the handlers of all calls
//! - [`search`]: finding rows by filter or vector
//! - [`http`]: connections, bodies, parameters, answers
//! - [`state`]: the state that requests share
//! - [`jobs`]: workers that run imports
//! - [`storage`]: the embedded database
//! - [`volumes`]: the files of volumes, behind an endpoint with S3's protocol
//! - [`source`]: the files of a job, read from [`crate::stores`] with [`crate::formats`]
//! - [`filter`]: filter expressions
//! - [`faults`]: failures on request
//!
//! Several processes may serve one data folder: all state is in the store, and a job's lock shows which process
//! owns the job. Decisions on points that the real services leave open:
//!
//! - If a file doesn't exist, the job fails, as it does there; a path or format that can never be imported is
//!   refused by the create call.
//! - The percentage is by bytes; `totalRows` is left out until it's known.
//! - When a job fails, the details of all its files say so, since rows of a completely read file aren't in the
//!   collection either.
//! - A folder means the data files directly inside it, in the order of their names; other files are skipped.
//! - Creating a collection that already exists with an identical schema, and dropping a missing collection, are
//!   success (but not on v1), as in Milvus.
//! - A request's storage credentials are kept only in memory, and only until its job ends. If another process continues
//!   the job, the job fails with that reason. Requests without credentials use those of the service's environment
//!   (`AWS_ACCESS_KEY_ID`, …) if only this machine's users can call; otherwise they read anonymously.
//! - Object names with empty parts, `.` or `..` are refused.
//! - Jobs and idempotency keys are never forgotten.

pub(crate) mod faults;
mod filter;
mod http;
mod jobs;
mod routes;
mod search;
mod server;
mod source;
mod state;
mod storage;
mod volumes;

use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop, TICK};
use crate::location::LocationError;
use crate::secret::Secret;
use faults::Faults;
use jobs::{Shared, Workers};
use server::Server;
use source::Rules;
pub(crate) use source::{OwnBucket, Places};
use state::App;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use storage::DataStore;
pub(crate) use storage::StoreError;
use tokio::sync::Semaphore;
use volumes::access::VolumeKeys;

/// Settings of the service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceConfig {
    /// The data folder. The service keeps all its files in the subfolder `local`.
    pub data_dir: PathBuf,
    /// Address to listen on; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Token that each request must carry as `Authorization: Bearer …`; required unless `listen` is loopback.
    pub token: Option<Secret>,
    /// Limit on each job's speed in rows per second, for trying scripts and progress bars.
    pub import_rate: Option<u64>,
    /// Faults to inject, for trying scripts.
    pub faults: Faults,
    /// Files and buckets that jobs may read from.
    pub places: Places,
    /// Number of jobs that run at once (at least 1).
    pub workers: usize,
    /// Time limit of a query or search.
    pub query_timeout: Duration,
    /// Receives warnings, one line each, about jobs that wait because the store failed.
    pub warn: fn(&str),
    /// Ends the wait for other processes that open the same data folder.
    pub interrupt: Interrupt,
}

/// Default time limit of a query or search, Milvus' default (`proxy.http.requestTimeoutMs`).
pub(crate) const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// The reason why the service couldn't start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The address is in use or isn't one of this machine's.
    #[error("the local service could not listen on {addr}: {source}")]
    Listen {
        /// The requested address.
        addr: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The address lets other machines reach the service, but no token is set.
    #[error(
        "listening on {addr} lets others reach the local service: give it a token, or listen on 127.0.0.1"
    )]
    TokenNeeded {
        /// The requested address.
        addr: SocketAddr,
    },
    /// A folder of `--bucket-dir` or `--allow-dir` can't be used.
    #[error("{} cannot be used as a folder to import from: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The setting for the server's bucket isn't a bucket.
    #[error("the server's bucket is not valid: {0}")]
    Bucket(LocationError),
    /// The store couldn't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system couldn't create a thread or event queue.
    #[error("the local service could not start its threads: {0}")]
    Threads(io::Error),
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        let (kind, hint) = match &error {
            LocalError::TokenNeeded { .. } => (Kind::Usage, None),
            LocalError::Folder { .. } => (
                Kind::Usage,
                Some("--bucket-dir and --allow-dir name folders that are there"),
            ),
            LocalError::Bucket(_) => (
                Kind::Usage,
                Some("--bucket names a bucket, e.g. s3://milvus-bucket"),
            ),
            LocalError::Store(StoreError::Stopped(stop)) => ((*stop).into(), None),
            LocalError::Store(StoreError::Busy) => (Kind::Connect, Some("try again")),
            LocalError::Store(_) => (
                Kind::Connect,
                Some("choose another data folder: --data-dir DIR, or ZSHELL_DATA_DIR"),
            ),
            LocalError::Listen { .. } | LocalError::Threads(_) => (Kind::Connect, None),
        };
        Self::new(kind, error.to_string()).with_any_hint(hint)
    }
}

impl Drop for Service {
    /// Ends the waits of requests for a busy database, before the server waits for the requests.
    fn drop(&mut self) {
        self.shared.store.stop();
    }
}

/// A running local import service. Dropping it stops it as [`Service::stop`] does.
pub(crate) struct Service {
    // In the order in which they stop: first new jobs, then running ones.
    server: Server,
    _workers: Workers,
    shared: Arc<Shared>,
}

impl Service {
    /// Starts serving, and continues unfinished jobs that no living process works on.
    pub(crate) fn start(config: ServiceConfig) -> Result<Self, LocalError> {
        let addr = config.listen;
        let token = config.token.filter(|token| !token.is_empty());
        let public = !addr.ip().is_loopback();
        if public && token.is_none() {
            return Err(LocalError::TokenNeeded { addr });
        }
        let rules = Rules::new(config.places, public)?;
        let listener =
            TcpListener::bind(addr).map_err(|source| LocalError::Listen { addr, source })?;
        let dir = config.data_dir.join("local");
        let locks = dir.join("locks");
        let store = DataStore::open(&dir, &config.interrupt)?;
        storage::create_private(&locks)?;
        let shared = Arc::new(Shared::new(
            store,
            locks,
            config.import_rate,
            config.faults,
            config.warn,
        ));
        let workers = Workers::start(&shared, config.workers).map_err(LocalError::Threads)?;
        let app = App {
            store: shared.store.for_requests(state::PATIENCE),
            shared: Arc::clone(&shared),
            write_permits: Semaphore::new(state::WRITERS),
            query_permits: Semaphore::new(state::QUERIES),
            query_timeout: config.query_timeout,
            rules,
            token,
            public,
            volumes: dir.join("volumes"),
            volume_keys: VolumeKeys::default(),
            started: storage::now(),
        };
        let server = Server::start(listener, Arc::new(app)).map_err(LocalError::Threads)?;
        Ok(Self {
            server,
            _workers: workers,
            shared,
        })
    }

    /// Returns the address that the service listens on.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Returns the base URL to connect to, e.g. `http://127.0.0.1:19531`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Returns the number of jobs that this process has to finish: those that its workers run, and those submitted to
    /// it that no process has started yet.
    pub(crate) fn running_jobs(&self) -> usize {
        self.shared.running()
    }

    /// Waits until [`Service::running_jobs`] is 0, or the flag is raised.
    pub(crate) fn wait_idle(&self, interrupt: &Interrupt) -> Result<(), Stop> {
        while self.running_jobs() > 0 {
            interrupt.sleep(TICK)?;
        }
        Ok(())
    }

    /// Stops accepting requests, finishes the current batch, and releases unfinished jobs. The next service on this
    /// data folder restarts them.
    pub(crate) fn stop(self) {
        drop(self);
    }
}
