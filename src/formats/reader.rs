//! Reads import files as a stream of batches, in bounded memory.

use std::fmt;
#[cfg(test)]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::{BATCH_BYTES, BATCH_ROWS, Batch};
use super::block::{Block, FilePart, Rows};
use super::csv::{self, CsvOptions};
use super::error::ReadError;
use super::frames::{Frames, JsonSyntax};
use super::numpy::NumpyRows;
use super::parquet::ParquetRows;
use super::schema::Schema;
use super::text_rows::TextRows;
use super::warning::Warning;
use super::window::{self, Window};
use crate::caught;
use crate::location::Format;
#[cfg(test)]
use crate::stores::read_at::DiskFile;
use crate::stores::read_at::ReadAt;

/// Data source of a [`Reader`], on disk or elsewhere.
pub(crate) enum Input {
    /// One file, for all formats but `NumPy`.
    Object(Arc<dyn ReadAt>),
    /// A set of `NumPy` files, each with its name, e.g. `vector.npy`, and its content.
    Set(Vec<(String, Arc<dyn ReadAt>)>),
}

/// Reader of a file, or of a set of `NumPy` files. Call [`Reader::next_batch`] for the rows.
pub(crate) struct Reader {
    schema: Arc<Schema>,
    rows: Box<dyn Rows>,
    batch_rows: usize,
    /// True if batches collect the problems of refused rows.
    collects: bool,
    /// Error found after the rows of the last batch, returned by the next call.
    held: Option<ReadError>,
    /// True after a panic.
    ended: bool,
}

impl Reader {
    /// Opens a file and derives its format from the extension. A single `.npy` file is a set of one file.
    #[cfg(test)]
    pub(crate) fn open(path: &Path, schema: &Arc<Schema>) -> Result<Self, ReadError> {
        let format = Format::of_path(path).ok_or_else(|| ReadError::Unsupported {
            format: path.extension().map_or_else(
                || "a file without an extension".to_owned(),
                |extension| extension.to_string_lossy().into_owned(),
            ),
        })?;
        Self::open_as(&[path.to_owned()], format, schema, &CsvOptions::default())
    }

    /// Opens a file of a known format, or all files of one `NumPy` set.
    #[cfg(test)]
    pub(crate) fn open_as(
        paths: &[PathBuf],
        format: Format,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
    ) -> Result<Self, ReadError> {
        let input = match (format, paths) {
            (Format::Numpy, _) => {
                let files = paths.iter().map(|path| named(path));
                Input::Set(files.collect::<Result<_, _>>()?)
            }
            (_, [path]) => Input::Object(object(path)?),
            _ => {
                return Err(ReadError::Unsupported {
                    format: format!("{} {format} files as one", paths.len()),
                });
            }
        };
        Self::new(input, format, schema, csv)
    }

    /// Returns a reader of an input. The input must be of the kind that the format needs.
    pub(crate) fn new(
        input: Input,
        format: Format,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
    ) -> Result<Self, ReadError> {
        let mut problems = Vec::new();
        let reader = Self::collecting(input, format, schema, csv, &mut problems);
        match problems.into_iter().next() {
            Some(first) => Err(first),
            None => Ok(Self {
                collects: false,
                ..reader?
            }),
        }
    }

    /// Returns a reader that collects all problems instead of ending at the first. Problems of whole columns are added to
    /// `problems`, even if the result is an error. Those of rows are in [`Batch::refused`]. [`Reader::next_batch`] then
    /// returns only errors that end the file.
    pub(crate) fn collecting(
        input: Input,
        format: Format,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        let rows = match (format, input) {
            (Format::Csv, Input::Object(file)) => {
                csv::open(Window::new(file, window::CHUNK), schema, csv, problems)?
            }
            (Format::Json | Format::JsonLines, Input::Object(file)) => {
                let window = Window::new(file, window::CHUNK);
                json(window, format == Format::JsonLines)
            }
            (Format::Parquet, Input::Object(file)) => {
                Box::new(ParquetRows::open(file, schema, problems)?)
            }
            (Format::Numpy, Input::Set(files)) => {
                Box::new(NumpyRows::open(files, schema, problems)?)
            }
            (_, _) => {
                return Err(ReadError::Unsupported {
                    format: format!("{format} from such an input"),
                });
            }
        };
        Ok(Self {
            collects: true,
            ..Self::of(rows, schema)
        })
    }

    /// Keeps only a part: of the row groups for Parquet, of the rows for `NumPy`, and of the bytes for JSON Lines and CSV,
    /// from the first row that begins in the range. Returns the bytes at which the part of a text file begins and ends.
    /// [`Batch::before`] and errors then count rows from its beginning.
    pub(crate) fn keep_part(&mut self, part: FilePart) -> Result<(u64, u64), ReadError> {
        self.rows.keep_part(part)
    }

    /// Moves past at most `rows` rows of a text file without checking them.
    pub(crate) fn skip(&mut self, rows: u64) -> Result<(), ReadError> {
        self.rows.skip(rows)
    }

