//! The prompt text: the connection's name and database, and a mark if the last statement failed.

use crate::render::Screen;
use crate::session::Session;
use crate::text::words;
use std::io::{IsTerminal, stdout};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    /// Returns the prompt for a connection and database on a screen of this width. A failure adds a `!`, because colour
    /// alone isn't accessible.
    pub(super) fn new(name: Option<(&str, &str)>, failed: bool, columns: usize) -> Self {
        let name = match name {
            Some((connection, database)) => format!(
                "{}/{}",
                words::safe_line(connection),
                words::safe_line(database)
            ),
            None => "zshell".to_owned(),
        };
        let name = shortened(&name, (columns / 2).max(LEAST));
        let (mark, tone) = if failed { ("!", "31") } else { ("", "36") };
        Self {
            plain: format!("{name}{mark}> "),
            painted: format!("\x1b[36m{name}\x1b[0m\x1b[{tone}m{mark}>\x1b[0m "),
        }
    }

    /// The width in columns.
    pub(super) fn width(&self) -> usize {
        self.plain.width()
    }
}

/// Shortens a name to at most `columns`. The middle is left out, because hosts differ at the beginning and the database
/// is at the end.
fn shortened(name: &str, most: usize) -> String {
    if name.width() <= most {
        return name.to_owned();
    }
    let half = most.saturating_sub(1) / 2;
    let end: Vec<char> = fitting(name.chars().rev(), half);
    let begin: Vec<char> = fitting(name.chars(), most.saturating_sub(1) - half);
    begin
        .into_iter()
        .chain(['…'])
        .chain(end.into_iter().rev())
        .collect()
}

fn fitting(letters: impl Iterator<Item = char>, most: usize) -> Vec<char> {
    let mut used = 0;
    letters
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used <= most
        })
        .collect()
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

    #[test]
    fn a_long_name_leaves_room_to_type() {
        let long = "in03-0123456789abcdef.serverless.gcp-us-west1.cloud.zilliz.com";
        for columns in [20, 40, 80] {
            let prompt = Prompt::new(Some((long, "日本語")), true, columns);
            assert!(prompt.width() <= columns / 2 + 5, "{prompt:?}");
            assert!(
                prompt.plain.ends_with("日本語!> ") || columns < 40,
                "{prompt:?}"
            );
        }
        let short = Prompt::new(Some(("local", "default")), false, 80);
        assert_eq!(short.plain, "local/default> ");
        let unsafe_name = Prompt::new(Some(("a\x1b[2J\nb", "d")), false, 80);
        assert!(!unsafe_name.plain.contains(['\x1b', '\n']));
    }
}
