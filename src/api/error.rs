//! Errors of API calls, and the outcome of a submission that each implies.

use super::model::{Dialect, Effect};
use super::outcome::{self, ErrorAnswer, Outcome};
use super::reason::ServiceReason;
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// The call that an error is about. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// The attempted action, as it reads after "cannot": `create the import job`.
    pub what: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The full URL with its query, without user and password.
    pub url: String,
    /// The call's effect on the server.
    pub effect: Effect,
}

/// A failed call of the REST client. No variant holds a secret: the service's texts are shortened, stripped of control
/// characters, and masked if they echo an API key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ApiError {
    /// A check of zshell refused the call, so nothing was sent: a setting can't be used ([`unusable`]), or the dialect
    /// can't express the request ([`beyond`]).
    #[error(transparent)]
    Refused(#[from] Failure),
    /// The server is a Milvus older than 2.4, which has no import calls.
    #[error("cannot {}: {} is a Milvus older than 2.4, whose REST API has no imports", .call.what, outcome::origin(&.call.url))]
    TooOld {
        call: Box<ApiCall>,
        /// The connection's dialect.
        dialect: Dialect,
    },
    /// No connection: refused, no such host, or TLS failed. Nothing was sent.
    #[error("cannot reach {}: {cause}", outcome::origin(&.call.url))]
    Unreachable {
        call: Box<ApiCall>,
        /// The innermost cause.
        cause: String,
        /// The remedy.
        hint: Option<String>,
    },
    /// The call's deadline passed before the whole answer arrived.
    #[error("cannot {}: no answer from {} within {}", .call.what, outcome::origin(&.call.url), outcome::seconds(*.after))]
    NoAnswer {
        call: Box<ApiCall>,
        /// The deadline, measured from the start of the call.
        after: Duration,
    },
    /// The connection broke after the request was, or may have been, sent.
    #[error("cannot {}: the connection to {} broke: {cause}", .call.what, outcome::origin(&.call.url))]
    Lost {
        call: Box<ApiCall>,
        /// The innermost cause.
        cause: String,
    },
    /// A redirect. Redirects aren't followed, since the API key must not go to another host.
    #[error("cannot {}: {} redirects to {} (HTTP {status}), which is not followed", .call.what, outcome::origin(&.call.url), .location.as_deref().unwrap_or("an unnamed place"))]
    Redirect {
        call: Box<ApiCall>,
        /// The HTTP status, 300 to 399.
        status: u16,
        /// The redirect's target: only scheme, host and port.
        location: Option<String>,
    },
    /// The service, or a gateway in front of it, sent an error.
    #[error("cannot {}: {message}{}", .call.what, outcome::later(*.retry_after))]
    Service {
        call: Box<ApiCall>,
        /// Status, code and reason.
        answer: ErrorAnswer,
        /// The service's own message, or an excerpt of the answer.
        message: String,
        /// The remedy.
        hint: Option<String>,
        /// The delay that the service wants before a retry.
        retry_after: Option<Duration>,
    },
    /// A successful answer in a form that no release is known to send.
    #[error("cannot {}: the answer cannot be read: {problem} (HTTP {status}{})", .call.what, outcome::excerpt(.excerpt))]
    Unreadable {
        call: Box<ApiCall>,
        /// The HTTP status.
        status: u16,
        /// The problem with the answer.
        problem: String,
        /// The beginning of the answer's text.
        excerpt: String,
    },
    /// An answer about another job than requested, e.g. because a connection delivered an answer twice.
    #[error("cannot {}: the answer cannot be read: it is about another job, {answered:?}", .call.what)]
    AnotherJob {
        call: Box<ApiCall>,
        /// The id in the answer.
        answered: String,
    },
    /// An answer above the size limit.
    #[error("cannot {}: the answer is larger than {} MiB", .call.what, .limit >> 20)]
    TooLarge {
        call: Box<ApiCall>,
        /// The limit in bytes.
        limit: usize,
    },
    /// The call was stopped by Ctrl-C, SIGTERM or the run's own deadline.
    #[error("{} while trying to {}", .stop.words(), .call.what)]
    Stopped {
        /// The stopped call.
        call: Box<ApiCall>,
        /// The reason of the stop.
        stop: Stop,
        /// Whether the request was, or may have been, sent.
        sent: bool,
    },
}

