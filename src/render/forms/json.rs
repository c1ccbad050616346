//! JSON: one indented value, or one value per line.

use std::io::{self, Write};

use serde_json::Value;

use super::OutputRows;
use crate::text::words;

/// Writes the value as indented JSON and a newline.
pub(in crate::render) fn write(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    writeln!(out, "{}", words::safe_json(&text))
}

/// Writes each item of a list, or a single value, as one line of JSON.
pub(in crate::render) fn write_lines(out: &mut dyn Write, rows: OutputRows<'_>) -> io::Result<()> {
    for row in rows.items {
        let text = serde_json::to_string(&*row).map_err(io::Error::other)?;
        writeln!(out, "{}", words::safe_json(&text))?;
    }
    Ok(())
}
