//! The status line of a running batch.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::single::SingleBar;
use crate::render::style::Screen;
use crate::text::words;

/// The progress of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BatchCount {
    /// Total number of jobs.
    pub jobs: u64,
    /// Jobs that have ended, successfully or not.
    pub done: u64,
    /// Jobs that failed.
    pub failed: u64,
    /// Running jobs.
    pub running: u64,
    /// Total number of files.
    pub files: u64,
    /// Files of the completed jobs.
    pub files_done: u64,
    /// Rows imported so far.
    pub rows: u64,
    /// Thousandths of files that are done: 1,000 per file of a job that ended, otherwise by the job's percentage.
    pub thousandths: u64,
}

impl BatchCount {
    fn percent(&self) -> f64 {
        self.thousandths as f64 / (10 * self.files.max(1)) as f64
    }
}

/// The bar of one batch.
#[derive(Debug)]
pub(crate) struct BatchBar {
    bar: SingleBar,
    began: Instant,
    /// Work done before this run, as of the first update.
    before: Option<BatchCount>,
}

impl BatchBar {
    /// Returns a bar on standard error.
    pub(crate) fn stderr(screen: &Screen) -> Self {
        Self {
            bar: SingleBar::stderr(screen),
            began: Instant::now(),
            before: None,
        }
    }

    /// Draws the bar. `silence` is the time for which the service hasn't answered.
    pub(crate) fn update(&mut self, count: &BatchCount, silence: Option<Duration>) {
        let before = *self.before.get_or_insert(*count);
        let text = told(count, &before, self.began.elapsed());
        self.bar.draw(count.percent(), &text, silence);
    }

    /// Writes a line above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.bar.say(line);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish();
    }
}

/// Returns the text beside the bar.
fn told(count: &BatchCount, before: &BatchCount, elapsed: Duration) -> String {
    let mut text = format!(
        "{:>4}  {}/{}  {}/{}",
        words::percent(count.percent().trunc()),
        words::number(count.done),
        words::count(count.jobs, "job"),
        words::number(count.files_done),
        words::count(count.files, "file"),
    );
    if count.failed > 0 {
        let _ = write!(text, "  {} failed", words::number(count.failed));
    }
    let _ = write!(text, "  {}", words::count(count.rows, "row"));
    let seconds = elapsed.as_secs_f64();
    let rows = count.rows.saturating_sub(before.rows);
    if rows > 0 && seconds >= 1.0 {
        text.push_str("  ");
        text.push_str(&words::rate(rows as f64 / seconds, "rows"));
    }
    let done = count.thousandths.saturating_sub(before.thousandths);
    let left = (count.files * 1000).saturating_sub(count.thousandths);
    if done > 0 && left > 0 && seconds >= 1.0 {
        let rest = Duration::try_from_secs_f64(seconds * left as f64 / done as f64);
        if let Ok(rest) = rest {
            let _ = write!(text, "  {} left", words::duration(rest));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_jobs_do_not_count_in_the_rate() {
        let before = BatchCount {
            jobs: 40,
            done: 10,
            files: 10_000,
            files_done: 2560,
            rows: 1_000_000,
            thousandths: 2_560_000,
            ..BatchCount::default()
        };
        let now = BatchCount {
            done: 20,
            failed: 1,
            files_done: 5000,
            rows: 1_500_000,
            thousandths: 5_000_000,
            ..before
        };
        let text = told(&now, &before, Duration::from_secs(10));
        assert_eq!(
            text,
            " 50%  20/40 jobs  5,000/10,000 files  1 failed  1,500,000 rows  50.0k rows/s  20s left"
        );
        let text = told(&before, &before, Duration::from_secs(10));
        assert_eq!(text, " 25%  10/40 jobs  2,560/10,000 files  1,000,000 rows");
    }
}
