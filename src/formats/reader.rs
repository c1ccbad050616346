//! Import files as a stream of batches, in bounded memory.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Batch;
use super::block::Block;
use super::csv::{CsvOptions, CsvRows};
use super::error::ReadError;
use super::json::JsonRows;
use super::numpy::NumpyRows;
use super::parquet::ParquetRows;
use super::read_at::{DiskFile, ReadAt};
use super::schema::Schema;
use super::warning::Warning;
use super::window::{self, Window};
use crate::location::Format;

/// Rows after which a batch is handed on.
pub const BATCH_ROWS: usize = 4_096;
/// Bytes of column data after which a batch is handed on.
pub const BATCH_BYTES: usize = 8 << 20;

/// What a [`Reader`] reads from, wherever it lies.
pub enum Input {
    /// Bytes from the first to the last: JSON, JSON Lines, CSV.
    Stream(Box<dyn Read + Send>),
    /// One file, read here and there: Parquet.
    Object(Arc<dyn ReadAt>),
    /// A set of `NumPy` files: the name of each, e.g. `vector.npy`, and its content.
    Set(Vec<(String, Arc<dyn ReadAt>)>),
}

/// The rows of one file or set, whatever its format.
pub(super) trait Rows: Send {
    /// Appends the next rows to an empty batch, up to so many or [`BATCH_BYTES`]; none at the end. For errors
    /// see [`Reader::next_batch`].
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError>;

    /// True where the rows can be found before they are parsed.
    fn has_blocks(&self) -> bool {
        false
    }

    /// Finds the next rows, up to so many; none at the end, or where rows cannot be found apart from parsing them.
    fn fill_block(&mut self, block: &mut Block, _most: usize) -> Result<(), ReadError> {
        block.begin(self.rows());
        Ok(())
    }

    /// Rows read so far, bad ones included.
    fn rows(&self) -> u64;

    /// Bytes that have become rows so far.
    fn bytes(&self) -> u64;

    /// The columns that are dropped, known from the file's beginning.
    fn warnings(&self) -> &[Warning] {
        &[]
    }

    /// Takes rows of at most so many bytes.
    #[cfg(test)]
    fn set_max_row(&mut self, _bytes: usize) {}
}

/// A file, or a set of `NumPy` files, being read; pull with [`Reader::next_batch`].
pub struct Reader {
    schema: Arc<Schema>,
    rows: Box<dyn Rows>,
    batch_rows: usize,
    total_bytes: Option<u64>,
}

impl Reader {
    /// Opens a file, its format taken from its extension. One `.npy` file is a set of one.
    pub fn open(path: &Path, schema: &Arc<Schema>) -> Result<Self, ReadError> {
        let format = Format::of_path(path).ok_or_else(|| ReadError::Unsupported {
            format: path.extension().map_or_else(
                || "a file without an extension".to_owned(),
                |extension| extension.to_string_lossy().into_owned(),
            ),
        })?;
        Self::open_as(&[path.to_owned()], format, schema, &CsvOptions::default())
    }

    /// Opens a file of a known format, or all files of one `NumPy` set.
    pub fn open_as(
        paths: &[PathBuf],
        format: Format,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
    ) -> Result<Self, ReadError> {
        let (input, size) = match (format, paths) {
            (Format::Numpy, _) => {
                let files: Vec<_> = paths
                    .iter()
                    .map(|path| named(path))
                    .collect::<Result<_, _>>()?;
                let size = files.iter().map(|(_, file)| file.size()).sum();
                (Input::Set(files), size)
            }
            (Format::Parquet, [path]) => {
                let file = object(path)?;
                let size = file.size();
                (Input::Object(file), size)
            }
            (_, [path]) => {
                let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
                let (size, file) = opened.map_err(|source| cannot_open(path, source))?;
                (Input::Stream(Box::new(file)), size)
            }
            _ => {
                return Err(ReadError::Unsupported {
                    format: format!("{} {format} files as one", paths.len()),
                });
            }
        };
        let mut reader = Self::new(input, format, schema, csv)?;
        reader.total_bytes = Some(size);
        Ok(reader)
    }

