//! Parquet files: one column per field, read from byte ranges of the file, row group by row group and page by page.
//!
//! The library is used without Arrow: its column readers append the values of a list of floats directly to a vector's
//! column. Only one batch and one page per column are in memory, so the file may have any size. Files aren't trusted:
//! zshell checks the footer (`footer.rs`) and each page (`pages.rs`) before the library sees them, and sizes up the rows
//! before it copies them.

mod arrow;
mod codec;
mod delta;
mod footer;
mod header;
mod leaf;
mod levels;
mod pages;
mod row_scan;
mod rules;
mod source;
mod stored;
mod structs;
mod thrift;

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::reader::get_column_reader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::batch::Parts;
use super::columnar::meta::MetaColumn;
use super::columnar::plan::Plan;
use super::columnar::sink::Sink;
use super::columnar::{Columnar, Refused, Steps};
use super::error::{ReadError, TooLarge, too_large};
use super::frames::MAX_ROW;
use super::schema::{DataType, Field, Schema, StructField};
use super::warning::Warning;
use crate::caught;
use crate::location::Format;
use crate::stores::read_at::ReadAt;
use arrow::ArrowType;
use leaf::{Leaf, Values};
use levels::Levels;
use pages::{PageMemory, PageShape, Pages};
use source::Source;
use stored::StoredType;
use structs::Members;

/// Rows of one Parquet file.
pub(super) type ParquetRows = Columnar<ParquetFile>;

/// A Parquet file and the position reached in it.
pub(super) struct ParquetFile {
    file: Arc<dyn ReadAt>,
    metadata: ParquetMetaData,
    memory: PageMemory,
    /// One source per field, or `None` if the service or the default value provides the values.
    fields: Vec<Option<Source>>,
    /// Column `$meta`.
    meta: Option<Source>,
    texts: MetaColumn,
    warnings: Vec<Warning>,
    /// Number of rows read so far.
    rows: u64,
    /// Number of the row group to enter next.
    next: usize,
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
}

impl ParquetRows {
    /// Reads the file's metadata and matches its columns with the fields.
    pub(super) fn open(
        file: Arc<dyn ReadAt>,
        schema: &Schema,
    ) -> std::result::Result<Self, ReadError> {
        let metadata = guard(|| footer::read(file.as_ref()))?;
        ParquetFile::new(file, metadata, schema).map(Self::new)
    }
}

impl ParquetFile {
    fn new(
        file: Arc<dyn ReadAt>,
        metadata: ParquetMetaData,
        schema: &Schema,
    ) -> std::result::Result<Self, ReadError> {
        let root = metadata.file_metadata().schema_descr();
        let names = root.root_schema().get_fields().iter();
        let names: Vec<String> = names.map(|column| column.name().to_owned()).collect();
        let plan = Plan::new(schema, &names, Format::Parquet, "")?;
        let columns = Columns::new(&metadata)?;
        let mut fields = Vec::new();
        for (at, field) in schema.fields.iter().enumerate() {
            let source = plan.field(at).map(|place| columns.field(place, field));
            fields.push(source.transpose()?);
        }
        let texts = MetaColumn::new();
        let meta = plan.meta().map(|place| columns.field(place, texts.field()));
        let meta = meta.transpose()?;
        Ok(Self {
            file,
            memory: PageMemory::default(),
            fields,
            meta,
            texts,
            warnings: plan.warnings().to_vec(),
            rows: 0,
            next: 0,
            group: (0, 0),
            bytes: (0, 0),
            row_bytes: 1,
            fixed: schema.least_row_bytes(),
            sizes: Vec::new(),
            metadata,
        })
    }

