//! Applies the faults that were drawn for requests.
//!
//! A connection is dropped at the socket ([`Peer`]), so the client doesn't receive a single byte of an answer.

use super::error::ServiceError;
use super::listener::Peer;
use crate::local::faults::FaultKind;
use crate::local::state::App;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use std::sync::Arc;
use std::time::Duration;

/// Delay of a slow answer.
const SLOW: Duration = Duration::from_secs(3);

/// Page of a proxy that has lost its server.
const GARBAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

/// Passes a request on, or applies the fault that was drawn for it.
pub(crate) async fn meet(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // The page for browsers isn't part of the API, so it has no faults.
    let is_page = request.uri().path() == "/";
    let fault = (!is_page).then(|| app.shared.faults.of_request());
    let Some(fault) = fault.flatten() else {
        return next.run(request).await;
    };
    let peer = request.extensions().get::<ConnectInfo<Peer>>().cloned();
    let cut = || {
        if let Some(ConnectInfo(peer)) = peer {
            peer.cut();
        }
        Html("").into_response()
    };
    let is_done = app.shared.faults.roll() < 0.5;
    match fault {
        FaultKind::Refuse => ServiceError::new(80000, "refused by --fault refuse").into_response(),
        FaultKind::TooMany => ServiceError::http(429, 429, "too many requests").into_response(),
        FaultKind::DropBefore => cut(),
        FaultKind::DropAfter => {
            drop(next.run(request).await);
            cut()
        }
        FaultKind::Internal | FaultKind::Garbage => {
            if is_done {
                drop(next.run(request).await);
            }
            if fault == FaultKind::Garbage {
                Html(GARBAGE).into_response()
            } else {
                let page = Html("internal server error");
                (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
            }
        }
        FaultKind::Slow => {
            tokio::time::sleep(SLOW).await;
            next.run(request).await
        }
        FaultKind::FailJob => next.run(request).await,
    }
}
