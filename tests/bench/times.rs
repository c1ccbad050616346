//! Repeated measurements.

use std::time::Duration;

/// How long the runs of one thing took; never empty.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// From at least one run.
    pub(crate) fn new(mut runs: Vec<Duration>) -> Self {
        assert!(!runs.is_empty(), "no runs");
        runs.sort_unstable();
        Self(runs)
    }

    /// The run in the middle.
    pub(crate) fn median(&self) -> Duration {
        self.at(2)
    }

    /// The fastest run.
    pub(crate) fn best(&self) -> Duration {
        self.0[0]
    }

    /// Runs, fastest run, and how far the middle half of the runs spreads, in milliseconds.
    pub(crate) fn note(&self) -> String {
        format!(
            "median of {}, best {:.2} ms, middle half {:.2} to {:.2} ms",
            self.0.len(),
            ms(self.best()),
            ms(self.at(1)),
            ms(self.at(3)),
        )
    }

    fn at(&self, quarter: usize) -> Duration {
        self.0[(self.0.len() - 1) * quarter / 4]
    }
}

/// Milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
