//! The state that all requests share: the store, the workers' state, and the rules for callers and paths.

use super::jobs::Shared;
use super::source::Rules;
use super::storage::DataStore;
use super::volumes::access::VolumeKeys;
use crate::secret::Secret;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Number of threads for handlers.
pub(crate) const HANDLERS: usize = 6;

/// Number of those threads that writes may occupy. A database that is locked for writing can still be read.
pub(crate) const WRITERS: usize = 2;

/// Number of those threads that queries and searches may occupy. The rest is free for light calls.
pub(crate) const QUERIES: usize = 3;

/// Time that a request waits for the database, and a write before that for a free permit.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The state that handlers share.
pub(crate) struct App {
    /// The store, which waits for the database up to [`PATIENCE`].
    pub(crate) store: DataStore,
    /// Permits for requests that write.
    pub(crate) write_permits: Semaphore,
    /// Permits for queries and searches.
    pub(crate) query_permits: Semaphore,
    /// Time limit of a query or search.
    pub(crate) query_timeout: Duration,
    /// State shared with the workers.
    pub(crate) shared: Arc<Shared>,
    /// Files and buckets that jobs may read from.
    pub(crate) rules: Rules,
    /// Token that each request must carry as its bearer token.
    pub(crate) token: Option<Secret>,
    /// The folder of the volumes' files.
    pub(crate) volumes: PathBuf,
    /// The temporary credentials of volumes.
    pub(crate) volume_keys: VolumeKeys,
    /// Time of the service's start, RFC 3339.
    pub(crate) started: String,
    /// Whether other machines may send requests, with any host name.
    pub(crate) public: bool,
}
