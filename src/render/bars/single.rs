//! A bar in one line, which says if the service doesn't answer.

use super::terminal::{self, Terminal};
use super::{drawn, style};
use crate::render::status::Drawing;
use crate::render::style::{Screen, Tone};
use crate::render::wrap::hanging;
use crate::text::words;
use console::{measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// Columns of the bar.
const BAR: usize = 20;

/// A bar with text beside it, on standard error.
#[derive(Debug)]
pub(super) struct SingleBar {
    line: Arc<Mutex<BarText>>,
    screen: Screen,
    /// Present from the first frame on.
    drawing: Option<Drawing>,
}

/// The line on the terminal. Threads that wait for an answer share it.
#[derive(Debug)]
struct BarText {
    bar: ProgressBar,
    terminal: Terminal,
    screen: Screen,
    /// The line without a notice about silence.
    text: String,
    /// Columns of the line as last drawn, and of the terminal at that time.
    drawn: (usize, usize),
}

impl SingleBar {
    pub(super) fn stderr(screen: &Screen) -> Self {
        let terminal = Terminal::new(Box::new(std::io::stderr()), terminal::stderr_size(screen));
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 8);
        let line = BarText {
            bar: ProgressBar::with_draw_target(None, target).with_style(style()),
            terminal,
            screen: screen.clone(),
            text: String::new(),
            drawn: (0, 0),
        };
        Self {
            line: Arc::new(Mutex::new(line)),
            screen: screen.clone(),
            drawing: None,
        }
    }

    /// Draws the bar with this text. `silence` is the time for which the service hasn't answered. While a thread waits
    /// for a call and doesn't draw the bar, the bar itself shows the call's silence.
    pub(super) fn draw(&mut self, percent: f64, text: &str, silence: Option<Duration>) {
        let drawing = self.drawing.get_or_insert_with(|| {
            let line = Arc::clone(&self.line);
            Drawing::with_silence(Box::new(move |silence| line.lock().draw(Some(silence))))
        });
        drawing.percent(percent);
        let mut line = self.line.lock();
        line.text = format!("{} {text}", drawn(percent, BAR, &self.screen));
        line.draw(silence);
    }

    /// Writes a line above the bar.
    pub(super) fn say(&self, line: &str) {
        let shown = hanging("", 2, &words::safe(line), &self.screen);
        self.line.lock().bar.println(shown.trim_end());
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.line.lock().finish();
    }
}

impl BarText {
    /// Draws the line, after a notice about silence, so the notice is never cut off.
    fn draw(&mut self, silence: Option<Duration>) {
        let notice = silence.map(|silence| no_answer(silence, &self.screen) + "  ");
        let line = format!("{}{}", notice.unwrap_or_default(), self.text);
        self.forget_reflow();
        let columns = self.terminal.size().0;
        // Ctrl-C leaves `^C` behind the cursor, which mustn't wrap.
        let line = truncate_str(&line, columns.saturating_sub(3).max(1), self.screen.mark());
        self.drawn = (measure_text_width(&line), columns);
        self.bar.set_message(line.into_owned());
    }

    /// Clears a line that a narrower terminal has wrapped, but for its last row, which the next frame clears.
    fn forget_reflow(&mut self) {
        let (columns, then) = self.drawn;
        let width = self.terminal.size().0;
        if width > 0 && width < then {
            self.terminal
                .take_back(columns.div_ceil(width).saturating_sub(1));
        }
    }

    fn finish(&mut self) {
        self.forget_reflow();
        self.bar.finish_and_clear();
    }
}

/// Returns the notice about a service that doesn't answer.
pub(super) fn no_answer(silence: Duration, screen: &Screen) -> String {
    let text = format!("no answer for {}", words::duration(silence));
    screen.paint(Tone::Warn, &text)
}
