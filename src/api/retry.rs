//! Which failed reads are asked again, and when.
//!
//! Only reads: whatever changes something is sent once.

use super::envelope;
use super::error::{ApiError, Effect};
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
/// How often it is sent to a server that fails at it: where it always does, that should be told soon.
const FAILURE_TRIES: u32 = 3;
/// The first pause; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause that we choose ourselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends a request: a read as often as it takes, everything else once. The call's deadline bounds it all. `late` takes
/// the answer where the interrupt comes first.
pub(super) fn send(
    transport: &Transport,
    settings: &Settings,
    outgoing: &Arc<Outgoing>,
    interrupt: &Interrupt,
    mut late: Option<Late>,
) -> Result<Answer, ApiError> {
    let begun = Instant::now();
    // A limit beyond what the clock can count is a day: as good as none.
    let deadline = begun
        .checked_add(settings.read_timeout)
        .unwrap_or(begun + Duration::from_hours(24));
    let mut tries = 0;
    loop {
        let result = transport.exchange(settings, outgoing, deadline, interrupt, late.take());
        tries += 1;
        let again = outgoing.call.effect == Effect::Read;
        let Some(pause) = again.then(|| pause(&result, tries)).flatten() else {
            return result;
        };
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

/// The pause before the next try; `None` where the result stands.
fn pause(result: &Result<Answer, ApiError>, tries: u32) -> Option<Duration> {
    let (limit, told) = match result {
        Ok(answer) if is_transient(answer) => (TRIES, answer.retry_after),
        Ok(answer) if answer.status == 500 => (FAILURE_TRIES, answer.retry_after),
        Err(ApiError::Lost { .. }) => (TRIES, None),
        Err(ApiError::Unreachable { .. }) => (CONNECT_TRIES, None),
        _ => return None,
    };
    (tries < limit).then(|| told.unwrap_or_else(|| backoff(tries)))
}

fn is_transient(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 502..=504) || envelope::code(&answer.text) == Some(429)
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
