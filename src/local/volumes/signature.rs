//! Checks of AWS' signature version 4 in the `Authorization` header.

use super::access::{GrantedAccess, VolumeKeys};
use super::error::{Result, S3Error};
use crate::text::words::hex;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};

/// Largest difference between the clocks of client and service, in seconds, as in S3.
const MAX_SKEW: i64 = 15 * 60;

/// Characters that are percent-encoded in signed texts: all but the unreserved ones.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// A request whose signature is right.
pub(crate) struct SignedRequest {
    pub(crate) access: GrantedAccess,
    /// The value of `x-amz-content-sha256`.
    pub(crate) payload: String,
    pub(crate) chain: ChunkChain,
}

/// The chain of signatures of a body in signed chunks.
pub(crate) struct ChunkChain {
    key: hmac::Key,
    /// The time and scope, as signed.
    head: String,
    /// The signature of the chunk before; first that of the request.
    last: String,
}

impl ChunkChain {
    /// Returns the chain after a request with this signature.
    pub(crate) fn new(key: hmac::Key, head: String, signature: &str) -> Self {
        Self {
            key,
            head,
            last: signature.to_owned(),
        }
    }

    /// Checks the signature of the next chunk, whose content has this SHA-256.
    pub(crate) fn check(&mut self, content: &digest::Digest, given: &str) -> Result<()> {
        let empty = hex(digest::digest(&digest::SHA256, b"").as_ref());
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{empty}\n{}",
            self.head,
            self.last,
            hex(content.as_ref())
        );
        check(&self.key, &text, given)?;
        given.clone_into(&mut self.last);
        Ok(())
    }
}

/// Percent-encodes a query's name or value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn mismatch() -> S3Error {
    S3Error::new(
        403,
        "SignatureDoesNotMatch",
        "the signature isn't the one of this request with the secret key of the access key id",
    )
}

fn check(key: &hmac::Key, text: &str, given: &str) -> Result<()> {
    let digits = given.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let given: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(mismatch)?;
    hmac::verify(key, text.as_bytes(), &given).map_err(|_| mismatch())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    key_id: &'a str,
    /// Date, region, service and `aws4_request`.
    scope: &'a str,
    headers: &'a str,
    signature: &'a str,
}

fn parse(text: &str) -> Option<Authorization<'_>> {
    let (mut credential, mut headers, mut signature) = (None, None, None);
    for part in text.strip_prefix("AWS4-HMAC-SHA256")?.split(',') {
        match part.trim().split_once('=')? {
            ("Credential", value) => credential = value.split_once('/'),
            ("SignedHeaders", value) => headers = Some(value),
            ("Signature", value) => signature = Some(value),
            _ => return None,
        }
    }
    let (key_id, scope) = credential?;
    Some(Authorization {
        key_id,
        scope,
        headers: headers?,
        signature: signature?,
    })
}

/// Checks the signature of a request at this time, in Unix seconds.
pub(crate) fn verify(parts: &Parts, keys: &VolumeKeys, now: i64) -> Result<SignedRequest> {
    let headers = &parts.headers;
    let given = header(headers, "authorization").and_then(parse);
    let message = "a request needs a signature (AWS4-HMAC-SHA256) in its Authorization header";
    let given = given.ok_or_else(|| S3Error::denied(message))?;
    let access = keys.find(given.key_id, now)?;
    if header(headers, "x-amz-security-token") != Some(access.token.expose()) {
        let message = "x-amz-security-token isn't the session token of the credentials";
        return Err(S3Error::new(403, "InvalidToken", message));
    }
    let date = header(headers, "x-amz-date").unwrap_or_default();
    let payload = header(headers, "x-amz-content-sha256").unwrap_or_default();
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date)
        .and_then(|time| jiff::tz::TimeZone::UTC.to_timestamp(time));
    let time =
        time.map_err(|_| S3Error::denied("x-amz-date isn't a time like 20260131T120000Z"))?;
    if (time.as_second() - now).abs() > MAX_SKEW {
        let message = "the clocks of client and service differ by more than 15 minutes";
        return Err(S3Error::new(403, "RequestTimeTooSkewed", message));
    }
    // Unsigned headers could be changed without notice.
    let signed: Vec<_> = given.headers.split(';').collect();
    let needed = ["host", "x-amz-date", "x-amz-security-token"];
    if payload.is_empty() || !needed.iter().all(|name| signed.contains(name)) {
        let message = "x-amz-content-sha256 is missing, or host, x-amz-date or x-amz-security-token isn't signed";
        return Err(S3Error::denied(message));
    }
    let key = signing_key(access.secret.expose(), given.scope, date)?;
    let request = canonical(parts, &signed, given.headers, payload);
    let hash = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
    let head = format!("{date}\n{}", given.scope);
    let text = format!("AWS4-HMAC-SHA256\n{head}\n{hash}");
    check(&key, &text, given.signature)?;
    Ok(SignedRequest {
        access,
        payload: payload.to_owned(),
        chain: ChunkChain::new(key, head, given.signature),
    })
}

/// Returns the key of a day, region and service.
pub(crate) fn signing_key(secret: &str, scope: &str, date: &str) -> Result<hmac::Key> {
    let pieces: Vec<_> = scope.split('/').collect();
    let [day, _, "s3", "aws4_request"] = pieces[..] else {
        let message = "the credential's scope isn't DATE/REGION/s3/aws4_request";
        return Err(S3Error::denied(message));
    };
    if !date.starts_with(day) {
        let message = "the credential's date isn't the one of x-amz-date";
        return Err(S3Error::denied(message));
    }
    let first = format!("AWS4{secret}");
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, first.as_bytes());
    for piece in pieces {
        let signed = hmac::sign(&key, piece.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, signed.as_ref());
    }
    Ok(key)
}

/// Returns the text that a signature is made of.
fn canonical(parts: &Parts, signed: &[&str], names: &str, payload: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(parts.uri.path()).collect();
    let path = percent_encoding::percent_encode(&decoded, ENCODED_PATH);
    let query = parts.uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| format!("{}={}", encode(&name), encode(&value)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    let lines = signed.iter().map(|name| {
        let values = parts.headers.get_all(*name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let words = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "));
        format!("{name}:{}\n", words.collect::<Vec<_>>().join(","))
    });
    format!(
        "{}\n{path}\n{}\n{}\n{names}\n{payload}",
        parts.method,
        pairs.join("&"),
        lines.collect::<String>()
    )
}
