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
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::batch::Parts;
use super::block::FilePart;
use super::columnar::meta::MetaColumn;
use super::columnar::plan::Plan;
use super::columnar::sink::Sink;
use super::columnar::{Columnar, RefusedRows, Steps};
use super::error::{ReadError, TooLarge, too_large};
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

/// Rows of one Parquet file.
pub(super) type ParquetRows = Columnar<ParquetFile>;

/// A Parquet file and the position reached in it.
pub(super) struct ParquetFile {
    file: Arc<dyn ReadAt>,
    metadata: ParquetMetaData,
    memory: PageMemory,
    /// One source per field, or `None` if the service or the default value provides the values.
    fields: Vec<Option<ColumnSource>>,
    /// Column `$meta`.
    meta: Option<ColumnSource>,
    texts: MetaColumn,
    plan: Plan,
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
    /// Size of a row's numbers, vectors and default values in memory, in bytes. A dictionary can make them smaller in the
    /// file.
    fixed: usize,
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
    ) -> std::result::Result<Self, ReadError> {
        let metadata = guard(|| footer::read(file.as_ref()))?;
        ParquetFile::new(file, metadata, schema, problems).map(Self::new)
    }
}

impl ParquetFile {
    fn new(
        file: Arc<dyn ReadAt>,
        metadata: ParquetMetaData,
        schema: &Schema,
        problems: &mut Vec<ReadError>,
    ) -> std::result::Result<Self, ReadError> {
        let root = metadata.file_metadata().schema_descr();
        let names = root.root_schema().get_fields().iter();
        let names: Vec<String> = names.map(|column| column.name().to_owned()).collect();
        let mut plan = Plan::new(schema, &names, Format::Parquet, "");
        let columns = Columns::new(&metadata)?;
        let mut fields = Vec::new();
        for (at, field) in schema.fields.iter().enumerate() {
            let source = match plan.field(at) {
                Some(place) => plan.keep(at, columns.field(place, field)),
                None => Ok(None),
            };
            fields.push(source.inspect_err(|_| problems.append(&mut plan.take_problems()))?);
        }
        let texts = MetaColumn::new();
        let meta = match plan.meta() {
            Some(place) => plan.keep(usize::MAX, columns.field(place, texts.field())),
            None => Ok(None),
        };
        problems.append(&mut plan.take_problems());
        let meta = meta?;
        Ok(Self {
            file,
            memory: PageMemory::default(),
            fields,
            meta,
            texts,
            plan,
            groups: metadata.num_row_groups(),
            rows: 0,
            next: 0,
            group: (0, 0),
            bytes: (0, 0),
            row_bytes: 1,
            fixed: schema.least_row_bytes(),
            sizes: Vec::new(),
            unpacked: 0,
            ahead: false,
            metadata,
        })
    }

    /// Enters the next row group that has rows. Returns false if none is left.
    fn enter(&mut self) -> Result<bool> {
        while self.group.1 == 0 {
            let left = self.metadata.row_groups().get(..self.groups);
            let Some(group) = left.and_then(|groups| groups.get(self.next)) else {
                return Ok(false);
            };
            self.next += 1;
            let rows = usize::try_from(group.num_rows()).map_err(|_| {
                ParquetError::General(format!("row group {} has a negative size", self.next))
            })?;
            let size = usize::try_from(group.total_byte_size()).unwrap_or(0);
            self.row_bytes = size.checked_div(rows).unwrap_or(1).max(1);
            self.bytes = (compressed(group), self.bytes.0 + self.bytes.1);
            self.group = (rows, rows);
            if rows == 0 {
                continue;
            }
            let mut threads = if self.ahead { MAX_THREADS } else { 0 };
            for leaf in (self.fields.iter_mut().flatten())
                .chain(&mut self.meta)
                .flat_map(|source| &mut source.leaves)
            {
                let chunk = group.columns().get(leaf.index).ok_or_else(|| {
                    ParquetError::General("a column has no data in a row group".to_owned())
                })?;
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

    fn append(&mut self, parts: Parts<'_>, refused: &mut RefusedRows, rows: usize) -> Result<()> {
        let columns = parts.schema.fields.iter().zip(parts.columns);
        for (at, ((field, column), source)) in columns.zip(&mut self.fields).enumerate() {
            let mut sink = Sink {
                field,
                default: parts.parser.default(at),
                column,
                refused,
                base: 0,
            };
            match source {
                Some(source) => source
                    .append(rows, &mut sink, &mut self.memory)
                    .map_err(|error| of_field(field, error))?,
                None if field.is_made_later() || self.plan.skips(at) => {}
                None => sink.missing(rows),
            }
        }
        let Some(meta) = parts.meta else {
            return Ok(());
        };
        if let Some(source) = &mut self.meta {
            let mut sink = self.texts.sink(meta.len(), refused);
            source.append(rows, &mut sink, &mut self.memory)?;
        }
        self.texts.merge(rows, meta, parts.parser, refused);
        Ok(())
    }
}

/// Puts the field's name into the error of a row or page that is too large.
fn of_field(field: &Field, error: ParquetError) -> ParquetError {
    match error {
        ParquetError::External(error) => match error.downcast::<TooLarge>() {
            Ok(large) => too_large(format!("field {:?}: {large}", field.name)),
            Err(error) => ParquetError::External(error),
        },
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
    ) -> std::result::Result<usize, ReadError> {
        let read = guard(|| {
            if !self.enter()? {
                return Ok(0);
            }
            let rows = rows.min(self.group.1);
            let rows = self.measure(&parts, rows, room)?;
            self.check_expansion()?;
            self.append(parts, refused, rows)?;
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
        self.row_bytes.max(self.fixed)
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
        self.plan.warnings()
    }
}

fn compressed(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.compressed_size()).unwrap_or(0)
}

/// Runs a part of the Parquet library. A panic, which some damaged files cause, becomes an error like any other.
fn guard<T>(part: impl FnOnce() -> Result<T>) -> std::result::Result<T, ReadError> {
    let broken = |message| ReadError::Broken {
        format: Format::Parquet,
        message,
    };
    match caught::catch(part) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::External(error))) => match error.downcast::<std::io::Error>() {
            Ok(source) => Err(ReadError::Io {
                offset: 0,
                source: *source,
            }),
            Err(error) => match error.downcast::<TooLarge>() {
                Ok(large) => Err(ReadError::TooLarge(large.to_string())),
                Err(error) => Err(broken(error.to_string())),
            },
        },
        Ok(Err(error)) => {
            let message = error.to_string();
            let plain = ["Parquet error: ", "EOF: ", "External: "]
                .iter()
                .find_map(|prefix| message.strip_prefix(prefix));
            let message = plain.unwrap_or(&message);
            Err(broken(message.to_owned()))
        }
        Err(_) => Err(broken("it is damaged".to_owned())),
    }
}
