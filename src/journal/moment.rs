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
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn now() -> Option<Self> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let id = Some(id.trim()).filter(|id| !id.is_empty())?;
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
        Some(Self {
            boot: format!("{id} {}", namespace.display()),
            ms: seconds
                .checked_mul(1000)?
                .checked_add(nanoseconds / 1_000_000)?,
        })
    }

    /// Returns `None`, since the system has no such clock.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub const fn now() -> Option<Self> {
        None
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
