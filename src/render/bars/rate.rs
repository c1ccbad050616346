//! The import speed of a job, measured from its readings.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::api::model::Progress;

/// The age at which readings are dropped, as long as two are left.
const WINDOW: Duration = Duration::from_mins(1);

/// One job's recent readings.
#[derive(Debug, Default)]
pub(super) struct Rate {
    readings: VecDeque<RateReading>,
}

#[derive(Clone, Copy, Debug)]
struct RateReading {
    at: Instant,
    rows: Option<u64>,
    percent: f64,
}

/// Returns the job's total rows, or `None` if the total is only the count so far. A service that reads a file for the
/// first time reports a total equal to the rows done, although the percentage is below 100.
pub(super) fn known_total(job: &Progress) -> Option<u64> {
    let done = job.percent >= 100.0 || job.state.kind.ends_wait();
    job.total_rows
        .filter(|total| done || job.rows != Some(*total))
}

impl Rate {
    /// Adds a reading. If a job went backwards (the service restarted it), measuring starts over.
    pub(super) fn record(&mut self, job: &Progress, now: Instant) {
        let reading = RateReading {
            at: now,
            rows: job.rows,
            percent: job.percent,
        };
        let back = self.readings.back().is_some_and(|last| {
            reading.rows < last.rows || reading.percent < last.percent || now < last.at
        });
        if back {
            self.readings.clear();
        }
        self.readings.push_back(reading);
        let is_old = |it: &RateReading| now.saturating_duration_since(it.at) > WINDOW;
        while self.readings.len() > 2 && self.readings.get(1).is_some_and(is_old) {
            self.readings.pop_front();
        }
    }

    /// Returns rows per second, if the service counts rows and some were imported.
    pub(super) fn rows_per_second(&self) -> Option<f64> {
        let (first, last, seconds) = self.span()?;
        let rows = last.rows?.checked_sub(first.rows?)?;
        (rows > 0).then(|| rows as f64 / seconds)
    }

    /// Returns the remaining time at this rate: by rows if they're counted, else by percent. `None` if nothing moves.
    pub(super) fn remaining(&self, job: &Progress) -> Option<Duration> {
        let by_rows = || {
            let left = known_total(job)?.checked_sub(job.rows?)?;
            Some(left as f64 / self.rows_per_second()?)
        };
        let by_percent = || {
            let (first, last, seconds) = self.span()?;
            let moved = last.percent - first.percent;
            (moved > 0.0).then(|| (100.0 - last.percent).max(0.0) / moved * seconds)
        };
        // Whole seconds, at least one: the job isn't done yet.
        let seconds = by_rows().or_else(by_percent)?.ceil().max(1.0);
        Duration::try_from_secs_f64(seconds).ok()
    }

    fn span(&self) -> Option<(&RateReading, &RateReading, f64)> {
        let (first, last) = (self.readings.front()?, self.readings.back()?);
        let seconds = last.at.saturating_duration_since(first.at).as_secs_f64();
        (seconds > 0.0).then_some((first, last, seconds))
    }
}
