//! The builder for routes: reads a request's parameters, runs the route's handler, and wraps its result.
//!
//! Handlers are ordinary functions that run on a thread pool, since they wait for the database.

use super::body::{self, BodyKind};
use super::call::{CallLimit, CancelOnDrop, Data, ServiceCall};
use super::error::{Result, ServiceError, json_response};
use super::listener::Peer;
use super::requests::{self, RequestKeys};
use crate::local::state::{App, PATIENCE};
use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::{MethodFilter, on, post};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The root of the paths that routes name without a leading slash.
const ROOT: &str = "/v2/vectordb/";

/// Returns the full path of a route.
fn full(path: &str) -> String {
    let root = if path.starts_with('/') { "" } else { ROOT };
    format!("{root}{path}")
}

/// Returns the success code of a path's answers.
fn success(path: &str) -> i64 {
    if path.starts_with("/v1/") { 200 } else { 0 }
}

/// Interval at which a running query's connection is checked.
const LOOK: Duration = Duration::from_millis(500);

/// Number of checks after which a query ends whose client has closed its side of the connection. A client that sends
/// nothing more but still reads looks the same, so it gets two seconds.
const CLOSED_LOOKS: usize = 4;

/// The function that handles a route's calls.
pub(crate) type Handler<T = Value> = fn(&App, &ServiceCall) -> Result<T>;

/// A builder for the service's routes. Paths without a leading slash are below [`ROOT`].
pub(crate) struct Routes(pub(crate) Router<Arc<App>>);

impl Routes {
    /// Adds a route with parameters in the query and the path.
    pub(crate) fn get(self, path: &str, handler: Handler) -> Self {
        self.without_body(path, handler, MethodFilter::GET)
    }

    /// Adds a route that deletes what its path names.
    pub(crate) fn delete(self, path: &str, handler: Handler) -> Self {
        self.without_body(path, handler, MethodFilter::DELETE)
    }

    fn without_body(self, path: &str, handler: Handler, method: MethodFilter) -> Self {
        let (path, success) = (full(path), success(path));
        let route = move |State(app): State<Arc<App>>, named: RawPathParams, request: Request| async move {
            let query = request.uri().query().unwrap_or_default();
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let pairs = pairs.map(|(name, value)| (name.into_owned(), Value::from(value)));
            let named = named.iter();
            let named = named.map(|(name, value)| (name.to_owned(), Value::from(value)));
            let params = pairs.chain(named).collect();
            let call = call(&app, body::BodyObject::of(params), request.headers());
            complete(request.extensions());
            run(app, success, handler, call).await
        };
        Self(self.0.route(&path, on(method, route)))
    }

    /// Adds a route that only reads, with parameters as a JSON object with these keys.
    pub(crate) fn post(self, path: &str, keys: RequestKeys, handler: Handler) -> Self {
        self.add(path, keys, (CallKind::Read, BodyKind::Parameters), handler)
    }

    /// Adds a route that reads many rows, with parameters as a JSON object.
    pub(crate) fn query<T: Data>(self, path: &str, keys: RequestKeys, handler: Handler<T>) -> Self {
        self.add(path, keys, (CallKind::Query, BodyKind::Parameters), handler)
    }

    /// Adds a route that reads many rows and accepts many vectors as `data`.
    pub(crate) fn vectors<T: Data>(
        self,
        path: &str,
        keys: RequestKeys,
        handler: Handler<T>,
    ) -> Self {
        self.add(path, keys, (CallKind::Query, BodyKind::Rows), handler)
    }

    /// Adds a route that writes, with parameters as a JSON object.
    pub(crate) fn write(self, path: &str, keys: RequestKeys, handler: Handler) -> Self {
        self.add(path, keys, (CallKind::Write, BodyKind::Parameters), handler)
    }

    /// Adds a route that writes rows, which come in `data` beside the parameters and may be many.
    pub(crate) fn rows(self, path: &str, keys: RequestKeys, handler: Handler) -> Self {
        self.add(path, keys, (CallKind::Write, BodyKind::Rows), handler)
    }

