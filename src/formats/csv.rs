//! CSV files: a header row of field names, then rows; vectors, arrays and JSON as JSON text in a cell.
//!
//! As Milvus reads them: a cell that is the null text is null (or the default value), quoted or not; booleans are
//! `true`, `1` and the like; columns outside the schema become texts of the dynamic fields; rows end in `\n` or `\r\n`, a
//! `\r` elsewhere being data. Unlike Milvus' latest releases, which drop columns outside the schema where dynamic fields
//! are off, this refuses them, as the reference says.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::batch::{Batch, META, Parts};
use super::columnar::plan::Plan;
use super::error::ReadError;
use super::frames::MAX_ROW;
use super::native;
use super::reader::{BATCH_BYTES, Rows};
use super::row::Refusal;
use super::schema::Schema;
use super::window::CHUNK;
use csv::ByteRecord;

/// How a CSV file is written (reference: the create call's options `sep` and `nullkey`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvOptions {
    /// Between two cells.
    separator: u8,
    /// The text of a cell that stands for null.
    null: String,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            separator: b',',
            null: String::new(),
        }
    }
}

/// A separator that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the CSV separator must be one ASCII character other than a quote or the end of a line, found {0:?}"
)]
pub struct SeparatorError(String);

impl CsvOptions {
    /// Cells between these separators (`,` where it is empty), null where a cell is this text.
    ///
    /// Of a separator of several characters the first counts, as with Milvus.
    pub fn new(separator: &str, null: &str) -> Result<Self, SeparatorError> {
        let separator = match separator.as_bytes().first() {
            None => b',',
            Some(b'\0' | b'\n' | b'\r' | b'"' | 128..) => {
                return Err(SeparatorError(separator.chars().take(20).collect()));
            }
            Some(byte) => *byte,
        };
        Ok(Self {
            separator,
            null: null.to_owned(),
        })
    }
}

/// The rows of one file.
pub(super) struct CsvRows {
    reader: csv::Reader<Fuse>,
    budget: Arc<AtomicU64>,
    record: ByteRecord,
    plan: Plan,
    header: Vec<String>,
    null: String,
    rows: u64,
    /// True where the record's last cell ends in the `\r` of a `\r\n`.
    carriage_return: bool,
    done: bool,
}

impl CsvRows {
    /// Reads the header.
    pub(super) fn open(
        source: Box<dyn Read + Send>,
        schema: &Arc<Schema>,
        options: &CsvOptions,
    ) -> Result<Self, ReadError> {
        let budget = Arc::new(AtomicU64::new(0));
        let fuse = Fuse {
            source,
            budget: Arc::clone(&budget),
            recent: Vec::new(),
            end: 0,
        };
        let reader = csv::ReaderBuilder::new()
            .delimiter(options.separator)
            .terminator(csv::Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(CHUNK)
            .from_reader(fuse);
        let mut rows = Self {
            reader,
            budget,
            record: ByteRecord::new(),
            plan: Plan::default(),
            header: Vec::new(),
            null: options.null.clone(),
            rows: 0,
            carriage_return: false,
            done: false,
        };
        if !rows.next()? {
            return Err(rows.broken(None, "expected a header row, found an empty file"));
        }
        rows.header = rows.read_header()?;
        rows.plan = Plan::new(schema, &rows.header, "column", "")?;
        Ok(rows)
    }

    fn read_header(&self) -> Result<Vec<String>, ReadError> {
        let bytes = self.record.as_slice();
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(self.broken(None, "the file is UTF-16; save it as UTF-8"));
        }
        let cells =
            (0..self.record.len()).map(|nth| String::from_utf8(self.bytes_of(nth).to_vec()));
        let header: Result<Vec<String>, _> = cells.collect();
        header.map_err(|_| self.broken(None, "the header row is not UTF-8"))
    }