impl ApiError {
    /// Returns the error's kind, which scripts can read and which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(failure) => failure.kind,
            Self::TooOld { .. } => Kind::Refused,
            Self::Unreachable { .. } => Kind::Connect,
            Self::NoAnswer { call, .. }
            | Self::Lost { call, .. }
            | Self::AnotherJob { call, .. }
            | Self::Unreadable { call, .. } => read_or_unknown(call, Kind::Connect),
            // Redirects aren't followed, so a change wasn't carried out. For a create, that has to be certain.
            Self::Redirect { call, .. } => match call.effect {
                Effect::Create => Kind::Unknown,
                Effect::Read | Effect::Change => Kind::Connect,
            },
            Self::TooLarge { call, .. } => read_or_unknown(call, Kind::Refused),
            Self::Service { call, answer, .. } => answer.kind(call.effect),
            Self::Stopped { stop, .. } => (*stop).into(),
        }
    }

    /// Returns the outcome of the submission that ended in this error.
    pub fn outcome(&self) -> Outcome {
        match self {
            // Checks before a request fail with these kinds only. Any other failure proves nothing.
            Self::Refused(failure) => match failure.kind {
                Kind::Usage | Kind::Refused | Kind::Auth => Outcome::Refused,
                _ => Outcome::Unknown,
            },
            Self::TooOld { .. } => Outcome::Refused,
            Self::Unreachable { .. } | Self::Stopped { sent: false, .. } => Outcome::NeverSent,
            Self::Service { answer, .. } => answer.outcome(),
            Self::NoAnswer { .. }
            | Self::Lost { .. }
            | Self::Redirect { .. }
            | Self::AnotherJob { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::Stopped { .. } => Outcome::Unknown,
        }
    }

    fn answer(&self) -> Option<ErrorAnswer> {
        match *self {
            Self::Service { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// Returns the delay that the service wants before a retry (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Service { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns true if a change may have been carried out: its answer was lost, or proves nothing.
    pub fn may_have_acted(&self) -> bool {
        match self.answer() {
            Some(answer) => answer.may_have_acted(),
            None => self.outcome() == Outcome::Unknown && !matches!(self, Self::Redirect { .. }),
        }
    }

    /// Returns the reason of the service's error, if it's one that zshell handles.
    pub(crate) fn reason(&self) -> Option<ServiceReason> {
        self.answer()?.reason
    }

    /// Returns the service's own error code.
    pub fn code(&self) -> Option<i64> {
        self.answer()?.code
    }

    /// Returns the HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Service { answer, .. } => Some(answer.status),
            Self::Redirect { status, .. } | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the failed call; `None` if no call was begun.
    pub fn call(&self) -> Option<&ApiCall> {
        match self {
            Self::Refused(_) => None,
            Self::Unreachable { call, .. }
            | Self::TooOld { call, .. }
            | Self::NoAnswer { call, .. }
            | Self::Lost { call, .. }
            | Self::Redirect { call, .. }
            | Self::Service { call, .. }
            | Self::AnotherJob { call, .. }
            | Self::Unreadable { call, .. }
            | Self::TooLarge { call, .. }
            | Self::Stopped { call, .. } => Some(call),
        }
    }

    /// Returns the remedy.
    pub fn hint(&self) -> Option<String> {
        self.own_hint().or_else(|| {
            let create = self
                .call()
                .is_some_and(|call| call.effect == Effect::Create);
            (create && self.outcome() == Outcome::Unknown)
                .then(|| "the job may exist: look with jobs() before importing again".to_owned())
        })
    }

    fn own_hint(&self) -> Option<String> {
        let text = match self {
            Self::Refused(failure) => return failure.hint.clone(),
            Self::Service { hint, .. } | Self::Unreachable { hint, .. } => return hint.clone(),
            Self::TooOld { call, dialect } => return Some(too_old(call, *dialect)),
            Self::Redirect { .. } => {
                "connect to the address it points to, if you trust it with your API key"
            }
            Self::Lost { call, .. } if speaks_plainly(call) => {
                "if the server speaks TLS on this port, write https:// instead of http://"
            }
            Self::NoAnswer { call, .. } if call.effect == Effect::Read => {
                "raise the limit: connect(#{timeout: \"2m\"})"
            }
            Self::Unreadable { call, .. } if call.effect == Effect::Read => {
                "check the endpoint and api of connect(#{endpoint: …, api: …}); -v shows the whole answer"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// Returns the error for a setting of the connection or of a call that can't be used.
pub(super) fn unusable(what: &str, problem: impl fmt::Display) -> Failure {
    Failure::usage(format!("{what} cannot be used: {problem}"))
}

/// Returns the error for a request that the dialect can't express, with the line to type instead.
pub(super) fn beyond(dialect: Dialect, what: &str, instead: impl Into<String>) -> ApiError {
    let problem = format!("{what} cannot be sent over the {dialect} API");
    ApiError::Refused(Failure::refused(problem).with_hint(instead))
}

/// Returns true for a read over plain HTTP. A TLS server drops such a connection.
fn speaks_plainly(call: &ApiCall) -> bool {
    call.effect == Effect::Read && call.url.starts_with("http:")
}

/// Returns the remedy for a server without imports.
fn too_old(call: &ApiCall, dialect: Dialect) -> String {
    let rows = match dialect {
        Dialect::V1 => {
            "collections(), describe(name), query(name, filter) and peek(name) work".to_owned()
        }
        Dialect::V2 | Dialect::Milvus => {
            let origin = outcome::origin(&call.url);
            format!(
                "connect(#{{endpoint: {origin:?}, api: \"v1\"}}) reads its collections and rows"
            )
        }
    };
    format!("imports need Milvus 2.4 or later; {rows}")
}

fn read_or_unknown(call: &ApiCall, read: Kind) -> Kind {
    match call.effect {
        Effect::Read => read,
        Effect::Change | Effect::Create => Kind::Unknown,
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self {
            kind: error.kind(),
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            origin: None,
            jobs: Vec::new(),
        }
    }
}
