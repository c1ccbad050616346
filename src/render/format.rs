//! The output formats.

use clap::ValueEnum;

use crate::text::words;

/// The output format of results: `-o table|vertical|json|ndjson|csv|markdown|yaml`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
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
    pub const WORDS: &[&str] = <Self as strum::VariantNames>::VARIANTS;

    /// Returns the word for `-o`.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Returns true for formats that people read on screen. The other formats go to files, programs and other people,
    /// so nothing is ever left out of them.
    pub const fn is_for_the_screen(self) -> bool {
        matches!(self, Self::Table | Self::Vertical)
    }

    /// Returns the format that a file's ending names.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::Ndjson,
            "md" => Self::Markdown,
            "yaml" | "yml" => Self::Yaml,
            "txt" => Self::Table,
            _ => return None,
        })
    }

    /// Parses the word of a format.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::from_str(text, false).map_err(|_| {
            let advice = words::did_you_mean(text, Self::WORDS.iter().copied())
                .unwrap_or_else(|| format!("one of {}", words::list(Self::WORDS, "and")));
            format!("no output format {}: {advice}", words::quote(text))
        })
    }
}
