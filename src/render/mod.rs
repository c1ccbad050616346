//! The presentation of results: tables, other output formats and progress bars, written to a given stream.
//!
//! Everything that can be shown is a [`Shown`]. [`write()`] writes it to a stream in an [`OutputFormat`], within the
//! limits of the stream's [`Screen`]. A closed pipe is returned as [`std::io::Error`]. The JSON forms ([`job_json`],
//! [`progress_json`]) are stable: all formats but the table, and the values in scripts, are made from them.

pub(crate) mod bars;
pub(crate) mod signals;
pub(crate) mod status;
pub(crate) mod style;

mod block;
mod cell;
mod collections;
mod column;
mod failure;
mod forms;
mod grid;
mod job_details;
mod job_list;
mod jobs;
mod markdown;
mod output;
mod pairs;
mod parts;
mod reasons;
mod records;
mod report;
#[cfg(test)]
mod tests;
mod value;
mod wrap;

use clap::ValueEnum;
use serde_json::Value;

use crate::api::model::{JobSummary, Progress};
use crate::text::words;

pub(crate) use bars::{BatchBar, BatchCount, CheckBar, WaitView};
pub(crate) use failure::{Explanation, FailedJob, explain_failure, merged};
pub(crate) use jobs::{FILE_KEYS, file_json, job_json, progress_json};
pub(crate) use markdown::markdown;
pub(crate) use output::{Limit, pick_columns, write};
pub(crate) use style::{ColorChoice, Screen, Tone};
pub(crate) use value::columns;
pub(crate) use wrap::{hanging, without_middle};

/// A value that can be shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Nothing, for unit: no output at all.
    Nothing,
    /// A message of zshell's own, written as is with a newline. In JSON, a text.
    Text(&'a str),
    /// A number without a JSON form, as text: `inf`, `NaN`. In JSON, null.
    NoNumber(&'a str),
    /// A list of jobs.
    Jobs {
        /// The jobs, in the service's order.
        jobs: &'a [JobSummary],
        /// The total number, if the service reports it. If it's more than `jobs`, a footer says so.
        total: Option<u64>,
    },
    /// One job with its files. In JSON, one object.
    Progress(&'a Progress),
    /// Several jobs, one row each. In JSON, a list.
    Waited(&'a [Progress]),
    /// Collection names.
    Collections(&'a [String]),
    /// A collection's description (`data` of the describe call's answer).
    Description(&'a Value),
    /// Clusters from the control plane (`clusters` of the answer).
    Clusters(&'a [Value]),
    /// Submissions in the journal (`Submission::json`).
    Submissions {
        /// One map per submission.
        items: &'a [Value],
        /// The total number. If it's more than `items`, a footer says so.
        total: Option<u64>,
    },
    /// Rows of a collection, and the limit that cut them, if one may have.
    Rows {
        /// A list of maps.
        items: &'a Value,
        /// The limit that may have cut the rows.
        limit: Option<u64>,
    },
    /// A list that zshell made. A noun names its items, e.g. `volume`.
    Items {
        /// A list.
        items: &'a Value,
        /// The noun for one item.
        noun: &'static str,
    },
    /// A map that zshell made, such as an item of `jobs()`.
    Record(&'a Value),
    /// A connection's plain form: `name`, `api`, `endpoint`, `collections`, `cluster`, `region`, `database`, `key` (the
    /// source of the API key).
    Connection(&'a Value),
    /// The result of many imports: `ok`, `failed`, `jobs`, `files`, `rows`, `elapsed`.
    Batch(&'a Value),
    /// The result of a check: `ok`, `files`, `rows`, `bytes`, `schema`, `errors`, `warnings`, `notes`.
    Report(&'a Value),
    /// A caught error's plain form: `kind`, `code`, `message`, `hint`, `jobs`, `exit`.
    Error(&'a Value),
    /// Any other value: a map, a list of maps, a list of scalars, a scalar. Null shows nothing.
    Value(&'a Value),
}

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
