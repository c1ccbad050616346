//! A programmable HTTP server on a loopback port, for unusual answers of real services.
//!
//! A closure answers each request, and all requests are recorded. A panic in the closure (a failed assertion) fails the
//! test when the server is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Interval at which idle threads check whether the server has ended.
const TICK: Duration = Duration::from_millis(10);

/// A request that the server received.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET` or `POST`.
    pub(crate) method: String,
    /// The path and query.
    pub(crate) target: String,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The text of the body.
    pub(crate) body: String,
}

impl Request {
    /// Returns the value of the header with this lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The server's reaction to a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A complete answer.
    Full {
        /// HTTP status.
        status: u16,
        /// The headers, without the length.
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// A complete answer, after which the connection is closed without announcement.
    ThenClose(String),
    /// Closing the connection without sending a byte.
    Drop,
    /// An answer that announces more bytes than it sends before the connection is closed.
    Partial(String),
    /// A body that comes one byte at a time without end.
    Drip,
    /// A body without end, sent as fast as the client reads.
    Endless,
    /// No answer at all.
    Silence,
}

impl Reply {
    /// Returns an answer with HTTP status 200 and this JSON text.
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    /// Returns an answer with this status and text.
    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = body.into().into_bytes();
        Self::Full {
            status,
            headers,
            body,
        }
    }

    /// Returns this answer with one more header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Full { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// The server, which ends when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    handler: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    requests: Mutex<Vec<Request>>,
    panics: Mutex<Vec<String>>,
    connections: AtomicUsize,
    ended: AtomicBool,
}

impl Server {
    /// Starts a server that answers each request with the closure's result.
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::dropping(0, handler)
    }

    /// Starts a server that closes the `first` connections without reading and otherwise works like [`Self::start`].
    pub(crate) fn dropping(
        first: usize,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("the port's address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            requests: Mutex::default(),
            panics: Mutex::default(),
            connections: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.has_ended() {
                    return;
                }
                let number = accepting.connections.fetch_add(1, Ordering::SeqCst);
                if number >= first {
                    let shared = Arc::clone(&accepting);
                    thread::spawn(move || shared.serve(&stream));
                }
            }
        });
        Self { address, shared }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // This connection wakes the accepting thread.
        drop(TcpStream::connect(self.address));
        let panics = lock(&self.shared.panics);
        let handled = panics.is_empty() || thread::panicking();
        assert!(
            handled,
            "the server's closure panicked: {}",
            panics.join("; ")
        );
    }
}

impl Shared {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Serves one connection until either side closes it.
    fn serve(&self, stream: &TcpStream) {
        // An error ends the connection, since the client has gone.
        let _ = stream.set_read_timeout(Some(TICK));
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(Patient {
            stream,
            shared: self,
        });
        while let Ok(Some(request)) = read_request(&mut reader) {
            lock(&self.requests).push(request.clone());
            let reply = catch_unwind(AssertUnwindSafe(|| (self.handler)(&request))).unwrap_or_else(
                |panic| {
                    let text = panic.downcast_ref::<String>().cloned();
                    let text = text
                        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                    lock(&self.panics)
                        .push(text.unwrap_or_else(|| "a panic without a text".to_owned()));
                    Reply::Drop
                },
            );
            if self.answer(stream, &reply).is_err() || !matches!(reply, Reply::Full { .. }) {
                return;
            }
        }
    }

    fn answer(&self, mut stream: &TcpStream, reply: &Reply) -> std::io::Result<()> {
        match reply {
            Reply::Full {
                status,
                headers,
                body,
            } => {
                let mut head = format!("HTTP/1.1 {status} Status\r\n").into_bytes();
                for (name, value) in headers {
                    write!(head, "{name}: {value}\r\n")?;
                }
                if *status != 204 {
                    write!(head, "content-length: {}\r\n", body.len())?;
                }
                stream.write_all(&[&head, b"\r\n".as_slice(), body].concat())
            }
            Reply::ThenClose(body) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            }
            Reply::Drop => Ok(()),
            Reply::Partial(body) => {
                let length = body.len() + 100;
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            }
            Reply::Drip => {
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")?;
                while !self.has_ended() {
                    stream.write_all(b" ")?;
                    thread::sleep(TICK);
                }
                Ok(())
            }
            Reply::Endless => {
                write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
                while !self.has_ended() {
                    stream.write_all(&[b' '; 16 << 10])?;
                }
                Ok(())
            }
            Reply::Silence => Patient {
                stream,
                shared: self,
            }
            .read(&mut [0])
            .map(drop),
        }
    }
}

/// A stream whose reads end when the server does.
struct Patient<'a> {
    stream: &'a TcpStream,
    shared: &'a Shared,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        while !self.shared.has_ended() {
            match self.stream.read(buffer) {
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
                result => return result,
            }
        }
        Ok(0)
    }
}

/// Reads one request. Returns `None` if the connection was closed.
fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Request {
        method,
        target,
        headers,
        body,
    }))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
