//! The output formats other than the table.

pub(super) mod json;
mod markdown;
mod vertical;
mod yaml;

use crate::render::style::Screen;
use crate::render::{parts, value};
use crate::text::words;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, Write};

/// Returns a value as one field of a row: text as is, nothing for null, nested values as JSON.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => parts::plain(value),
    }
}

/// Returns the text for a stream: byte for byte in a file, with control characters replaced on a terminal.
fn for_screen(text: String, screen: &Screen) -> String {
    if screen.tty {
        words::safe(&text).into_owned()
    } else {
        text
    }
}

/// A value as rows, for CSV, Markdown, YAML, vertical and line-wise JSON. Rows are made on demand, so a long list of jobs is
/// never in memory twice.
pub(super) struct OutputRows<'a> {
    /// The columns; the single column `value` if the rows aren't maps.
    pub(super) names: Vec<String>,
    /// The rows.
    pub(super) items: Box<dyn Iterator<Item = Cow<'a, Value>> + 'a>,
    /// False for a single value, which is its only row.
    pub(super) list: bool,
    /// True if not all rows are maps with keys; each row is then the value of the only column.
    pub(super) whole: bool,
}

impl<'a> OutputRows<'a> {
    /// Returns rows with the columns of an example.
    pub(super) fn list(example: &Value, rows: impl Iterator<Item = Value> + 'a) -> Self {
        Self {
            names: value::columns(example),
            items: Box::new(rows.map(Cow::Owned)),
            list: true,
            whole: false,
        }
    }

    /// Returns a value's rows, with the columns found in them, or with `if_empty` if the value is an empty list.
    pub(super) fn of(value: &'a Value, if_empty: &[&str]) -> Self {
        let mut names = value::columns(value);
        let (rows, list): (&[Value], bool) = match value {
            Value::Array(items) => (items, true),
            other => (std::slice::from_ref(other), false),
        };
        let whole = names.is_empty();
        if whole {
            let other = if rows.is_empty() {
                if_empty
            } else {
                &["value"]
            };
            names.extend(other.iter().map(ToString::to_string));
        }
        Self {
            whole,
            names,
            items: Box::new(rows.iter().map(Cow::Borrowed)),
            list,
        }
    }

    /// Writes CSV (RFC 4180): a header line and the rows, with nested values as JSON text. A map is one row. A list with
    /// other items is one column named `value`. Null is an empty field.
    pub(super) fn csv(self, out: &mut dyn Write, screen: &Screen) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let header = self
            .names
            .iter()
            .map(|name| for_screen(name.clone(), screen));
        writer.write_record(header).map_err(io_error)?;
        for row in self.items {
            let fields = self.names.iter().map(|name| field(&row, name, self.whole));
            let fields = fields.map(|value| for_screen(plain(value), screen));
            writer.write_record(fields).map_err(io_error)?;
        }
        writer.flush()
    }
}

/// Returns the stream's own error, so a closed pipe can be recognized.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Returns a row's value in a column. A row that's `whole`, or isn't a map, is the value of its only column.
fn field<'a>(row: &'a Value, name: &str, whole: bool) -> Option<&'a Value> {
    match row {
        Value::Object(map) if !whole => map.get(name).filter(|value| !value.is_null()),
        Value::Null => None,
        other => Some(other),
    }
}
