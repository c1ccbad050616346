//! Reads request bodies within limits of size and time, unpacks them, and parses them as a JSON object.

mod leftover;

pub(crate) use leftover::keep as keep_leftover;

use super::error::{Result, ServiceError};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, header};
use flate2::bufread::MultiGzDecoder;
use futures_util::TryStreamExt as _;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io::Read as _;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The largest request body, in bytes, packed or unpacked: far above a create call with 1,024 paths.
const MAX_BODY: usize = 4 << 20;

/// The largest body with rows, in bytes: the limit of Milvus' proxy.
const MAX_ROWS: usize = 64 << 20;

/// Permits for bodies above [`MAX_BODY`] in memory at a time. Each takes memory for its bytes, and for its rows as
/// columns.
static LARGE: Semaphore = Semaphore::const_new(2);

/// Largest body that is read without a permit, in bytes. As JSON values, parameters take up to 45 times their length.
const SMALL: usize = 16 << 10;

/// Permits for bodies between [`SMALL`] and [`MAX_BODY`] in memory at a time, one for each begun [`SMALL`] bytes.
static MIDDLE: Semaphore = Semaphore::const_new((8 << 20) / SMALL);

/// Length of a body that is parsed on another thread than the one that serves all connections.
const PARSED_ELSEWHERE: usize = 256 << 10;

/// Time limit for a body to arrive: less than the time that a connection may last without an answer.
const BODY_TIME: Duration = Duration::from_secs(20);

/// Time limit for a large body to get its permit.
const PLACE_TIME: Duration = Duration::from_secs(10);

/// Mark that some editors and shells put before their text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The kind of content that a body may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// Parameters only.
    Parameters,
    /// Parameters, with rows in `data`.
    Rows,
}

impl BodyKind {
    const fn limit(self) -> usize {
        match self {
            Self::Parameters => MAX_BODY,
            Self::Rows => MAX_ROWS,
        }
    }
}

/// The object in a body.
#[derive(Debug, Default)]
pub(crate) struct BodyObject {
    /// The object's keys and values, without `data` for [`BodyKind::Rows`].
    pub(crate) params: Map<String, Value>,
    /// The JSON text of `data`, for [`BodyKind::Rows`].
    pub(crate) data: Option<Bytes>,
    /// The permit of a body that isn't small.
    #[expect(dead_code, reason = "it is given back when it is dropped")]
    place: Option<SemaphorePermit<'static>>,
}

impl BodyObject {
    /// Returns an object with these parameters.
    pub(crate) fn of(params: Map<String, Value>) -> Self {
        Self {
            params,
            ..Self::default()
        }
    }
}

/// Returns the object in a request's body. An empty body and null are an empty object.
///
/// # Errors
/// Returns 413 or 408 if the body exceeds the limits; 415 or 400 if its encoding isn't gzip or the bytes don't match
/// the encoding; 400 if it's cut off; 429 if there are too many large bodies at once; 1801 if it isn't a JSON object.
pub(crate) async fn object(headers: &HeaderMap, body: Body, kind: BodyKind) -> Result<BodyObject> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    let encoding = encoding.map(|name| name.as_bytes().to_ascii_lowercase());
    let packed = match encoding.as_deref() {
        None | Some(b"" | b"identity") => false,
        Some(b"gzip" | b"x-gzip") => true,
        Some(name) => {
            let name = String::from_utf8_lossy(name);
            let message = format!("content encoding {name:?} is not supported: send gzip, or none");
            return Err(ServiceError::http(415, 415, message));
        }
    };
    let mut place = None;
    let read = read(body, kind, packed, &mut place);
    let late = |_| ServiceError::http(408, 408, "the request body did not arrive in time");
    let read = tokio::time::timeout(BODY_TIME, read).await;
    let bytes = read.map_err(late)??;
    let length = bytes.len();
    let parse = move || {
        if packed {
            parse(&unpack(&bytes, kind.limit())?.into(), kind)
        } else {
            parse(&bytes, kind)
        }
    };
    let parsed = if length < PARSED_ELSEWHERE && !packed {
        parse()
    } else {
        tokio::task::spawn_blocking(parse)
            .await
            .unwrap_or_else(|_| Err(ServiceError::unexpected("the request could not be parsed")))
    };
    parsed.map(|object| BodyObject { place, ..object })
}

