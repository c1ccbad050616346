//! Writing a value, or the first rows of a long one, to a stream in an output format.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::forms::{OutputRows, json as json_form};
use super::style::Screen;
use super::{
    OutputFormat, Shown, collections, job_details, job_list, jobs, records, report, value,
};
use crate::api::model::{JobSummary, Progress};
use crate::journal::SUBMISSION_KEYS;
use crate::text::words;

/// The limit on the rows of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// Automatic: a few screens at a prompt without a pager, everything elsewhere.
    #[default]
    Screen,
    /// Everything.
    All,
    /// Everything, from its end if a pager shows it.
    End,
    /// At most this many rows from the start.
    First(usize),
}

impl Shown<'_> {
    /// Returns the number of rows of a list; 1 for any other value.
    pub fn rows(&self) -> usize {
        match self {
            Self::Jobs { jobs, .. } => jobs.len(),
            Self::Waited(jobs) => jobs.len(),
            Self::Collections(names) => names.len(),
            Self::Clusters(clusters) => clusters.len(),
            other => other.items().map_or(1, <[Value]>::len),
        }
    }

    /// Returns the items of a list that's held as JSON.
    fn items(&self) -> Option<&[Value]> {
        self.json()?.as_array().map(Vec::as_slice)
    }

    /// Returns the line below a table on a terminal: the number of rows, and whether a limit cut them. Other lists have
    /// footers of their own.
    pub fn footer(&self) -> Option<String> {
        let is_table = |items: &[Value]| !items.is_empty() && items.iter().all(Value::is_object);
        let (items, limit, noun) = match self {
            Self::Rows { limit, .. } => (self.items()?, *limit, "row"),
            Self::Items { noun, .. } => (self.items()?, None, *noun),
            Self::Value(_) => (self.items()?, None, "row"),
            Self::Clusters(items) => (*items, None, "cluster"),
            _ => return None,
        };
        let count = items.len() as u64;
        let count = words::counted(count, &words::grouped(count), noun);
        let text = match limit {
            None => format!("({count})"),
            Some(limit) => format!(
                "{count}, the limit; limit: {} or more shows further ones",
                limit.saturating_mul(10)
            ),
        };
        is_table(items).then_some(text)
    }

    /// Calls `see` with at most the first `most` rows, and the number of rows left out.
    pub fn first<T>(&self, most: usize, see: impl FnOnce(Shown<'_>, usize) -> T) -> T {
        let more = self.rows().saturating_sub(most);
        if more == 0 {
            return see(*self, 0);
        }
        match self {
            Self::Jobs { jobs, .. } => {
                let jobs = head(jobs, most);
                // The note about left-out rows replaces the footer with the total.
                see(Shown::Jobs { jobs, total: None }, more)
            }
            Self::Waited(jobs) => see(Shown::Waited(head(jobs, most)), more),
            Self::Collections(names) => see(Shown::Collections(head(names, most)), more),
            Self::Clusters(clusters) => see(Shown::Clusters(head(clusters, most)), more),
            other => {
                let Some(items) = other.items() else {
                    return see(*self, 0);
                };
                let items = &Value::Array(head(items, most).to_vec());
                match *other {
                    Self::Items { noun, .. } => see(Shown::Items { items, noun }, more),
                    _ => see(Shown::Value(items), more),
                }
            }
        }
    }

    /// Returns the stable JSON form; null for [`Shown::Nothing`].
    pub fn to_json(self) -> Value {
        match self {
            Self::Nothing | Self::NoNumber(_) => Value::Null,
            Self::Text(text) => json!(text),
            Self::Jobs { jobs, .. } => jobs.iter().map(jobs::job_json).collect(),
            Self::Progress(progress) => jobs::progress_json(progress),
            Self::Waited(jobs) => jobs.iter().map(jobs::progress_json).collect(),
            Self::Collections(names) => json!(names),
            Self::Clusters(items) | Self::Submissions { items, .. } => Value::Array(items.to_vec()),
            other => other.json().cloned().unwrap_or_default(),
        }
    }

    /// Returns the value of a variant that holds JSON.
    pub(super) fn json(&self) -> Option<&Value> {
        match self {
            Self::Description(value)
            | Self::Connection(value)
            | Self::Batch(value)
            | Self::Report(value)
            | Self::Error(value)
            | Self::Rows { items: value, .. }
            | Self::Items { items: value, .. }
            | Self::Record(value)
            | Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Calls `see` with the value as rows. Those of jobs are made one by one, so they're never in memory as a whole.
    fn with_rows<T>(&self, see: impl FnOnce(OutputRows<'_>) -> T) -> T {
        let if_empty: &[&str] = match self {
            Self::Jobs { jobs, .. } => {
                let rows = jobs.iter().map(jobs::job_json);
                return see(OutputRows::list(
                    &jobs::job_json(&JobSummary::default()),
                    rows,
                ));
            }
            Self::Waited(jobs) => {
                let rows = jobs.iter().map(jobs::progress_json);
                return see(OutputRows::list(
                    &jobs::progress_json(&Progress::default()),
                    rows,
                ));
            }
            Self::Clusters(_) => &collections::CLUSTER_KEYS,
            Self::Submissions { .. } => &SUBMISSION_KEYS,
            _ => &["value"],
        };
        match self.json() {
            Some(value) => see(OutputRows::of(value, if_empty)),
            None => see(OutputRows::of(&self.to_json(), if_empty)),
        }
    }

    fn table(&self, screen: &Screen) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) | Self::NoNumber(text) => format!("{text}\n"),
            Self::Jobs { jobs, total } => job_list::list(jobs, *total, screen),
            Self::Progress(progress) => job_details::details(progress, screen),
            Self::Waited(jobs) => job_list::table(jobs, screen),
            Self::Collections(names) => collections::names(names, screen),
            Self::Description(value) => collections::description(value, screen),
            Self::Clusters(clusters) => collections::clusters(clusters, screen),
            Self::Submissions { items, total } => job_list::submissions(items, *total, screen),
            Self::Connection(value) => records::connection(value, screen),
            Self::Batch(value) => records::batch(value, screen),
            Self::Report(value) => report::lay_out(value, screen),
            Self::Error(value) => records::error(value, screen),
            Self::Rows { items, .. } => value::items(items, "row", screen),
            Self::Items { items, noun } => value::items(items, noun, screen),
            Self::Record(value) => value::record(value, screen),
            Self::Value(value) => value::lay_out(value, screen),
        }
    }
}

