//! Decides which failed reads to retry, and when.
//!
//! Only reads are retried; changes are sent once.

use super::error::ApiError;
use super::model::Effect;
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::{HttpAnswer, Late, Transport};
use super::{envelope, outcome};
use crate::interrupt::Interrupt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most times that a read is sent.
const TRIES: u32 = 6;
/// Most times that a read is sent if no connection is made, so that a wrong port is reported quickly.
const CONNECT_TRIES: u32 = 2;
/// Most times that a read is sent to a server that answers with a failure or about another job. If every answer is like
/// that, the user should see the error soon.
const FAILURE_TRIES: u32 = 3;
/// The first pause. Each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest pause, unless the service requests one.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends a request and reads its answer: a read is sent up to six times, a change once. All attempts together are
/// bounded by the call's deadline. `late` receives the answer if the interrupt comes first.
pub(super) fn send<T>(
    transport: &Transport,
    settings: &Settings,
    outgoing: &Arc<Outgoing>,
    interrupt: &Interrupt,
    mut late: Option<Late>,
    read: impl Fn(&HttpAnswer) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let begun = Instant::now();
    // A limit beyond the clock's range becomes a day, which is as good as no limit.
    let deadline = begun
        .checked_add(settings.read_timeout)
        .unwrap_or(begun + Duration::from_hours(24));
    let pending = interrupt.pending();
    let pending = pending.begin("waiting for", outgoing.host(), outgoing.call.what);
    let mut tries = 0;
    loop {
        let answer = transport.exchange(settings, outgoing, deadline, interrupt, late.take());
        let told = answer.as_ref().ok().and_then(|answer| answer.retry_after);
        let transient = answer.as_ref().is_ok_and(is_transient);
        let result = answer.and_then(|answer| read(&answer));
        tries += 1;
        let limit = match &result {
            _ if outgoing.call.effect != Effect::Read => 1,
            Ok(_) => return result,
            Err(error) => tries_of(error, transient),
        };
        if tries >= limit {
            return result;
        }
        let pause = told.unwrap_or_else(|| backoff(tries));
        if pause >= deadline.saturating_duration_since(Instant::now()) {
            return result;
        }
        let slept = interrupt.sleep(pause);
        slept.map_err(|stop| outgoing.stopped(stop, true))?;
        pending.again();
    }
}

/// Returns the most times that a read with this error is sent.
const fn tries_of(error: &ApiError, transient: bool) -> u32 {
    match error {
        _ if transient => TRIES,
        ApiError::Lost { .. } => TRIES,
        ApiError::Unreachable { .. } => CONNECT_TRIES,
        // A connection that delivers an answer twice has the right answer next.
        ApiError::AnotherJob { .. } => FAILURE_TRIES,
        ApiError::Service { answer, .. } if answer.status >= 500 => FAILURE_TRIES,
        _ => 1,
    }
}

/// Returns true for answers that mean "later": RFC 9110's 408, RFC 8470's 425, a gateway's 502 to 504, and Milvus'
/// codes.
fn is_transient(answer: &HttpAnswer) -> bool {
    matches!(answer.status, 408 | 425 | 429 | 502..=504)
        || outcome::is_busy_read(envelope::code(&answer.text))
}

/// Returns the pause after this number of tries: exponential and capped, with jitter between half and all of it.
pub(crate) fn backoff(tries: u32) -> Duration {
    let full = PAUSE
        .saturating_mul(1 << tries.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE);
    let half = full / 2;
    // A new `RandomState` has random keys, which is enough randomness for jitter.
    let random = u32::try_from(RandomState::new().hash_one(tries) >> 32).unwrap_or(0);
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_capped() {
        for tries in 1..40 {
            let pause = backoff(tries);
            assert!(pause <= LONGEST_PAUSE, "{pause:?}");
            assert!(
                pause >= (PAUSE * (1 << (tries - 1).min(4))).min(LONGEST_PAUSE) / 2,
                "{pause:?}"
            );
        }
    }
}
