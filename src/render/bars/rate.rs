//! How fast a job really goes, from its own readings.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::api::model::Progress;

/// Readings older than this no longer count, as long as two are left.
const WINDOW: Duration = Duration::from_mins(1);

/// One job's recent readings.
#[derive(Debug, Default)]
pub(super) struct Rate {
    readings: VecDeque<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    rows: Option<u64>,
    percent: f64,
}

/// The job's total rows, unless that is only what was counted so far: a service that reads a file for the first time
/// reports as many in all as it has done, while the percentage says that there is more.
pub(super) fn known_total(job: &Progress) -> Option<u64> {
    let done = job.percent >= 100.0 || job.state.kind.ends_wait();
    job.total_rows
        .filter(|total| done || job.rows != Some(*total))
}

impl Rate {
    /// Takes a reading in. A job that went back (the service began anew) is measured from there.
    pub(super) fn record(&mut self, job: &Progress, now: Instant) {
        let reading = Reading {
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
        while self.readings.len() > 2
            && self
                .readings
                .get(1)
                .is_some_and(|second| now.saturating_duration_since(second.at) > WINDOW)
        {
            self.readings.pop_front();
        }
    }

    /// Rows a second, where the service counts rows and some have passed.
    pub(super) fn rows_per_second(&self) -> Option<f64> {
        let (first, last, seconds) = self.span()?;
        let rows = last.rows?.checked_sub(first.rows?)?;
        (rows > 0).then(|| rows as f64 / seconds)
    }

    /// How long the rest takes at this rate: by rows where they are counted, else by percent; `None` while nothing
    /// moves.
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
        // Whole seconds, and never none: it is not done yet.
        let seconds = by_rows().or_else(by_percent)?.ceil().max(1.0);
        Duration::try_from_secs_f64(seconds).ok()
    }

    fn span(&self) -> Option<(&Reading, &Reading, f64)> {
        let (first, last) = (self.readings.front()?, self.readings.back()?);
        let seconds = last.at.saturating_duration_since(first.at).as_secs_f64();
        (seconds > 0.0).then_some((first, last, seconds))
    }
}
