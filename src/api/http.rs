//! Builds a connection's HTTP clients and picks the client for each address.
//!
//! Proxies come from the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), except that this machine
//! itself (`localhost`, `127.0.0.0/8`, `::1`) is never reached through a proxy.

use super::endpoint::{Site, control_plane};
use super::error::{ApiError, unusable};
use super::request::Outgoing;
use super::settings::Settings;
use super::tls;
use parking_lot::Mutex;
use reqwest::blocking::Client as Http;
use reqwest::{redirect, retry};
use std::error::Error as _;
use std::io;
use std::thread;
use std::time::Duration;
use url::{Host, Url};

/// Time to keep an idle connection: below the minute after which load balancers drop theirs.
const IDLE: Duration = Duration::from_secs(30);
/// The features of an HTTP client that an address needs. Each combination gets one client, built on first use.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reach {
    /// Whether the system's root certificates are loaded, which takes time.
    roots: bool,
    /// Whether the environment's proxies are used.
    proxies: bool,
}

/// The HTTP clients built so far.
#[derive(Default)]
pub(super) struct Clients(Mutex<Vec<(Reach, Http)>>);

impl Clients {
    /// Returns the client for this address, built on the first call.
    pub(super) fn of(&self, settings: &Settings, url: &Url) -> Result<Http, ApiError> {
        let reach = Reach::of(url);
        let mut clients = self.0.lock();
        if let Some((_, http)) = clients.iter().find(|(known, _)| *known == reach) {
            return Ok(http.clone());
        }
        let http = build(settings, reach)?;
        clients.push((reach, http.clone()));
        Ok(http)
    }
}

impl Drop for Clients {
    /// Dropping an HTTP client waits for its thread, which may be looking up a host. So the drop runs on another
    /// thread.
    fn drop(&mut self) {
        let clients = std::mem::take(self.0.get_mut());
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

/// Returns true for an address of this machine itself.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns true if the environment names a proxy that needs a TLS connection itself.
fn proxy_needs_tls() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .filter_map(std::env::var_os)
        .any(|proxy| proxy.as_encoded_bytes().starts_with(b"https:"))
}

fn build(settings: &Settings, reach: Reach) -> Result<Http, ApiError> {
    // An error means that a provider is already installed, which is just as good.
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
        builder = builder.tls_backend_preconfigured(tls::config(path)?);
    }
    builder.build().map_err(|error| {
        let hint = "the system's root certificates are needed (package ca-certificates), or connect(#{ca_cert: \"file.pem\"})";
        unusable("the TLS set-up", innermost(&error)).with_hint(hint).into()
    })
}

/// Returns the hint for a request that got no connection.
pub(super) fn connect_hint(error: &reqwest::Error, outgoing: &Outgoing) -> Option<String> {
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
    let text = if error.is_dns() && is_control_plane(&outgoing.url) {
        "check the network and DNS; if you use a proxy, set HTTPS_PROXY"
    } else if error.is_dns() {
        "check the host's name"
    } else if let Some(rejected) = tls::rejected(error) {
        tls::certificate_hint(rejected)
    } else if tls::is_answered_plainly(error) {
        "the server does not speak TLS on this port: try http:// instead of https://"
    } else if is_refused(error) {
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

/// Returns true if nothing listens at the address or the proxy.
fn is_refused(error: &reqwest::Error) -> bool {
    tls::cause(error, |cause: &io::Error| {
        cause.kind() == io::ErrorKind::ConnectionRefused
    })
    .is_some()
}

/// Returns true for an address that zshell itself chooses.
fn is_control_plane(url: &Url) -> bool {
    let host = url.host_str();
    let sites = [Site::Global, Site::China].map(control_plane);
    sites.iter().any(|base| base.split('/').next_back() == host)
}

/// Returns the text of the innermost cause, without the operating system's error number.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    if let Some(rejected) = tls::rejected(error) {
        let problem = tls::certificate_problem(rejected);
        return format!("the server's certificate is not accepted: {problem}");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_planes_are_recognized() {
        for (url, known) in [
            ("https://api.cloud.zilliz.com/v2/clusters", true),
            ("https://api.cloud.zilliz.com.cn", true),
            ("https://in03-1.api.gcp-us-west1.zillizcloud.com", false),
        ] {
            assert_eq!(is_control_plane(&Url::parse(url).unwrap()), known, "{url}");
        }
    }

    #[test]
    fn only_loopback_is_this_machine() {
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
