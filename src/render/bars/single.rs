//! A bar in one line, of a batch or of work on bytes. The bar says if the service doesn't answer.

use super::drawn;
use crate::render::block::LineBlock;
use crate::render::status::Drawing;
use crate::render::style::{Screen, Tone};
use crate::render::wrap::hanging;
use crate::text::words;
use console::truncate_str;
use parking_lot::Mutex;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Columns of the bar.
const BAR: usize = 20;

/// The minimum time between two frames.
const FRAME: Duration = Duration::from_millis(120);

/// A bar with text beside it, on standard error.
struct SingleBar {
    line: Arc<Mutex<BarText>>,
    /// Present from the first frame on.
    drawing: Option<Drawing>,
    began: Instant,
}

/// The line on the terminal. Threads that wait for an answer share it.
struct BarText {
    block: LineBlock,
    screen: Screen,
    /// The line without a notice about silence.
    text: String,
    /// The time of the last frame.
    framed: Option<Instant>,
}

impl SingleBar {
    fn stderr(screen: &Screen) -> Self {
        let line = BarText {
            block: LineBlock::stderr(screen),
            screen: screen.clone(),
            text: String::new(),
            framed: None,
        };
        Self {
            line: Arc::new(Mutex::new(line)),
            drawing: None,
            began: Instant::now(),
        }
    }

    /// Draws the bar with this text. `silence` is the time for which the service hasn't answered. While a thread waits
    /// for a call and doesn't draw the bar, the bar itself shows the call's silence.
    fn draw(&mut self, percent: f64, text: &str, silence: Option<Duration>) {
        let drawing = self.drawing.get_or_insert_with(|| {
            let line = Arc::clone(&self.line);
            let show = move |silence| line.lock().draw(Some(silence));
            Drawing::begin(Some(Box::new(show)))
        });
        drawing.percent(percent);
        let mut line = self.line.lock();
        line.text = format!("{} {text}", drawn(percent, BAR, &line.screen));
        line.draw(silence);
    }

    /// Writes a line above the bar.
    fn say(&self, line: &str) {
        let mut bar = self.line.lock();
        let shown = hanging("", 2, &words::safe(line), &bar.screen);
        bar.block.say(shown.trim_end());
    }

    /// Removes the bar.
    fn finish(&self) {
        self.line.lock().block.clear();
    }
}

impl BarText {
    /// Draws the line, after a notice about silence, so the notice is never cut off.
    fn draw(&mut self, silence: Option<Duration>) {
        let now = Instant::now();
        if self.framed.is_some_and(|at| now.duration_since(at) < FRAME) {
            return;
        }
        let Some((width, _)) = self.block.room(now) else {
            return;
        };
        self.framed = Some(now);
        let notice = silence.map(|silence| no_answer(silence, &self.screen) + "  ");
        let line = format!("{}{}", notice.unwrap_or_default(), self.text);
        let line = truncate_str(&line, width, self.screen.mark());
        self.block.draw(vec![line.into_owned()]);
    }
}

/// Returns the notice about a service that doesn't answer.
pub(super) fn no_answer(silence: Duration, screen: &Screen) -> String {
    let text = format!("no answer for {}", words::duration(silence));
    screen.paint(Tone::Warn, &text)
}

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
pub(crate) struct BatchBar {
    bar: SingleBar,
    /// Work done before this run, as of the first update.
    before: Option<BatchCount>,
}

impl BatchBar {
    /// Returns a bar on standard error.
    pub(crate) fn stderr(screen: &Screen) -> Self {
        Self {
            bar: SingleBar::stderr(screen),
            before: None,
        }
    }

    /// Draws the bar. `silence` is the time for which the service hasn't answered.
    pub(crate) fn update(&mut self, count: &BatchCount, silence: Option<Duration>) {
        let before = *self.before.get_or_insert(*count);
        let text = told(count, &before, self.bar.began.elapsed());
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

/// Returns the text beside the bar of a batch.
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
        let _ = write!(text, "  {}", words::rate(rows as f64 / seconds, "rows"));
    }
    let done = count.thousandths.saturating_sub(before.thousandths);
    let left = (count.files * 1000).saturating_sub(count.thousandths);
    if done > 0 && left > 0 && seconds >= 1.0 {
        text.push_str(&remaining(seconds * left as f64 / done as f64));
    }
    text
}

/// Time without a byte before the bar says so. Large parts take a while on slow lines.
const SILENCE: Duration = Duration::from_secs(5);

/// The bar of a check or an upload, by bytes.
pub(crate) struct CheckBar {
    bar: SingleBar,
    /// The number of bytes, and the time when it last changed.
    moved: (u64, Instant),
}

impl CheckBar {
    /// Returns a bar on standard error.
    pub(crate) fn stderr(screen: &Screen) -> Self {
        Self {
            bar: SingleBar::stderr(screen),
            moved: (0, Instant::now()),
        }
    }

    /// Draws the bar after `bytes` of `total` bytes, with a count in words beside it. If the bytes go to or come from an
    /// object store, the bar says when no byte was acknowledged for a while.
    pub(crate) fn update(&mut self, bytes: u64, total: u64, counted: &str, is_remote: bool) {
        let now = Instant::now();
        if self.moved.0 != bytes {
            self.moved = (bytes, now);
        }
        let silence = now.duration_since(self.moved.1);
        let silence = Some(silence).filter(|time| is_remote && *time >= SILENCE);
        let percent = bytes as f64 * 100.0 / total.max(1) as f64;
        let text = beside(bytes, total, counted, self.bar.began.elapsed());
        self.bar.draw(percent, &text, silence);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish();
    }
}

/// Returns the text beside the bar of work on bytes.
fn beside(bytes: u64, total: u64, counted: &str, elapsed: Duration) -> String {
    let mut text = format!(
        "{} of {}  {counted}",
        words::bytes(bytes),
        words::bytes(total)
    );
    let seconds = elapsed.as_secs_f64();
    if bytes > 0 && seconds >= 1.0 {
        let rate = bytes as f64 / seconds;
        let _ = write!(text, "  {}", words::rate(rate, "B"));
        text.push_str(&remaining(total.saturating_sub(bytes) as f64 / rate));
    }
    text
}

/// Returns the remaining time in words; empty if they exceed the largest duration.
fn remaining(seconds: f64) -> String {
    let left = Duration::try_from_secs_f64(seconds);
    left.map_or_else(
        |_| String::new(),
        |left| format!("  {} left", words::duration(left)),
    )
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

    #[test]
    fn the_rate_and_the_time_left_follow_from_the_bytes() {
        let text = beside(1 << 30, 3 << 30, "2,000 rows", Duration::from_secs(10));
        assert_eq!(text, "1.0 GiB of 3.0 GiB  2,000 rows  107.4M B/s  20s left");
        assert_eq!(
            beside(0, 1024, "0 rows", Duration::ZERO),
            "0 B of 1.0 KiB  0 rows"
        );
    }
}
