//! Accepts connections on the listening socket, with limits on their number and on how long each may be idle.
//!
//! Some clients open connections and send nothing, or send byte by byte, or disappear without closing. The limits bound
//! the number of connections that such a client can hold, and the time.

use axum::serve::Listener;
use parking_lot::Mutex;
use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// Maximum number of connections. A further one takes the place of the longest-idle connection without a complete
/// request, or waits until there is such a connection.
const PLACES: usize = 256;

/// Interval at which a connection that waits for a place looks for an idle one.
const LOOK: Duration = Duration::from_millis(50);

/// Time limit for the head of a request, from its first byte.
const HEAD: Duration = Duration::from_secs(10);

/// Time limit for a connection between answers, from its start or the last piece of an answer. It covers waiting for a
/// request and reading it. Answering has the call's own limit.
const QUIET: Duration = Duration::from_secs(30);

/// A listener with a limited number of connections.
pub(crate) struct LimitedListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    /// The open connections.
    peers: Arc<Mutex<Vec<Peer>>>,
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
            peers: Arc::default(),
            quiet,
        }
    }

    /// Waits for a place, and makes one if an idle connection holds it. The semaphore is never closed: without a
    /// permit, the connection would only be missing from the count.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(permit);
            }
            self.close_idlest();
            let permit = Arc::clone(&self.places).acquire_owned();
            if let Ok(permit) = timeout(LOOK, permit).await {
                return permit.ok();
            }
        }
    }

    /// Closes the longest-idle connection without a complete request, if there is one.
    fn close_idlest(&self) {
        let peers = self.peers.lock();
        let idle = peers.iter();
        let idle = idle.filter_map(|peer| Some(((*peer.0.idle_since.lock())?, peer)));
        if let Some((_, peer)) = idle.min_by_key(|(since, _)| *since) {
            peer.close();
        }
    }

    /// Returns the next connection.
    pub(crate) async fn accept(&mut self) -> LimitedConnection {
        let (stream, _) = Listener::accept(&mut self.listener).await;
        let place = self.place().await;
        // Answers are small and should be sent immediately.
        _ = stream.set_nodelay(true);
        let peer = Peer::new(&stream);
        self.peers.lock().push(peer.clone());
        LimitedConnection {
            stream,
            quiet: self.quiet,
            over: Box::pin(sleep(self.quiet)),
            head: HeadScan::default(),
            answering: false,
            peer,
            peers: Arc::clone(&self.peers),
            _place: place,
        }
    }
}

/// The client of a connection: its state, and the means to end the connection from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Arc<PeerState>);

#[derive(Debug)]
struct PeerState {
    /// Set if no further byte may be written.
    cut: AtomicBool,
    /// Since when the connection has no complete request; `None` while a request is handled.
    idle_since: Mutex<Option<Instant>>,
    /// A second handle of the socket.
    #[cfg(unix)]
    socket: Option<std::net::TcpStream>,
}

impl Peer {
    fn new(stream: &TcpStream) -> Self {
        #[cfg(not(unix))]
        let _ = stream;
        Self(Arc::new(PeerState {
            cut: AtomicBool::new(false),
            idle_since: Mutex::new(Some(Instant::now())),
            #[cfg(unix)]
            socket: {
                use std::os::fd::AsFd as _;
                let socket = stream.as_fd().try_clone_to_owned().ok();
                socket.map(std::net::TcpStream::from)
            },
        }))
    }

    /// Breaks the connection at its next write, so the client gets no byte of an answer.
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::Relaxed);
    }

    /// Marks the request as read, so the connection isn't idle until the answer is written.
    pub(crate) fn request_is_complete(&self) {
        *self.0.idle_since.lock() = None;
    }

    /// Returns true if the client has closed its side of the connection. A client that only says that it sends nothing
    /// more looks the same.
    pub(crate) fn has_closed(&self) -> bool {
        #[cfg(unix)]
        if let Some(socket) = &self.0.socket {
            return match socket.peek(&mut [0]) {
                Ok(count) => count == 0,
                Err(error) => error.kind() != io::ErrorKind::WouldBlock,
            };
        }
        false
    }

    fn close(&self) {
        self.cut();
        // The connection reads its end, and fails.
        #[cfg(unix)]
        if let Some(socket) = &self.0.socket {
            _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Finds the end of a request's head in its bytes: the first empty line after a line that isn't empty.
#[derive(Default)]
struct HeadScan {
    started: bool,
    line_ends: usize,
}

impl HeadScan {
    /// Returns true if the head ends in these bytes.
    fn ends_in(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                b'\n' if self.started => self.line_ends += 1,
                b'\r' | b'\n' => {}
                _ => (self.started, self.line_ends) = (true, 0),
            }
            if self.line_ends == 2 {
                return true;
            }
        }
        false
    }
}

/// An accepted connection, which fails when its time limit has passed.
pub(crate) struct LimitedConnection {
    stream: TcpStream,
    quiet: Duration,
    over: Pin<Box<Sleep>>,
    head: HeadScan,
    /// A piece of an answer was written, and no further request is read yet.
    answering: bool,
    /// The connection's client.
    pub(crate) peer: Peer,
    peers: Arc<Mutex<Vec<Peer>>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Drop for LimitedConnection {
    fn drop(&mut self) {
        let mut peers = self.peers.lock();
        peers.retain(|peer| !Arc::ptr_eq(&peer.0, &self.peer.0));
    }
}

impl LimitedConnection {
    /// Returns the time-out error if the time limit has passed, else pending.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let over = self.over.as_mut().poll(context);
        over.map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn limit(&mut self, time: Duration) {
        self.over.as_mut().reset(Instant::now() + time);
    }

    /// Prepares for a write, or returns the error if the connection should break.
    fn write(&mut self) -> io::Result<()> {
        if self.peer.0.cut.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if !self.answering {
            self.answering = true;
            self.limit(self.quiet);
        }
        Ok(())
    }

    /// Returns the result of a write, and restarts the time limit when the write is done.
    fn written(
        &mut self,
        context: &mut Context<'_>,
        done: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if done.is_pending() {
            return self.wait(context);
        }
        self.limit(self.quiet);
        done
    }
}

impl AsyncRead for LimitedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.answering {
            self.answering = false;
            self.head = HeadScan::default();
            *self.peer.0.idle_since.lock() = Some(Instant::now());
        }
        // The time limit is checked first, so it also applies to a client that sends byte by byte.
        let idle = self.peer.0.idle_since.lock().is_some();
        if idle && let over @ Poll::Ready(_) = self.wait(context) {
            return over;
        }
        let before = buffer.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().get(before..).unwrap_or_default();
        if self.head.line_ends < 2 && !read.is_empty() {
            let started = self.head.started;
            if self.head.ends_in(read) {
                let quiet = self.quiet;
                self.limit(quiet);
            } else if !started {
                let time = HEAD.min(self.quiet);
                self.limit(time);
            }
            // The timer is polled again, so it wakes this task at its new time.
            if idle && let over @ Poll::Ready(_) = self.wait(context) {
                return over;
            }
        }
        done
    }
}

impl AsyncWrite for LimitedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write()?;
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write()?;
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
mod tests;
