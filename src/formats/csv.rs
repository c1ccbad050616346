//! CSV files: a header row of field names, then data rows. A cell holds vectors, arrays and JSON values as JSON text.
//!
//! The rules are Milvus' (`importutilv2/csv`). A cell that equals the null text is null (or the default value), quoted
//! or not. Booleans are `true`, `1` and the like. Columns outside the schema become dynamic fields with string values;
//! if dynamic fields are off, those columns are dropped with a warning.

mod records;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::batch::{Batch, Parts};
use super::block::{RowSyntax, Rows};
use super::cells::Cells;
use super::columnar::plan::Plan;
use super::error::PushError;
use super::error::ReadError;
use super::found::FoundKind;
use super::native;
use super::schema::{DataType, Schema};
use super::text_rows::TextRows;
use super::warning::Warning;
use super::window::Window;
use crate::location::Format;
use records::Records;

/// Syntax options of a CSV file (the create call's options `sep` and `nullkey`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CsvOptions {
    /// Character between two cells.
    separator: u32,
    /// Cell text that means null.
    null: String,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            separator: u32::from(','),
            null: String::new(),
        }
    }
}

/// A separator that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the CSV separator must be one character other than a quote, the end of a line, \\0 and U+FFFD, found {0:?}"
)]
pub(crate) struct SeparatorError(String);

impl CsvOptions {
    /// Returns the syntax for cells between `separator` (`,` by default), with null written as `null`.
    ///
    /// Only the first character of a longer separator counts (Milvus: `importutilv2/option.go`, `GetCSVSep`).
    pub(crate) fn new(separator: &str, null: &str) -> Result<Self, SeparatorError> {
        let separator = match separator.chars().next() {
            None => ',',
            Some('\0' | '\n' | '\r' | '"' | char::REPLACEMENT_CHARACTER) => {
                return Err(SeparatorError(separator.chars().take(20).collect()));
            }
            Some(character) => character,
        };
        Ok(Self {
            separator: separator.into(),
            null: null.to_owned(),
        })
    }

    /// Returns true if a cell's text means null.
    pub(crate) fn is_null(&self, cell: &str) -> bool {
        cell == self.null
    }
}

/// The columns and the syntax of one CSV file.
#[derive(Debug)]
struct CsvTable {
    /// Separator in UTF-8.
    separator: Vec<u8>,
    plan: Plan,
    header: Vec<String>,
    null: String,
}

/// Opens a file and reads its header.
pub(super) fn open(
    window: Window,
    schema: &Arc<Schema>,
    options: &CsvOptions,
    problems: &mut Vec<ReadError>,
) -> Result<Box<dyn Rows>, ReadError> {
    let separator = char::from_u32(options.separator).unwrap_or(',');
    let separator = separator.to_string().into_bytes();
    let mut records = Records::new(window, &separator);
    let header = records.header()?;
    let mut plan = Plan::new(schema, &header, Format::Csv, "");
    let mut found = plan.take_problems().into_iter();
    if let Some(first) = found.next() {
        match records.explain(first) {
            first @ ReadError::Field { .. } => problems.push(first),
            other => return Err(other),
        }
    }
    problems.extend(found);
    records.pass_header();
    let table = CsvTable {
        separator,
        plan,
        header,
        null: options.null.clone(),
    };
    Ok(Box::new(TextRows::new(records, Arc::new(table))))
}

impl RowSyntax for CsvTable {
    fn warnings(&self) -> &[Warning] {
        self.plan.warnings()
    }

    fn push(&self, batch: &mut Batch, record: &[u8], number: u64) -> Result<(), PushError> {
        let mut parts = batch.parts();
        let mut cells = std::mem::take(&mut parts.parser.cells);
        let split = cells.split(record, &self.separator);
        let pushed = split.and_then(|()| self.push_cells(&cells, &mut parts));
        parts.parser.cells = cells;
        let pushed = pushed.map_err(|error| match error {
            PushError::Syntax { message, .. } if batch.collects() => {
                PushError::row("a valid row", message)
            }
            other => other,
        });
        batch.end_row(pushed, number)
    }
}

impl CsvTable {
    /// Appends the cells of a record. After an error, some columns may be one row longer than others.
    fn push_cells(&self, cells: &Cells, parts: &mut Parts<'_>) -> Result<(), PushError> {
        if cells.len() != self.header.len() {
            return Err(PushError::row(
                format!("{} cells, as the header has", self.header.len()),
                FoundKind::CellCount.value(format!("{} cells", cells.len())),
            ));
        }
        let text = |nth: usize| {
            std::str::from_utf8(cells.get(nth))
                .map_err(|_| FoundKind::NotUtf8.value("text that is not UTF-8"))
        };
        let fields = parts.schema.fields.iter().zip(&mut *parts.columns);
        for (at, (field, column)) in fields
            .enumerate()
            .filter(|(at, (field, _))| !field.is_made_later() && !self.plan.skips(*at))
        {
            let default = parts.parser.default(at);
            let cell = self.plan.field(at).map(&text);
            let pushed = match cell {
                None => native::push_missing(field, column, default),
                Some(Err(found)) => Err(found),
                Some(Ok(cell)) => {
                    let nullable = field.nullable || default.is_some();
                    // Milvus: `csv/row_parser.go`, `reconstructArrayForStructArray`.
                    let structs = matches!(field.data_type, DataType::ArrayOfStruct { .. });
                    let null_structs = structs && cell.trim_ascii() == "null";
                    if null_structs || (nullable && cell == self.null) {
                        native::push_null(field, column, default)
                    } else {
                        native::push_cell(column, cell)
                    }
                }
            };
            if let Err(found) = pushed {
                let refusal = PushError::field(&field.name, field.data_type.to_string(), found);
                parts.notes.refuse(refusal, column)?;
            }
        }
        let Some(meta) = parts.meta.as_deref_mut() else {
            return Ok(());
        };
        let mut extras = Vec::new();
        for (name, nth) in self.plan.extras() {
            let cell = text(nth).map_err(|found| PushError::field(name, "UTF-8", found))?;
            extras.push((name.to_owned(), serde_json::Value::from(cell).to_string()));
        }
        let pushed = parts.parser.push_extras(extras.into_iter(), meta, true);
        pushed.or_else(|refusal| parts.notes.refuse(refusal, meta))
    }
}
