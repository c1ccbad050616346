//! CSV files: a header row of field names, then data rows. A cell holds vectors, arrays and JSON values as JSON text.
//!
//! The rules are Milvus' (`importutilv2/csv`). A cell that equals the null text is null (or the default value), quoted
//! or not. Booleans are `true`, `1` and the like. Columns outside the schema become dynamic fields with string values;
//! if dynamic fields are off, those columns are dropped with a warning.

mod records;

use std::io::Read;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::batch::BATCH_BYTES;
use super::batch::{Batch, Parts};
use super::block::Rows;
use super::columnar::plan::Plan;
use super::error::PushError;
use super::error::ReadError;
use super::native;
use super::schema::{DataType, Schema};
use super::warning::Warning;
use super::window::{CHUNK, Window};
use crate::location::Format;
use records::Records;

/// Syntax options of a CSV file (reference: the create call's options `sep` and `nullkey`).
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
}

impl CsvOptions {
    /// Returns true if a cell's text means null.
    pub(crate) fn is_null(&self, cell: &str) -> bool {
        cell == self.null
    }
}

/// Rows of one CSV file.
pub(super) struct CsvRows {
    records: Records,
    plan: Plan,
    header: Vec<String>,
    null: String,
    rows: u64,
}

impl CsvRows {
    /// Opens a file and reads its header.
    pub(super) fn open(
        source: Box<dyn Read + Send>,
        schema: &Arc<Schema>,
        options: &CsvOptions,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        let separator = char::from_u32(options.separator).unwrap_or(',');
        let mut records = Records::new(Window::new(source, CHUNK), separator);
        records.check_marks()?;
        let found = records.next(None).map_err(|error| records.explain(error))?;
        if !found {
            return Err(records.refuse(None, 0, "expected a header row, found an empty file"));
        }
        let cells = (0..records.len()).map(|nth| String::from_utf8(records.cell(nth).to_vec()));
        let header: Result<Vec<String>, _> = cells.collect();
        let header = header.map_err(|_| records.refuse(None, 0, "the header row is not UTF-8"))?;
        let mut plan = Plan::new(schema, &header, Format::Csv, "");
        let mut found = plan.take_problems().into_iter();
        if let Some(first) = found.next() {
            match records.explain(first) {
                first @ ReadError::Field { .. } => problems.push(first),
                other => return Err(other),
            }
        }
        problems.extend(found);
        Ok(Self {
            records,
            plan,
            header,
            null: options.null.clone(),
            rows: 0,
        })
    }

    /// Appends the current record. After an error, some columns may be one row longer than others.
    fn push(&self, mut parts: Parts<'_>) -> Result<(), PushError> {
        if self.records.len() != self.header.len() {
            return Err(PushError::row(
                format!("{} cells, as the header has", self.header.len()),
                format!("{} cells", self.records.len()),
            ));
        }
        let fields = parts.schema.fields.iter().zip(parts.columns);
        for (at, (field, column)) in fields
            .enumerate()
            .filter(|(at, (field, _))| !field.is_made_later() && !self.plan.skips(*at))
        {
            let default = parts.parser.default(at);
            let cell = self.plan.field(at).map(|nth| self.cell(nth));
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
        let Some(meta) = parts.meta else {
            return Ok(());
        };
        let mut extras = Vec::new();
        for (name, nth) in self.plan.extras() {
            let cell = self
                .cell(nth)
                .map_err(|found| PushError::field(name, "UTF-8", found))?;
            extras.push((name.to_owned(), serde_json::Value::from(cell).to_string()));
        }
        let pushed = parts.parser.push_extras(extras.into_iter(), meta, true);
        pushed.or_else(|refusal| parts.notes.refuse(refusal, meta))
    }

    fn cell(&self, nth: usize) -> Result<&str, String> {
        std::str::from_utf8(self.records.cell(nth)).map_err(|_| "text that is not UTF-8".to_owned())
    }
}

impl Rows for CsvRows {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        while batch.rows() < batch_rows && batch.byte_len() < BATCH_BYTES {
            let found = self.records.next(Some(self.rows + 1));
            if matches!(found, Ok(false)) {
                break;
            }
            self.rows += 1;
            match found {
                Err(ReadError::Syntax { message, .. }) if batch.collects() => {
                    batch.push_refused(PushError::row("a valid row", message));
                    continue;
                }
                found => _ = found?,
            }
            match self.push(batch.parts()) {
                Ok(()) => batch.add_rows(1),
                Err(refusal) if batch.collects() => batch.push_refused(refusal),
                Err(refusal) => {
                    batch.roll_back();
                    return Err(refusal.into_error(self.rows));
                }
            }
        }
        Ok(())
    }

    fn skip(&mut self, rows: u64) -> Result<(), ReadError> {
        for _ in 0..rows {
            match self.records.next(Some(self.rows + 1)) {
                Ok(false) => break,
                // A row with a bad quote is skipped too.
                Ok(true) | Err(ReadError::Syntax { .. }) => self.rows += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn bytes(&self) -> u64 {
        self.records.offset()
    }

    fn warnings(&self) -> &[Warning] {
        self.plan.warnings()
    }

    #[cfg(test)]
    fn set_max_row(&mut self, bytes: usize) {
        self.records.set_max_row(bytes);
    }
}
