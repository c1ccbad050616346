//! Writing a value to a stream in one of the output formats.

use std::io::{self, Write};
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::style::Screen;
use super::{Shown, collections, csv_form, jobs, submissions, value, words};
use crate::journal::SUBMISSION_KEYS;

/// How results are written: `-o table|json|csv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people: tables that fit the terminal, plain aligned text elsewhere.
    #[default]
    Table,
    /// One JSON value, indented; for programs.
    Json,
    /// RFC 4180 with a header line.
    Csv,
}

impl FromStr for OutputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => {
                let near = words::did_you_mean(other, ["table", "json", "csv"]);
                let advice = near.unwrap_or_else(|| "one of table, json, csv".to_owned());
                Err(format!(
                    "no output format {}: {advice}",
                    words::quote(other)
                ))
            }
        }
    }
}

impl Shown<'_> {
    /// The stable JSON form; null for nothing.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => json!(text),
            Self::Jobs { jobs, .. } => jobs.iter().map(jobs::job_json).collect(),
            Self::Progress(progress) => jobs::progress_json(progress),
            Self::Waited(jobs) => jobs.iter().map(jobs::progress_json).collect(),
            Self::Collections(names) => json!(names),
            Self::Description(value) | Self::Value(value) => (*value).clone(),
            Self::Clusters(items) | Self::Submissions { items, .. } => Value::Array(items.to_vec()),
        }
    }

    /// The CSV header where there are no rows to take it from.
    fn header(&self) -> &'static [&'static str] {
        match self {
            Self::Jobs { .. } => &jobs::JOB_KEYS,
            Self::Progress(_) | Self::Waited(_) => &jobs::PROGRESS_KEYS,
            Self::Clusters(_) => &collections::CLUSTER_KEYS,
            Self::Submissions { .. } => &SUBMISSION_KEYS,
            _ => &["value"],
        }
    }

    fn table(&self, screen: &Screen) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => format!("{text}\n"),
            Self::Jobs { jobs, total } => jobs::list(jobs, *total, screen),
            Self::Progress(progress) => jobs::details(progress, screen),
            Self::Waited(jobs) => jobs::table(jobs, screen),
            Self::Collections(names) => collections::names(names),
            Self::Description(value) => collections::description(value, screen),
            Self::Clusters(clusters) => collections::clusters(clusters, screen),
            Self::Submissions { items, total } => submissions::list(items, *total, screen),
            Self::Value(value) => value::lay_out(value, screen),
        }
    }
}

/// Writes what is shown in this format as the screen allows, and flushes.
///
/// [`Shown::Nothing`] and a null value write nothing at all in any format. Errors are the stream's own, a closed pipe
/// included ([`io::ErrorKind::BrokenPipe`]).
pub fn write(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    format: OutputFormat,
    screen: &Screen,
) -> io::Result<()> {
    if matches!(shown, Shown::Nothing | Shown::Value(Value::Null)) {
        return Ok(());
    }
    let text = match format {
        OutputFormat::Table => shown.table(screen),
        OutputFormat::Json => json_text(&shown.to_json())?,
        OutputFormat::Csv => csv_form::text(&shown.to_json(), shown.header(), screen)?,
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes only these columns of what is shown, in this order: of a map its keys, of a list of maps those of each.
///
/// A column that is not there is empty; [`super::columns`] tells which there are. Other values are written whole.
pub fn write_columns(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    columns: &[String],
    format: OutputFormat,
    screen: &Screen,
) -> io::Result<()> {
    let pick = |value: &Value| match value {
        Value::Object(map) => {
            let picked = columns
                .iter()
                .map(|name| (name.clone(), map.get(name).cloned().unwrap_or(Value::Null)));
            Value::Object(picked.collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    let picked = match shown.to_json() {
        Value::Array(items) => items.iter().map(pick).collect(),
        other => pick(&other),
    };
    write(out, &Shown::Value(&picked), format, screen)
}

/// Indented JSON with a newline at its end.
///
/// `serde_json` escapes the C0 control characters only; DEL and C1 (which some terminals obey) can stand only inside
/// texts, so they are escaped in the finished JSON.
fn json_text(value: &Value) -> io::Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    let mut safe = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character != '\n' && words::is_unsafe(character) {
            safe.push_str(&words::unicode_escape(character));
        } else {
            safe.push(character);
        }
    }
    safe.push('\n');
    Ok(safe)
}
