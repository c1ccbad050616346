//! The local import service: the import API of all three dialects on loopback, over an embedded database.
//!
//! It is what `connect("local")` and `zshell serve` run, and is reached over HTTP only. [`http`] serves connections,
//! [`server`] takes their requests, [`guard`] decides who may call, [`faults`] do to requests what the real world does,
//! [`page`] is what a browser shows, `v1`, `v2`, `milvus`, `collections`, `indexes`, `aliases`, `databases`, `entities` (reading
//! rows), `rows` (changing them) and [`search`] hold the routes; a create call becomes a job in the [`store`], a [`worker`] takes it up and [`import`] reads its files with [`crate::formats`].
//!
//! Several processes may serve one data folder: all state is in the store, and a job's [`lock`] says whose it is.
//! Decisions about what the real services leave open:
//!
//! - A file that does not exist fails the job, as it does there; a path or format that can never be imported is
//!   refused by the create call.
//! - Percent is by bytes; `totalRows` is left out until it is known.
//! - When a job fails, the details of all its files say so: a file that was read through is not in the collection.
//! - A folder is the data files directly inside it, in the order of their names; other files are passed over.
//! - Making a collection that is there already with the same schema, and dropping one that is not there, are
//!   success (but not on v1), as with Milvus.
//! - A request's storage keys are in memory only, until its job has ended: one that is carried on by another process
//!   fails and says so. Requests without keys are served with those of the service's environment (`AWS_ACCESS_KEY_ID`, …)
//!   where only this machine's users can call, else read as anybody may.
//! - Object names with empty parts, `.` or `..` are refused.
//! - Jobs and idempotency keys are never forgotten.

mod ahead;
mod aliases;
mod binding;
mod body;
mod call;
mod collections;
mod databases;
mod doors;
mod entities;
mod error;
pub mod faults;
mod filter;
mod guard;
mod http;
mod import;
mod indexes;
mod jobs;
mod lock;
mod milvus;
mod options;
mod page;
mod paths;
mod query;
mod remote;
mod requests;
mod retry;
mod rows;
mod search;
mod server;
mod settings;
mod source;
mod store;
mod upsert;
mod v1;
mod v2;
mod worker;

use crate::error::{Failure, Kind};
use crate::interrupt::{Interrupt, Stop, TICK};
use crate::location::LocationError;
use crate::secret::Secret;
use faults::Faults;
use server::{App, Server};
use source::Rules;
pub use source::{OwnBucket, Places};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
pub use store::StoreError;
use worker::{Shared, Workers};

/// How to run the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder; the service keeps everything in its subfolder `local`.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// What every request must carry as `Authorization: Bearer …`; required unless `listen` is loopback.
    pub token: Option<Secret>,
    /// Holds each job to so many rows a second, so that scripts and bars can be tried.
    pub import_rate: Option<u64>,
    /// What is to go wrong, so that scripts can be tried.
    pub faults: Faults,
    /// Where jobs may read from.
    pub places: Places,
    /// Jobs that run at once (at least 1).
    pub workers: usize,
    /// Where warnings go, a line each: about jobs that wait for the store to work again.
    pub warn: fn(&str),
    /// Ends the wait for other processes that open the same data folder.
    pub interrupt: Interrupt,
}

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The address is taken or not ours.
    #[error("the local service could not listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Others could reach it, and nothing would stop them.
    #[error(
        "listening on {addr} lets others reach the local service: give it a token, or listen on 127.0.0.1"
    )]
    TokenNeeded {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// A folder of `--bucket-dir` or `--allow-dir` cannot be used.
    #[error("{} cannot be used as a folder to import from: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server's bucket is not one.
    #[error("the server's bucket is not valid: {0}")]
    Bucket(LocationError),
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no thread or event queue.
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
        let failure = Self::new(kind, error.to_string());
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// A running local import service. Dropping it stops it as [`Service::stop`] does.
pub struct Service {
    // In the order in which they stop: no new jobs, then no work.
    server: Server,
    _workers: Workers,
    shared: Arc<Shared>,
}

impl Service {
    /// Starts serving, and carries on with unfinished jobs that no living process works on.
    pub fn start(config: Config) -> Result<Self, LocalError> {
        let Config {
            data_dir,
            listen: addr,
            token,
            import_rate,
            faults,
            places,
            workers,
            warn,
            interrupt,
        } = config;
        let token = token.filter(|token| !token.is_empty());
        let public = !addr.ip().is_loopback();
        if public && token.is_none() {
            return Err(LocalError::TokenNeeded { addr });
        }
        let rules = Rules::new(places, public)?;
        let listener =
            TcpListener::bind(addr).map_err(|source| LocalError::Listen { addr, source })?;
        let dir = data_dir.join("local");
        let locks = dir.join("locks");
        let store = Store::open(&dir, &interrupt)?;
        store::create_private(&locks)?;
        let shared = Arc::new(Shared::new(store, locks, import_rate, faults, warn));
        let workers = Workers::start(&shared, workers).map_err(LocalError::Threads)?;
        let app = App {
            store: shared.store().for_requests(server::PATIENCE),
            shared: Arc::clone(&shared),
            turns: server::turns(),
            rules,
            token,
            public,
        };
        let server = Server::start(listener, Arc::new(app)).map_err(LocalError::Threads)?;
        Ok(Self {
            server,
            _workers: workers,
            shared,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The base URL to connect to, e.g. `http://127.0.0.1:19531`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Jobs this process has to finish: those its workers run, and those submitted to it that no process has taken
    /// up yet.
    pub fn running_jobs(&self) -> usize {
        self.shared.running()
    }

    /// Waits until [`Service::running_jobs`] is 0, or the flag is raised.
    pub fn wait_idle(&self, interrupt: &Interrupt) -> Result<(), Stop> {
        while self.running_jobs() > 0 {
            interrupt.sleep(TICK)?;
        }
        Ok(())
    }

    /// Stops accepting requests, finishes the batch in hand, and gives unfinished jobs back: the next service on
    /// this data folder starts them again.
    pub fn stop(self) {
        drop(self);
    }
}
