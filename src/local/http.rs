//! Connections: accepted, served, and ended when the service stops.
//!
//! What `axum::serve` does, but a client that says no more (`shutdown(SHUT_WR)`, `nc -N`) still gets its answer.

use super::doors::Doors;
use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use axum::serve::Listener as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long open requests may take to finish once the service stops.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// Serves a router's routes until the service stops; requests that are open then have [`GRACE`] to finish.
pub(super) async fn serve(mut doors: Doors, router: Router, mut stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    loop {
        let (connection, _) = tokio::select! {
            accepted = doors.accept() => accepted,
            _ = &mut stopped => break,
        };
        let cut = axum::Extension(ConnectInfo(connection.cut()));
        let service = TowerToHyperService::new(router.clone().layer(cut));
        let mut builder = Builder::new(TokioExecutor::new());
        _ = builder.http1().half_close(true);
        let served = builder.serve_connection(TokioIo::new(connection), service);
        let served = connections.watch(served.into_owned());
        // What ends a connection badly is the client's to know.
        tokio::spawn(async move { _ = served.await });
    }
    drop(doors);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}
