//! Properties of an output stream: its width, colours, box drawing, and cursor movement.
//!
//! A [`Screen`] is detected once per stream and passed to everything that writes to it, so no other code reads the
//! environment. Off a terminal there's no width (nothing is cut) and no colour.

use std::io::IsTerminal;

use jiff::Timestamp;
use terminal_size::{Height, Width};

use crate::text::words;

/// The use of colours: `--color auto|always|never`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that isn't dumb, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always, also in a pipe; overrides `NO_COLOR`.
    Always,
    /// Never.
    Never,
}

/// The properties of one output stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// True for a terminal.
    pub tty: bool,
    /// Columns. With `None`, nothing is cut or wrapped.
    pub width: Option<usize>,
    /// Lines. `None` off a terminal.
    pub height: Option<usize>,
    /// True if ANSI colours are allowed.
    pub color: bool,
    /// True if characters beyond ASCII are allowed in boxes, bars and ellipses. Data is never changed for this.
    pub unicode: bool,
    /// True if lines can be redrawn: a terminal other than `TERM=dumb`.
    pub redraw: bool,
    /// True at the prompt: advice names statements instead of command-line options.
    pub prompt: bool,
    /// The time that relative times refer to. `None` is the current time. Tests set it.
    pub clock: Option<Timestamp>,
}

impl Screen {
    /// Returns the screen of a pipe or file: plain, untruncated, no colour.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Returns a terminal of this size, with Unicode and without colour.
    pub fn terminal(width: usize, height: usize) -> Self {
        Self {
            tty: true,
            width: Some(width),
            height: Some(height),
            unicode: true,
            redraw: true,
            ..Self::default()
        }
    }

    /// Returns the screen without this many of its columns.
    pub(super) fn narrowed(&self, columns: usize) -> Self {
        Self {
            width: self.width.map(|width| width.saturating_sub(columns)),
            ..self.clone()
        }
    }

    /// Returns the screen of standard output.
    pub fn stdout(choice: ColorChoice) -> Self {
        let stdout = std::io::stdout();
        let size = terminal_size::terminal_size_of(&stdout);
        Self::of_this_process(stdout.is_terminal(), size, choice)
    }

    /// Returns the screen of standard error.
    pub fn stderr(choice: ColorChoice) -> Self {
        let stderr = std::io::stderr();
        let size = terminal_size::terminal_size_of(&stderr);
        Self::of_this_process(stderr.is_terminal(), size, choice)
    }

    fn of_this_process(tty: bool, size: Option<(Width, Height)>, choice: ColorChoice) -> Self {
        let size = size.map(|(width, height)| (usize::from(width.0), usize::from(height.0)));
        Self::detect(tty, size, choice, &|name| std::env::var(name).ok())
    }

    /// Detects a screen from `tty`, the stream's columns and lines, and the environment.
    ///
    /// If a terminal doesn't report its size, `COLUMNS` (else 80) by 24 is used.
    pub fn detect(
        tty: bool,
        size: Option<(usize, usize)>,
        choice: ColorChoice,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_none_or(|term| term == "dumb");
        let columns = || set("COLUMNS")?.parse().ok();
        let (width, height) = size.unwrap_or_else(|| (columns().unwrap_or(80), 24));
        Self {
            tty,
            width: tty.then_some(width),
            height: tty.then_some(height),
            color: match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => tty && !dumb && set("NO_COLOR").is_none(),
            },
            unicode: tty && is_utf8_locale(&set),
            redraw: tty && !dumb,
            ..Self::default()
        }
    }

    /// Returns the time that relative times refer to.
    pub fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    /// Returns the mark for text that was left out.
    pub fn mark(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Returns a number, with its digits grouped on a terminal.
    pub(crate) fn number(&self, value: u64) -> String {
        if self.tty {
            words::grouped(value)
        } else {
            value.to_string()
        }
    }

    /// Returns a count with its noun: `1 row`, and `1,234 rows` on a terminal.
    pub(crate) fn count(&self, value: u64, noun: &str) -> String {
        words::counted(value, &self.number(value), noun)
    }

    /// Returns rows done of total rows, see [`words::rows`].
    pub(crate) fn rows(&self, done: Option<u64>, total: Option<u64>) -> Option<String> {
        words::rows(done, total, |rows| self.number(rows))
    }

    /// Returns the text in this tone, or unchanged if colours are off.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        match tone.code() {
            Some(code) if self.color => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }

    /// Returns the filled and the empty part of a bar of `width` columns. It's full only if everything is done.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and twice the width
    pub(super) fn bar(&self, percent: f64, width: usize) -> (String, String) {
        let share = if percent.is_finite() {
            percent.clamp(0.0, 100.0) / 100.0
        } else {
            0.0
        };
        let halves = ((share * (2 * width) as f64) as usize).min(2 * width);
        let (full, half, empty) = if self.unicode {
            ("━", "╸", "─")
        } else {
            ("#", "", ".")
        };
        let half = if halves % 2 == 1 { half } else { "" };
        let filled = halves / 2 + half.chars().count();
        let filling = format!("{}{half}", full.repeat(halves / 2));
        (filling, empty.repeat(width - filled))
    }
}

/// A tone, shown as colour. The text itself always carries the meaning too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// The terminal's default colour.
    #[default]
    Plain,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// Warning.
    Warn,
    /// In progress.
    Busy,
    /// Less important.
    Dim,
    /// Heading.
    Strong,
}

impl Tone {
    /// Returns the parameter of the ANSI sequence. Only the 8 basic colours are used, which every theme, dark or light,
    /// adapts.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Warn => Some("33"),
            Self::Busy => Some("36"),
            Self::Dim => Some("2"),
            Self::Strong => Some("1"),
        }
    }
}

/// Returns true if the first set variable of `LC_ALL`, `LC_CTYPE`, `LANG` names UTF-8. POSIX defines this order.
fn is_utf8_locale(set: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(tty: bool, choice: ColorChoice, vars: &[(&str, &str)]) -> Screen {
        let env = |name: &str| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Screen::detect(tty, Some((100, 30)), choice, &env)
    }

    #[test]
    fn colour_follows_terminal_environment_and_choice() {
        let xterm = ("TERM", "xterm");
        assert!(detect(true, ColorChoice::Auto, &[xterm]).color);
        assert!(!detect(true, ColorChoice::Auto, &[xterm, ("NO_COLOR", "1")]).color);
        assert!(detect(true, ColorChoice::Auto, &[xterm, ("NO_COLOR", "")]).color);
        assert!(!detect(true, ColorChoice::Auto, &[("TERM", "dumb")]).color);
        assert!(!detect(false, ColorChoice::Auto, &[xterm]).color);
        assert!(detect(false, ColorChoice::Always, &[("NO_COLOR", "1")]).color);
        assert!(!detect(true, ColorChoice::Never, &[xterm]).color);
    }

    #[test]
    fn a_pipe_has_no_width_and_a_dumb_terminal_no_cursor() {
        assert_eq!(
            detect(false, ColorChoice::Auto, &[("TERM", "xterm")]).width,
            None
        );
        let dumb = detect(true, ColorChoice::Auto, &[("TERM", "dumb")]);
        assert_eq!((dumb.width, dumb.redraw), (Some(100), false));
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let unicode = |vars: &[(&str, &str)]| detect(true, ColorChoice::Auto, vars).unicode;
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LC_ALL", "C.utf8"), ("LANG", "C")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8")]));
        assert!(!unicode(&[]));
    }
}