fn too_large(why: &str, limit: usize) -> ServiceError {
    let message =
        format!("the request body could not be read: {why}; at most {limit} bytes are accepted");
    ServiceError::http(413, 413, message)
}

async fn read(
    body: Body,
    kind: BodyKind,
    packed: bool,
    place: &mut Option<SemaphorePermit<'static>>,
) -> Result<Bytes> {
    // The announced length is checked first, before the body arrives.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > kind.limit() {
        let why = format!("it has {announced} bytes");
        return Err(too_large(&why, kind.limit()));
    }
    let expected = if packed { kind.limit() } else { announced };
    let mut allowed = SMALL;
    if expected > allowed {
        let (length, permit) = reserve(expected).await?;
        (allowed, *place) = (length, Some(permit));
    }
    let mut bytes = Vec::with_capacity(announced);
    let mut body = body.into_data_stream();
    while let Some(data) = body.try_next().await.map_err(|error| broken(&error))? {
        let length = bytes.len().saturating_add(data.len());
        if length > kind.limit() {
            return Err(too_large("it is larger", kind.limit()));
        }
        if length > allowed {
            // The permit is given back first, so bodies without an announced length don't wait for each other.
            *place = None;
            let (length, permit) = reserve(length.max(MAX_BODY)).await?;
            (allowed, *place) = (length, Some(permit));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}

/// Waits for the permit of a body with this length. Returns it with the length that it allows.
async fn reserve(length: usize) -> Result<(usize, SemaphorePermit<'static>)> {
    let (allowed, permits, count) = if length > MAX_BODY {
        (MAX_ROWS, &LARGE, 1)
    } else {
        (length, &MIDDLE, length.div_ceil(SMALL))
    };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match tokio::time::timeout(PLACE_TIME, permits.acquire_many(count)).await {
        Ok(Ok(permit)) => Ok((allowed, permit)),
        _ => {
            let message = "other large requests are being read; try again";
            Err(ServiceError::http(429, 429, message))
        }
    }
}

/// Returns the error for a broken body. The innermost cause is the most precise, e.g. the wrong first byte of a chunk.
fn broken(error: &axum::Error) -> ServiceError {
    let mut innermost: &dyn Error = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    let message = format!("the request body could not be read to its end: {innermost}");
    ServiceError::http(400, 400, message)
}

/// Unpacks a body up to the limit, since a small body may grow to any size.
fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    let mut unpacked = MultiGzDecoder::new(bytes).take(most.saturating_add(1));
    unpacked.read_to_end(&mut text).map_err(|error| {
        let message = format!("the request body is not the gzip it says it is: {error}");
        ServiceError::http(400, 400, message)
    })?;
    if text.len() > limit {
        return Err(too_large("unpacked it is larger", limit));
    }
    Ok(text)
}

fn parse(bytes: &Bytes, kind: BodyKind) -> Result<BodyObject> {
    let body = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut object = BodyObject::default();
    if body.trim_ascii().is_empty() {
        return Ok(object);
    }
    let bad = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => ServiceError::not_json(200, "expected an object"),
        _ => ServiceError::not_json(200, &error.to_string()),
    };
    if kind == BodyKind::Parameters {
        let params: Option<Map<_, _>> = serde_json::from_slice(body).map_err(bad)?;
        object.params = params.unwrap_or_default();
        return Ok(object);
    }
    let read = serde_json::from_slice(body).map_err(bad)?;
    let Some(RowsObject { params, data }) = read else {
        return Ok(object);
    };
    let Some(params) = params else {
        let why = "the keys beside data are larger";
        return Err(too_large(why, MAX_BODY));
    };
    object.data = data.map(|data| bytes.slice_ref(data.get().as_bytes()));
    for (name, value) in params {
        let value = serde_json::from_str(value.get()).map_err(bad)?;
        object.params.insert(name, value);
    }
    Ok(object)
}

