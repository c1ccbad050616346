//! Repeated measurements.

use std::time::Duration;

/// Durations of repeated runs, in ascending order; never empty.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Takes the durations of at least one run.
    pub(crate) fn new(mut runs: Vec<Duration>) -> Self {
        assert!(!runs.is_empty(), "no runs");
        runs.sort_unstable();
        Self(runs)
    }

    /// Returns the duration of the run in the middle.
    pub(crate) fn median(&self) -> Duration {
        self.at(2)
    }

    /// Returns the duration of the fastest run.
    pub(crate) fn best(&self) -> Duration {
        self.0[0]
    }

    /// Describes the number of runs, the fastest one, and the spread of the middle half, in milliseconds.
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

/// Returns a duration in milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
