//! The prompt text: the connection's name and database, with marks for a protected connection and for a failure of the
//! last statement.

use crate::render::{Screen, without_middle};
use crate::session::Session;
use crate::text::words;
use std::io::{IsTerminal, stdout};

/// Minimum columns of a name.
const LEAST: usize = 12;

/// A prompt text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    /// The text without colours.
    pub(super) plain: String,
    /// The text with colours.
    pub(super) painted: String,
}

impl Prompt {
    /// Returns the prompt for a connection's name. A protected connection is bold and red, or marked in words if the
    /// screen has no colours. A failure adds a `!`, because colour alone isn't accessible.
    pub(super) fn new(name: &str, protected: bool, failed: bool, screen: &Screen) -> Self {
        let columns = screen.width.unwrap_or(80);
        let marked = protected && !screen.color;
        let kind = if marked { "[protected]" } else { "" };
        let name = format!("{}{kind}", words::safe_line(name));
        // Hosts differ at the beginning, and the database is at the end.
        let name = without_middle(&name, (columns / 2).max(LEAST), "…");
        let usual = if protected { "1;31" } else { "36" };
        let (mark, tone) = if failed { ("!", "31") } else { ("", usual) };
        Self {
            plain: format!("{name}{mark}> "),
            painted: format!("\x1b[{usual}m{name}\x1b[0m\x1b[{tone}m{mark}>\x1b[0m "),
        }
    }
}

/// Returns the abilities of the terminal that the prompt is drawn on.
pub(super) fn screen(session: &Session) -> Screen {
    if stdout().is_terminal() {
        session.out()
    } else {
        session.err()
    }
}

#[cfg(test)]
mod tests {
    use super::Prompt;
    use crate::render::Screen;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_long_name_leaves_room_to_type() {
        let long = "in03-0123456789abcdef.serverless.gcp-us-west1.cloud.zilliz.com";
        let plain = |columns| Screen {
            width: Some(columns),
            ..Screen::plain()
        };
        for columns in [20, 40, 80] {
            let name = format!("{long}/日本語");
            let prompt = Prompt::new(&name, false, true, &plain(columns));
            assert!(prompt.plain.width() <= columns / 2 + 5, "{prompt:?}");
            assert!(
                prompt.plain.ends_with("日本語!> ") || columns < 40,
                "{prompt:?}"
            );
        }
        for (protected, expected) in [(false, "local/d> "), (true, "local/d[protected]> ")] {
            let short = Prompt::new("local/d", protected, false, &plain(80));
            assert_eq!(short.plain, expected);
        }
        let unsafe_name = Prompt::new("a\x1b[2J\nb/d", false, false, &plain(80));
        assert!(!unsafe_name.plain.contains(['\x1b', '\n']));
    }
}
