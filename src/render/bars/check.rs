//! The bar of work on bytes: a check or an upload.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::single::SingleBar;
use crate::render::style::Screen;
use crate::text::words;

/// Time without a byte before the bar says so. Large parts take a while on slow lines.
const SILENCE: Duration = Duration::from_secs(5);

/// The bar of a check or an upload, by bytes.
#[derive(Debug)]
pub(crate) struct CheckBar {
    bar: SingleBar,
    began: Instant,
    /// The number of bytes, and the time when it last changed.
    moved: (u64, Instant),
}

impl CheckBar {
    /// Returns a bar on standard error.
    pub(crate) fn stderr(screen: &Screen) -> Self {
        let began = Instant::now();
        Self {
            bar: SingleBar::stderr(screen),
            began,
            moved: (0, began),
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
        let text = beside(bytes, total, counted, self.began.elapsed());
        self.bar.draw(percent, &text, silence);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish();
    }
}

/// Returns the text beside the bar.
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
        let left = Duration::try_from_secs_f64(total.saturating_sub(bytes) as f64 / rate);
        if let Ok(left) = left {
            let _ = write!(text, "  {} left", words::duration(left));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
