//! Times that clock changes don't affect: the time since the machine was started, with the id of that start.
//!
//! On Linux and Android the time is `CLOCK_BOOTTIME`, which includes suspended time, and the id is the kernel's
//! `boot_id` with the time namespace, since each time namespace has its own clock. Other systems have no moments, so
//! the age of a submission that an earlier run left open is unknown there and counts as old.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A time during one run of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Id of the machine's start.
    boot: String,
    /// Milliseconds since the start.
    ms: u64,
}

impl Moment {
    /// Returns the current moment, or `None` if the system has no such clock.
    pub fn now() -> Option<Self> {
        Some(Self {
            boot: boot()?,
            ms: uptime_ms()?,
        })
    }

    /// Returns the time since an earlier moment, or `None` if the machine was restarted in between.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        if self.boot != earlier.boot {
            return None;
        }
        self.ms.checked_sub(earlier.ms).map(Duration::from_millis)
    }

    /// Returns the time since this moment, or `None` if the machine was restarted in between.
    pub fn elapsed(&self) -> Option<Duration> {
        Self::now()?.since(self)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
    (!id.is_empty()).then(|| format!("{id} {}", namespace.display()))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn uptime_ms() -> Option<u64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
    seconds
        .checked_mul(1000)?
        .checked_add(nanoseconds / 1_000_000)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn boot() -> Option<String> {
    None
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn uptime_ms() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_moments_of_one_boot_have_a_distance() {
        let moment = |boot: &str, ms| Moment {
            boot: boot.to_owned(),
            ms,
        };
        let later = moment("a", 5000);
        assert_eq!(
            later.since(&moment("a", 2000)),
            Some(Duration::from_secs(3))
        );
        assert_eq!(later.since(&moment("b", 2000)), None);
        assert_eq!(later.since(&moment("a", 6000)), None);
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn linux_has_moments() {
        let first = Moment::now().unwrap();
        assert!(
            first
                .elapsed()
                .is_some_and(|time| time < Duration::from_mins(1))
        );
    }
}
