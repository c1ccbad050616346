//! Parquet files: one column per field, read from byte ranges of the file, row group by row group and page by page.
//!
//! The library is used without Arrow: its column readers append the values of a list of floats directly to a vector's
//! column. Only one batch and one page per column are in memory, so the file may have any size. Files aren't trusted:
//! zshell checks the footer (`footer.rs`) and each page (`pages.rs`) before the library sees them, and sizes up the rows
//! before it copies them.

mod arrow;
mod codec;
mod columns;
mod delta;
mod footer;
mod guess;
mod header;
mod leaf;
mod levels;
mod measure;
mod memory;
mod pages;
mod row_scan;
mod rules;
mod source;
mod stored;
mod structs;
mod thrift;
mod values;

use std::sync::Arc;

use parquet::column::reader::get_column_reader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::batch::Parts;
use super::block::FilePart;
use super::columnar::plan::Plan;
use super::columnar::sources::FieldSources;
use super::columnar::{Columnar, RefusedRows, Steps};
use super::error::ReadError;
use super::schema::{Field, Schema};
use super::warning::Warning;
use crate::caught;
use crate::location::Format;
use crate::stores::read_at::ReadAt;
use columns::Columns;
pub(super) use guess::{guess, row_groups};
use memory::PageMemory;
use pages::Pages;
use source::ColumnSource;

/// Unpacked size in bytes from which a column chunk may have threads that read its pages ahead.
const LARGE_CHUNK: i64 = 4 << 20;

/// Maximum number of threads that read the pages of one column chunk ahead, and those of one file.
const CHUNK_THREADS: usize = 2;
const MAX_THREADS: usize = 4;

type Result<T, E = ReadError> = std::result::Result<T, E>;

/// Rows of one Parquet file.
pub(super) type ParquetRows = Columnar<ParquetFile>;

/// A Parquet file and the position reached in it.
pub(super) struct ParquetFile {
    file: Arc<dyn ReadAt>,
    metadata: ParquetMetaData,
    memory: PageMemory,
    sources: FieldSources<ColumnSource>,
    /// Number of rows read so far.
    rows: u64,
    /// Number of the row group to enter next, and of the first row group that isn't read.
    next: usize,
    groups: usize,
    /// Number of rows in the current row group, and how many are left.
    group: (usize, usize),
    /// Sizes in bytes of the current row group in the file, and of all row groups before it.
    bytes: (u64, u64),
    row_bytes: usize,
    /// Sizes of the next rows in memory, in bytes.
    sizes: Vec<usize>,
    /// Size of all rows so far in memory, in bytes.
    unpacked: u64,
    /// Reads the pages of large columns on other threads.
    ahead: bool,
}

impl ParquetRows {
    /// Reads the file's metadata and matches its columns with the fields.
    pub(super) fn open(
        file: Arc<dyn ReadAt>,
        schema: &Schema,
        problems: &mut Vec<ReadError>,
    ) -> Result<Self> {
        let metadata = guard(|| footer::read(file.as_ref()))?;
        let root = metadata.file_metadata().schema_descr();
        let names = root.root_schema().get_fields().iter();
        let names: Vec<String> = names.map(|column| column.name().to_owned()).collect();
        let plan = Plan::new(schema, &names, Format::Parquet, "");
        let columns = Columns::new(&metadata)?;
        let sources = FieldSources::open(schema, plan, problems, |place, field| {
            guard(|| columns.field(place, field))
        })?;
        Ok(Self::new(ParquetFile {
            file,
            memory: PageMemory::default(),
            sources,
            groups: metadata.num_row_groups(),
            rows: 0,
            next: 0,
            group: (0, 0),
            bytes: (0, 0),
            row_bytes: 1,
            sizes: Vec::new(),
            unpacked: 0,
            ahead: false,
            metadata,
        }))
    }
}

