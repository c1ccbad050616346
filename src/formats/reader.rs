//! Import files as a stream of batches, in bounded memory.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Batch;
use super::schema::Schema;
use super::{FileFormat, RowError};

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
    total_bytes: Option<u64>,
}

impl Reader {
    /// Opens a file, its format taken from its extension.
    pub fn open(path: &Path, schema: &Arc<Schema>) -> Result<Self, ReadError> {
        let format = FileFormat::from_path(path).ok_or_else(|| ReadError::Unsupported {
            format: path
                .extension()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        })?;
        Self::open_as(path, format, schema)
    }

    /// Opens a file of a known format.
    pub fn open_as(
        path: &Path,
        format: FileFormat,
        schema: &Arc<Schema>,
    ) -> Result<Self, ReadError> {
        let opened = std::fs::File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = opened.map_err(|source| ReadError::Open {
            path: path.to_owned(),
            source,
        })?;
        let mut reader = Self::from_read(Box::new(file), format, schema)?;
        reader.total_bytes = Some(length);
        Ok(reader)
    }

    /// Reads from a stream.
    pub fn from_read(
        _source: Box<dyn Read + Send>,
        _format: FileFormat,
        schema: &Arc<Schema>,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            schema: Arc::clone(schema),
            total_bytes: None,
        })
    }

    /// Closes batches after this many rows instead of [`BATCH_ROWS`] (at least 1).
    #[must_use]
    pub fn with_batch_rows(self, _rows: usize) -> Self {
        self
    }

    /// An empty batch to read into.
    pub fn new_batch(&self) -> Batch {
        Batch::new(&self.schema)
    }

    /// Clears the batch and reads the next rows into it; false at the end of the file, with no rows.
    ///
    /// After [`ReadError::Row`], and after a [`ReadError::Syntax`] within a row, the batch holds the good
    /// rows before the bad one and the next call goes on after it; after any other error it answers false.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, ReadError> {
        batch.clear();
        Ok(false)
    }

    /// Rows read so far, bad ones included.
    pub fn rows(&self) -> u64 {
        0
    }

    /// Bytes of the file that have become rows so far.
    pub fn bytes(&self) -> u64 {
        0
    }

    /// The file's length in bytes when it was opened; `None` for a stream.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }
}
