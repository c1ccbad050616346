//! HTTP: sends one request and reads its answer, with a deadline, a size limit and a stop flag.
//!
//! The blocking client's time limit doesn't bound an answer that arrives byte by byte, and the client can't be
//! interrupted. So each request runs on another thread ([`Threads`]), and the caller stops waiting at the deadline or
//! the interrupt.

use super::error::{ApiError, unusable};
use super::http::{Clients, connect_hint, innermost};
use super::request::Outgoing;
use super::settings::Settings;
use super::threads::Threads;
use crate::interrupt::{Interrupt, TICK};
use parking_lot::Mutex;
use reqwest::Method;
use reqwest::blocking::{Client as Http, Response};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER, SERVER};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// Bytes of an answer to read at once.
const CHUNK: usize = 64 << 10;

/// An answer as received.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    /// The body. Bytes that aren't UTF-8 are replaced.
    pub(super) text: String,
    /// The `Retry-After` header as a delay from now.
    pub(super) retry_after: Option<Duration>,
    /// Scheme, host and port from the `Location` header.
    pub(super) location: Option<String>,
    /// True if the server is zshell's own.
    pub(super) is_local: bool,
}

/// Receives an answer that came after its caller was stopped.
pub(super) type Late = Box<dyn FnOnce(Result<HttpAnswer, ApiError>) + Send>;

/// The HTTP clients and threads of a connection.
#[derive(Default)]
pub(super) struct Transport {
    clients: Clients,
    threads: Threads,
    local_service: AtomicBool,
}

impl Transport {
    /// Returns true once an answer's `Server` header has named zshell.
    pub(super) fn is_local_service(&self) -> bool {
        self.local_service.load(Ordering::Relaxed)
    }

    /// Sends the request once and waits for the answer until `deadline`. If the interrupt comes first and there is a
    /// `late`, the request continues in its thread, and `late` receives the result.
    pub(super) fn exchange(
        &self,
        settings: &Settings,
        outgoing: &Arc<Outgoing>,
        deadline: Instant,
        interrupt: &Interrupt,
        late: Option<Late>,
    ) -> Result<HttpAnswer, ApiError> {
        let stopped = interrupt.check();
        stopped.map_err(|stop| outgoing.stopped(stop, false))?;
        let http = self.clients.of(settings, &outgoing.url)?;
        let begun = Instant::now();
        if let Some(log) = &settings.log {
            log.count();
        }
        log(settings, outgoing, |call| {
            let body = outgoing.body.as_deref().map(String::from_utf8_lossy);
            let body = body.map_or_else(String::new, |body| outgoing.mask.body(&body));
            format!("> {call} {body}")
        });
        let abandoned = Arc::new(AtomicBool::new(false));
        let (sender, answers) = mpsc::channel();
        let wanted_late = late.is_some();
        let caller = Arc::new(Caller::default());
        let limits = ExchangeLimits {
            deadline,
            connect: settings.connect_timeout,
            whole: settings.read_timeout,
            body: settings.body_limit,
            abandoned: Arc::clone(&abandoned),
        };
        let (request, there) = (Arc::clone(outgoing), Arc::clone(&caller));
        self.threads
            .run(move || there.tell(perform(&http, &request, &limits), &sender, late))
            .map_err(|error| ApiError::Unreachable {
                call: outgoing.call.clone(),
                cause: error.to_string(),
                hint: None,
            })?;
        let mut result = await_answer(&answers, outgoing, settings, deadline, interrupt);
        if matches!(result, Err(ApiError::Stopped { .. })) && wanted_late {
            if let Some(arrived) = caller.leave(&answers) {
                result = arrived;
            }
        } else if result.is_err() {
            abandoned.store(true, Ordering::Relaxed);
        }
        log(settings, outgoing, |call| {
            let ms = begun.elapsed().as_millis();
            match &result {
                Ok(answer) => {
                    let body = outgoing.mask.body(&answer.text);
                    format!("< {} {call} {ms} ms {body}", answer.status)
                }
                Err(error) => format!("< failed {call} {ms} ms: {error}"),
            }
        });
        let answer = result?;
        // Once set, the flag stays set: a proxy in between may answer in its own name when it fails.
        self.local_service
            .fetch_or(answer.is_local, Ordering::Relaxed);
        Ok(answer)
    }
}

type Arrived = Result<HttpAnswer, ApiError>;

/// Whether the caller still waits. Both threads check it under the lock, so an answer reaches either the caller or
/// `late` and isn't lost in between.
#[derive(Default)]
struct Caller {
    left: Mutex<bool>,
}

impl Caller {
    /// Called by the request's thread: passes the answer to the caller or to `late`. An unused `late` is dropped before
    /// the caller returns.
    fn tell(&self, arrived: Arrived, to: &Sender<Arrived>, late: Option<Late>) {
        let left = self.left.lock();
        match late {
            Some(late) if *left => {
                drop(left);
                late(arrived);
            }
            late => {
                drop(late);
                // The send fails if the caller has given up, which is fine.
                let _ = to.send(arrived);
            }
        }
    }