impl ParquetFile {
    /// Enters the next row group that has rows. Returns false if none is left.
    fn enter(&mut self) -> Result<bool> {
        while self.group.1 == 0 {
            let left = self.metadata.row_groups().get(..self.groups);
            let Some(group) = left.and_then(|groups| groups.get(self.next)) else {
                return Ok(false);
            };
            self.next += 1;
            let rows = usize::try_from(group.num_rows())
                .map_err(|_| damaged(format!("row group {} has a negative size", self.next)))?;
            let size = usize::try_from(group.total_byte_size()).unwrap_or(0);
            self.row_bytes = size.checked_div(rows).unwrap_or(1).max(1);
            self.bytes = (compressed(group), self.bytes.0 + self.bytes.1);
            self.group = (rows, rows);
            if rows == 0 {
                continue;
            }
            let mut threads = if self.ahead { MAX_THREADS } else { 0 };
            for leaf in (self.sources.fields.iter_mut().flatten())
                .chain(&mut self.sources.meta)
                .flat_map(|source| &mut source.leaves)
            {
                let chunk = (group.columns().get(leaf.index))
                    .ok_or_else(|| damaged("a column has no data in a row group"))?;
                let is_large = chunk.uncompressed_size() >= LARGE_CHUNK;
                let own = if is_large {
                    CHUNK_THREADS.min(threads)
                } else {
                    0
                };
                threads -= own;
                let (pages, queue) = Pages::new(&self.file, chunk, leaf.shape(), own)?;
                let reader = get_column_reader(chunk.column_descr_ptr(), Box::new(queue));
                leaf.enter(reader, pages, &mut self.memory);
            }
        }
        Ok(true)
    }
}

/// Puts the field's name into the error of a row or page that is too large.
fn of_field(field: &Field, error: ReadError) -> ReadError {
    match error {
        ReadError::TooLarge(message) => {
            ReadError::TooLarge(format!("field {:?}: {message}", field.name))
        }
        other => other,
    }
}

impl Steps for ParquetFile {
    fn step(
        &mut self,
        parts: Parts<'_>,
        refused: &mut RefusedRows,
        rows: usize,
        room: usize,
    ) -> Result<usize> {
        let read = guard(|| {
            if !self.enter()? {
                return Ok(0);
            }
            let rows = rows.min(self.group.1);
            let rows = self.measure(&parts, rows, room)?;
            self.check_expansion()?;
            let memory = &mut self.memory;
            self.sources.append(parts, refused, rows, |source, sink| {
                let appended = source.append(rows, sink, memory);
                appended.map_err(|error| of_field(sink.field, error))
            })?;
            self.group.1 -= rows;
            self.rows += rows as u64;
            Ok(rows)
        });
        read.map_err(|error| match error {
            ReadError::Broken { format, message } if self.next > 0 => ReadError::Broken {
                format,
                message: format!("row group {}: {message}", self.next),
            },
            ReadError::TooLarge(message) if self.next > 0 => {
                ReadError::TooLarge(format!("row group {}: {message}", self.next))
            }
            ReadError::Io { source, .. } => ReadError::Io {
                offset: self.bytes(),
                source,
            },
            other => other,
        })
    }

    fn row_bytes(&self) -> usize {
        self.row_bytes.max(self.sources.fixed)
    }

    fn keep_part(&mut self, part: FilePart) -> u64 {
        let range = part.range(self.metadata.num_row_groups() as u64);
        let index = |group: u64| usize::try_from(group).unwrap_or(usize::MAX);
        (self.next, self.groups) = (index(range.start), index(range.end));
        let before = self.metadata.row_groups().iter().take(self.next);
        self.rows = before.fold(0, |rows, group| {
            let own = u64::try_from(group.num_rows()).unwrap_or(0);
            rows.saturating_add(own)
        });
        self.rows
    }

    fn read_ahead(&mut self) {
        self.ahead = true;
    }

    fn bytes(&self) -> u64 {
        let (rows, left) = (self.group.0 as u64, self.group.1 as u64);
        let (group, before) = self.bytes;
        let done = u128::from(group) * u128::from(rows - left.min(rows));
        let done = done.checked_div(rows.into()).unwrap_or(0);
        before + u64::try_from(done).unwrap_or(0)
    }

    fn warnings(&self) -> &[Warning] {
        self.sources.plan.warnings()
    }
}

fn compressed(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.compressed_size()).unwrap_or(0)
}

/// Runs a part of the Parquet library. A panic, which some damaged files cause, becomes an error like any other.
fn guard<T>(part: impl FnOnce() -> Result<T>) -> Result<T> {
    caught::catch(part).unwrap_or_else(|_| Err(damaged("it is damaged")))
}

fn damaged(message: impl Into<String>) -> ReadError {
    ReadError::Broken {
        format: Format::Parquet,
        message: message.into(),
    }
}

impl From<ParquetError> for ReadError {
    fn from(error: ParquetError) -> Self {
        let message = error.to_string();
        let plain = ["Parquet error: ", "EOF: ", "External: "]
            .iter()
            .find_map(|prefix| message.strip_prefix(prefix));
        damaged(plain.unwrap_or(&message))
    }
}

/// An error of the file's storage. [`ParquetFile::step`] adds the offset.
impl From<std::io::Error> for ReadError {
    fn from(source: std::io::Error) -> Self {
        Self::Io { offset: 0, source }
    }
}