/// The object of a body with rows. The rows are kept as JSON text: as values they would take several times the memory.
struct RowsObject<'a> {
    /// The keys beside `data`; `None` if they are larger than [`MAX_BODY`].
    params: Option<BTreeMap<String, &'a RawValue>>,
    data: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for RowsObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = RowsObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut params, mut data, mut size) = (Some(BTreeMap::new()), None, 0_usize);
        while let Some(name) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            if name == "data" {
                data = Some(value);
                continue;
            }
            size = size.saturating_add(KEY_SIZE + name.len() + value.get().len());
            if size > MAX_BODY {
                params = None;
            }
            if let Some(params) = &mut params {
                params.insert(name, value);
            }
        }
        Ok(RowsObject { params, data })
    }
}

/// Bytes that a key takes beside its text, at least.
const KEY_SIZE: usize = 32;

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
        let read = read_as(BodyKind::Parameters, encoding, body);
        read.map(|object| object.params.len())
    }

    fn read_as(
        kind: BodyKind,
        encoding: Option<&'static str>,
        body: Vec<u8>,
    ) -> Result<BodyObject, (u16, i64)> {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().unwrap();
        let read = runtime.block_on(object(&headers, Body::from(body), kind));
        read.map_err(|error| (error.status, error.code))
    }

    #[test]
    fn rows_may_be_larger_and_are_kept_as_text() {
        let rows = format!("[{}]", " ".repeat(MAX_BODY + 1));
        let text = format!("{{\"collectionName\": \"c\", \"data\": {rows}}}").into_bytes();
        for (encoding, body) in [(None, text.clone()), (Some("gzip"), packed(&text))] {
            let read = read_as(BodyKind::Rows, encoding, body).unwrap();
            assert_eq!(read.data.as_deref(), Some(rows.as_bytes()));
            assert_eq!(read.params.len(), 1);
        }
        let large = read_as(BodyKind::Rows, None, vec![b' '; MAX_ROWS + 1]);
        assert_eq!(large.err(), Some((413, 413)));
        let list = read_as(BodyKind::Rows, None, b"[]".to_vec());
        assert_eq!(list.err(), Some((200, 1801)));
    }

    #[test]
    fn keys_other_than_rows_are_limited() {
        let lists = format!("[{}0]", "[],".repeat(MAX_BODY / 3));
        let keys: String = (0..MAX_BODY / 30)
            .map(|no| format!("\"{no}\":0,"))
            .collect();
        for body in [
            format!("{{\"z\":{lists},\"data\":[]}}"),
            format!("{{\"data\":[],\"z\":{lists}}}"),
            format!("{{{keys}\"data\":[]}}"),
        ] {
            let read = read_as(BodyKind::Rows, None, body.into_bytes());
            assert_eq!(read.err(), Some((413, 413)));
        }
    }

    #[test]
    fn objects_are_read_plain_and_compressed() {
        let text = br#"{"a":1}"#;
        assert_eq!(given(None, text.to_vec()), Ok(1));
        assert_eq!(given(Some("identity"), text.to_vec()), Ok(1));
        assert_eq!(given(Some("GZIP"), packed(text)), Ok(1));
        assert_eq!(given(None, [BYTE_ORDER_MARK, text].concat()), Ok(1));
        assert_eq!(given(None, b" \r\n".to_vec()), Ok(0));
        // Go's encoding/json reads a null as an empty object.
        assert_eq!(given(None, b"null".to_vec()), Ok(0));
        assert!(read_as(BodyKind::Rows, None, b"null".to_vec()).is_ok());
    }

    #[test]
    fn a_body_that_is_not_an_object_is_an_error() {
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