    fn of(rows: Box<dyn Rows>, schema: &Arc<Schema>) -> Self {
        Self {
            schema: Arc::clone(schema),
            rows,
            batch_rows: BATCH_ROWS,
            collects: false,
            held: None,
            ended: false,
        }
    }

    /// Returns a reader of JSON that reads chunks of `chunk` bytes at first. The rows don't depend on the chunk size.
    #[cfg(test)]
    pub(super) fn in_chunks(
        file: Arc<dyn ReadAt>,
        lines: bool,
        schema: &Arc<Schema>,
        chunk: usize,
    ) -> Self {
        Self::of(json(Window::new(file, chunk), lines), schema)
    }

    /// Sets the number of rows per batch (at least 1), instead of [`BATCH_ROWS`].
    #[must_use]
    pub(crate) fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Returns a reader of JSON Lines whose rows are parsed by `syntax`.
    #[cfg(test)]
    pub(super) fn with_syntax(
        file: Arc<dyn ReadAt>,
        schema: &Arc<Schema>,
        syntax: Arc<dyn super::block::RowSyntax>,
    ) -> Self {
        let frames = Frames::new(Window::new(file, window::CHUNK), true);
        Self::of(Box::new(TextRows::new(frames, syntax)), schema)
    }

    #[cfg(test)]
    pub(super) fn with_max_row(mut self, bytes: usize) -> Self {
        self.rows.set_max_row(bytes);
        self
    }

    /// Returns an empty batch to read into.
    pub(crate) fn new_batch(&self) -> Batch {
        let batch = Batch::new(&self.schema);
        if self.collects {
            batch.collecting()
        } else {
            batch
        }
    }

    /// Clears the batch and reads the next rows into it, up to [`BATCH_ROWS`] rows or [`BATCH_BYTES`] of data. Returns
    /// false, with no rows, at the end of the file.
    ///
    /// After [`ReadError::Row`], and after a [`ReadError::Syntax`] in a row whose end was found, the batch holds the
    /// good rows before the bad row, and the next call continues after the bad row. So a check can collect all bad rows
    /// by calling until the result is false. After any other error, the next call returns false.
    pub(crate) fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, ReadError> {
        batch.begin(self.rows.rows());
        if let Some(error) = self.held.take() {
            return Err(error);
        }
        let most = self.batch_rows;
        let filled = self.step(|rows| rows.fill(batch, most));
        batch.roll_back();
        match filled {
            // The rows before the error are checked first.
            Err(error) if self.collects && batch.rows() > 0 => {
                self.held = Some(error);
                Ok(true)
            }
            filled => filled.map(|()| batch.rows() > 0),
        }
    }

    /// Returns true if the reader supports [`Reader::next_block`], which is the case for text files.
    pub(crate) fn has_blocks(&self) -> bool {
        self.rows.has_blocks()
    }

    /// Finds the next rows without parsing them, as an alternative to [`Reader::next_batch`]. [`Block::parse`] then
    /// parses them, on any thread. Returns false, with no rows, at the end of the file. An error is reported after the
    /// rows before it and ends the file.
    pub(crate) fn next_block(&mut self, block: &mut Block) -> Result<bool, ReadError> {
        let most = BATCH_BYTES / self.schema.least_row_bytes().max(1);
        let most = self.batch_rows.min(most.max(1));
        self.step(|rows| rows.fill_block(block, most))?;
        Ok(block.rows() > 0)
    }

    /// Runs a step. A panic becomes an error that ends the file.
    fn step(
        &mut self,
        step: impl FnOnce(&mut dyn Rows) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if self.ended {
            return Ok(());
        }
        caught::catch(|| step(self.rows.as_mut())).unwrap_or_else(|message| {
            self.ended = true;
            Err(ReadError::Panicked(message))
        })
    }

    /// Reads pages of a Parquet file ahead on other threads.
    pub(crate) fn read_ahead(&mut self) {
        self.rows.read_ahead();
    }

    /// Returns warnings about dropped data that are known from the file's header, schema or names. Warnings about rows
    /// are in [`Batch::take_warnings`].
    pub(crate) fn warnings(&self) -> &[Warning] {
        self.rows.warnings()
    }

    /// Returns the number of rows read so far, including bad ones.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.rows()
    }

    /// Returns the number of bytes of the file, or of all files of the set, that have become rows so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.rows.bytes()
    }
}

fn json(window: Window, lines: bool) -> Box<dyn Rows> {
    let frames = Frames::new(window, lines);
    Box::new(TextRows::new(frames, Arc::new(JsonSyntax)))
}

#[cfg(test)]
fn named(path: &Path) -> Result<(String, Arc<dyn ReadAt>), ReadError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((name.into_owned(), object(path)?))
}

#[cfg(test)]
fn object(path: &Path) -> Result<Arc<dyn ReadAt>, ReadError> {
    match DiskFile::open(path) {
        Ok(file) => Ok(Arc::new(file)),
        Err(source) => Err(ReadError::Open {
            path: path.to_owned(),
            source,
        }),
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
