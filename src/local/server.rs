//! The HTTP server: routes, bodies, envelopes, and the thread it runs on.
//!
//! One thread serves all connections. Handlers are ordinary functions that run on a thread pool, since they wait for
//! the database.

use super::call::Call;
use super::doors::Doors;
use super::error::ServiceError;
use super::source::Rules;
use super::store::Store;
use super::worker::Shared;
use super::{
    aliases, body, collections, databases, entities, faults, guard, http, indexes, page, paths,
    requests, rows, search, upsert, v1, v2,
};
use crate::secret::Secret;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::{Value, json};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tower_service::Service as _;

/// Number of threads for handlers. They only wait for the database, which has a single writer anyway.
const HANDLERS: usize = 4;

/// Number of those threads that writes may occupy. A database that is locked for writing can still be read.
const WRITERS: usize = HANDLERS / 2;

/// Time that a request waits for the database, and a write before that for a free permit.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Value of the `server` header of each answer.
const SERVER: HeaderValue = HeaderValue::from_static(concat!("zshell/", env!("CARGO_PKG_VERSION")));

/// The state that handlers share.
pub(super) struct App {
    /// The store, which waits for the database up to [`PATIENCE`].
    pub(super) store: Store,
    /// Permits for requests that write.
    pub(super) turns: Semaphore,
    /// State shared with the workers.
    pub(super) shared: Arc<Shared>,
    /// Files and buckets that jobs may read from.
    pub(super) rules: Rules,
    /// Token that each request must carry as its bearer token.
    pub(super) token: Option<Secret>,
    /// Whether other machines may send requests, with any host name.
    pub(super) public: bool,
}

impl App {
    /// Returns the store.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the state shared with the workers.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}

/// Returns the permits for requests that write at a time.
pub(super) fn turns() -> Semaphore {
    Semaphore::new(WRITERS)
}

/// The success code of a route's answers (reference: dialects at a glance).
#[derive(Clone, Copy, Debug)]
pub(super) enum Envelope {
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
pub(super) type Handler<T = Value> = fn(&App, &Call) -> Result<T, ServiceError>;

/// A value that a handler can return as the answer's `data`.
pub(super) trait Data: Send + 'static {
    /// Appends the value's JSON text, and after it further keys of the answer if there are any.
    fn write(self, text: &mut String);
}

impl Data for Value {
    fn write(self, text: &mut String) {
        text.push_str(&self.to_string());
    }
}

/// A builder for the service's routes.
pub(super) struct Routes(Router<Arc<App>>);

impl Routes {
    /// Adds a route with parameters in the query, which only the v1 API has.
    pub(super) fn get(self, path: &str, handler: Handler) -> Self {
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
    pub(super) fn post<T: Data>(self, envelope: Envelope, path: &str, handler: Handler<T>) -> Self {
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
    pub(super) fn vectors<T: Data>(
        self,
        envelope: Envelope,
        path: &str,
        handler: Handler<T>,
    ) -> Self {
        self.reading(envelope, path, handler, body::Kind::Rows)
    }

    /// Adds a route that writes, with parameters as a JSON object.
    pub(super) fn write(self, envelope: Envelope, path: &str, handler: Handler) -> Self {
        self.writing(envelope, path, handler, body::Kind::Parameters)
    }

    /// Adds a route that writes rows, which come in `data` beside the parameters and may be many.
    pub(super) fn rows(self, envelope: Envelope, path: &str, handler: Handler) -> Self {
        self.writing(envelope, path, handler, body::Kind::Rows)
    }

    fn writing(self, envelope: Envelope, path: &str, handler: Handler, kind: body::Kind) -> Self {
        let route = move |State(app): State<Arc<App>>, request: Request| async move {
            let call = match take(request, kind).await {
                Ok(call) => call,
                Err(error) => return refusal(&error),
            };
            let turns = Arc::clone(&app);
            match tokio::time::timeout(PATIENCE, turns.turns.acquire()).await {
                Ok(_turn) => run(app, envelope, handler, call).await,
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

/// Returns an error's answer.
pub(super) fn refusal(error: &ServiceError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(
        status,
        json!({ "code": error.code, "message": error.message }).to_string(),
    )
}

fn json_response(status: StatusCode, text: String) -> Response {
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

fn router(app: Arc<App>) -> Router {
    let routes = collections::routes(v2::routes(v1::routes(Routes(Router::new()))));
    let routes = search::routes(upsert::routes(rows::routes(entities::routes(routes))));
    let Routes(router) = aliases::routes(indexes::routes(databases::routes(routes)));
    router
        .route("/", get(page::show))
        .fallback(|request: Request| async move {
            let what = format!(
                "{} {} is not part of this API",
                request.method(),
                request.uri().path()
            );
            refusal(&ServiceError::http(404, 404, what))
        })
        .method_not_allowed_fallback(|request: Request| async move {
            let what = format!(
                "{} does not take {}",
                request.uri().path(),
                request.method()
            );
            refusal(&ServiceError::http(405, 405, what))
        })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::check,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            faults::meet,
        ))
        .layer(middleware::map_response(
            |mut response: Response| async move {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static("server"), SERVER);
                response
            },
        ))
        .with_state(app)
}

/// Normalizes a request's path before it's routed. A layer of the router would run after the route was chosen.
fn plain(router: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let mut router = router.clone();
        let request = body::keep_leftover(paths::plain(request));
        async move { router.call(request).await }
    })
}

/// The running server.
pub(super) struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a listener that is already bound, so clients can already connect.
    pub(super) fn start(listener: TcpListener, app: Arc<App>) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(HANDLERS)
            .thread_name("local-handler")
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("local-http".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(http::serve(
                Doors::new(listener),
                plain(router(app)),
                stopped,
            ));
            runtime.shutdown_timeout(http::GRACE);
        })?;
        Ok(Self {
            addr,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns the address that the server listens on.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    /// Stops accepting, gives open requests a moment to finish, and ends the thread.
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}
