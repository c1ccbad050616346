//! CSV (RFC 4180) of a JSON value: lists of maps as rows, nested values as JSON text.

use std::io;

use serde_json::Value;

use super::style::Screen;
use super::{value, words};

/// The value as CSV with a header line; `header` stands in where there are no rows to take it from.
///
/// A map is one row; a list of anything but maps is one column named `value`. Null is an empty field.
pub(super) fn text(value: &Value, header: &[&str], screen: &Screen) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows: &[Value] = match value {
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    };
    let names = value::columns(value);
    if rows.is_empty() {
        writer.write_record(header)?;
    } else if names.is_empty() {
        writer.write_record(["value"])?;
        for row in rows {
            writer.write_record([field(row, screen)])?;
        }
    } else {
        writer.write_record(names.iter().map(|name| for_screen(name.clone(), screen)))?;
        for row in rows {
            let fields = names.iter().map(|name| {
                row.get(name)
                    .map_or_else(String::new, |value| field(value, screen))
            });
            writer.write_record(fields)?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn field(value: &Value, screen: &Screen) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for_screen(text, screen)
}

/// In a file the text is kept to the byte; a terminal must not be driven by it.
fn for_screen(text: String, screen: &Screen) -> String {
    if screen.tty {
        words::safe(&text).into_owned()
    } else {
        text
    }
}
