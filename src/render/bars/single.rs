//! A bar in one line, which says if the service doesn't answer.

use super::{drawn, style};
use crate::render::status::Drawing;
use crate::render::style::{Screen, Tone};
use crate::text::words;
use indicatif::{ProgressBar, ProgressDrawTarget};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Columns of the bar.
const BAR: usize = 20;

/// A bar with text beside it, on standard error.
#[derive(Debug)]
pub(super) struct SingleBar {
    bar: ProgressBar,
    screen: Screen,
    /// The line without a notice about silence.
    line: Arc<Mutex<String>>,
    /// Present from the first frame on.
    drawing: Option<Drawing>,
}

impl SingleBar {
    pub(super) fn stderr(screen: &Screen) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(style());
        Self {
            bar,
            screen: screen.clone(),
            line: Arc::default(),
            drawing: None,
        }
    }

    /// Draws the bar with this text. `silence` is the time for which the service hasn't answered. While a thread waits
    /// for a call and doesn't draw the bar, the bar itself shows the call's silence.
    pub(super) fn draw(&mut self, percent: f64, text: &str, silence: Option<Duration>) {
        let line = format!("{} {text}", drawn(percent, BAR, &self.screen));
        let drawing = self.drawing.get_or_insert_with(|| {
            let (bar, shared) = (self.bar.clone(), Arc::clone(&self.line));
            let screen = self.screen.clone();
            Drawing::with_silence(Box::new(move |silence| {
                let line = shared.lock().unwrap_or_else(PoisonError::into_inner);
                bar.set_message(with_silence(&line, Some(silence), &screen));
            }))
        });
        drawing.percent(percent);
        self.bar
            .set_message(with_silence(&line, silence, &self.screen));
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// Writes a line above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.println(words::safe(line));
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the line, after a notice if the service doesn't answer. The notice comes first, so it's never cut off.
fn with_silence(line: &str, silence: Option<Duration>, screen: &Screen) -> String {
    match silence {
        Some(silence) => format!("{}  {line}", no_answer(silence, screen)),
        None => line.to_owned(),
    }
}

/// Returns the notice about a service that doesn't answer.
pub(super) fn no_answer(silence: Duration, screen: &Screen) -> String {
    let text = format!("no answer for {}", words::duration(silence));
    screen.paint(Tone::Warn, &text)
}
