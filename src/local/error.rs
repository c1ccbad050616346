//! The service's error answers, with the codes of the real services (reference: error codes worth a hint).

use super::source::{Dialect, SourceError};
use super::store::StoreError;
use crate::formats::SchemaError;
use crate::location::LocationError;

/// An error answer: normally HTTP 200 with an envelope whose code is not the success code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceError {
    /// HTTP status.
    pub(super) status: u16,
    /// The envelope's `code`.
    pub(super) code: i64,
    /// The envelope's `message`.
    pub(super) message: String,
}

impl ServiceError {
    /// An error in the envelope of an HTTP 200 answer.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: 200,
            code,
            message: message.into(),
        }
    }

    /// An error of HTTP itself.
    pub(super) fn http(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// The body is not JSON (1801), or is no JSON object.
    pub(super) fn not_json(status: u16, found: &str) -> Self {
        let message = format!("can only accept json format request: {found}");
        Self::http(status, 1801, message)
    }

    /// A required parameter is not there: 1802, or 80000 in the cloud's dialects.
    pub(super) fn missing(dialect: Dialect, name: &str) -> Self {
        let code = dialect.choose(80000, 1802);
        Self::new(
            code,
            format!("missing required parameters, error: {name} is required"),
        )
    }

    /// A parameter has a value that is not accepted: 1100, or 80000 in the cloud's dialects.
    pub(super) fn parameter(dialect: Dialect, message: impl std::fmt::Display) -> Self {
        Self::new(
            dialect.choose(80000, 1100),
            format!("invalid parameter: {message}"),
        )
    }

    /// Part of the API that this service does not have (10, as Milvus answers).
    pub(super) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new(
            10,
            format!("service unimplemented: {what} not supported by the local service yet"),
        )
    }

    /// No such database: 800.
    pub(super) fn no_database(name: &str) -> Self {
        Self::new(800, format!("database not found[database={name}]"))
    }

    /// No such collection: 100, or 47005 for the cloud's import calls.
    pub(super) fn no_collection(dialect: Dialect, database: &str, name: &str) -> Self {
        let message = format!("can't find collection[database={database}][collection={name}]");
        Self::new(dialect.choose(47005, 100), message)
    }

    /// No such partition, where rows are asked for: 200, which is no success code there.
    pub(super) fn no_partition(name: &str) -> Self {
        Self::new(200, format!("partition not found[partition={name}]"))
    }

    /// No such partition, for an import call: 200, or 80000 in the cloud's dialects, where 200 may mean success.
    pub(super) fn no_import_partition(dialect: Dialect, name: &str) -> Self {
        let error = Self::no_partition(name);
        dialect.choose(Self::parameter(dialect, &error.message), error)
    }

    /// No such index: 700.
    pub(super) fn no_index(name: &str) -> Self {
        Self::new(700, format!("index not found[index={name}]"))
    }

    /// The collection is not loaded: 101.
    pub(super) fn not_loaded(name: &str) -> Self {
        Self::new(101, format!("collection not loaded[collection={name}]"))
    }

    /// No such job, of the cloud's dialects: 90144.
    pub(super) fn no_cloud_job(id: &str) -> Self {
        let message = format!("the import job does not exist in this cluster, jobId={id}");
        Self::new(90144, message)
    }

    /// An import call that fails on Milvus' side: 2101.
    pub(super) fn import_system(message: impl std::fmt::Display) -> Self {
        let message = format!("{message}: importing data failed on server side");
        Self::new(2101, message)
    }

    /// A path that can't be imported: 10003, or 2100 where Milvus is spoken.
    pub(super) fn path(dialect: Dialect, error: &SourceError) -> Self {
        dialect.choose(
            Self::new(10003, error.to_string()),
            match error {
                SourceError::Unsupported { .. }
                | SourceError::Invalid(LocationError::Extension { .. }) => {
                    Self::import(format!("unexpected file type: {error}"))
                }
                error => Self::import(error),
            },
        )
    }

    /// An import call that cannot be done: 2100.
    pub(super) fn import(message: impl std::fmt::Display) -> Self {
        Self::new(2100, format!("{message}: importing data failed"))
    }

    /// Nothing was done, and the same may work later: 429.
    pub(super) fn busy() -> Self {
        Self::http(429, 429, StoreError::Busy.to_string())
    }

    /// The call takes too long: 10001 (Milvus: `timeoutMiddleware`).
    pub(super) fn timeout() -> Self {
        Self::http(408, 10001, "request timeout")
    }

    /// The store failed: 65535, as Milvus answers what it did not foresee.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(65535, message)
    }
}

impl Dialect {
    /// The first for the cloud's dialects, the second for Milvus.
    pub(super) fn choose<T>(self, cloud: T, milvus: T) -> T {
        match self {
            Self::V1 | Self::V2 => cloud,
            Self::Milvus => milvus,
        }
    }
}

/// 429 where the store is another's, so that clients try again; nothing was done then.
impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy(),
            error => Self::internal(error.to_string()),
        }
    }
}

impl From<SchemaError> for ServiceError {
    fn from(error: SchemaError) -> Self {
        // Milvus: pkg/util/merr/errors.go; what JSON itself has wrong is found before (httpserver/constant.go).
        match &error {
            SchemaError::Shape { .. } => Self::not_json(200, &error.to_string()),
            SchemaError::Missing(_) => Self::new(1101, format!("missing parameter: {error}")),
            SchemaError::Name { .. } => Self::new(1701, format!("field name invalid: {error}")),
            _ => Self::parameter(Dialect::Milvus, error),
        }
    }
}
