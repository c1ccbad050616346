//! One cell of a table or of a list of names and values.

use super::style::Tone;
use crate::text::words;

/// A cell: text that's safe for a terminal, and its tone.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
    absent: bool,
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
            absent: false,
        }
    }

    /// Returns a cell for an absent value.
    pub(super) fn absent() -> Self {
        Self {
            text: "-".to_owned(),
            tone: Tone::Dim,
            absent: true,
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

    /// Returns the text with its line breaks.
    pub(super) fn shown(&self) -> &str {
        &self.text
    }

    /// Returns the cell's tone.
    pub(super) const fn tone(&self) -> Tone {
        self.tone
    }

    /// Returns true for an absent value.
    pub(super) const fn is_absent(&self) -> bool {
        self.absent
    }
}
