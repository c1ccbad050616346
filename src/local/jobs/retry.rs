//! Jobs that wait because the store failed: the time of the next attempt, and the reason.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A job's wait after its first failure. Each further wait is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// The waiting jobs of this process.
#[derive(Debug, Default)]
pub(crate) struct Retries(BTreeMap<String, Retry>);

#[derive(Debug)]
struct Retry {
    reason: String,
    delay: Duration,
    due: Instant,
}

impl Retries {
    /// Delays a job; returns true the first time.
    pub(crate) fn put_off(&mut self, job: &str, reason: String, now: Instant) -> bool {
        let before = self.0.get(job).map(|retry| retry.delay);
        let delay = before.map_or(FIRST, |delay| delay.saturating_mul(2).min(LONGEST));
        let retry = Retry {
            reason,
            delay,
            due: now + delay,
        };
        self.0.insert(job.to_owned(), retry);
        before.is_none()
    }

    /// Returns true if the job may be tried now.
    pub(crate) fn is_due(&self, job: &str, now: Instant) -> bool {
        self.0.get(job).is_none_or(|retry| retry.due <= now)
    }

    /// Returns the reason why a job waits.
    pub(crate) fn reason(&self, job: &str) -> Option<&str> {
        self.0.get(job).map(|retry| retry.reason.as_str())
    }

    /// Removes a job that has ended or that another process owns now.
    pub(crate) fn forget(&mut self, job: &str) {
        self.0.remove(job);
    }

    /// Returns the ids of the waiting jobs.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_end_with_the_job() {
        let mut retries = Retries::default();
        let now = Instant::now();
        assert!(retries.is_due("a", now));
        assert!(retries.put_off("a", "first".to_owned(), now));
        assert!(!retries.is_due("a", now) && retries.is_due("a", now + FIRST));
        for _ in 0..10 {
            assert!(!retries.put_off("a", "again".to_owned(), now));
        }
        assert!(!retries.is_due("a", now + LONGEST / 2) && retries.is_due("a", now + LONGEST));
        assert_eq!(retries.reason("a"), Some("again"));
        retries.forget("a");
        assert_eq!((retries.reason("a"), retries.jobs().count()), (None, 0));
    }
}
