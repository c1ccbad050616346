//! Reads and discards the rest of a request that was answered before it was complete.
//!
//! Most clients don't read an answer before they've sent their whole body. If the connection were closed earlier, they
//! would see a broken connection instead of the reason for the refusal.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use futures_util::TryStreamExt as _;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;

/// Most bytes to discard.
const MOST: usize = 64 << 20;

/// Time limit for discarding: less than the time that a connection may last without an answer.
const TIME: Duration = Duration::from_secs(20);

/// Time limit for each piece.
const PAUSE: Duration = Duration::from_secs(1);

/// Wraps a request's body so that its rest is read even if the request is answered early.
pub(crate) fn keep(request: Request) -> Request {
    // A client with this header asks before it sends the body, so it won't send a refused one.
    if request.headers().contains_key(header::EXPECT) {
        return request;
    }
    request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Leftover { body, ended: false })
    })
}

/// A body whose rest is read when it is dropped.
struct Leftover {
    body: Body,
    ended: bool,
}

impl HttpBody for Leftover {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.ended |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if self.ended || self.body.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let body = std::mem::take(&mut self.body);
            // If the client still sends after the limit, the connection is closed.
            _ = runtime.spawn(tokio::time::timeout(TIME, drain(body)));
        }
    }
}

async fn drain(body: Body) {
    let mut body = body.into_data_stream();
    let mut bytes = 0_usize;
    while let Ok(Ok(Some(piece))) = tokio::time::timeout(PAUSE, body.try_next()).await
        && bytes <= MOST
    {
        bytes = bytes.saturating_add(piece.len());
    }
}
