//! The output formats.

use std::str::FromStr;

use crate::text::words;

/// The output format of results: `-o table|vertical|json|ndjson|csv|markdown|yaml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people: tables that fit the terminal, plain aligned text elsewhere.
    #[default]
    Table,
    /// For people: one record per row, one line per field, nothing left out.
    Vertical,
    /// One JSON value, indented; for programs.
    Json,
    /// One JSON value per line, one for each item of a list; for programs that read line by line.
    Ndjson,
    /// RFC 4180 with a header line.
    Csv,
    /// A GitHub Markdown table; for issues and chats.
    Markdown,
    /// YAML; texts that look like another type are quoted.
    Yaml,
}

impl OutputFormat {
    /// The words of all formats.
    pub const WORDS: &[&str] = &[
        "table", "vertical", "json", "ndjson", "csv", "markdown", "yaml",
    ];

    const ALL: [Self; 7] = [
        Self::Table,
        Self::Vertical,
        Self::Json,
        Self::Ndjson,
        Self::Csv,
        Self::Markdown,
        Self::Yaml,
    ];

    /// Returns the word for `-o`.
    pub fn word(self) -> &'static str {
        let place = Self::ALL.iter().position(|format| *format == self);
        let word = place.and_then(|place| Self::WORDS.get(place));
        word.copied().unwrap_or_default()
    }

    /// Returns true for formats that people read on screen. The other formats go to files, programs and other people,
    /// so nothing is ever left out of them.
    pub const fn is_for_the_screen(self) -> bool {
        matches!(self, Self::Table | Self::Vertical)
    }
}

impl FromStr for OutputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut known = Self::ALL.into_iter();
        known.find(|format| format.word() == text).ok_or_else(|| {
            let advice = words::did_you_mean(text, Self::WORDS.iter().copied())
                .unwrap_or_else(|| format!("one of {}", words::list(Self::WORDS, "and")));
            format!("no output format {}: {advice}", words::quote(text))
        })
    }
}
