//! The builder for routes: reads a request's parameters, runs the route's handler, and wraps its result.
//!
//! Handlers are ordinary functions that run on a thread pool, since they wait for the database.

use super::answer::{Data, json_response, refusal};
use super::call::Call;
use super::error::ServiceError;
use super::{body, requests};
use crate::local::state::{App, PATIENCE};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;
use std::sync::Arc;

/// The success code of a route's answers (reference: dialects at a glance).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Envelope {
    /// Success is 200.
    V1,
    /// Success is 0.
    V2,
}

impl Envelope {
    const fn success(self) -> i64 {
        match self {
            Self::V1 => 200,
            Self::V2 => 0,
        }
    }
}

/// The function that handles a route's calls.
pub(crate) type Handler<T = Value> = fn(&App, &Call) -> Result<T, ServiceError>;

/// A builder for the service's routes.
pub(crate) struct Routes(pub(crate) Router<Arc<App>>);

impl Routes {
    /// Adds a route with parameters in the query, which only the v1 API has.
    pub(crate) fn get(self, path: &str, handler: Handler) -> Self {
        let route = move |State(app): State<Arc<App>>, request: Request| async move {
            let query = request.uri().query().unwrap_or_default();
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let params = pairs
                .map(|(name, value)| (name.into_owned(), Value::from(value)))
                .collect();
            let call = call(body::Object::of(params), request.headers());
            run(app, Envelope::V1, handler, call).await
        };
        Self(self.0.route(path, get(route)))
    }

    /// Adds a route that only reads, with parameters as a JSON object.
    pub(crate) fn post<T: Data>(self, envelope: Envelope, path: &str, handler: Handler<T>) -> Self {
        self.reading(envelope, path, handler, body::Kind::Parameters)
    }

    fn reading<T: Data>(
        self,
        envelope: Envelope,
        path: &str,
        handler: Handler<T>,
        kind: body::Kind,
    ) -> Self {
        let route = move |State(app): State<Arc<App>>, request: Request| async move {
            match take(request, kind).await {
                Ok(call) => run(app, envelope, handler, call).await,
                Err(error) => refusal(&error),
            }
        };
        Self(self.0.route(path, post(route)))
    }

    /// Adds a route that only reads and accepts many vectors as `data`.
    pub(crate) fn vectors<T: Data>(
        self,
        envelope: Envelope,
        path: &str,
        handler: Handler<T>,
    ) -> Self {
        self.reading(envelope, path, handler, body::Kind::Rows)
    }

    /// Adds a route that writes, with parameters as a JSON object.
    pub(crate) fn write(self, envelope: Envelope, path: &str, handler: Handler) -> Self {
        self.writing(envelope, path, handler, body::Kind::Parameters)
    }

    /// Adds a route that writes rows, which come in `data` beside the parameters and may be many.
    pub(crate) fn rows(self, envelope: Envelope, path: &str, handler: Handler) -> Self {
        self.writing(envelope, path, handler, body::Kind::Rows)
    }

    fn writing(self, envelope: Envelope, path: &str, handler: Handler, kind: body::Kind) -> Self {
        let route = move |State(app): State<Arc<App>>, request: Request| async move {
            let call = match take(request, kind).await {
                Ok(call) => call,
                Err(error) => return refusal(&error),
            };
            let permits = Arc::clone(&app);
            match tokio::time::timeout(PATIENCE, permits.write_permits.acquire()).await {
                Ok(_permit) => run(app, envelope, handler, call).await,
                Err(_) => refusal(&ServiceError::busy()),
            }
        };
        Self(self.0.route(path, post(route)))
    }
}

async fn take(request: Request, kind: body::Kind) -> Result<Call, ServiceError> {
    let (parts, body) = request.into_parts();
    let mut object = body::object(&parts.headers, body, kind).await?;
    requests::bind(parts.uri.path(), &mut object.params)?;
    requests::check_rows(parts.uri.path(), object.data.as_deref())?;
    Ok(call(object, &parts.headers))
}

fn call(object: body::Object, headers: &HeaderMap) -> Call {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Call {
        object,
        key: headers
            .get("idempotency-key")
            .map(|key| key.as_bytes().to_owned()),
        database: headers.get("db-name").map(text),
        texts_for_int64: headers
            .get("accept-type-allow-int64")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"false")),
    }
}

async fn run<T: Data>(
    app: Arc<App>,
    envelope: Envelope,
    handler: Handler<T>,
    call: Call,
) -> Response {
    let answer = move || {
        let data = handler(&app, &call)?;
        let mut text = format!("{{\"code\":{},\"data\":", envelope.success());
        data.write(&mut text);
        text.push('}');
        Ok(text)
    };
    match tokio::task::spawn_blocking(answer).await {
        Ok(Ok(text)) => json_response(StatusCode::OK, text),
        Ok(Err(error)) => refusal(&error),
        Err(_) => refusal(&ServiceError::internal(
            "the local service failed internally; please report it",
        )),
    }
}
