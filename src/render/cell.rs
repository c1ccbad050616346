//! One cell of a table or of a list of names and values.

use super::style::Tone;
use super::words;

/// One cell: text made safe for a terminal, and its tone.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
    absent: bool,
}

impl Cell {
    /// A cell with this text; what is unsafe to show is replaced.
    pub(super) fn text(text: &str) -> Self {
        Self::toned(text, Tone::Plain)
    }

    /// A cell with this text in this tone.
    pub(super) fn toned(text: &str, tone: Tone) -> Self {
        Self {
            text: words::safe(text).into_owned(),
            tone,
            absent: false,
        }
    }

    /// A cell for something that is not there.
    pub(super) fn absent() -> Self {
        Self {
            text: "-".to_owned(),
            tone: Tone::Dim,
            absent: true,
        }
    }

    /// A cell with the text, absent where there is none or an empty one.
    pub(super) fn optional(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty())
            .map_or_else(Self::absent, Self::text)
    }

    /// The text in one line.
    pub(super) fn line(&self) -> String {
        words::safe_line(&self.text).into_owned()
    }

    /// The text as it is, its line breaks too.
    pub(super) fn shown(&self) -> &str {
        &self.text
    }

    /// The cell's tone.
    pub(super) const fn tone(&self) -> Tone {
        self.tone
    }

    /// True for something that is not there.
    pub(super) const fn is_absent(&self) -> bool {
        self.absent
    }
}
