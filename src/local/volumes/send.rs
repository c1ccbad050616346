//! Answers with an object's content, read from disk while it is sent.

use super::error::{Result, S3Error};
use super::folder::StoredObject;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

/// Bytes that are read at a time.
const PIECE: u64 = 512 << 10;

/// Answers a GET or HEAD request for an object.
pub(crate) fn answer(
    object: StoredObject,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response> {
    let StoredObject { mut file, info } = object;
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let matches = |list: &str| list.split(',').any(|tag| is_tag(tag, &info.tag));
    if text(header::IF_MATCH).is_some_and(|list| !matches(list)) {
        let message = "the object has another ETag";
        return Err(S3Error::new(412, "PreconditionFailed", message));
    }
    if text(header::IF_NONE_MATCH).is_some_and(matches) {
        return Err(S3Error::new(304, "NotModified", ""));
    }
    let range = text(header::RANGE).map_or(Ok(None), |text| range(text, info.size))?;
    let part = range.clone().unwrap_or(0..info.size);
    let length = part.end - part.start;
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        file.seek(SeekFrom::Start(part.start))?;
        content(file, length)
    };
    let modified = info.modified.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let headers = [
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, format!("\"{}\"", info.tag)),
        (header::LAST_MODIFIED, modified.to_string()),
    ];
    let status = match range {
        Some(_) => StatusCode::PARTIAL_CONTENT,
        None => StatusCode::OK,
    };
    let range = range.map(|range| {
        let last = range.end - 1;
        let value = format!("bytes {}-{last}/{}", range.start, info.size);
        [(header::CONTENT_RANGE, value)]
    });
    Ok((status, headers, range, body).into_response())
}

fn is_tag(given: &str, tag: &str) -> bool {
    let given = given.trim();
    given == "*" || given.trim_matches('"') == tag
}

/// Parses a range. Returns `None` for a form that servers ignore (RFC 9110, 14.2).
fn range(text: &str, size: u64) -> Result<Option<Range<u64>>> {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|text| text.split_once('-'))
    else {
        return Ok(None);
    };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.is_empty() {
        let message = format!("the object has {size} bytes");
        return Err(S3Error::new(416, "InvalidRange", message));
    }
    Ok(Some(range))
}

/// Returns the next `length` bytes of a file as a body.
fn content(file: File, length: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, length), async |(file, left)| {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            (&file).take(left.min(PIECE)).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>((file, bytes))
        });
        let (file, bytes) = read.await??;
        if bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let left = left - bytes.len() as u64;
        Ok(Some((Bytes::from(bytes), (file, left))))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_within_the_object() {
        for (text, expected) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=5-99", Some(5..10)),
            ("bytes=5-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(range(text, 10), Ok(expected), "{text}");
        }
        for text in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(range(text, 10).unwrap_err().code, "InvalidRange", "{text}");
        }
    }
}