fn head<T>(items: &[T], most: usize) -> &[T] {
    items.get(..most).unwrap_or(items)
}

/// Writes a value in this format, within the screen's limits, and flushes.
///
/// [`Shown::Nothing`] and null write nothing in any format. Errors come from the stream, including a closed pipe
/// ([`io::ErrorKind::BrokenPipe`]).
pub(crate) fn write(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    format: OutputFormat,
    screen: &Screen,
) -> io::Result<()> {
    if matches!(shown, Shown::Nothing | Shown::Value(Value::Null)) {
        return Ok(());
    }
    match format {
        OutputFormat::Table => out.write_all(shown.table(screen).as_bytes())?,
        OutputFormat::Vertical | OutputFormat::Markdown
            if matches!(shown, Shown::Text(_) | Shown::NoNumber(_)) =>
        {
            out.write_all(shown.table(screen).as_bytes())?;
        }
        OutputFormat::Vertical => shown.with_rows(|rows| rows.vertical(out, screen))?,
        OutputFormat::Json => writeln!(out, "{}", json_form::indented(&shown.to_json(), screen)?)?,
        OutputFormat::Ndjson => shown.with_rows(|rows| rows.lines(out, screen))?,
        OutputFormat::Csv => shown.with_rows(|rows| rows.csv(out, screen))?,
        OutputFormat::Markdown => shown.with_rows(|rows| rows.markdown(out))?,
        OutputFormat::Yaml => shown.with_rows(|rows| rows.yaml(out, screen))?,
    }
    out.flush()
}

/// Returns only these columns, in this order: keys of a map, or of each map in a list.
///
/// A missing column is null. [`super::columns`] lists the columns that exist. Other values are returned whole.
pub(crate) fn pick_columns(shown: &Shown<'_>, columns: &[String]) -> Value {
    let pick = |value: &Value| match value {
        Value::Object(map) => {
            let picked = columns
                .iter()
                .map(|name| (name.clone(), map.get(name).cloned().unwrap_or(Value::Null)));
            Value::Object(picked.collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    match shown.to_json() {
        Value::Array(items) => items.iter().map(pick).collect(),
        other => pick(&other),
    }
}
