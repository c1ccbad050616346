//! What a request still sends after it was answered, read and thrown away.
//!
//! Most clients read no answer before they have sent their whole body. If the connection were closed meanwhile, they would
//! see that it broke, and not why their request was refused.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use http_body::{Frame, SizeHint};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;

/// The most bytes that are read for nothing.
const MOST: usize = 64 << 20;

/// How long they are read: less than a connection may go without an answer.
const TIME: Duration = Duration::from_secs(20);

/// How long each piece is waited for.
const PAUSE: Duration = Duration::from_secs(1);

/// Sees to it that the rest of the request's body is read, whoever answers it before.
pub(in crate::local) fn keep(request: Request) -> Request {
    // Who asks first whether to send the body does not send it to be refused.
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
            // Where it sends on, the connection is closed after all.
            _ = runtime.spawn(tokio::time::timeout(TIME, drain(body)));
        }
    }
}

async fn drain(mut body: Body) {
    let mut bytes = 0_usize;
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let Ok(Some(Ok(frame))) = tokio::time::timeout(PAUSE, frame).await else {
            return;
        };
        bytes = bytes.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if bytes > MOST {
            return;
        }
    }
}
