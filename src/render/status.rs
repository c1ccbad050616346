//! The line on standard error about a call that hasn't been answered for a while. The line is redrawn in place, and
//! removed before anything else is written.

use super::block::LineBlock;
use super::signals::{LONG, SignalChoices};
use super::style::{ColorChoice, Screen, Tone};
use crate::pending::PendingCall;
use crate::text::words;
use console::truncate_str;
use parking_lot::Mutex;
use std::io::{self, Write};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// Time without output before the line appears.
const SILENCE: Duration = Duration::from_secs(1);

/// Minimum time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// Time without an answer before a view is informed, and how often.
const VIEW_SILENCE: Duration = Duration::from_secs(2);
const VIEW_FRAME: Duration = Duration::from_millis(250);

/// The line of the process, which has one standard error.
static LINE: Mutex<StatusLine> = Mutex::new(StatusLine {
    choices: None,
    depth: 0,
    views: Vec::new(),
    silent_since: None,
    block: None,
    framed: None,
    longest: Duration::ZERO,
});

struct StatusLine {
    /// The use of colours and the signals; `None` if neither line nor signals are wanted.
    choices: Option<(ColorChoice, SignalChoices)>,
    /// Number of running functions. Without one, nothing is drawn.
    depth: usize,
    /// The other views that draw on the terminal.
    views: Vec<Option<ShowSilence>>,
    /// The start of the wait, or the last output during it.
    silent_since: Option<Instant>,
    /// The line on the terminal.
    block: Option<LineBlock>,
    /// The time of the last frame.
    framed: Option<Instant>,
    /// The longest time that a view was on the terminal while the outermost function has run.
    longest: Duration,
}

/// Shows on a view for how long a call hasn't been answered.
pub(super) type ShowSilence = Box<dyn Fn(Duration) + Send>;

/// Allows the line in these colours and the signals, or forbids both.
pub(crate) fn configure(choices: Option<(ColorChoice, SignalChoices)>) {
    LINE.lock().choices = choices;
}

/// Shows a call, if there was no output for a while.
pub(crate) fn show(call: &PendingCall) {
    LINE.lock().show(call);
}

/// Removes the line. Call this before other output.
pub(crate) fn clear() {
    LINE.lock().clear();
}

/// A function's run, at whose end the line is removed.
pub(crate) struct Running(());

impl Running {
    /// Begins a run.
    pub(crate) fn begin() -> Self {
        LINE.lock().depth += 1;
        Self(())
    }

    /// Signals the end of a long wait, with a message for the desktop's notification.
    pub(crate) fn signal(message: &str) {
        let line = LINE.lock();
        let long = line.depth == 1 && line.longest > LONG;
        if let Some((colors, signals)) = line.choices.filter(|_| long)
            && Screen::stderr(colors).redraw
        {
            write(&signals.end(message));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut line = LINE.lock();
        line.depth = line.depth.saturating_sub(1);
        if line.depth == 0 {
            line.clear();
            line.longest = Duration::ZERO;
        }
    }
}

/// A view that draws on standard error, beside which the line isn't drawn.
#[derive(Debug)]
pub(crate) struct Drawing {
    since: Instant,
    signals: SignalChoices,
    /// The percentage that the terminal shows.
    percent: Option<u8>,
}

impl Drawing {
    /// Returns the guard of a view. While a thread waits for a call, `show` is called with the time without an answer,
    /// unless the view shows silence by itself.
    pub(super) fn begin(show: Option<ShowSilence>) -> Self {
        let mut line = LINE.lock();
        line.clear();
        line.views.push(show);
        Self {
            since: Instant::now(),
            signals: line.signals(),
            percent: None,
        }
    }

    /// Shows the progress in the task bar and the title, if wanted.
    pub(crate) fn percent(&mut self, percent: f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 0 to 100
        let percent = percent.clamp(0.0, 100.0) as u8;
        if self.percent != Some(percent) {
            write(&self.signals.percent(percent, self.percent.is_none()));
            self.percent = Some(percent);
        }
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        if self.percent.is_some() {
            write(&self.signals.end_of_percent());
        }
        let mut line = LINE.lock();
        line.views.pop();
        line.silent_since = None;
        line.longest = line.longest.max(self.since.elapsed());
    }
}

impl StatusLine {
    /// Returns the signals of the terminal; none without a terminal.
    fn signals(&self) -> SignalChoices {
        let wanted = self.choices;
        let wanted = wanted.filter(|(colors, _)| Screen::stderr(*colors).redraw);
        wanted.map_or(SignalChoices::NONE, |(_, signals)| signals)
    }