    /// Reads the next record that is no empty line; false at the end of the file.
    fn next(&mut self) -> Result<bool, ReadError> {
        while self.read()? {
            let end = self.reader.position().byte();
            let before = |back| self.reader.get_ref().byte(end, back);
            let line = usize::from(before(1) == Some(b'\n'));
            self.carriage_return = before(line + 1) == Some(b'\r');
            // An empty quoted cell, the only one of its record, looks the same but for its quote.
            let empty = self.carriage_return
                && self.record.as_slice() == b"\r"
                && self.record.len() == 1
                && before(line + 2) != Some(b'"');
            if !empty {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the next record; false at the end of the file.
    fn read(&mut self) -> Result<bool, ReadError> {
        if self.done {
            return Ok(false);
        }
        // A row begins anywhere in the buffer, and may then be as long as the longest one.
        let most = (MAX_ROW + CHUNK) as u64;
        self.budget.store(most, Ordering::Relaxed);
        let read = self.reader.read_byte_record(&mut self.record);
        if !matches!(read, Ok(true)) {
            self.done = true;
        }
        read.map_err(|error| {
            let offset = self.reader.position().byte();
            match error.into_kind() {
                csv::ErrorKind::Io(source) if source.kind() == ErrorKind::FileTooLarge => {
                    let message = format!(
                        "the row is longer than {} MiB (is a quote not closed?)",
                        MAX_ROW >> 20
                    );
                    self.broken(Some(self.rows + 1), &message)
                }
                csv::ErrorKind::Io(source) => ReadError::Io { offset, source },
                other => self.broken(Some(self.rows + 1), &format!("{other:?}")),
            }
        })
    }

    fn broken(&self, row: Option<u64>, message: &str) -> ReadError {
        let position = self.record.position().unwrap_or(self.reader.position());
        ReadError::Syntax {
            row,
            line: position.line(),
            offset: position.byte(),
            message: message.to_owned(),
        }
    }

    /// Appends the record; refused, columns may be longer by this row than before.
    fn push(&self, parts: Parts<'_>) -> Result<(), Refusal> {
        if self.record.len() != self.header.len() {
            return Err(Refusal::Row {
                field: None,
                expected: format!("{} cells, as the header has", self.header.len()),
                found: format!("{} cells", self.record.len()),
            });
        }
        let fields = parts.schema.fields.iter().zip(parts.columns);
        for (at, (field, column)) in fields
            .enumerate()
            .filter(|(_, (field, _))| !field.is_made_later())
        {
            let refused = |found| Refusal::field(&field.name, field.data_type.to_string(), found);
            let default = parts.parser.default(at);
            let pushed = match self.plan.field(at) {
                None => native::push_missing(field, column, default),
                Some(nth) => {
                    let cell = self.cell(nth).map_err(refused)?;
                    let nullable = field.nullable || default.is_some();
                    let json_null = field.data_type.is_json_text() && native::is_null(cell);
                    if json_null || (nullable && cell == self.null) {
                        native::push_null(field, column, default)
                    } else {
                        native::push_cell(column, cell)
                    }
                }
            };
            pushed.map_err(refused)?;
        }
        let Some(meta) = parts.meta else {
            return Ok(());
        };
        let mut extras = Vec::new();
        for (name, nth) in self.plan.extras() {
            let cell = self
                .cell(nth)
                .map_err(|found| Refusal::field(name, "UTF-8", found))?;
            if name != META {
                extras.push((name.to_owned(), serde_json::Value::from(cell).to_string()));
            } else if cell != self.null {
                extras.push((name.to_owned(), cell.trim_ascii().to_owned()));
            }
        }
        parts.parser.push_extras(extras.into_iter(), meta)
    }

    fn bytes_of(&self, nth: usize) -> &[u8] {
        let cell = self.record.get(nth).unwrap_or_default();
        if self.carriage_return && nth + 1 == self.record.len() {
            return cell.strip_suffix(b"\r").unwrap_or(cell);
        }
        cell
    }

    fn cell(&self, nth: usize) -> Result<&str, String> {
        std::str::from_utf8(self.bytes_of(nth)).map_err(|_| "text that is not UTF-8".to_owned())
    }
}

impl Rows for CsvRows {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        while batch.rows() < batch_rows && batch.byte_len() < BATCH_BYTES && self.next()? {
            self.rows += 1;
            match self.push(batch.parts()) {
                Ok(()) => batch.add_rows(1),
                Err(refusal) => {
                    batch.roll_back();
                    return Err(refusal.into_error(self.rows));
                }
            }
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }
}

/// A stream that ends with an error after so many bytes: the CSV parser itself would collect a row without end.
///
/// It keeps what it handed on last, since the parser does not say whether a cell was quoted.
struct Fuse {
    source: Box<dyn Read + Send>,
    budget: Arc<AtomicU64>,
    /// The last piece, behind some bytes of the one before.
    recent: Vec<u8>,
    /// Bytes handed on.
    end: u64,
}

/// Bytes kept of the piece before.
const KEPT: usize = 3;

impl Fuse {
    /// The byte that stands so many before this place of the file, which lies in the last piece.
    fn byte(&self, place: u64, back: usize) -> Option<u8> {
        let behind = usize::try_from(self.end.checked_sub(place)?).ok()?;
        let at = self.recent.len().checked_sub(behind.checked_add(back)?)?;
        self.recent.get(at).copied()
    }
}

impl Read for Fuse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.load(Ordering::Relaxed);
        if left == 0 {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let bytes = self.source.read(buffer)?;
        self.budget
            .store(left.saturating_sub(bytes as u64), Ordering::Relaxed);
        self.recent.drain(..self.recent.len().saturating_sub(KEPT));
        self.recent
            .extend_from_slice(buffer.get(..bytes).unwrap_or_default());
        self.end += bytes as u64;
        Ok(bytes)
    }
}
