//! What can go wrong with a call, and what each failure means for a submission.

use super::model::Dialect;
use super::outcome::{self, ErrorAnswer};
use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use std::time::Duration;
use thiserror::Error;

/// What a call does on the server, and so what a lost answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It only reads: it may be asked again.
    Read,
    /// It changes something: it is sent once.
    Change,
    /// It submits an import job: it is sent once, and its outcome is [`Outcome`].
    Create,
}

/// The call an error is about. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was tried, to be read after "cannot": `create the import job`.
    pub what: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The full address, with its query, without user and password.
    pub url: String,
    /// What it does on the server.
    pub effect: Effect,
}

/// What became of a submission whose call failed (a call that succeeds *made* the job).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The service, or a check of ours, refused it: there is no job.
    Refused,
    /// The service takes no job now: none was made, and the same may succeed later.
    Busy,
    /// It never left: there is no job, and it may be sent again.
    NeverSent,
    /// The answer was lost, or proves nothing.
    Unknown,
}

/// A failed call of the REST client. No variant holds a secret: texts of the service are cut, cleaned of control
/// characters, and masked where they echo a key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ApiError {
    /// A setting of the connection or of the call cannot be used.
    #[error("{what} cannot be used: {problem}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it; never the value of a secret.
        problem: String,
        /// What to do.
        hint: Option<&'static str>,
    },
    /// The key cannot stand in a header.
    #[error("the key ({source_of_key}) cannot be used: {problem}")]
    Key {
        /// Where it came from.
        source_of_key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The dialect has no words for what was asked.
    #[error("{what} cannot be sent over the {dialect} API")]
    NotInDialect {
        /// What was asked.
        what: String,
        /// The connection's dialect.
        dialect: Dialect,
        /// What to type instead.
        instead: String,
    },
    /// The server has no import calls: it is a Milvus older than 2.4.
    #[error("cannot {}: {} is a Milvus older than 2.4, whose REST API has no imports", .call.what, outcome::origin(&.call.url))]
    TooOld {
        /// The call.
        call: Box<Call>,
        /// The connection's dialect.
        dialect: Dialect,
    },
    /// A collection call, but only the control plane's address is known.
    #[error("cannot {what}: the cluster's own endpoint is not known")]
    NoClusterEndpoint {
        /// What was tried.
        what: &'static str,
    },
    /// No connection: refused, no such host, TLS failed. Nothing was sent.
    #[error("cannot reach {}: {cause}", outcome::origin(&.call.url))]
    Unreachable {
        /// The call.
        call: Box<Call>,
        /// The innermost cause.
        cause: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The call's deadline passed before a whole answer was there.
    #[error("cannot {}: no answer from {} within {}", .call.what, outcome::origin(&.call.url), outcome::seconds(*.after))]
    NoAnswer {
        /// The call.
        call: Box<Call>,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke after the request was, or may have been, sent.
    #[error("cannot {}: the connection to {} broke: {cause}", .call.what, outcome::origin(&.call.url))]
    Lost {
        /// The call.
        call: Box<Call>,
        /// The innermost cause.
        cause: String,
    },
    /// A redirect. They are not followed: a key must not travel to another host.
    #[error("cannot {}: {} redirects to {} (HTTP {status}), which is not followed", .call.what, outcome::origin(&.call.url), .location.as_deref().unwrap_or("an unnamed place"))]
    Redirect {
        /// The call.
        call: Box<Call>,
        /// The HTTP status, 300 to 399.
        status: u16,
        /// Where to: scheme, host and port only.
        location: Option<String>,
    },
    /// The service, or a gateway before it, answered with an error.
    #[error("cannot {}: {message}{}", .call.what, outcome::later(*.retry_after))]
    Service {
        /// The call.
        call: Box<Call>,
        /// The HTTP status.
        status: u16,
        /// The service's own code, where the answer was its envelope.
        code: Option<i64>,
        /// The service's own message, or what stands for one.
        message: String,
        /// What to do.
        hint: Option<String>,
        /// The form of the API in which the service answered: some codes mean different things.
        dialect: Dialect,
        /// The time after which the service wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// An answer of success that is not what the reference describes.
    #[error("cannot {}: the answer cannot be read: {problem} (HTTP {status}{})", .call.what, outcome::excerpt(.excerpt))]
    Unreadable {
        /// The call.
        call: Box<Call>,
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        problem: String,
        /// The beginning of the answer.
        excerpt: String,
    },
    /// An answer about another job than the one asked about, such as an answer that a connection carries twice.
    #[error("cannot {}: the answer cannot be read: it is about another job, {answered:?}", .call.what)]
    AnotherJob {
        /// The call.
        call: Box<Call>,
        /// The id in the answer.
        answered: String,
    },
    /// An answer beyond the size that is read.
    #[error("cannot {}: the answer is larger than {} MiB", .call.what, .limit >> 20)]
    TooLarge {
        /// The call.
        call: Box<Call>,
        /// Bytes.
        limit: usize,
    },
    /// Ctrl-C, SIGTERM or the run's own deadline.
    #[error("{} while trying to {}", outcome::stopped(*.stop), .call.what)]
    Stopped {
        /// The call.
        call: Box<Call>,
        /// Why.
        stop: Stop,
        /// True where the request was, or may have been, sent.
        sent: bool,
    },
}

impl ApiError {
    /// The word scripts see and the exit code it leads to.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Setting { .. } | Self::NoClusterEndpoint { .. } => Kind::Usage,
            Self::Key { .. } => Kind::Auth,
            Self::NotInDialect { .. } | Self::TooOld { .. } => Kind::Refused,
            Self::Unreachable { .. } => Kind::Connect,
            Self::NoAnswer { call, .. }
            | Self::Lost { call, .. }
            | Self::AnotherJob { call, .. }
            | Self::Unreadable { call, .. } => read_or_unknown(call, Kind::Connect),
            // A redirect isn't followed, so a change wasn't carried out; of a create that has to be certain.
            Self::Redirect { call, .. } => match call.effect {
                Effect::Create => Kind::Unknown,
                Effect::Read | Effect::Change => Kind::Connect,
            },
            Self::TooLarge { call, .. } => read_or_unknown(call, Kind::Refused),
            Self::Service { call, .. } => self
                .answer()
                .map_or(Kind::Refused, |answer| answer.kind(call.effect)),
            Self::Stopped { stop, .. } => (*stop).into(),
        }
    }

    /// What became of the submission, if this error ended one.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Setting { .. }
            | Self::Key { .. }
            | Self::NotInDialect { .. }
            | Self::TooOld { .. }
            | Self::NoClusterEndpoint { .. } => Outcome::Refused,
            Self::Unreachable { .. } | Self::Stopped { sent: false, .. } => Outcome::NeverSent,
            Self::Service { .. } => self
                .answer()
                .map_or(Outcome::Unknown, |answer| answer.outcome()),
            Self::NoAnswer { .. }
            | Self::Lost { .. }
            | Self::Redirect { .. }
            | Self::AnotherJob { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::Stopped { .. } => Outcome::Unknown,
        }
    }

    fn answer(&self) -> Option<ErrorAnswer<'_>> {
        match self {
            Self::Service {
                status,
                code,
                message,
                dialect,
                ..
            } => Some(ErrorAnswer {
                dialect: *dialect,
                status: *status,
                code: *code,
                message,
            }),
            _ => None,
        }
    }

    /// The time after which the service wants to be asked again (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Service { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns true if the service says that there is no such job (reference: Error codes worth a hint).
    pub fn is_no_job(&self) -> bool {
        self.answer().is_some_and(|answer| answer.is_no_job())
    }

    /// The service's own error code.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Service { code, .. } => *code,
            _ => None,
        }
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Service { status, .. }
            | Self::Redirect { status, .. }
            | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The call that failed; `None` where none was begun.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Setting { .. }
            | Self::Key { .. }
            | Self::NotInDialect { .. }
            | Self::NoClusterEndpoint { .. } => None,
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

    /// What to do next.
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
            Self::Setting { hint, .. } => return hint.map(str::to_owned),
            Self::Service { hint, .. } | Self::Unreachable { hint, .. } => return hint.clone(),
            Self::TooOld { call, dialect } => return Some(too_old(call, *dialect)),
            Self::NotInDialect { instead, .. } => return Some(instead.clone()),
            Self::Key { .. } => {
                "give another key: connect(#{token: secret(\"NAME\")}), a profile, or ZILLIZ_API_KEY"
            }
            Self::NoClusterEndpoint { .. } => {
                "name the cluster: connect(#{cluster: \"name or id\"}), or its endpoint: connect(#{cluster_endpoint: \"https://…\"})"
            }
            Self::Redirect { .. } => {
                "connect to the address it points to, if you trust it with your key"
            }
            Self::Lost { call, .. } if speaks_plainly(call) => {
                "if the server speaks TLS on this port, write https:// instead of http://"
            }
            Self::NoAnswer { call, .. } if call.effect == Effect::Read => {
                "raise the limit: connect(#{timeout: \"2m\"})"
            }
            Self::Unreadable { call, .. } if call.effect == Effect::Read => {
                "is this the address of the service? connect(#{endpoint: …, api: …}) chooses how to speak to it; run with -v to see the whole answer"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// Returns true for a read over plain HTTP: TLS servers drop such a connection.
fn speaks_plainly(call: &Call) -> bool {
    call.effect == Effect::Read && call.url.starts_with("http:")
}

/// Returns what can be done with a server that has no imports.
fn too_old(call: &Call, dialect: Dialect) -> String {
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

fn read_or_unknown(call: &Call, read: Kind) -> Kind {
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
            jobs: Vec::new(),
        }
    }
}
