//! Jobs that wait because the store did not work: when each is tried again, and why it waits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a job waits after the first failure; twice as long after each further one.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// The waiting jobs of this process.
#[derive(Debug, Default)]
pub(super) struct Retries(BTreeMap<String, Retry>);

#[derive(Debug)]
struct Retry {
    reason: String,
    delay: Duration,
    due: Instant,
}

impl Retries {
    /// Puts a job off; true the first time.
    pub(super) fn put_off(&mut self, job: &str, reason: String, now: Instant) -> bool {
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

    /// True where nothing speaks against trying the job now.
    pub(super) fn is_due(&self, job: &str, now: Instant) -> bool {
        self.0.get(job).is_none_or(|retry| retry.due <= now)
    }

    /// Why a job waits.
    pub(super) fn reason(&self, job: &str) -> Option<&str> {
        self.0.get(job).map(|retry| retry.reason.as_str())
    }

    /// Forgets a job, which has ended or is somebody else's now.
    pub(super) fn forget(&mut self, job: &str) {
        self.0.remove(job);
    }

    /// The waiting jobs.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &String> {
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
