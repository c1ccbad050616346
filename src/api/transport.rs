//! HTTP: one request and its answer, with a deadline, a size limit and a stop flag of our own.
//!
//! The blocking client's time limit does not bound an answer that drips, and nothing interrupts it. So each
//! request runs on a thread of its own, and the caller waits for it no longer than it wants to.
//!
//! Proxies come from the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), except that
//! this machine itself (`localhost`, `127.0.0.0/8`, `::1`) is never reached through one.

use super::error::ApiError;
use super::request::Outgoing;
use super::settings::Settings;
use crate::interrupt::{Interrupt, TICK};
use reqwest::blocking::{Client as Http, Response};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER, SERVER};
use reqwest::{Certificate, redirect, retry};
use std::error::Error as _;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use url::{Host, Url};

/// How long an idle connection is kept: below the minute after which load balancers drop theirs.
const IDLE: Duration = Duration::from_secs(30);
/// How much of an answer is read at once.
const CHUNK: usize = 64 << 10;

/// An answer as it came.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body; bytes that are not UTF-8 are replaced.
    pub(super) text: String,
    /// The `Retry-After` header, as time from now.
    pub(super) retry_after: Option<Duration>,
    /// Scheme, host and port of the `Location` header.
    pub(super) location: Option<String>,
}

/// What an HTTP client needs for an address. One client a need is built, when first needed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reach {
    /// The system's root certificates, which take time to load.
    roots: bool,
    /// The environment's proxies.
    proxies: bool,
}

/// The HTTP side of a connection.
#[derive(Default)]
pub(super) struct Transport {
    clients: Mutex<Vec<(Reach, Http)>>,
    local_service: AtomicBool,
}

impl Transport {
    /// True once an answer's `Server` header named zshell.
    pub(super) fn is_local_service(&self) -> bool {
        self.local_service.load(Ordering::Relaxed)
    }

    /// Sends the request once and waits for the answer until `deadline`.
    pub(super) fn exchange(
        &self,
        settings: &Settings,
        outgoing: &Arc<Outgoing>,
        deadline: Instant,
        interrupt: &Interrupt,
    ) -> Result<Answer, ApiError> {
        let call = || Box::new(outgoing.call.clone());
        interrupt.check().map_err(|stop| ApiError::Stopped {
            call: call(),
            stop,
            sent: false,
        })?;
        let http = self.client(settings, &outgoing.url)?;
        let begun = Instant::now();
        log_request(settings, outgoing);
        let abandoned = Arc::new(AtomicBool::new(false));
        let (answer, answers) = mpsc::channel();
        let limits = Limits {
            deadline,
            connect: settings.connect_timeout,
            whole: settings.read_timeout,
            body: settings.body_limit,
            abandoned: Arc::clone(&abandoned),
        };
        let request = Arc::clone(outgoing);
        thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || {
                // Nobody listens any more where the caller has given up.
                let _ = answer.send(perform(&http, &request, &limits));
            })
            .map_err(|error| ApiError::Unreachable {
                call: call(),
                cause: error.to_string(),
                hint: None,
            })?;
        let result = loop {
            match answers.recv_timeout(TICK.min(deadline.saturating_duration_since(Instant::now())))
            {
                Ok(result) => break result,
                Err(RecvTimeoutError::Disconnected) => {
                    let cause = "the request was given up".to_owned();
                    break Err(ApiError::Lost {
                        call: call(),
                        cause,
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Err(stop) = interrupt.check() {
                abandoned.store(true, Ordering::Relaxed);
                let call = call();
                break Err(ApiError::Stopped {
                    call,
                    stop,
                    sent: true,
                });
            }
            if Instant::now() >= deadline {
                abandoned.store(true, Ordering::Relaxed);
                let after = settings.read_timeout;
                break Err(ApiError::NoAnswer {
                    call: call(),
                    after,
                });
            }
        };
        log_result(
            settings,
            outgoing,
            begun,
            result.as_ref().map(|(answer, _)| answer),
        );
        let (answer, local) = result?;
        self.local_service.store(local, Ordering::Relaxed);
        Ok(answer)
    }

    fn client(&self, settings: &Settings, url: &Url) -> Result<Http, ApiError> {
        let reach = Reach::of(url);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, http)) = clients.iter().find(|(known, _)| *known == reach) {
            return Ok(http.clone());
        }
        let http = build(settings, reach)?;
        clients.push((reach, http.clone()));
        Ok(http)
    }
}

impl Drop for Transport {
    /// Dropping an HTTP client waits for its thread, which may be busy looking up a host: let that happen aside.
    fn drop(&mut self) {
        let clients =
            std::mem::take(&mut *self.clients.lock().unwrap_or_else(PoisonError::into_inner));
        if !clients.is_empty() {
            let _ = thread::Builder::new().spawn(move || drop(clients));
        }
    }
}

impl Reach {
    fn of(url: &Url) -> Self {
        let proxies = !is_this_machine(url);
        let roots = url.scheme() == "https" || (proxies && proxy_needs_tls());
        Self { roots, proxies }
    }
}

/// True for an address of this machine itself.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// True where the environment names a proxy that is itself spoken to over TLS.
fn proxy_needs_tls() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .filter_map(std::env::var_os)
        .any(|proxy| proxy.as_encoded_bytes().starts_with(b"https:"))
}

