//! The HTTP server: all routes behind the checks of each request, and the thread that serves them.
//!
//! One thread does the input and output of all connections; at most `HANDLERS` threads run handlers.

use super::http::error::ServiceError;
use super::http::listener::LimitedListener;
use super::http::routing::Routes;
use super::http::{body, faults, guard};
use super::routes::{
    aliases, collections, control, databases, entities, indexes, page, rows, search, upsert, v1,
    v2, volumes,
};
use super::state::{App, HANDLERS};
use super::volumes::{BUCKET, endpoint};
use axum::extract::Request;
use axum::extract::connect_info::ConnectInfo;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri, header};
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Extension, Router, middleware};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use percent_encoding::percent_decode_str;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tower_service::Service as _;

/// Time that open requests have to finish once the service stops.
const GRACE: Duration = Duration::from_secs(1);

/// Value of the `server` header of each answer.
const SERVER: &str = concat!("zshell/", env!("CARGO_PKG_VERSION"));

fn router(app: Arc<App>) -> Router {
    let routes = collections::routes(v2::routes(v1::routes(Routes(Router::new()))));
    let routes = search::routes(upsert::routes(rows::routes(entities::routes(routes))));
    let routes = volumes::routes(control::routes(routes));
    let Routes(router) = aliases::routes(indexes::routes(databases::routes(routes)));
    let (guarded, faulty) = (Arc::clone(&app), Arc::clone(&app));
    router
        .route("/", get(page::show))
        .route(&format!("/{BUCKET}"), any(endpoint::handle))
        .route(&format!("/{BUCKET}/"), any(endpoint::handle))
        .route(&format!("/{BUCKET}/{{*object}}"), any(endpoint::handle))
        .fallback(|method: Method, uri: Uri| async move {
            let what = format!("{method} {} is not part of this API", uri.path());
            ServiceError::http(404, 404, what)
        })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            let what = format!("{} does not take {method}", uri.path());
            ServiceError::http(405, 405, what)
        })
        .layer(middleware::from_fn_with_state(guarded, guard::check))
        .layer(middleware::from_fn_with_state(faulty, faults::meet))
        .layer(middleware::map_response(async |response: Response| {
            ([(header::SERVER, SERVER)], response)
        }))
        .with_state(app)
}

/// Normalizes a request's path before it's routed. A layer of the router would run after the route was chosen.
fn plain(router: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let mut router = router.clone();
        // The names of objects are signed as they were sent, and slashes in them have a meaning.
        let request = if endpoint::is_own(request.uri().path()) {
            request
        } else {
            plain_request(request)
        };
        let request = body::keep_leftover(request);
        async move { router.call(request).await }
    })
}

/// Normalizes a request's path, since clients write a path in several ways: no trailing or double slashes, no
/// percent-encoding. Paths that can't be normalized are left alone and get a 404.
fn plain_request(mut request: Request) -> Request {
    if let Some(path) = plain_path(request.uri().path()) {
        let target = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if let Ok(target) = PathAndQuery::try_from(target) {
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = Some(target);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

/// Returns the normalized path if it differs.
fn plain_path(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    // Decoded, these characters would end the path or appear in no route.
    let odd = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'?' | b'#' | b'%');
    if decoded.bytes().any(odd) {
        return None;
    }
    let mut plain = String::with_capacity(decoded.len());
    for piece in decoded.split('/').filter(|piece| !piece.is_empty()) {
        plain.push('/');
        plain.push_str(piece);
    }
    if plain.is_empty() {
        plain.push('/');
    }
    (plain != path).then_some(plain)
}

/// Serves a router's routes until the service stops. Requests that are open then have [`GRACE`] to finish.
///
/// This replaces `axum::serve` so that a client that has closed its sending side (`shutdown(SHUT_WR)`, `nc -N`) still
/// gets its answer.
pub(super) async fn serve(
    mut doors: LimitedListener,
    router: Router,
    mut stopped: oneshot::Receiver<()>,
) {
    let connections = GracefulShutdown::new();
    loop {
        let connection = tokio::select! {
            accepted = doors.accept() => accepted,
            _ = &mut stopped => break,
        };
        let peer = Extension(ConnectInfo(connection.peer.clone()));
        let service = TowerToHyperService::new(router.clone().layer(peer));
        // HTTP/2 would pass the limits of [`LimitedListener`] and the check of `Host`.
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        _ = builder.http1().half_close(true);
        let served = builder.serve_connection(TokioIo::new(connection), service);
        let served = connections.watch(served.into_owned());
        // An error of a connection is only of interest to its client.
        tokio::spawn(async move { _ = served.await });
    }
    drop(doors);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}

/// The running server.
pub(super) struct Server {
    addr: SocketAddr,
    /// Stops the server when it's dropped.
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
            runtime.block_on(serve(
                LimitedListener::new(listener),
                plain(router(app)),
                stopped,
            ));
            runtime.shutdown_timeout(GRACE);
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
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn paths_are_normalized() {
        for (given, expected) in [
            ("/v2/a/", "/v2/a"),
            ("//v2///a", "/v2/a"),
            ("/v2/%61", "/v2/a"),
            ("/v2%2Fa", "/v2/a"),
            ("//", "/"),
        ] {
            assert_eq!(plain_path(given).as_deref(), Some(expected), "{given}");
        }
        for given in [
            "/",
            "/v2/a",
            "/v2/%3Fx",
            "/v2/%00",
            "/v2/%ff",
            "/v2/%2561",
            "/v2/%20a",
        ] {
            assert_eq!(plain_path(given), None, "{given}");
        }
    }

    #[test]
    fn the_query_is_unchanged() {
        let request = Request::builder().uri("/v1/list/?jobId=a%2Fb%20//");
        let request = plain_request(request.body(Body::empty()).unwrap());
        assert_eq!(request.uri().to_string(), "/v1/list?jobId=a%2Fb%20//");
    }
}
