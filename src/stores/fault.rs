//! Errors of object stores. The messages never contain a store's answer, which may repeat storage credentials.

use crate::error::Kind;
use object_store::client::{HttpError, HttpErrorKind};
use object_store::{Error, path};
use std::error::Error as StdError;
use std::io;

/// The reason why an object or a list of objects couldn't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreFault {
    /// The bucket doesn't exist.
    #[error("there is no such bucket")]
    NoBucket,
    /// The object doesn't exist.
    #[error("there is no such object")]
    NoObject,
    /// The storage credentials are wrong or lack a permission.
    #[error(
        "access denied{}; check the storage keys, and that they may get objects and list the bucket", code(.0.as_ref())
    )]
    Denied(Option<String>),
    /// The store knows no upload in parts of this id, or not its parts.
    #[error("the object store has forgotten the parts of the upload")]
    NoUpload,
    /// The store is overloaded or failed; the same request may succeed later.
    #[error("the object store is busy{}", code(.0.as_ref()))]
    Busy(Option<String>),
    /// The object was replaced while it was read.
    #[error("the object was changed while it was read")]
    Changed,
    /// The store's host can't be reached.
    #[error("the object store could not be reached")]
    Unreachable,
    /// The request took too long.
    #[error("the object store did not answer in time")]
    Slow,
    /// An object name that can't be part of a URL, such as `a//b` or `a/../b`.
    #[error("object names with empty parts, `.` or `..` are not supported{}", name(.0.as_ref()))]
    Name(Option<String>),
    /// Any other refusal, with the store's error code.
    #[error("the object store refused the request{}", code(.0.as_ref()))]
    Refused(Option<String>),
}

fn code(code: Option<&String>) -> String {
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

fn name(name: Option<&String>) -> String {
    name.map_or_else(String::new, |name| format!(": {name:?}"))
}

impl From<path::Error> for StoreFault {
    fn from(error: path::Error) -> Self {
        match error {
            path::Error::EmptySegment { path } | path::Error::BadSegment { path, .. } => {
                Self::Name(Some(path))
            }
            _ => Self::Name(None),
        }
    }
}

impl From<Error> for StoreFault {
    fn from(error: Error) -> Self {
        if let Error::InvalidPath { source } = error {
            return source.into();
        }
        let (code, status) = (code_of(&error), status_of(&error));
        match (code.as_deref().unwrap_or_default(), &error) {
            ("NoSuchBucket" | "ContainerNotFound", _) => Self::NoBucket,
            ("NoSuchUpload" | "InvalidPart" | "InvalidBlockList", _) => Self::NoUpload,
            ("SlowDown" | "InternalError" | "RequestTimeout" | "ServerBusy", _) => Self::Busy(code),
            (_, Error::NotFound { .. }) => Self::NoObject,
            (
                "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken",
                _,
            )
            | (_, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {
                Self::Denied(code)
            }
            // The library has no error of its own for a list that is denied.
            _ if matches!(status, Some(401 | 403)) => Self::Denied(code),
            (_, Error::Precondition { .. }) => Self::Changed,
            _ => match http_kind(&error) {
                Some(HttpErrorKind::Timeout) => Self::Slow,
                Some(_) => Self::Unreachable,
                None if matches!(status, Some(408 | 429 | 500..)) => Self::Busy(code),
                None => Self::Refused(code),
            },
        }
    }
}

impl From<StoreFault> for io::Error {
    fn from(fault: StoreFault) -> Self {
        let kind = match fault {
            StoreFault::NoBucket | StoreFault::NoObject => io::ErrorKind::NotFound,
            StoreFault::Denied(_) => io::ErrorKind::PermissionDenied,
            StoreFault::Slow => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, fault)
    }
}

impl StoreFault {
    /// Returns the kind of error, which decides the exit code.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Denied(_) => Kind::Auth,
            Self::Unreachable | Self::Slow => Kind::Connect,
            Self::Busy(_) => Kind::Busy,
            _ => Kind::Refused,
        }
    }

    /// Returns advice for reading and listing.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable | Self::Slow => {
                "check the network and the store's endpoint; HTTPS_PROXY names a proxy"
            }
            Self::Busy(_) | Self::Changed => "run it again later",
            _ => {
                "a private bucket needs storage keys: storage_keys: \"aws\", or the storage settings of connect() or a profile"
            }
        }
    }

    /// Returns true if the same request may succeed later.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Slow | Self::Busy(_))
    }
}

/// Returns the HTTP status, which the library has in its error's text only.
fn status_of(error: &Error) -> Option<u16> {
    let text = error.to_string();
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// Returns the answer's `<Code>…</Code>`, if it's a plain word.
fn code_of(error: &Error) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| code.to_owned())
}

fn http_kind(error: &Error) -> Option<HttpErrorKind> {
    let mut next: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = next {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return Some(http.kind());
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_contain_the_code_and_not_the_answer() {
        let denied = |body: &str| Error::PermissionDenied {
            path: "x".to_owned(),
            source: body.to_owned().into(),
        };
        let body = "<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>AKIASECRET</AWSAccessKeyId></Error>";
        let fault = StoreFault::from(denied(body));
        assert_eq!(
            fault,
            StoreFault::Denied(Some("InvalidAccessKeyId".to_owned()))
        );
        assert!(!fault.to_string().contains("AKIA"));
        assert_eq!(
            StoreFault::from(denied("<Code>x<y></Code>")),
            StoreFault::Denied(None)
        );
        let missing = Error::NotFound {
            path: "x".to_owned(),
            source: "<Code>NoSuchBucket</Code>".into(),
        };
        assert_eq!(StoreFault::from(missing), StoreFault::NoBucket);
        let list = |status: &str| Error::Generic {
            store: "S3",
            source: format!("non-2xx status code: {status}: <Code>X</Code>").into(),
        };
        let code = || Some("X".to_owned());
        for (status, fault) in [
            ("401 Unauthorized", StoreFault::Denied(code())),
            ("403 Forbidden", StoreFault::Denied(code())),
            ("429 Too Many Requests", StoreFault::Busy(code())),
            ("503 Service Unavailable", StoreFault::Busy(code())),
            ("400 Bad Request", StoreFault::Refused(code())),
        ] {
            assert_eq!(StoreFault::from(list(status)), fault, "{status}");
        }
    }
}
