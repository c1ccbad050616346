//! Accepts and serves connections, and ends them when the service stops.
//!
//! This replaces `axum::serve` so that a client that has closed its sending side (`shutdown(SHUT_WR)`, `nc -N`) still
//! gets its answer.

use super::listener::LimitedListener;
use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::sync::oneshot;

/// Time that open requests have to finish once the service stops.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// Serves a router's routes until the service stops. Requests that are open then have [`GRACE`] to finish.
pub(crate) async fn serve(
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
        let peer = axum::Extension(ConnectInfo(connection.peer.clone()));
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
