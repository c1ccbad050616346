//! The REST client of the import API in its three dialects.

mod clusters;
mod description;
mod error;
pub mod model;
mod outcome;
mod settings;

pub use clusters::Cluster;
pub use description::{CollectionDescription, FieldDescription, IndexDescription};
pub use error::{ApiError, Call, Effect, Outcome};
pub use settings::{BODY_LIMIT, CONNECT_TIMEOUT, LogSink, READ_TIMEOUT, Settings};

use crate::interrupt::Interrupt;
use model::{ImportRequest, JobPage, JobSummary, Progress};
use serde_json::Value;
use std::sync::Arc;

/// Which jobs a list call is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only jobs of this collection.
    pub collection: Option<String>,
    /// Of this database; `None` is the connection's.
    pub database: Option<String>,
}

/// A connection to one service. Clones share it; it may be used from several threads.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Arc<Settings>,
    interrupt: Interrupt,
}

fn unbuilt<T>() -> Result<T, ApiError> {
    Err(ApiError::Setting {
        what: "this call",
        problem: "it is not built yet".to_owned(),
        hint: None,
    })
}

/// The walk over a job list, page after page, in the service's order.
#[derive(Debug)]
pub struct Jobs {
    _client: Client,
}

impl Jobs {
    /// How many jobs there are in all, where the service has said so by now.
    pub fn total(&self) -> Option<u64> {
        None
    }
}

impl Iterator for Jobs {
    type Item = Result<JobSummary, ApiError>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

#[allow(clippy::unused_self)]
impl Client {
    /// A client; does no I/O. `interrupt` ends each of its calls within 100 ms once raised.
    pub fn new(settings: Settings, interrupt: Interrupt) -> Self {
        let settings = Arc::new(settings);
        Self {
            settings,
            interrupt,
        }
    }

    /// The same connection under another stop flag.
    #[must_use]
    pub fn with_interrupt(&self, interrupt: Interrupt) -> Self {
        Self {
            interrupt,
            ..self.clone()
        }
    }

    /// The connection's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Proves endpoint and key with one cheap list call.
    pub fn verify(&self) -> Result<(), ApiError> {
        unbuilt()
    }

    /// True once an answer named zshell's own import service as its server.
    pub fn is_local_service(&self) -> bool {
        false
    }

    /// Submits one import job and answers its id. Sent exactly once; what an error says of the job is
    /// [`ApiError::outcome`]. `idempotency_key`: printable ASCII, at most 256 bytes.
    pub fn create(
        &self,
        _request: &ImportRequest,
        _idempotency_key: &str,
    ) -> Result<String, ApiError> {
        unbuilt()
    }

    /// Reads a job's progress once.
    pub fn progress(&self, _job_id: &str) -> Result<Progress, ApiError> {
        unbuilt()
    }

    /// One page of the job list; `page` counts from 1, `page_size` is 5 to 100 on the cloud. On `milvus`, which
    /// has no paging, everything is page 1. v1 does not know filters: there the page is not filtered.
    pub fn list_page(
        &self,
        _filter: &JobFilter,
        _page: u64,
        _page_size: u64,
    ) -> Result<JobPage, ApiError> {
        unbuilt()
    }

    /// Walks all pages, filtered, each job once; ends after an error.
    pub fn jobs(&self, _filter: JobFilter) -> Jobs {
        Jobs {
            _client: self.clone(),
        }
    }

    /// The first `limit` jobs, or all, and how many there are in all.
    pub fn list(&self, _filter: &JobFilter, _limit: Option<usize>) -> Result<JobPage, ApiError> {
        unbuilt()
    }

    /// Commits a two-phase import.
    pub fn commit(&self, _job_id: &str) -> Result<(), ApiError> {
        unbuilt()
    }

    /// Aborts a two-phase import.
    pub fn abort(&self, _job_id: &str) -> Result<(), ApiError> {
        unbuilt()
    }

    /// The names of the database's collections.
    pub fn collections(&self) -> Result<Vec<String>, ApiError> {
        unbuilt()
    }

    /// True where the collection exists.
    pub fn has_collection(&self, _name: &str) -> Result<bool, ApiError> {
        unbuilt()
    }

    /// A collection's schema, indexes and load state.
    pub fn describe(&self, _name: &str) -> Result<CollectionDescription, ApiError> {
        unbuilt()
    }

    /// Creates a collection; `body` is the API's own create body, `dbName` is added where it is missing.
    pub fn create_collection(&self, _body: &Value) -> Result<(), ApiError> {
        unbuilt()
    }

    /// Drops a collection.
    pub fn drop_collection(&self, _name: &str) -> Result<(), ApiError> {
        unbuilt()
    }

    /// Loads a collection, so that it can be searched and counted.
    pub fn load(&self, _name: &str) -> Result<(), ApiError> {
        unbuilt()
    }

    /// The service's word for the load state, e.g. `LoadStateLoaded`.
    pub fn load_state(&self, _name: &str) -> Result<String, ApiError> {
        unbuilt()
    }

    /// The exact number of rows, by `count(*)`; the collection has to be loaded.
    pub fn count(&self, _name: &str) -> Result<u64, ApiError> {
        unbuilt()
    }

    /// The statistics' number of rows: approximate, needs no load.
    pub fn row_count(&self, _name: &str) -> Result<u64, ApiError> {
        unbuilt()
    }

    /// Every cluster the key may see.
    pub fn clusters(&self) -> Result<Vec<Cluster>, ApiError> {
        unbuilt()
    }

    /// One cluster by its id.
    pub fn cluster(&self, _id: &str) -> Result<Cluster, ApiError> {
        unbuilt()
    }
}