    /// Called by the caller: stops waiting, unless the answer has arrived.
    fn leave(&self, answers: &Receiver<Arrived>) -> Option<Arrived> {
        let mut left = self.left.lock();
        let arrived = answers.try_recv().ok();
        *left = arrived.is_none();
        arrived
    }
}

/// Waits for the request's thread, the deadline or the stop flag.
fn await_answer(
    answers: &Receiver<Arrived>,
    outgoing: &Outgoing,
    settings: &Settings,
    deadline: Instant,
    interrupt: &Interrupt,
) -> Arrived {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match answers.recv_timeout(TICK.min(left)) {
            Ok(arrived) => return arrived,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(outgoing.lost("the request was given up"));
            }
            Err(RecvTimeoutError::Timeout) => interrupt.pending().tick(),
        }
        let stopped = interrupt.check();
        stopped.map_err(|stop| outgoing.stopped(stop, true))?;
        if Instant::now() >= deadline {
            return Err(outgoing.no_answer(settings.read_timeout));
        }
    }
}

/// The limits of a request.
struct ExchangeLimits {
    deadline: Instant,
    connect: Duration,
    whole: Duration,
    body: usize,
    abandoned: Arc<AtomicBool>,
}

/// Runs on the request's thread: sends the request and reads the answer.
fn perform(http: &Http, outgoing: &Outgoing, limits: &ExchangeLimits) -> Arrived {
    let left = limits.deadline.saturating_duration_since(Instant::now());
    let method = Method::from_bytes(outgoing.call.method.as_bytes()).unwrap_or(Method::POST);
    let mut request = http
        .request(method, outgoing.url.clone())
        .headers(outgoing.headers.clone())
        .timeout(left);
    if let Some(body) = &outgoing.body {
        request = request.body(body.clone());
    }
    let mut response = request
        .send()
        .map_err(|error| classify(&error, outgoing, limits))?;
    let status = response.status().as_u16();
    let text = read_body(&mut response, outgoing, limits)?;
    let headers = response.headers();
    let server = header(headers, &SERVER).unwrap_or_default();
    Ok(HttpAnswer {
        status,
        text,
        retry_after: header(headers, &RETRY_AFTER).and_then(retry_after),
        location: header(headers, &LOCATION)
            .and_then(|place| outgoing.url.join(place).ok())
            .map(|place| outgoing.mask.apply(&place.origin().ascii_serialization())),
        is_local: server == "zshell" || server.starts_with("zshell/"),
    })
}

fn read_body(
    response: &mut Response,
    outgoing: &Outgoing,
    limits: &ExchangeLimits,
) -> Result<String, ApiError> {
    let announced = response.content_length().unwrap_or(0);
    let mut body = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if body.len() > limits.body || announced > limits.body as u64 {
            let (call, limit) = (outgoing.call.clone(), limits.body);
            return Err(ApiError::TooLarge { call, limit });
        }
        if limits.abandoned.load(Ordering::Relaxed) || Instant::now() >= limits.deadline {
            return Err(outgoing.no_answer(limits.whole));
        }
        match response.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => body.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                let inner = error.get_ref();
                return Err(
                    match inner.and_then(|inner| inner.downcast_ref::<reqwest::Error>()) {
                        Some(inner) if inner.is_timeout() => outgoing.no_answer(limits.whole),
                        Some(inner) => outgoing.lost(innermost(inner)),
                        None => outgoing.lost(error.to_string()),
                    },
                );
            }
        }
    }
    Ok(String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn classify(error: &reqwest::Error, outgoing: &Outgoing, limits: &ExchangeLimits) -> ApiError {
    let call = outgoing.call.clone();
    if error.is_connect() && error.is_timeout() {
        let cause = format!("no connection within {}s", limits.connect.as_secs_f64());
        let hint =
            Some("check the address, and whether a firewall or proxy stands between".to_owned());
        return ApiError::Unreachable { call, cause, hint };
    }
    let cause = outgoing.mask.clean(&innermost(error), 300);
    if error.is_connect() {
        let hint = connect_hint(error, outgoing);
        return ApiError::Unreachable { call, cause, hint };
    }
    if error.is_builder() {
        return unusable("the address", cause).into();
    }
    if error.is_timeout() {
        return outgoing.no_answer(limits.whole);
    }
    outgoing.lost(cause)
}

fn header<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Parses a `Retry-After` value: seconds, or an HTTP date.
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value)
        .ok()?;
    let left = at.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(left).unwrap_or(Duration::ZERO))
}

/// Logs a line about a request, if the log is on. `line` gets its method and masked URL.
fn log(settings: &Settings, outgoing: &Outgoing, line: impl FnOnce(String) -> String) {
    if let Some(log) = settings.log.as_ref().filter(|log| log.is_on()) {
        let (method, url) = (
            outgoing.call.method,
            outgoing.mask.apply(&outgoing.call.url),
        );
        log.line(line(format!("{method} {url}")).trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(Duration::ZERO)
        );
        assert!(
            retry_after("Fri, 31 Dec 2100 23:59:59 GMT")
                .is_some_and(|time| time.as_secs() > 1_000_000)
        );
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_after("-1"), None);
    }
}