    fn show(&mut self, call: &PendingCall) {
        let Some((colors, _)) = self.choices.filter(|_| self.depth > 0) else {
            return;
        };
        let now = Instant::now();
        let is_due = |frame| self.framed.is_none_or(|at| now.duration_since(at) >= frame);
        if let Some(view) = self.views.last() {
            let silence = now.duration_since(call.since);
            if let Some(view) = view.as_ref().filter(|_| silence >= VIEW_SILENCE)
                && is_due(VIEW_FRAME)
            {
                view(silence);
                self.framed = Some(now);
            }
            return;
        }
        let since = *self.silent_since.get_or_insert(now);
        if now.duration_since(since) < SILENCE || !is_due(FRAME) {
            return;
        }
        self.framed = Some(now);
        let screen = Screen::stderr(colors);
        if !screen.redraw {
            return;
        }
        let text = text(call, now.duration_since(since.min(call.since)), &screen);
        let block = self.block.get_or_insert_with(|| LineBlock::stderr(&screen));
        if block.room(now).is_some() {
            block.draw(vec![screen.paint(Tone::Dim, &text)]);
        }
    }

    fn clear(&mut self) {
        self.silent_since = None;
        if let Some(mut block) = self.block.take() {
            block.clear();
        }
    }
}

/// Writes a signal to standard error. Signals are decoration, so a closed stream isn't an error here.
fn write(text: &str) {
    if text.is_empty() {
        return;
    }
    let mut stderr = io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Returns the line about a call, cut to the terminal.
fn text(call: &PendingCall, waited: Duration, screen: &Screen) -> String {
    // Ctrl-C leaves `^C` behind the cursor, which mustn't wrap.
    let width = screen.width.unwrap_or(80).saturating_sub(3).max(1);
    let (mark, time) = (screen.mark(), words::duration(waited));
    let tries = match call.tries {
        0 | 1 => String::new(),
        tries => format!(", try {}", words::number(u64::from(tries))),
    };
    let tail = format!(" {mark} {time}{tries}");
    let begin = format!("{} {}", call.doing, words::safe_line(&call.place));
    let purpose = match call.purpose {
        "" => String::new(),
        purpose => format!(" to {purpose}"),
    };
    let stops = " (Ctrl-C stops)";
    let forms = [
        format!("{begin}{purpose}{tail}{stops}"),
        format!("{begin}{tail}{stops}"),
        format!("{begin}{tail}"),
    ];
    let fitting = forms.into_iter().find(|form| form.width() <= width);
    fitting.unwrap_or_else(|| {
        let room = width.saturating_sub(tail.width());
        let whole = format!("{}{tail}", truncate_str(&begin, room, ""));
        truncate_str(&whole, width, mark).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::pending::PendingCall;
    use crate::render::Screen;
    use std::time::{Duration, Instant};
    use unicode_width::UnicodeWidthStr;

    fn call(place: &str, tries: u32) -> PendingCall {
        PendingCall {
            doing: "waiting for",
            place: place.to_owned(),
            purpose: "list the jobs",
            since: Instant::now(),
            tries,
        }
    }

    #[test]
    fn the_line_fits_the_terminal() {
        let time = Duration::from_secs(68);
        for (columns, line) in [
            (
                100,
                "waiting for a.example:19530 to list the jobs … 1m 08s, try 4 (Ctrl-C stops)",
            ),
            (
                70,
                "waiting for a.example:19530 … 1m 08s, try 4 (Ctrl-C stops)",
            ),
            (50, "waiting for a.example:19530 … 1m 08s, try 4"),
            (30, "waiting for … 1m 08s, try 4"),
            (12, " … 1m 08…"),
        ] {
            let screen = Screen::terminal(columns, 24);
            let text = text(&call("a.example:19530", 4), time, &screen);
            assert_eq!(text, line, "{columns}");
            assert!(text.width() + 3 <= columns, "{columns}");
        }
    }

    #[test]
    fn a_host_name_cannot_control_the_terminal() {
        let screen = Screen::terminal(100, 24);
        let text = text(&call("a\x1b[2J\nb", 1), Duration::from_secs(3), &screen);
        assert!(!text.contains(['\x1b', '\n']), "{text:?}");
        assert!(text.ends_with("… 3s (Ctrl-C stops)"), "{text}");
    }
}
