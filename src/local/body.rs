//! Request bodies: read within limits of size and time, unpacked, and parsed as a JSON object.

use super::error::ServiceError;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, header};
use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};
use std::io::Read as _;
use std::time::Duration;

/// The largest request body, in bytes, packed or unpacked: far above a create call with 1,024 paths.
const MAX_BODY: usize = 4 << 20;

/// How long a body may take to arrive: less than a connection may go without an answer.
const BODY_TIME: Duration = Duration::from_secs(20);

/// What some editors and shells put before their text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The object in a request's body; an empty body is an empty one.
///
/// # Errors
///
/// 413 and 408 where the body passes the limits, 415 and 400 for an encoding that is not gzip or not what it says,
/// 1801 for what is no JSON object.
pub(super) async fn object(
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, ServiceError> {
    let bytes = read(body).await?;
    let encoding = headers.get(header::CONTENT_ENCODING);
    match encoding.map(|name| name.as_bytes().to_ascii_lowercase()) {
        None => parse(&bytes),
        Some(name) if name.is_empty() || name == b"identity" => parse(&bytes),
        Some(name) if name == b"gzip" || name == b"x-gzip" => parse(&unpack(&bytes)?),
        Some(name) => {
            let name = String::from_utf8_lossy(&name).into_owned();
            let message = format!("content encoding {name:?} is not supported: send gzip, or none");
            Err(ServiceError::http(415, 415, message))
        }
    }
}

fn too_large(why: &str) -> ServiceError {
    let message =
        format!("the request body could not be read: {why}; at most {MAX_BODY} bytes are accepted");
    ServiceError::http(413, 413, message)
}

async fn read(body: Body) -> Result<Bytes, ServiceError> {
    // The announced length is judged at once, before the body has arrived.
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |length| length > MAX_BODY) {
        return Err(too_large(&format!("it has {announced} bytes")));
    }
    match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, MAX_BODY)).await {
        Ok(read) => read.map_err(|error| too_large(&error.to_string())),
        Err(_) => Err(ServiceError::http(
            408,
            408,
            "the request body did not arrive in time",
        )),
    }
}

/// Unpacks no more than the limit, whatever a small body would grow to.
fn unpack(bytes: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let most = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    let mut unpacked = MultiGzDecoder::new(bytes).take(most.saturating_add(1));
    if let Err(error) = unpacked.read_to_end(&mut text) {
        let message = format!("the request body is not the gzip it says it is: {error}");
        return Err(ServiceError::http(400, 400, message));
    }
    if text.len() > MAX_BODY {
        return Err(too_large("unpacked it is larger"));
    }
    Ok(text)
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, ServiceError> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ServiceError::not_json(200, "expected an object")),
        Err(error) => Err(ServiceError::not_json(200, &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn given(encoding: Option<&'static str>, body: Vec<u8>) -> Result<usize, (u16, i64)> {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().unwrap();
        let read = runtime.block_on(object(&headers, Body::from(body)));
        read.map(|object| object.len())
            .map_err(|error| (error.status, error.code))
    }

    #[test]
    fn objects_are_read_plain_and_packed() {
        let text = br#"{"a":1}"#;
        assert_eq!(given(None, text.to_vec()), Ok(1));
        assert_eq!(given(Some("identity"), text.to_vec()), Ok(1));
        assert_eq!(given(Some("GZIP"), packed(text)), Ok(1));
        assert_eq!(given(None, [BYTE_ORDER_MARK, text].concat()), Ok(1));
        assert_eq!(given(None, b" \r\n".to_vec()), Ok(0));
    }

    #[test]
    fn what_is_no_object_is_answered() {
        assert_eq!(given(None, b"[]".to_vec()), Err((200, 1801)));
        assert_eq!(given(Some("gzip"), b"{}".to_vec()), Err((400, 400)));
        assert_eq!(given(Some("zstd"), b"{}".to_vec()), Err((415, 415)));
        assert_eq!(given(None, vec![b' '; MAX_BODY + 1]), Err((413, 413)));
    }

    #[test]
    fn a_small_body_does_not_grow_past_the_limit() {
        let bomb = packed(&vec![b' '; 32 << 20]);
        assert!(bomb.len() < MAX_BODY);
        assert_eq!(given(Some("gzip"), bomb), Err((413, 413)));
    }
}
