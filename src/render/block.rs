//! Lines at the end of the output that are redrawn in place.
//!
//! A terminal that gets narrower breaks the lines that no longer fit, so the block computes from the current width how
//! many rows its lines take now. Terminals that cut lines instead lose as many rows of earlier output. They are rare, and
//! leftovers of bars would be worse.

use std::io::Write;
use std::time::{Duration, Instant};

use console::measure_text_width;

use super::style::Screen;

/// Time without a change of width before lines are drawn again. While a window is dragged, the terminal is often ahead
/// of the size that it reports, and a frame for the reported size would be drawn in the wrong place. tmux reports at most
/// every 250 ms.
const SETTLED: Duration = Duration::from_millis(400);

/// Ends a line. The rest of the row is erased, not the screen before a frame: tmux keeps a screen that's erased as a whole
/// in its scrollback.
const NEXT: &str = "\x1b[K\r\n";

/// Returns the current columns and lines.
pub(super) type Size = Box<dyn Fn() -> (usize, usize) + Send>;

/// Lines that are redrawn in place. Errors of the stream are ignored, because the lines are decoration.
pub(super) struct LineBlock {
    stream: Box<dyn Write + Send>,
    size: Size,
    lines: Vec<String>,
    /// The width at the last look.
    width: Option<usize>,
    /// The time of the last change of width.
    resized: Option<Instant>,
}

impl LineBlock {
    pub(super) fn new(stream: Box<dyn Write + Send>, size: Size) -> Self {
        Self {
            stream,
            size,
            lines: Vec::new(),
            width: None,
            resized: None,
        }
    }

    /// Returns an empty block on standard error. A terminal that reports no size has the screen's.
    pub(super) fn stderr(screen: &Screen) -> Self {
        let first = (screen.width.unwrap_or(80), screen.height.unwrap_or(24));
        let size = move || {
            let now = terminal_size::terminal_size_of(std::io::stderr());
            now.map_or(first, |(width, height)| {
                (usize::from(width.0), usize::from(height.0))
            })
        };
        Self::new(Box::new(std::io::stderr()), Box::new(size))
    }

    /// Returns the columns that a line may have and the terminal's lines, or `None` while the terminal changes its width.
    pub(super) fn room(&mut self, now: Instant) -> Option<(usize, usize)> {
        let (columns, height) = (self.size)();
        let before = self.width.replace(columns);
        if before.is_some_and(|before| before != columns) {
            self.resized = Some(now);
        }
        let is_settled = |at: Instant| now.saturating_duration_since(at) >= SETTLED;
        // Some terminals wrap when the last column is written. Ctrl-C leaves `^C` behind the cursor, and if that
        // wrapped, the wrong line would be erased.
        let width = columns.saturating_sub(3).max(1);
        self.resized
            .is_none_or(is_settled)
            .then_some((width, height))
    }

    /// Draws lines in place of the last ones.
    pub(super) fn draw(&mut self, lines: Vec<String>) {
        if lines != self.lines {
            self.write(&format!("{}{}\x1b[J", self.start(), lines.join(NEXT)));
            self.lines = lines;
        }
    }

    /// Writes a line above the block.
    pub(super) fn say(&mut self, line: &str) {
        let lines = self.lines.join(NEXT);
        self.write(&format!("{}{line}{NEXT}{lines}\x1b[J", self.start()));
    }

    /// Removes the lines, so the next output starts in their place.
    pub(super) fn clear(&mut self) {
        if !self.lines.is_empty() {
            let empty = vec![""; self.lines.len()].join(NEXT);
            let start = self.start();
            self.lines.fill(String::new());
            self.write(&format!("{start}{empty}\x1b[J{}", self.start()));
            self.lines.clear();
        }
    }

    /// Returns the sequence that moves the cursor from the end of the lines to their start. A terminal that is narrower
    /// now has broken some of them.
    fn start(&self) -> String {
        let width = (self.size)().0.max(1);
        let columns = self.lines.iter().map(|line| measure_text_width(line));
        let rows: usize = columns.map(|columns| columns.div_ceil(width).max(1)).sum();
        match rows {
            0 | 1 => "\r".to_owned(),
            rows => format!("\r\x1b[{}A", rows - 1),
        }
    }

    /// Writes a text at once, which avoids flicker.
    fn write(&mut self, text: &str) {
        let _ = self
            .stream
            .write_all(text.as_bytes())
            .and_then(|()| self.stream.flush());
    }
}