    /// Enters the next row group that has rows. Returns false if none is left.
    fn enter(&mut self) -> Result<bool> {
        while self.group.1 == 0 {
            let Some(group) = self.metadata.row_groups().get(self.next) else {
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
            for leaf in (self.fields.iter_mut().flatten())
                .chain(&mut self.meta)
                .flat_map(|source| &mut source.leaves)
            {
                let chunk = group.columns().get(leaf.index).ok_or_else(|| {
                    ParquetError::General("a column has no data in a row group".to_owned())
                })?;
                let (pages, queue) = Pages::new(&self.file, chunk, leaf.shape())?;
                let reader = get_column_reader(chunk.column_descr_ptr(), Box::new(queue));
                leaf.enter(reader, pages, &mut self.memory);
            }
        }
        Ok(true)
    }

    /// Reads the texts of the next rows, at most `rows`. Returns the number of rows that take at most `room` bytes, but
    /// at least one.
    fn measure(&mut self, parts: &Parts<'_>, rows: usize, room: usize) -> Result<usize> {
        let Self {
            fields,
            meta,
            texts,
            memory,
            sizes,
            ..
        } = self;
        sizes.clear();
        sizes.resize(rows, self.fixed);
        let fields = parts.schema.fields.iter().zip(fields.iter_mut());
        let fields = fields.filter_map(|(field, source)| Some((field, source.as_mut()?)));
        for (field, source) in fields.chain(meta.as_mut().map(|source| (texts.field(), source))) {
            if !has_any_size(&field.data_type) {
                continue;
            }
            let filled = source
                .fill(sizes.len(), memory)
                .map_err(|error| of_field(field, error))?;
            sizes.truncate(filled);
            source.weigh(sizes);
            if let Some(size) = sizes.first().filter(|size| **size > MAX_ROW) {
                return Err(too_large(format!(
                    "row {}: it takes about {} MiB with field {:?}, and a row has at most {} MiB; shorten its values, or split \
                     it into several rows",
                    self.rows + 1,
                    size >> 20,
                    field.name,
                    MAX_ROW >> 20
                )));
            }
            let mut total = 0_usize;
            let fits = sizes.iter().take_while(|size| {
                total = total.saturating_add(**size);
                total <= room
            });
            let fits = fits.count().max(1);
            sizes.truncate(fits);
        }
        Ok(sizes.len())
    }

    fn append(&mut self, parts: Parts<'_>, refused: &mut Refused, rows: usize) -> Result<()> {
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
                None if field.is_made_later() => {}
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

/// Returns true if neither the schema nor the physical type bounds the size of a value.
fn has_any_size(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::VarChar { .. }
            | DataType::Text
            | DataType::Geometry
            | DataType::Timestamptz { .. }
            | DataType::Json
            | DataType::Array { .. }
            | DataType::ArrayOfStruct { .. }
            | DataType::SparseFloatVector
    )
}

impl Steps for ParquetFile {
    fn step(
        &mut self,
        parts: Parts<'_>,
        refused: &mut Refused,
        rows: usize,
        room: usize,
    ) -> std::result::Result<usize, ReadError> {
        let read = guard(|| {
            if !self.enter()? {
                return Ok(0);
            }
            let rows = rows.min(self.group.1);
            let rows = self.measure(&parts, rows, room)?;
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

    fn bytes(&self) -> u64 {
        let (rows, left) = (self.group.0 as u64, self.group.1 as u64);
        let (group, before) = self.bytes;
        let done = u128::from(group) * u128::from(rows - left.min(rows));
        let done = done.checked_div(rows.into()).unwrap_or(0);
        before + u64::try_from(done).unwrap_or(0)
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Columns of a file, used to match them with fields.
struct Columns<'a> {
    metadata: &'a ParquetMetaData,
    /// Types from the stored Arrow schema, one per column. Empty if the file has no such schema or it doesn't fit the
    /// columns.
    stored: Vec<StoredType>,
}

impl<'a> Columns<'a> {
    /// Reads the Arrow schema that the writer stored, if any.
    fn new(metadata: &'a ParquetMetaData) -> std::result::Result<Self, ReadError> {
        let pairs = metadata
            .file_metadata()
            .key_value_metadata()
            .into_iter()
            .flatten();
        let mut texts = pairs.filter(|pair| pair.key == stored::KEY);
        let text = texts.find_map(|pair| pair.value.as_deref());
        let stored = match text.map(stored::read) {
            None => Vec::new(),
            Some(Some(stored)) => stored,
            Some(None) => {
                return Err(ReadError::Broken {
                    format: Format::Parquet,
                    message: format!(
                        "the Arrow schema that it carries ({}) is damaged; write the file again, or without it (pyarrow: \
                         store_schema=False)",
                        stored::KEY
                    ),
                });
            }
        };
        // Arrow Go 17 also ignores a schema with another number of columns (`pqarrow/schema.go`, `NewSchemaManifest`).
        let root = metadata.file_metadata().schema_descr().root_schema();
        let columns = root.get_fields().len();
        let stored = if stored.len() == columns {
            stored
        } else {
            Vec::new()
        };
        Ok(Self { metadata, stored })
    }

    /// Returns the source for a field from the column at `place`.
    fn field(&self, place: usize, field: &Field) -> std::result::Result<Source, ReadError> {
        let refuse = |expected: String, found: String| ReadError::Field {
            field: field.name.clone(),
            expected,
            found,
        };
        let roots = self.metadata.file_metadata().schema_descr();
        let Some(root) = roots.root_schema().get_fields().get(place) else {
            return Err(refuse(rules::wanted(field), "no column".to_owned()));
        };
        let mut column = ArrowType::of(root);
        if let Some(stored) = self.stored.get(place) {
            column = stored::restore(stored, column);
        }
        let source = if rules::fits(&column, field) {
            guard(|| Ok(self.source(place, root, &column, field)))?
        } else {
            None
        };
        let source = match (source, &field.data_type) {
            (Some(source), DataType::ArrayOfStruct { fields, .. }) => {
                let members = self.members(place, root, fields)?;
                let members = members.map_err(|found| refuse(rules::wanted(field), found))?;
                Some(source.with_members(members))
            }
            (source, _) => source,
        };
        let Some(source) = source else {
            return Err(refuse(rules::wanted(field), rules::found(&column)));
        };
        match self.unread_codec(&source) {
            Some(codec) => Err(refuse(
                format!("a column compressed with {CODECS}"),
                format!(
                    "{codec}, which Milvus does not read; write the file with compression=\"zstd\""
                ),
            )),
            None => Ok(source),
        }
    }

    /// Returns the members of a column of structs. The inner error describes the column if its members don't fit the
    /// sub-fields.
    fn members(
        &self,
        place: usize,
        root: &Type,
        fields: &[StructField],
    ) -> std::result::Result<std::result::Result<Members, String>, ReadError> {
        guard(|| {
            let schema = self.metadata.file_metadata().schema_descr();
            let leaves = (0..schema.num_columns())
                .filter(|leaf| schema.get_column_root_idx(*leaf) == place)
                .map(|leaf| schema.column(leaf));
            let leaves: Vec<_> = leaves.collect();
            let leaves: Vec<&ColumnDescriptor> = leaves.iter().map(AsRef::as_ref).collect();
            Ok(Members::new(root, &leaves, fields))
        })
    }

    /// Returns a source for the column at `place`: one leaf, the two leaves of a sparse vector, or the leaves of
    /// structs.
    fn source(
        &self,
        place: usize,
        root: &Type,
        column: &ArrowType,
        field: &Field,
    ) -> Option<Source> {
        let schema = self.metadata.file_metadata().schema_descr();
        let leaves =
            (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == place);
        let member = |name: &str| {
            let mut leaves = leaves.clone();
            leaves.find(|leaf| {
                schema
                    .column(*leaf)
                    .path()
                    .parts()
                    .get(1)
                    .map(String::as_str)
                    == Some(name)
            })
        };
        let is_sparse = matches!(column, ArrowType::Struct(_));
        let chosen = if is_sparse {
            vec![member("indices")?, member("values")?]
        } else {
            leaves.clone().collect()
        };
        let leaf = |index: usize| {
            let leaf = schema.column(index);
            let levels = Levels::of(root, &leaf)?;
            let shape = PageShape {
                physical: leaf.physical_type(),
                max_definition: leaf.max_def_level(),
                max_repetition: leaf.max_rep_level(),
            };
            let values = Values::new(shape.physical)?;
            Some(Leaf::new(index, levels, values, shape))
        };
        let sources: Option<Vec<_>> = chosen.into_iter().map(leaf).collect();
        let most = match field.data_type {
            DataType::ArrayOfStruct { .. } => usize::MAX,
            _ => 2,
        };
        sources
            .filter(|leaves| leaves.len() <= most)
            .map(Source::new)
    }

    /// Returns the name of a codec in the column's chunks that Milvus can't read (Apache Arrow Go 17,
    /// `parquet/compress`).
    fn unread_codec(&self, source: &Source) -> Option<&'static str> {
        let groups = self.metadata.row_groups().iter();
        let mut chunks = groups.flat_map(|group| {
            let leaves = source.leaves.iter();
            leaves.filter_map(|leaf| group.columns().get(leaf.index))
        });
        chunks.find_map(|chunk| match chunk.compression() {
            Compression::LZ4 => Some("lz4"),
            Compression::LZ4_RAW => Some("lz4_raw"),
            Compression::LZO => Some("lzo"),
            _ => None,
        })
    }
}

/// Codecs that Milvus reads, for messages.
const CODECS: &str = "snappy, gzip, brotli or zstd, or not compressed";

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
        Some(Ok(value)) => Ok(value),
        Some(Err(ParquetError::External(error))) => match error.downcast::<std::io::Error>() {
            Ok(source) => Err(ReadError::Io {
                offset: 0,
                source: *source,
            }),
            Err(error) => match error.downcast::<TooLarge>() {
                Ok(large) => Err(ReadError::TooLarge(large.to_string())),
                Err(error) => Err(broken(error.to_string())),
            },
        },
        Some(Err(error)) => {
            let message = error.to_string();
            let plain = ["Parquet error: ", "EOF: ", "External: "]
                .iter()
                .find_map(|prefix| message.strip_prefix(prefix));
            let message = plain.unwrap_or(&message);
            Err(broken(message.to_owned()))
        }
        None => Err(broken("it is damaged".to_owned())),
    }
}
