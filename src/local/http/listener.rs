//! Accepts connections on the listening socket, with limits on their number and on how long each may be idle.
//!
//! Some clients open connections and send nothing, or send byte by byte, or disappear without closing. The limits bound
//! the number of connections that such a client can hold, and the time.

use axum::serve::Listener;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Most connections at once; further ones wait to be accepted.
const PLACES: usize = 256;

/// Time limit for a connection between answers, from its start or the last piece of an answer. It covers waiting for a
/// request, reading it, and answering it.
const QUIET: Duration = Duration::from_secs(30);

/// A listener with a limited number of connections.
pub(crate) struct LimitedListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    quiet: Duration,
}

impl LimitedListener {
    /// Wraps a listener to limit its connections.
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self::with_limits(listener, PLACES, QUIET)
    }

    fn with_limits(listener: TcpListener, places: usize, quiet: Duration) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(places)),
            quiet,
        }
    }
}

impl Listener for LimitedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed. Without a permit, the connection would only be missing from the count.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, addr) = Listener::accept(&mut self.listener).await;
        // Answers are small and should be sent immediately.
        _ = stream.set_nodelay(true);
        let connection = Connection {
            stream,
            quiet: self.quiet,
            over: Box::pin(sleep(self.quiet)),
            cut: Disconnect::default(),
            _place: place,
        };
        (connection, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A switch that breaks a connection: once it's set, no further byte is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disconnect(Arc<AtomicBool>);

impl Disconnect {
    /// Breaks the connection at its next write.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns true if the connection should break.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An accepted connection, which fails when its time limit has passed.
pub(crate) struct Connection {
    stream: TcpStream,
    quiet: Duration,
    over: Pin<Box<Sleep>>,
    cut: Disconnect,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Returns the handle that breaks the connection.
    pub(crate) fn cut(&self) -> Disconnect {
        self.cut.clone()
    }

    /// Returns the time-out error if the time limit has passed, else pending.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.over
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Returns the result of a write, and restarts the time limit when the write is done.
    fn written(
        &mut self,
        context: &mut Context<'_>,
        done: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match done {
            Poll::Pending => self.wait(context),
            Poll::Ready(done) => {
                let end = Instant::now() + self.quiet;
                self.over.as_mut().reset(end);
                Poll::Ready(done)
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The time limit is checked first, so it also applies to a client that sends byte by byte.
        if let over @ Poll::Ready(_) = self.wait(context) {
            return over;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_set() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_set() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use std::io::{Read as _, Write as _};

    /// Serves `/` with these limits to `client`, which runs on a thread of its own.
    fn serve<T: Send + 'static>(
        places: usize,
        quiet: Duration,
        client: impl FnOnce(SocketAddr) -> T + Send + 'static,
    ) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let doors = LimitedListener::with_limits(listener, places, quiet);
            let router = Router::new().route("/", get(async || "here"));
            let (_stop, stopped) = tokio::sync::oneshot::channel();
            tokio::select! {
                () = crate::local::http::serve::serve(doors, router, stopped) => unreachable!(),
                done = tokio::task::spawn_blocking(move || client(addr)) => done.unwrap(),
            }
        })
    }

    #[test]
    fn quiet_connections_end_and_give_their_place_to_the_next() {
        let answer = serve(2, Duration::from_millis(200), |addr| {
            let connect = || std::net::TcpStream::connect(addr).unwrap();
            let (mut silent, mut slow, mut next) = (connect(), connect(), connect());
            slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
            next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .unwrap();
            let mut text = String::new();
            next.read_to_string(&mut text).unwrap();
            // Both were closed, with or without an answer.
            let mut rest = Vec::new();
            _ = silent.read_to_end(&mut rest);
            _ = slow.read_to_end(&mut rest);
            text
        });
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"),
            "{answer}"
        );
    }
}