    fn add<T: Data>(
        self,
        path: &str,
        keys: RequestKeys,
        (kind, body): (CallKind, BodyKind),
        handler: Handler<T>,
    ) -> Self {
        let (path, success) = (full(path), success(path));
        let route = move |State(app): State<Arc<App>>, request: Request| async move {
            let peer = peer(request.extensions());
            let call = take(&app, request, keys, body).await?;
            let limit = call.limit.clone();
            let answered = run(Arc::clone(&app), success, handler, call);
            let answered = match kind {
                CallKind::Read => return answered.await,
                CallKind::Write => return with_permit(&app.write_permits, answered).await,
                CallKind::Query => with_permit(&app.query_permits, answered),
            };
            let _cancel = CancelOnDrop(limit.clone());
            tokio::select! {
                answer = answered => answer,
                () = has_left(peer) => {
                    limit.cancel();
                    Err(ServiceError::timeout())
                }
            }
        };
        Self(self.0.route(&path, post(route)))
    }
}

/// The resources that a call takes.
#[derive(Clone, Copy)]
enum CallKind {
    Read,
    /// A call that reads many rows. It ends when its client leaves.
    Query,
    Write,
}

/// Answers with a permit, or with 429 if none gets free in time.
async fn with_permit(
    permits: &Semaphore,
    answer: impl Future<Output = Result<Response>>,
) -> Result<Response> {
    match tokio::time::timeout(PATIENCE, permits.acquire()).await {
        Ok(_permit) => answer.await,
        Err(_) => Err(ServiceError::busy()),
    }
}

/// Waits until the client has closed its side of the connection for a while.
async fn has_left(peer: Option<Peer>) {
    let mut closed = 0;
    while closed < CLOSED_LOOKS {
        tokio::time::sleep(LOOK).await;
        closed += usize::from(peer.as_ref().is_some_and(Peer::has_closed));
    }
}

fn peer(extensions: &Extensions) -> Option<Peer> {
    let peer = extensions.get::<ConnectInfo<Peer>>();
    peer.map(|ConnectInfo(peer)| peer.clone())
}

/// Marks the request as complete, so its connection isn't idle.
pub(crate) fn complete(extensions: &Extensions) {
    if let Some(peer) = peer(extensions) {
        peer.request_is_complete();
    }
}

async fn take(
    app: &App,
    request: Request,
    keys: RequestKeys,
    kind: BodyKind,
) -> Result<ServiceCall> {
    let (parts, body) = request.into_parts();
    let mut object = body::object(&parts.headers, body, kind).await?;
    complete(&parts.extensions);
    requests::bind(parts.uri.path(), keys, &mut object.params)?;
    requests::check_rows(parts.uri.path(), object.data.as_deref())?;
    Ok(call(app, object, &parts.headers))
}

fn call(app: &App, object: body::BodyObject, headers: &HeaderMap) -> ServiceCall {
    let bytes = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let text = |name| bytes(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let allowed = bytes("accept-type-allow-int64");
    ServiceCall {
        object,
        key: bytes("idempotency-key").map(<[u8]>::to_vec),
        database: text("db-name"),
        host: text("host").unwrap_or_default(),
        texts_for_int64: allowed.is_some_and(|value| value.eq_ignore_ascii_case(b"false")),
        limit: CallLimit::starting(app.query_timeout),
    }
}

async fn run<T: Data>(
    app: Arc<App>,
    success: i64,
    handler: Handler<T>,
    call: ServiceCall,
) -> Result<Response> {
    let answer = move || {
        let data = handler(&app, &call)?;
        let mut text = format!("{{\"code\":{success},\"data\":");
        data.write(&mut text);
        text.push('}');
        Ok(text)
    };
    let answered = tokio::task::spawn_blocking(answer).await;
    let failed =
        |_| ServiceError::unexpected("the local service failed internally; please report it");
    answered.map_err(failed)?.map(json_response)
}