fn build(settings: &Settings, reach: Reach) -> Result<Http, ApiError> {
    // An error means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Http::builder()
        .user_agent(concat!("zshell/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false);
    if !reach.proxies {
        builder = builder.no_proxy();
    }
    if !reach.roots {
        builder = builder.tls_certs_only([]);
    } else if let Some(path) = &settings.ca_cert {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(|error| ApiError::Setting {
        what: "the TLS set-up",
        problem: innermost(&error),
        hint: Some("the system's root certificates are needed (package ca-certificates), or connect(#{ca_cert: \"file.pem\"})"),
    })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, ApiError> {
    let unusable = |problem: String| ApiError::Setting {
        what: "ca_cert",
        problem: format!("{}: {problem}", path.display()),
        hint: Some("ca_cert names a file with one or more certificates in PEM form"),
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(innermost(&error)))?;
    if found.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(found)
}

/// How far a request may go.
struct Limits {
    deadline: Instant,
    connect: Duration,
    whole: Duration,
    body: usize,
    abandoned: Arc<AtomicBool>,
}

/// The request's thread: send, read; also tells whether the server is zshell's own.
fn perform(http: &Http, outgoing: &Outgoing, limits: &Limits) -> Result<(Answer, bool), ApiError> {
    let left = limits.deadline.saturating_duration_since(Instant::now());
    let mut request = http
        .request(outgoing.method.clone(), outgoing.url.clone())
        .headers(outgoing.headers.clone())
        .timeout(left);
    if let Some(body) = &outgoing.body {
        request = request.body(body.to_vec());
    }
    let mut response = request
        .send()
        .map_err(|error| classify(&error, outgoing, limits))?;
    let status = response.status().as_u16();
    let text = read_body(&mut response, outgoing, limits)?;
    let headers = response.headers();
    let server = header(headers, &SERVER).unwrap_or_default();
    let local = server == "zshell" || server.starts_with("zshell/");
    let answer = Answer {
        status,
        text,
        retry_after: header(headers, &RETRY_AFTER).and_then(retry_after),
        location: header(headers, &LOCATION)
            .and_then(|place| outgoing.url.join(place).ok())
            .map(|place| outgoing.mask.apply(&place.origin().ascii_serialization())),
    };
    Ok((answer, local))
}

fn read_body(
    response: &mut Response,
    outgoing: &Outgoing,
    limits: &Limits,
) -> Result<String, ApiError> {
    let call = || Box::new(outgoing.call.clone());
    let announced = response.content_length().unwrap_or(0);
    let mut body = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if body.len() > limits.body || announced > limits.body as u64 {
            let limit = limits.body;
            return Err(ApiError::TooLarge {
                call: call(),
                limit,
            });
        }
        if limits.abandoned.load(Ordering::Relaxed) || Instant::now() >= limits.deadline {
            let after = limits.whole;
            return Err(ApiError::NoAnswer {
                call: call(),
                after,
            });
        }
        match response.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => body.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                let after = limits.whole;
                return Err(
                    match error
                        .get_ref()
                        .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
                    {
                        Some(inner) if inner.is_timeout() => ApiError::NoAnswer {
                            call: call(),
                            after,
                        },
                        Some(inner) => ApiError::Lost {
                            call: call(),
                            cause: innermost(inner),
                        },
                        None => ApiError::Lost {
                            call: call(),
                            cause: error.to_string(),
                        },
                    },
                );
            }
        }
    }
    Ok(String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn classify(error: &reqwest::Error, outgoing: &Outgoing, limits: &Limits) -> ApiError {
    let call = Box::new(outgoing.call.clone());
    if error.is_connect() && error.is_timeout() {
        let cause = format!("no connection within {}s", limits.connect.as_secs_f64());
        let hint =
            Some("check the address, and whether a firewall or proxy stands between".to_owned());
        return ApiError::Unreachable { call, cause, hint };
    }
    let cause = outgoing.mask.clean(&innermost(error), 300);
    if error.is_connect() {
        let hint = connect_hint(error, &cause, outgoing);
        return ApiError::Unreachable { call, cause, hint };
    }
    if error.is_builder() {
        return ApiError::Setting {
            what: "the address",
            problem: cause,
            hint: None,
        };
    }
    if error.is_timeout() {
        let after = limits.whole;
        return ApiError::NoAnswer { call, after };
    }
    ApiError::Lost { call, cause }
}

fn connect_hint(error: &reqwest::Error, cause: &str, outgoing: &Outgoing) -> Option<String> {
    let proxied = !is_this_machine(&outgoing.url)
        && [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let lower = cause.to_ascii_lowercase();
    let text = if error.is_dns() {
        "check the host's name"
    } else if lower.contains("unknownissuer")
        || lower.contains("unknown issuer")
        || lower.contains("self-signed")
    {
        "the server's certificate is signed by nobody known here: connect(#{ca_cert: \"file.pem\"}) trusts one more"
    } else if lower.contains("invalidcontenttype") || lower.contains("corrupt message") {
        "the server does not speak TLS on this port: try http:// instead of https://"
    } else if lower.contains("refused") {
        "nothing listens there: is the server running, and the port right?"
    } else if proxied {
        "check the address"
    } else {
        return None;
    };
    let suffix = if proxied {
        "; a proxy is set in the environment (NO_PROXY names hosts to reach without it)"
    } else {
        ""
    };
    Some(format!("{text}{suffix}"))
}

/// The text of the innermost cause, without the operating system's number.
fn innermost(error: &reqwest::Error) -> String {
    let mut text = None;
    let mut source = error.source();
    while let Some(cause) = source {
        text = Some(cause.to_string());
        source = cause.source();
    }
    let text = text.unwrap_or_else(|| error.to_string());
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

fn header<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `Retry-After`: seconds, or an HTTP date.
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

fn log_request(settings: &Settings, outgoing: &Outgoing) {
    if let Some(log) = &settings.log {
        let body = outgoing
            .body
            .as_ref()
            .map(|body| String::from_utf8_lossy(body));
        let body = body.map_or_else(String::new, |body| outgoing.mask.body(&body));
        let call = &outgoing.call;
        let url = outgoing.mask.apply(&call.url);
        log.line(format!("> {} {url} {body}", call.method).trim_end());
    }
}

fn log_result(
    settings: &Settings,
    outgoing: &Outgoing,
    begun: Instant,
    result: Result<&Answer, &ApiError>,
) {
    if let Some(log) = &settings.log {
        let call = &outgoing.call;
        let url = outgoing.mask.apply(&call.url);
        let ms = begun.elapsed().as_millis();
        let line = match result {
            Ok(answer) => format!(
                "< {} {} {url} {ms} ms {}",
                answer.status,
                call.method,
                outgoing.mask.body(&answer.text)
            ),
            Err(error) => format!("< failed {} {url} {ms} ms: {error}", call.method),
        };
        log.line(line.trim_end());
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

    #[test]
    fn only_this_machine_goes_without_proxies_and_roots() {
        for (url, local) in [
            ("http://localhost:19530", true),
            ("http://127.0.0.2", true),
            ("https://[::1]:1", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(url).unwrap()), local, "{url}");
        }
    }
}
