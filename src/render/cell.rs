//! One cell of a table or of a list of names and values.

use std::borrow::Cow;

use console::truncate_str;
use unicode_width::UnicodeWidthStr;

use super::style::{Screen, Tone};
use crate::text::words;

/// A cell: text that's safe for a terminal, and its tone.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
    /// True if there's no value.
    pub(super) absent: bool,
    /// Shorter forms of the text, the widest first, for a column with less room.
    shorter: Vec<String>,
    /// True if the text is never wrapped: it's cut if no form fits.
    is_cut: bool,
}

impl Cell {
    /// Returns a cell with this text. Characters that are unsafe on a terminal are replaced.
    pub(super) fn text(text: &str) -> Self {
        Self::toned(text, Tone::Plain)
    }

    /// Returns a cell with this text in this tone.
    pub(super) fn toned(text: &str, tone: Tone) -> Self {
        Self {
            text: words::safe(text).into_owned(),
            tone,
            ..Self::default()
        }
    }

    /// Returns a cell in one line with shorter forms of the text, the widest first. In a column narrower than all forms,
    /// the last form is cut.
    pub(super) fn one_line(text: &str, shorter: &[String]) -> Self {
        let safe = |text: &str| words::safe_line(text).into_owned();
        Self {
            text: safe(text),
            shorter: shorter.iter().map(|form| safe(form)).collect(),
            is_cut: true,
            ..Self::default()
        }
    }

    /// Returns a cell for an absent value.
    pub(super) fn absent() -> Self {
        Self {
            text: "-".to_owned(),
            tone: Tone::Dim,
            absent: true,
            ..Self::default()
        }
    }

    /// Returns a cell with the text, or an absent cell if there's no text or an empty one.
    pub(super) fn optional(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty())
            .map_or_else(Self::absent, Self::text)
    }

    /// Returns the text in one line.
    pub(super) fn line(&self) -> String {
        words::safe_line(&self.text).into_owned()
    }

    /// Returns the widest form of a cell in one line that fits this width. Other cells have one form.
    pub(super) fn form(&self, width: usize) -> Option<&str> {
        if !self.is_cut || self.text.width() <= width {
            return Some(&self.text);
        }
        let form = self.shorter.iter().find(|form| form.width() <= width);
        form.map(String::as_str)
    }

    /// Returns the text for a column of this width: the widest form that fits, else the last one cut.
    pub(super) fn fitted(&self, width: usize, screen: &Screen) -> Cow<'_, str> {
        match self.form(width) {
            Some(form) => Cow::Borrowed(form),
            None => {
                let last = self.shorter.last().unwrap_or(&self.text);
                truncate_str(last, width, screen.mark())
            }
        }
    }
}
