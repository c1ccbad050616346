//! Derives the kind of failure and the outcome of a submission from an error answer.

use super::model::Effect;
use super::reason::ServiceReason;
use crate::error::Kind;
use std::time::Duration;
use url::Url;

/// The outcome of a submission whose call failed (a successful call *made* the job).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Refused by the service or by a check of zshell: there is no job.
    Refused,
    /// The service accepts no job now. None was made, and a later attempt may succeed.
    Busy,
    /// The request wasn't sent: there is no job, and the submission may be repeated.
    NeverSent,
    /// The answer was lost, or doesn't show whether there is a job.
    Unknown,
}

/// Codes with which a create is refused before a job is made: of Milvus (`pkg/util/merr/errors.go`), and of Zilliz Cloud
/// as published with its API. A code outside this list proves nothing.
const REFUSED: [i64; 34] = [
    10003, 21119, 40003, 40021, 40022, 47005, 47035, 47036, 47053, 63240, 80000, 80001, 80002,
    80003, 80004, 80020, 83001, 83004, 90011, 90102, 90103, 90104, 90117, 90142,
    90145, // cloud
    9, 100, 800, 1100, 1101, 1800, 1801, 1802, 3000, // Milvus
];

/// Codes that mean "try later" (Milvus' `pkg/util/merr`: 4 queue is full, 8 and 1807 rate limits).
const BUSY: [i64; 6] = [4, 8, 429, 1807, 47039, 47055];

/// A service's error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The service's own error code, if it sent its envelope.
    pub code: Option<i64>,
    /// The reason, if it's one that zshell handles.
    pub reason: Option<ServiceReason>,
}

impl ErrorAnswer {
    /// Returns true for "try again later". The HTTP status overrides a code in the body.
    pub(super) fn is_busy(&self) -> bool {
        match (self.status, self.code) {
            (429, _) => true,
            (200..300, Some(2100 | 2101)) => self.reason == Some(ServiceReason::JobLimit),
            (200..300, Some(code)) => BUSY.contains(&code),
            _ => false,
        }
    }

    /// Returns true if the API key was missing, invalid or without permission.
    pub(super) fn is_auth(&self) -> bool {
        // 1800 is Milvus' "user hasn't authenticated".
        let code = matches!(self.code, Some(401 | 403 | 1800 | 21119 | 80001 | 80002));
        matches!(self.status, 401 | 403) || (self.status < 500 && code)
    }

    /// Returns whether a create with this answer made a job.
    pub(super) fn outcome(&self) -> Outcome {
        if self.is_busy() {
            return Outcome::Busy;
        }
        let refused = match self.status {
            200..300 => self.code.is_some_and(|code| self.is_refusal(code)),
            400 | 401 | 403 | 404 => true,
            _ => false,
        };
        if refused {
            Outcome::Refused
        } else {
            Outcome::Unknown
        }
    }

    /// Returns true if a change may have been carried out in spite of the answer (Milvus' `pkg/util/merr`: 1 not ready, 2
    /// unavailable, 5 internal, 10000 and 10001 timed out inside, 65535 unexpected).
    pub(super) fn may_have_acted(&self) -> bool {
        match self.status {
            200..300 => matches!(self.code, Some(1 | 2 | 5 | 500 | 10000 | 10001 | 65535)),
            400 | 401 | 403 | 404 | 429 => false,
            _ => true,
        }
    }

    fn is_refusal(&self, code: i64) -> bool {
        use ServiceReason::{EmptySchema, InvalidImport, NoCollection, NoPartition};
        match code {
            // HTTP statuses of gateways that repeat them in the body.
            400 | 401 | 403 | 404 => true,
            200 => self.reason == Some(NoPartition),
            2100 => matches!(
                self.reason,
                Some(InvalidImport | NoCollection | NoPartition)
            ),
            2101 => self.reason == Some(EmptySchema),
            code => REFUSED.contains(&code),
        }
    }

    /// Returns the kind of failure for a call of this effect.
    pub(super) fn kind(&self, effect: Effect) -> Kind {
        let proves_nothing = self.status >= 500 || matches!(self.status, 408 | 425);
        match effect {
            Effect::Create if self.outcome() == Outcome::Unknown => Kind::Unknown,
            Effect::Read if proves_nothing => Kind::Connect,
            Effect::Change if proves_nothing => Kind::Unknown,
            _ if self.is_busy() => Kind::Busy,
            Effect::Read if is_busy_read(self.code) => Kind::Busy,
            _ if self.is_auth() => Kind::Auth,
            _ => Kind::Refused,
        }
    }
}

/// Returns true for the codes after which a read may be retried (Milvus' `pkg/util/merr/errors.go`): 1 not ready, 2
/// unavailable, 4 request limit, 8 rate limit, 1807 HTTP rate limit. For a create, 1 and 2 prove nothing.
pub(super) const fn is_busy_read(code: Option<i64>) -> bool {
    matches!(code, Some(1 | 2 | 4 | 8 | 1807 | 429))
}

/// Returns ` (try again in 30s)` for an answer with `Retry-After`.
pub(super) fn later(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |time| {
        format!(" (try again in {})", seconds(time))
    })
}

/// Returns scheme, host and port of an address.
pub(super) fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization())
}

/// Formats a duration in seconds: `30s`, `0.5s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{}s", (time.as_secs_f64() * 10.0).round() / 10.0)
}

/// Formats an excerpt as `: "…"`; empty for an empty excerpt.
pub(super) fn excerpt(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text:?}")
    }
}
