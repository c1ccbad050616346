//! The HTTP server: all routes behind the checks of each request, and the thread that serves them.
//!
//! One thread serves all connections.

use super::http::error::ServiceError;
use super::http::listener::LimitedListener;
use super::http::routing::Routes;
use super::http::{body, faults, guard, paths, serve};
use super::routes::{
    aliases, collections, control, databases, entities, indexes, page, rows, search, upsert, v1,
    v2, volumes,
};
use super::state::{App, HANDLERS};
use super::volumes::{BUCKET, endpoint};
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Router, middleware};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use tower_service::Service as _;

/// Value of the `server` header of each answer.
const SERVER: &str = concat!("zshell/", env!("CARGO_PKG_VERSION"));

fn router(app: Arc<App>) -> Router {
    let routes = collections::routes(v2::routes(v1::routes(Routes(Router::new()))));
    let routes = search::routes(upsert::routes(rows::routes(entities::routes(routes))));
    let routes = volumes::routes(control::routes(routes));
    let Routes(router) = aliases::routes(indexes::routes(databases::routes(routes)));
    router
        .route("/", get(page::show))
        .route(&format!("/{BUCKET}"), any(endpoint::handle))
        .route(&format!("/{BUCKET}/"), any(endpoint::handle))
        .route(&format!("/{BUCKET}/{{*object}}"), any(endpoint::handle))
        .fallback(|request: Request| async move {
            let what = format!(
                "{} {} is not part of this API",
                request.method(),
                request.uri().path()
            );
            ServiceError::http(404, 404, what)
        })
        .method_not_allowed_fallback(|request: Request| async move {
            let what = format!(
                "{} does not take {}",
                request.uri().path(),
                request.method()
            );
            ServiceError::http(405, 405, what)
        })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::check,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            faults::meet,
        ))
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
            paths::plain(request)
        };
        let request = body::keep_leftover(request);
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
            runtime.block_on(serve::serve(
                LimitedListener::new(listener),
                plain(router(app)),
                stopped,
            ));
            runtime.shutdown_timeout(serve::GRACE);
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
