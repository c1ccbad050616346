//! Access control: the token, and the checks that keep browsers out.
//!
//! A web page can make a browser send requests to loopback. But the page can't choose their `Content-Type` or add
//! headers without a preflight request, and can't omit `Origin`. If the page's DNS name points to loopback, `Host` has
//! that name. So requests need JSON or such a header, must have no `Origin`, and must have an address or `localhost` as
//! `Host`.

use super::error::{Result, ServiceError};
use crate::local::state::App;
use crate::local::volumes::endpoint;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// Passes a request on, or returns the refusal.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Err(error) = allow(&app, &request) else {
        return next.run(request).await;
    };
    let ask = "Basic realm=\"zshell\", charset=\"UTF-8\"";
    let ask =
        (is_page(&request) && error.status == 401).then_some([(header::WWW_AUTHENTICATE, ask)]);
    (ask, error).into_response()
}

fn allow(app: &App, request: &Request) -> Result<()> {
    host(app, request)?;
    origin(request.headers())?;
    // Requests for the files of volumes are signed with temporary credentials instead.
    if endpoint::is_own(request.uri().path()) {
        return Ok(());
    }
    token(app, request)?;
    content_type(request)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn host(app: &App, request: &Request) -> Result<()> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        // HTTP/1.0 clients may omit the header; browsers never do.
        (None, _) if request.version() == Version::HTTP_10 => return Ok(()),
        // RFC 9112, 3.2.
        _ => {
            let message = "a request needs exactly one Host header";
            return Err(ServiceError::http(400, 400, message));
        }
    };
    // If other machines may call, they use host names that aren't known here. A token is required then, and no web page
    // has it.
    if app.public || is_own(host) {
        return Ok(());
    }
    let message =
        format!("host {host:?} is not this service's: call it by its address, or as localhost");
    Err(ServiceError::http(403, 403, message))
}

fn is_own(host: &str) -> bool {
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        let has_port = rest.strip_prefix(':').is_some_and(digits);
        return (rest.is_empty() || has_port) && address.parse::<Ipv6Addr>().is_ok();
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_own = name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok();
    is_own && digits(port)
}

fn origin(headers: &HeaderMap) -> Result<()> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let foreign = matches!(site, Some(b"cross-site" | b"same-site"));
    if foreign || headers.contains_key(header::ORIGIN) {
        let message = "requests from web pages are refused";
        return Err(ServiceError::http(403, 403, message));
    }
    Ok(())
}

fn token(app: &App, request: &Request) -> Result<()> {
    let Some(token) = &app.token else {
        return Ok(());
    };
    let given = text(request.headers(), header::AUTHORIZATION).unwrap_or_default();
    let given = match given.split_once(' ') {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") => given.trim().to_owned(),
        // Browsers support this scheme with a login dialog: any user name, and the token as the password. It's accepted
        // for the page only.
        Some((scheme, given)) if is_page(request) && scheme.eq_ignore_ascii_case("basic") => {
            password(given.trim()).unwrap_or_default()
        }
        _ => String::new(),
    };
    if equal(given.as_bytes(), token.expose().as_bytes()) {
        return Ok(());
    }
    // The code is 80001 in Zilliz Cloud's first API, and 1800 in Milvus.
    let is_first = request.uri().path().starts_with("/v1/");
    let code = if is_first { 80001 } else { 1800 };
    let what = if given.is_empty() {
        "a token is required"
    } else {
        "the token is not valid"
    };
    let message =
        format!("user hasn't authenticated: {what}; send the header Authorization: Bearer <token>");
    Err(ServiceError::http(401, code, message))
}

fn is_page(request: &Request) -> bool {
    request.uri().path() == "/"
}

/// Returns the password of a Basic authorization.
fn password(given: &str) -> Option<String> {
    let bytes = STANDARD.decode(given).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (_, password) = text.split_once(':')?;
    Some(password.to_owned())
}

/// Compares in a time that depends only on the lengths.
fn equal(given: &[u8], token: &[u8]) -> bool {
    bool::from(given.ct_eq(token)) && !token.is_empty()
}

fn content_type(request: &Request) -> Result<()> {
    let headers = request.headers();
    // Browsers send a preflight request before a page's request with one of these headers. The Node SDK sends the
    // second one by mistake for `Content-Type`, and its request is `text/plain`.
    let asked = headers.contains_key(header::AUTHORIZATION) || headers.contains_key("contenttype");
    if request.method() != Method::POST || asked {
        return Ok(());
    }
    let kind = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ServiceError::not_json(
        415,
        &format!("expected Content-Type: application/json, found {kind:?}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_and_localhost_are_own_hosts() {
        for own in [
            "localhost",
            "LOCALHOST:19531",
            "127.0.0.1:80",
            "127.0.0.1",
            "[::1]:19531",
            "[::1]",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "",
            "evil.example",
            "evil.example:19531",
            "localhost.evil.example",
            "[evil]",
            "127.0.0.1.nip.io",
            ":80",
            "[::1]evil.example",
            "[::1].evil.example",
            "[::1]:80@evil.example",
            "[::1",
            "localhost:1@evil.example",
            "localhost:80:80",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn only_equal_tokens_match() {
        assert!(equal(b"abc", b"abc"));
        for other in ["", "ab", "abd", "abcabc", "abca"] {
            assert!(!equal(other.as_bytes(), b"abc"), "{other}");
        }
        assert!(!equal(b"", b""));
    }
}
