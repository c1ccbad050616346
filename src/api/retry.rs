//! Which failed reads are asked again, and when.
//!
//! Only reads: whatever changes something is sent once.

use super::envelope;
use super::error::{ApiError, Effect};
use super::outcome;
use super::request::Outgoing;
use super::settings::Settings;
use super::transport::{Answer, Late, Transport};
use crate::interrupt::Interrupt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a read is sent at most.
const TRIES: u32 = 6;
/// How often it is sent where no connection comes about: a wrong port should be told at once.
const CONNECT_TRIES: u32 = 2;
/// How often it is sent to a server that fails at it or answers about another job: if it always does, the user should
/// learn that soon.
const FAILURE_TRIES: u32 = 3;
/// The first pause; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause that we choose ourselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends a request and reads its answer: a read is sent up to six times, everything else once. The call's deadline
/// bounds it all. `late` takes the answer if the interrupt comes first.
pub(super) fn send<T>(
    transport: &Transport,
    settings: &Settings,
    outgoing: &Arc<Outgoing>,
    interrupt: &Interrupt,
    mut late: Option<Late>,
    read: impl Fn(&Answer) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let begun = Instant::now();
    // A limit beyond what the clock can count is a day: as good as none.
    let deadline = begun
        .checked_add(settings.read_timeout)
        .unwrap_or(begun + Duration::from_hours(24));
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
        interrupt.sleep(pause).map_err(|stop| ApiError::Stopped {
            call: Box::new(outgoing.call.clone()),
            stop,
            sent: true,
        })?;
    }
}

/// Returns how often a read that ends in this error is sent in all.
const fn tries_of(error: &ApiError, transient: bool) -> u32 {
    match error {
        _ if transient => TRIES,
        ApiError::Lost { .. } => TRIES,
        ApiError::Unreachable { .. } => CONNECT_TRIES,
        // A connection that carries an answer twice gives the right one the next time.
        ApiError::AnotherJob { .. } | ApiError::Service { status: 500.., .. } => FAILURE_TRIES,
        _ => 1,
    }
}

/// Returns true for answers that say "later": RFC 9110's 408, RFC 8470's 425, a gateway's 502 to 504, and Milvus' codes.
fn is_transient(answer: &Answer) -> bool {
    matches!(answer.status, 408 | 425 | 429 | 502..=504)
        || outcome::is_busy_read(envelope::code(&answer.text))
}

/// The pause before the try after this many: exponential, capped, with jitter, between half of it and all of it.
pub fn backoff(tries: u32) -> Duration {
    let full = PAUSE
        .saturating_mul(1 << tries.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE);
    let half = full / 2;
    // A fresh RandomState is keyed at random: all the randomness that jitter needs.
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