    /// Reads from an input of the kind that the format needs.
    pub fn new(
        input: Input,
        format: Format,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
    ) -> Result<Self, ReadError> {
        let rows: Box<dyn Rows> = match (format, input) {
            (Format::Csv, Input::Stream(read)) => Box::new(CsvRows::open(read, schema, csv)?),
            (Format::Json | Format::JsonLines, Input::Stream(read)) => {
                let lines = format == Format::JsonLines;
                Box::new(JsonRows::new(Window::new(read, window::CHUNK), lines))
            }
            (Format::Parquet, Input::Object(file)) => Box::new(ParquetRows::open(file, schema)?),
            (Format::Numpy, Input::Set(files)) => Box::new(NumpyRows::open(files, schema)?),
            (_, _) => {
                return Err(ReadError::Unsupported {
                    format: format!("{format} from such an input"),
                });
            }
        };
        Ok(Self::of(rows, schema))
    }

    fn of(rows: Box<dyn Rows>, schema: &Arc<Schema>) -> Self {
        Self {
            schema: Arc::clone(schema),
            rows,
            batch_rows: BATCH_ROWS,
            total_bytes: None,
        }
    }

    /// Reads JSON from a stream, at first so many bytes at a time: the rows do not depend on it.
    #[cfg(test)]
    pub(super) fn in_chunks(
        source: Box<dyn Read + Send>,
        lines: bool,
        schema: &Arc<Schema>,
        chunk: usize,
    ) -> Self {
        let rows = JsonRows::new(Window::new(source, chunk), lines);
        Self::of(Box::new(rows), schema)
    }

    /// Closes batches after this many rows instead of [`BATCH_ROWS`] (at least 1).
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    #[cfg(test)]
    pub(super) fn with_max_row(mut self, bytes: usize) -> Self {
        self.rows.set_max_row(bytes);
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
        self.rows.fill(batch, self.batch_rows)?;
        Ok(batch.rows() > 0)
    }

    /// True where [`Reader::next_block`] gives the rows: JSON and JSON Lines.
    pub fn has_blocks(&self) -> bool {
        self.rows.has_blocks()
    }

    /// Finds the next rows, to be parsed elsewhere ([`Block::parse`]) in the place of [`Reader::next_batch`]; false at the
    /// end of the file, with no rows. An error, which comes after the rows before it, ends the file.
    pub fn next_block(&mut self, block: &mut Block) -> Result<bool, ReadError> {
        let most = BATCH_BYTES / self.schema.least_row_bytes().max(1);
        self.rows
            .fill_block(block, self.batch_rows.min(most.max(1)))?;
        Ok(block.rows() > 0)
    }

    /// What the file's header, schema or names say will be dropped. [`Batch::take_warnings`] has what rows say.
    pub fn warnings(&self) -> &[Warning] {
        self.rows.warnings()
    }

    /// Rows read so far, bad ones included.
    pub fn rows(&self) -> u64 {
        self.rows.rows()
    }

    /// Bytes of the file, or of the set's files together, that have become rows so far.
    pub fn bytes(&self) -> u64 {
        self.rows.bytes()
    }

    /// The bytes of the file, or of the set's files together, when it was opened; `None` where they are not known.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }
}

fn named(path: &Path) -> Result<(String, Arc<dyn ReadAt>), ReadError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((name.into_owned(), object(path)?))
}

fn object(path: &Path) -> Result<Arc<dyn ReadAt>, ReadError> {
    let file = DiskFile::open(path).map_err(|source| cannot_open(path, source))?;
    Ok(Arc::new(file))
}

fn cannot_open(path: &Path, source: io::Error) -> ReadError {
    ReadError::Open {
        path: path.to_owned(),
        source,
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("rows", &self.rows())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
