//! Import files as a stream of batches, in bounded memory.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RowError;
use super::batch::{Batch, PushError};
use super::frames::Frames;
use super::schema::Schema;
use super::window::{self, Window};
use crate::location::Format;

/// Rows after which a batch is handed on.
pub const BATCH_ROWS: usize = 4_096;
/// Bytes of column data after which a batch is handed on.
pub const BATCH_BYTES: usize = 8 << 20;

/// Why a file cannot be read on. The caller knows the file's name and puts it in front.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be read to its end.
    #[error("cannot read on after byte {offset}: {source}")]
    Io {
        /// Bytes read before.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// No reader for files of this format.
    #[error("not supported by this reader yet: {format}; accepted: json, jsonl, ndjson")]
    Unsupported {
        /// The format's word, or the file's extension.
        format: String,
    },
    /// The bytes are not what the format says.
    #[error("{}line {line} (byte {offset}): {message}", row.map_or_else(String::new, |row| format!("row {row}, ")))]
    Syntax {
        /// The row, from 1, where it is within one.
        row: Option<u64>,
        /// The line, from 1.
        line: u64,
        /// Bytes from the file's beginning.
        offset: u64,
        /// What is wrong there.
        message: String,
    },
    /// A row that the server would refuse.
    #[error("{0}")]
    Row(RowError),
}

/// A file being read; pull with [`Reader::next_batch`].
pub struct Reader {
    schema: Arc<Schema>,
    frames: Frames,
    rows: u64,
    batch_rows: usize,
    total_bytes: Option<u64>,
}

impl Reader {
    /// Opens a file, its format taken from its extension.
    pub fn open(path: &Path, schema: &Arc<Schema>) -> Result<Self, ReadError> {
        let format = Format::of_path(path).ok_or_else(|| ReadError::Unsupported {
            format: path.extension().map_or_else(
                || "a file without an extension".to_owned(),
                |extension| extension.to_string_lossy().into_owned(),
            ),
        })?;
        Self::open_as(path, format, schema)
    }

    /// Opens a file of a known format.
    pub fn open_as(path: &Path, format: Format, schema: &Arc<Schema>) -> Result<Self, ReadError> {
        let opened = std::fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(|source| ReadError::Open {
            path: path.to_owned(),
            source,
        })?;
        let mut reader = Self::from_read(Box::new(file), format, schema)?;
        reader.total_bytes = Some(metadata.len());
        Ok(reader)
    }

    /// Reads from a stream.
    pub fn from_read(
        source: Box<dyn Read + Send>,
        format: Format,
        schema: &Arc<Schema>,
    ) -> Result<Self, ReadError> {
        Self::in_chunks(source, format, schema, window::CHUNK)
    }

    /// Reads from a stream, at first so many bytes at a time: the rows do not depend on it.
    pub(super) fn in_chunks(
        source: Box<dyn Read + Send>,
        format: Format,
        schema: &Arc<Schema>,
        chunk: usize,
    ) -> Result<Self, ReadError> {
        let lines = match format {
            Format::Json => false,
            Format::JsonLines => true,
            Format::Csv | Format::Parquet | Format::Numpy => {
                return Err(ReadError::Unsupported {
                    format: format.name().to_owned(),
                });
            }
        };
        Ok(Self {
            schema: Arc::clone(schema),
            frames: Frames::new(Window::new(source, chunk), lines),
            rows: 0,
            batch_rows: BATCH_ROWS,
            total_bytes: None,
        })
    }

    /// Closes batches after this many rows instead of [`BATCH_ROWS`] (at least 1).
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    #[cfg(test)]
    pub(super) fn with_max_row(mut self, bytes: usize) -> Self {
        self.frames = self.frames.with_max_row(bytes);
        self
    }

    /// An empty batch to read into.
    pub fn new_batch(&self) -> Batch {
        Batch::new(&self.schema)
    }

    /// Clears the batch and reads the next rows into it, until it has [`BATCH_ROWS`] rows or [`BATCH_BYTES`]
    /// of data; false at the end of the file, with no rows.
    ///
    /// After [`ReadError::Row`], and after a [`ReadError::Syntax`] that names a row which has an end, the
    /// batch holds the good rows before the bad one and the next call goes on after it: so a check can collect
    /// every bad row by calling until it answers false. After any other error it answers false.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, ReadError> {
        batch.clear();
        while batch.rows() < self.batch_rows && batch.byte_len() < BATCH_BYTES {
            let found = self.frames.next(self.rows + 1);
            let Some(length) = found.inspect_err(|_| self.frames.finish())? else {
                break;
            };
            self.rows += 1;
            self.push(batch, length)?;
        }
        Ok(batch.rows() > 0)
    }

    /// Appends the row that the window begins with, and moves past it in any case.
    fn push(&mut self, batch: &mut Batch, length: usize) -> Result<(), ReadError> {
        let rest = self.frames.window.rest();
        let row = rest.get(..length).unwrap_or(rest);
        let pushed = batch
            .push_json(row, self.rows)
            .map_err(|error| match error {
                PushError::Row(error) => ReadError::Row(error),
                PushError::Syntax { offset, message } => {
                    self.frames.error(Some(self.rows), offset, &message)
                }
            });
        self.frames.window.consume(length);
        pushed
    }

    /// Rows read so far, bad ones included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the file that have become rows so far.
    pub fn bytes(&self) -> u64 {
        self.frames.window.offset()
    }

    /// The file's length in bytes when it was opened; `None` for a stream.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("rows", &self.rows)
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
