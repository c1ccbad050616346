//! A GitHub Markdown table.

use std::io::{self, Write};

use serde_json::Value;

use super::{OutputRows, field, plain};
use crate::text::words;

impl OutputRows<'_> {
    /// Writes a list as a table with one row per item, a map as a table of names and values, and a scalar as text.
    pub(in crate::render) fn markdown(self, out: &mut dyn Write) -> io::Result<()> {
        let (names, whole) = (&self.names, self.whole);
        if self.list {
            return table(out, names, self.items.map(|row| cells(&row, names, whole)));
        }
        for value in self.items {
            match &*value {
                Value::Object(map) if !whole => {
                    let pair = |(name, value): (&String, &Value)| {
                        let name = (name.clone(), false);
                        vec![name, (plain(Some(value)), value.is_number())]
                    };
                    let names = ["field".to_owned(), "value".to_owned()];
                    table(out, &names, map.iter().map(pair))?;
                }
                scalar => writeln!(out, "{}", escaped(&plain(Some(scalar))))?,
            }
        }
        Ok(())
    }
}

/// A cell's text, and true if it's a number.
type Cell = (String, bool);

fn cells(row: &Value, names: &[String], whole: bool) -> Vec<Cell> {
    let values = names.iter().map(|name| field(row, name, whole));
    values
        .map(|value| (plain(value), value.is_some_and(Value::is_number)))
        .collect()
}

/// Writes a table. A column is aligned to the right if its first cell is a number, because rows are written as they
/// arrive.
fn table(
    out: &mut dyn Write,
    names: &[String],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> io::Result<()> {
    let mut rows = rows.peekable();
    line(out, names.iter().map(|name| escaped(name)))?;
    let first = rows.peek();
    let rule = (0..names.len()).map(|column| match first.and_then(|row| row.get(column)) {
        Some((_, true)) => "---:".to_owned(),
        _ => "---".to_owned(),
    });
    line(out, rule)?;
    for row in rows {
        line(out, row.iter().map(|(text, _)| escaped(text)))?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    out.write_all(b"|")?;
    for cell in cells {
        write!(out, " {cell} |")?;
    }
    out.write_all(b"\n")
}

/// Escapes Markdown's special characters with a backslash and turns line breaks into `<br>`. An underscore between
/// letters isn't special, so names stay readable.
fn escaped(text: &str) -> String {
    let text = words::safe(text);
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.trim().chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let inner = before.is_alphanumeric() && next.is_alphanumeric();
        match letter {
            '\n' => escaped.push_str("<br>"),
            '\t' => escaped.push(' '),
            '_' if inner => escaped.push('_'),
            '\\' | '|' | '`' | '*' | '_' | '<' | '&' | '[' | ']' | '~' => {
                escaped.extend(['\\', letter]);
            }
            other => escaped.push(other),
        }
        before = letter;
    }
    escaped
}
