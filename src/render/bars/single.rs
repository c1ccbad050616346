//! A bar in one line, which says if the service doesn't answer.

use super::drawn;
use crate::render::block::LineBlock;
use crate::render::status::Drawing;
use crate::render::style::{Screen, Tone};
use crate::render::wrap::hanging;
use crate::text::words;
use console::truncate_str;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Columns of the bar.
const BAR: usize = 20;

/// The minimum time between two frames.
const FRAME: Duration = Duration::from_millis(120);

/// A bar with text beside it, on standard error.
#[derive(Debug)]
pub(super) struct SingleBar {
    line: Arc<Mutex<BarText>>,
    /// Present from the first frame on.
    drawing: Option<Drawing>,
}

/// The line on the terminal. Threads that wait for an answer share it.
#[derive(Debug)]
struct BarText {
    block: LineBlock,
    screen: Screen,
    /// The line without a notice about silence.
    text: String,
    /// The time of the last frame.
    framed: Option<Instant>,
}

impl SingleBar {
    pub(super) fn stderr(screen: &Screen) -> Self {
        let line = BarText {
            block: LineBlock::stderr(screen),
            screen: screen.clone(),
            text: String::new(),
            framed: None,
        };
        Self {
            line: Arc::new(Mutex::new(line)),
            drawing: None,
        }
    }

    /// Draws the bar with this text. `silence` is the time for which the service hasn't answered. While a thread waits
    /// for a call and doesn't draw the bar, the bar itself shows the call's silence.
    pub(super) fn draw(&mut self, percent: f64, text: &str, silence: Option<Duration>) {
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
    pub(super) fn say(&self, line: &str) {
        let mut bar = self.line.lock();
        let shown = hanging("", 2, &words::safe(line), &bar.screen);
        bar.block.say(shown.trim_end());
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
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
