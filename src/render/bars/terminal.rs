//! A stream that indicatif can draw on as a terminal.

use parking_lot::Mutex;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use indicatif::TermLike;

use crate::render::style::Screen;

/// Returns the current columns and lines.
pub(super) type Size = Box<dyn Fn() -> (usize, usize) + Send + Sync>;

/// Returns the size of standard error, which follows the terminal's. The screen has the size of a terminal that reports
/// none.
pub(super) fn stderr_size(screen: &Screen) -> Size {
    let first = (screen.width.unwrap_or(80), screen.height.unwrap_or(24));
    Box::new(move || {
        let now = terminal_size::terminal_size_of(std::io::stderr());
        now.map_or(first, |(width, height)| {
            (usize::from(width.0), usize::from(height.0))
        })
    })
}

/// The terminal behind a stream. Clones share the stream.
///
/// Errors are swallowed: bars are decoration, and indicatif panics on some errors.
#[derive(Clone)]
pub(super) struct Terminal {
    shared: Arc<SharedTerminal>,
}

struct SharedTerminal {
    stream: Mutex<Buffered>,
    size: Size,
}

/// A buffer for one frame, which is written at once to avoid flicker.
struct Buffered {
    stream: Box<dyn Write + Send>,
    frame: String,
    /// True if the line is complete and another can follow.
    line_ended: bool,
}

impl Terminal {
    pub(super) fn new(stream: Box<dyn Write + Send>, size: Size) -> Self {
        let stream = Mutex::new(Buffered {
            stream,
            frame: String::new(),
            line_ended: false,
        });
        Self {
            shared: Arc::new(SharedTerminal { stream, size }),
        }
    }

    /// Returns the current columns and lines.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.shared.size)()
    }

    fn add(&self, text: &str) {
        let mut buffered = self.shared.stream.lock();
        if std::mem::take(&mut buffered.line_ended) {
            buffered.frame.push_str("\r\n");
        }
        buffered.frame.push_str(text);
    }

    /// Writes a line while no bar is drawn.
    pub(super) fn say(&self, line: &str) {
        self.add(line);
        self.add("\r\n");
        // No half-drawn frame is left to finish.
        let _ = self.flush();
    }

    /// Clears the cursor's line and `lines` lines above it, and leaves the cursor there.
    pub(super) fn take_back(&self, lines: usize) {
        if lines > 0 {
            self.add(&format!("\r\x1b[{lines}A\x1b[J"));
        }
    }

    /// Ends the line. The line break is written with the next text, because the last line has none.
    fn end_line(&self) {
        self.shared.stream.lock().line_ended = true;
    }

    fn moved(&self, count: usize, direction: char) {
        if count > 0 {
            self.add(&format!("\x1b[{count}{direction}"));
        }
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        u16::try_from(self.size().0).unwrap_or(u16::MAX).max(1)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.size().1).unwrap_or(u16::MAX).max(1)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D');
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(text);
        self.add("\r\n");
        Ok(())
    }

    /// Writes a piece of a frame. indicatif pads each line with blanks to the terminal's edge and relies on the
    /// terminal to wrap. Full lines would wrap in two if the terminal gets narrower, so the padding is replaced by a
    /// line break here.
    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') {
            self.end_line();
        } else {
            self.add(text);
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut buffered = self.shared.stream.lock();
        buffered.line_ended = false;
        let frame = std::mem::take(&mut buffered.frame);
        let _ = buffered
            .stream
            .write_all(frame.as_bytes())
            .and_then(|()| buffered.stream.flush());
        Ok(())
    }
}
