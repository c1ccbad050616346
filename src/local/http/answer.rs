//! Answers: the JSON text of a result, and the answer of an error.

use super::error::ServiceError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A value that a handler can return as the answer's `data`.
pub(crate) trait Data: Send + 'static {
    /// Appends the value's JSON text, and after it further keys of the answer if there are any.
    fn write(self, text: &mut String);
}

impl Data for Value {
    fn write(self, text: &mut String) {
        text.push_str(&self.to_string());
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
pub(crate) fn json_response(text: String) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    ([kind], text).into_response()
}
