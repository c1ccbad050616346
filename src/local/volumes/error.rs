//! Errors of the endpoint, with S3's codes, and answers in XML.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use quick_xml::escape::escape;
use std::io;

/// The result of an operation on a volume.
pub(crate) type Result<T, E = S3Error> = std::result::Result<T, E>;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Error {
    pub(crate) status: u16,
    /// S3's code, e.g. `NoSuchKey`.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl S3Error {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(crate) fn no_key(key: &str) -> Self {
        Self::new(404, "NoSuchKey", format!("there is no object {key:?}"))
    }

    pub(crate) fn no_upload() -> Self {
        Self::new(404, "NoSuchUpload", "there is no such multipart upload")
    }

    pub(crate) fn unsupported(what: &str) -> Self {
        let message = format!("{what} is not supported by the local service");
        Self::new(501, "NotImplemented", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", message)
    }
}

impl IntoResponse for S3Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::NOT_MODIFIED {
            return status.into_response();
        }
        let (code, message) = (self.code, escape(&self.message));
        let text = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        (status, xml(&text)).into_response()
    }
}

impl From<io::Error> for S3Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::new(507, "InsufficientStorage", error.to_string())
            }
            _ => Self::internal(error.to_string()),
        }
    }
}

/// Returns an answer with this XML text.
pub(crate) fn xml(text: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}");
    ([(header::CONTENT_TYPE, "application/xml")], text).into_response()
}
