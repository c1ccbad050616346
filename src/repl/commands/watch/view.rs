//! The view of `:watch`, redrawn in place.

use crate::error::Failure;
use crate::render::{Screen, Tone};
use crate::session::Session;
use console::{measure_text_width, truncate_str};
use std::fmt::Write;

/// A view on the screen.
pub(super) struct WatchView {
    title: String,
    /// The number of drawn lines, and the size of the screen at that time.
    drawn: Option<(usize, (usize, usize))>,
}

impl WatchView {
    /// Returns an empty view with this title.
    pub(super) fn new(title: &str) -> Self {
        Self {
            // The first line identifies a statement of several lines.
            title: title.lines().next().unwrap_or_default().to_owned(),
            drawn: None,
        }
    }

    /// Draws the current text: over the previous one on a terminal, below it elsewhere.
    pub(super) fn draw(&mut self, session: &Session, body: &str) -> Result<(), Failure> {
        let screen = session.out();
        let time = jiff::ZonedDateTime::now().strftime("%H:%M:%S").to_string();
        let size = screen.width.zip(screen.height);
        // A log of HTTP calls on the same screen would be overwritten.
        let Some(size) = size.filter(|_| screen.redraw && !session.choices().verbose) else {
            return session
                .write(|out| writeln!(out, "{}  {time}\n{}", self.title, body.trim_end()));
        };
        let lines = frame(&self.title, &time, body, &screen, size);
        let mut text = String::new();
        match self.drawn {
            // After a resize the terminal re-wraps old lines, so their height is unknown.
            Some((_, before)) if before != size => text.push_str("\x1b[H\x1b[2J"),
            Some((count, _)) if count > 0 => {
                let _ = write!(text, "\r\x1b[{count}A\x1b[J");
            }
            _ => text.push_str("\r\x1b[J"),
        }
        text.extend(lines.iter().flat_map(|line| [line.as_str(), "\n"]));
        self.drawn = Some((lines.len(), size));
        session.write(|out| out.write_all(text.as_bytes()))
    }
}

/// Returns the lines to draw: at most as wide as the screen, and one line less than its height.
fn frame(
    title: &str,
    time: &str,
    body: &str,
    screen: &Screen,
    (width, height): (usize, usize),
) -> Vec<String> {
    let room = width.saturating_sub(measure_text_width(time) + 2);
    let title = truncate_str(title, room, "…");
    let gap = width.saturating_sub(measure_text_width(&title) + measure_text_width(time));
    let head = format!("{title}{}{time}", " ".repeat(gap));
    let mut lines = vec![
        screen.paint(Tone::Dim, &truncate_str(&head, width, "")),
        String::new(),
    ];
    // The title and the cursor's line take a line each.
    let room = height.saturating_sub(lines.len() + 1).max(1);
    let all: Vec<&str> = body.trim_end().lines().collect();
    let cut = all.len() > room;
    let kept = if cut { room - 1 } else { all.len() };
    let fit = |line: &&str| truncate_str(&line.replace('\t', "    "), width, "…").into_owned();
    lines.extend(all.iter().take(kept).map(fit));
    if cut {
        let more = format!("… {} more lines", all.len() - kept);
        lines.push(screen.paint(Tone::Dim, &truncate_str(&more, width, "")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::frame;
    use crate::render::Screen;

    #[test]
    fn a_frame_fits_the_screen() {
        let screen = Screen::plain();
        let body = "one\n\x1b[31mtwo two two two\x1b[0m\n3\n4\n5\n6\n7\n";
        let lines = frame("every 2s: jobs()", "12:00:00", body, &screen, (12, 6));
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[2], "one");
        assert_eq!(lines[3], "\x1b[31mtwo two two…\x1b[0m");
        assert_eq!(lines[4], "… 5 more lin");
        let lines = frame("a", "12:00:00", "1\n2\n3", &screen, (20, 6));
        assert_eq!(lines[0], "a           12:00:00");
        assert_eq!(lines[2..], ["1", "2", "3"]);
        for size in [(0, 0), (1, 1), (3, 2)] {
            assert!(frame("a", "12:00:00", body, &screen, size).len() >= 3);
        }
    }
}
