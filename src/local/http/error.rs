//! Error answers of the service, with the codes of the real services.

use crate::api::model::Dialect;
use crate::formats::SchemaError;
use crate::formats::source::FilesError;
use crate::local::source::SourceError;
use crate::local::storage::StoreError;
use crate::location::PathFault;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The result of a call, or of a step of it.
pub(crate) type Result<T, E = ServiceError> = std::result::Result<T, E>;

/// An error answer, normally HTTP 200 with an envelope whose code isn't the success code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// HTTP status.
    pub(crate) status: u16,
    /// The envelope's `code`.
    pub(crate) code: i64,
    /// The envelope's `message`.
    pub(crate) message: String,
}

impl ServiceError {
    /// Returns an error in the envelope of an HTTP 200 answer.
    pub(crate) fn new(code: i64, message: impl ToString) -> Self {
        Self::http(200, code, message)
    }

    /// Returns an error with its own HTTP status.
    pub(crate) fn http(status: u16, code: i64, message: impl ToString) -> Self {
        let message = message.to_string();
        Self {
            status,
            code,
            message,
        }
    }

    /// Returns the error for a body that isn't a JSON object: 1801.
    pub(crate) fn not_json(status: u16, found: &str) -> Self {
        let message = format!("can only accept json format request: {found}");
        Self::http(status, 1801, message)
    }

    /// Returns the error for a missing required parameter: 1802, or 80000 in the cloud's dialects.
    pub(crate) fn missing(dialect: Dialect, name: &str) -> Self {
        let message = format!("missing required parameters, error: {name} is required");
        Self::new(dialect.choose(80000, 1802), message)
    }

    /// Returns the error for a parameter with an invalid value: 1100, or 80000 in the cloud's dialects.
    pub(crate) fn parameter(dialect: Dialect, message: impl std::fmt::Display) -> Self {
        let message = format!("invalid parameter: {message}");
        Self::new(dialect.choose(80000, 1100), message)
    }

    /// Returns the error for a parameter with an invalid value in a call that has Milvus' dialect alone: 1100.
    pub(crate) fn invalid(message: impl std::fmt::Display) -> Self {
        Self::parameter(Dialect::Milvus, message)
    }

    /// Returns the error for an unsupported part of the API: 10, as in Milvus.
    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        let what = format!("{what} not supported by the local service yet");
        Self::new(10, format!("service unimplemented: {what}"))
    }

    /// Returns the error for a missing database: 800.
    pub(crate) fn no_database(name: &str) -> Self {
        Self::new(800, format!("database not found[database={name}]"))
    }

    /// Returns the error for a missing collection: 100, or 47005 for the cloud's import calls.
    pub(crate) fn no_collection(dialect: Dialect, database: &str, name: &str) -> Self {
        let message = format!("can't find collection[database={database}][collection={name}]");
        Self::new(dialect.choose(47005, 100), message)
    }

    /// Returns the error for a missing partition in calls about rows: 200, which isn't the success code of these calls.
    pub(crate) fn no_partition(name: &str) -> Self {
        Self::new(200, format!("partition not found[partition={name}]"))
    }

    /// Returns the error for a missing partition in an import call: 200, or 80000 in the cloud's dialects, where 200
    /// may mean success.
    pub(crate) fn no_import_partition(dialect: Dialect, name: &str) -> Self {
        let error = Self::no_partition(name);
        dialect.choose(Self::parameter(dialect, &error.message), error)
    }

    /// Returns the cloud dialects' error for a missing job: 90144.
    pub(crate) fn no_cloud_job(id: &str) -> Self {
        let message = format!("the import job does not exist in this cluster, jobId={id}");
        Self::new(90144, message)
    }

    /// Returns the error for an import call that fails on the server's side: 2101, as in Milvus.
    pub(crate) fn import_system(message: impl std::fmt::Display) -> Self {
        let message = format!("{message}: importing data failed on server side");
        Self::new(2101, message)
    }

    /// Returns the error for a path that can't be imported: 10003, or 2100 in Milvus' dialect.
    pub(crate) fn path(dialect: Dialect, error: &SourceError) -> Self {
        let is_type = match error {
            SourceError::Files(error) => matches!(error, FilesError::Unsupported { .. }),
            SourceError::Invalid(error) => error.fault() == PathFault::Extension,
            _ => false,
        };
        let milvus = if is_type {
            Self::import(format!("unexpected file type: {error}"))
        } else {
            Self::import(error)
        };
        dialect.choose(Self::new(10003, error), milvus)
    }

    /// Returns the error for an import call that can't be carried out: 2100.
    pub(crate) fn import(message: impl std::fmt::Display) -> Self {
        Self::new(2100, format!("{message}: importing data failed"))
    }

    /// Returns the error for a call that did nothing and may succeed later: 429.
    pub(crate) fn busy() -> Self {
        Self::http(429, 429, StoreError::Busy)
    }

    /// Returns the error for a call that takes too long: 10001 (Milvus: `timeoutMiddleware`).
    pub(crate) fn timeout() -> Self {
        Self::http(408, 10001, "request timeout")
    }

    /// Returns an error without a code of its own: 65535, as in Milvus.
    pub(crate) fn unexpected(message: impl ToString) -> Self {
        Self::new(65535, message)
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry =
            (status == StatusCode::TOO_MANY_REQUESTS).then_some([(header::RETRY_AFTER, "1")]);
        let text = json!({ "code": self.code, "message": self.message }).to_string();
        (status, retry, json_response(text)).into_response()
    }
}

/// Returns an answer with this JSON text.
pub(super) fn json_response(text: String) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    ([kind], text).into_response()
}

/// The result is 429 if another process has the store locked, so clients try again. Nothing was done in that case.
impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy(),
            error => Self::unexpected(error),
        }
    }
}

impl From<SchemaError> for ServiceError {
    fn from(error: SchemaError) -> Self {
        // Milvus: pkg/util/merr/errors.go. Invalid JSON is found earlier (httpserver/constant.go).
        match &error {
            SchemaError::Shape { .. } => Self::not_json(200, &error.to_string()),
            SchemaError::Missing(_) => Self::new(1101, format!("missing parameter: {error}")),
            SchemaError::Name { .. } => Self::new(1701, format!("field name invalid: {error}")),
            _ => Self::invalid(error),
        }
    }
}
