//! Warnings about jobs that don't move while they're waited for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::api::model::Progress;
use crate::render::jobs;
use crate::text::words;

/// The default time without a change before a warning.
pub(super) const LONG: Duration = Duration::from_mins(10);

/// The time of each job's last change.
#[derive(Debug)]
pub(super) struct Stalls {
    limit: Duration,
    jobs: HashMap<String, Last>,
}

#[derive(Debug)]
struct Last {
    /// The values that change when a job moves.
    reading: (String, f64, Option<u64>, usize),
    since: Instant,
    warned: bool,
}

impl Stalls {
    /// Returns a tracker without readings that warns after `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            jobs: HashMap::new(),
        }
    }

    /// Adds readings.
    pub(super) fn record(&mut self, jobs: &[Progress], now: Instant) {
        for job in jobs {
            if job.state.kind.ends_wait() {
                self.jobs.remove(&job.job_id);
                continue;
            }
            let files = job.details.iter();
            let ended = files.filter(|file| file.state.kind.is_final()).count();
            let reading = (jobs::state_text(&job.state), job.percent, job.rows, ended);
            let last = self.jobs.get(&job.job_id);
            if last.is_none_or(|last| last.reading != reading) {
                let last = Last {
                    reading,
                    since: now,
                    warned: false,
                };
                self.jobs.insert(job.job_id.clone(), last);
            }
        }
    }

    /// Returns a warning for each job that hasn't changed for too long, once until the job moves again. `clock` is the
    /// time of day at `now`.
    pub(super) fn warnings(&mut self, now: Instant, clock: Timestamp) -> Vec<String> {
        let still = |last: &Last| now.saturating_duration_since(last.since);
        let late = self.jobs.iter_mut();
        let late = late.filter(|(_, last)| !last.warned && still(last) >= self.limit);
        let mut late: Vec<(&String, &mut Last)> = late.collect();
        late.sort_by_key(|(_, last)| last.since);
        late.into_iter()
            .map(|(id, last)| {
                last.warned = true;
                let still = still(last);
                let since = SignedDuration::try_from(still)
                    .ok()
                    .and_then(|still| clock.checked_sub(still).ok())
                    .map_or_else(String::new, |since| format!(" since {since:.0}"));
                format!(
                    "warning: {} has not moved{since} ({}), still {} at {}; the service may be busy, and zshell keeps waiting",
                    words::safe_line(id),
                    words::duration(still),
                    last.reading.0,
                    words::percent(last.reading.1),
                )
            })
            .collect()
    }
}
