//! Answers with an object's content, read from disk while it is sent.

use super::error::{Result, S3Error};
use super::folder::StoredObject;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;

/// Bytes that are read at a time.
const PIECE: u64 = 512 << 10;

/// Answers a GET or HEAD request for an object.
pub(crate) fn answer(
    object: StoredObject,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let matches = |list: &str| list.split(',').any(|tag| is_tag(tag, &object.tag));
    if text(header::IF_MATCH).is_some_and(|list| !matches(list)) {
        let message = "the object has another ETag";
        return Err(S3Error::new(412, "PreconditionFailed", message));
    }
    if text(header::IF_NONE_MATCH).is_some_and(matches) {
        return Err(S3Error::new(304, "NotModified", ""));
    }
    let range = text(header::RANGE).map_or(Ok(None), |text| range(text, object.size))?;
    let part = range.clone().unwrap_or(0..object.size);
    let length = part.end - part.start;
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let mut file = object.file;
        file.seek(SeekFrom::Start(part.start))?;
        Body::new(FileBody {
            reading: FileReading::Ready(Some(file)),
            left: length,
        })
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_LENGTH, length.to_string());
    set(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::ETAG, format!("\"{}\"", object.tag));
    set(header::LAST_MODIFIED, http_date(object.modified));
    if let Some(range) = range {
        let last = range.end - 1;
        let value = format!("bytes {}-{last}/{}", range.start, object.size);
        set(header::CONTENT_RANGE, value);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn is_tag(given: &str, tag: &str) -> bool {
    let given = given.trim();
    given == "*" || given.trim_matches('"') == tag
}

/// Returns a time in the form of HTTP's headers.
fn http_date(time: jiff::Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
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

/// The content of a file as a body.
struct FileBody {
    reading: FileReading,
    left: u64,
}

enum FileReading {
    Ready(Option<File>),
    Busy(JoinHandle<io::Result<(File, Bytes)>>),
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if let FileReading::Ready(file) = &mut self.reading {
            let Some(file) = file.take() else {
                return Poll::Ready(None);
            };
            let count = self.left.min(PIECE);
            self.reading = FileReading::Busy(tokio::task::spawn_blocking(move || {
                let mut bytes = Vec::new();
                (&file).take(count).read_to_end(&mut bytes)?;
                Ok((file, bytes.into()))
            }));
        }
        let FileReading::Busy(busy) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let read = ready!(Pin::new(busy).poll(context)).map_err(io::Error::other);
        self.reading = FileReading::Ready(None);
        let (file, bytes) = match read.flatten() {
            Ok(read) => read,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        if bytes.is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.reading = FileReading::Ready(Some(file));
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
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
