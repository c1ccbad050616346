//! Answers: the JSON text of a result, and the answer of an error.

use super::error::ServiceError;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
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

/// Returns an error's answer.
pub(crate) fn refusal(error: &ServiceError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(
        status,
        json!({ "code": error.code, "message": error.message }).to_string(),
    )
}

/// Returns an answer with this JSON text.
pub(crate) fn json_response(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
