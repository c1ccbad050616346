//! What an error answer means: which kind of failure it is, and what became of a submission.

use super::error::{Effect, Outcome};
use crate::error::Kind;
use crate::interrupt::Stop;
use std::time::Duration;
use url::Url;

/// Codes with which the services refuse a create before anything is made: the reference's table, the HTTP-like
/// ones, and Milvus' parameter and look-up errors.
const REFUSALS: [i64; 36] = [
    10003, 21119, 40003, 40021, 40022, 47005, 47035, 47036, 47039, 47053, 47055, 83001,
    83004, // cloud
    400, 401, 403, 404, 405, 413, 415, 422, 429, // as HTTP
    100, 101, 106, 200, 700, 701, 800, 1100, 1101, 1800, 1801, 1802, 2100, 2101, // Milvus
];

/// True for "try again later" (reference: 429, 47039, 47055, and 2100 or 2101 with a word about a full queue).
pub(super) fn is_busy(status: u16, code: Option<i64>, message: &str) -> bool {
    let full = || {
        let message = message.to_ascii_lowercase();
        message.contains("number of jobs has reached the limit")
            || (message.contains("queue") && message.contains("full"))
    };
    match code {
        Some(429 | 47039 | 47055) => true,
        Some(2100 | 2101) => full(),
        _ => status == 429,
    }
}

/// Returns true for the codes with which a service asks for a read again later (Milvus' `pkg/util/merr/errors.go`): 1 not
/// ready, 2 unavailable, 4 request limit, 8 rate limit, 1807 HTTP rate limit. For a create, 1 and 2 prove nothing.
pub(super) const fn is_busy_read(code: Option<i64>) -> bool {
    matches!(code, Some(1 | 2 | 4 | 8 | 1807 | 429))
}

/// True where the key was missing, not valid, or without rights.
pub(super) fn is_auth(status: u16, code: Option<i64>) -> bool {
    // 1800: Milvus, "user hasn't authenticated".
    matches!(code, Some(401 | 403 | 1800 | 21119 | 80001 | 80002)) || matches!(status, 401 | 403)
}

/// What an error answer to a create says about the job.
pub(super) fn of_service(status: u16, code: Option<i64>, message: &str) -> Outcome {
    if is_busy(status, code, message) || is_auth(status, code) {
        return Outcome::Refused;
    }
    let refused = match code {
        // 80000 to 80099 and 90000 to 90199 are the cloud's checks of parameters and rights.
        Some(code) => {
            REFUSALS.contains(&code)
                || (80_000..80_100).contains(&code)
                || (90_000..90_200).contains(&code)
        }
        // 408 and 499 are about time, not about the request.
        None => (400..500).contains(&status) && !matches!(status, 408 | 499),
    };
    if refused && status < 500 {
        Outcome::Refused
    } else {
        Outcome::Unknown
    }
}

/// The kind of failure that an error answer is.
pub(super) fn service_kind(effect: Effect, status: u16, code: Option<i64>, message: &str) -> Kind {
    let read = effect == Effect::Read;
    if is_busy(status, code, message) || (read && is_busy_read(code)) {
        Kind::Busy
    } else if is_auth(status, code) {
        Kind::Auth
    } else if effect == Effect::Create && of_service(status, code, message) == Outcome::Unknown {
        Kind::Unknown
    } else if status >= 500 || (read && matches!(status, 408 | 425)) {
        match effect {
            Effect::Read => Kind::Connect,
            Effect::Change | Effect::Create => Kind::Unknown,
        }
    } else {
        Kind::Refused
    }
}

/// Scheme, host and port of an address.
pub(super) fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization())
}

/// A time as people say it: `30s`, `0.5s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{}s", (time.as_secs_f64() * 10.0).round() / 10.0)
}

/// `: "…"` for an excerpt, nothing for none.
pub(super) fn excerpt(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text:?}")
    }
}

/// The reason of a stop, as a sentence begins.
pub(super) const fn stopped(stop: Stop) -> &'static str {
    match stop {
        Stop::Interrupted => "interrupted",
        Stop::Terminated => "terminated",
        Stop::TimedOut => "the time given with --timeout is over",
        Stop::ClosedPipe => "standard output was closed",
    }
}
