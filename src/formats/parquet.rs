//! Parquet files: one column per field, read from byte ranges of the file, row group by row group and page by page.
//!
//! The library is used without Arrow: its column readers append the values of a list of floats directly to a vector's
//! column. Only one batch and one page per column are in memory. So the file may have any size if its pages are small
//! (writers make pages of 1 MiB).

mod arrow;
mod leaf;
mod levels;
mod object;
mod rules;
mod source;
mod stored;
mod structs;

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::batch::Parts;
use super::column::row_width;
use super::columnar::meta::MetaColumn;
use super::columnar::plan::Plan;
use super::columnar::sink::Sink;
use super::columnar::{Columnar, Refused, Steps};
use super::error::ReadError;
use super::schema::{DataType, Field, Schema, StructField};
use super::warning::Warning;
use crate::caught;
use crate::location::Format;
use crate::stores::read_at::ReadAt;
use arrow::ArrowType;
use leaf::{Leaf, Values};
use levels::Levels;
use object::Object;
use source::Source;
use stored::StoredType;
use structs::Members;

/// Rows read at a time if there are strings. Their size isn't known from the file, since a dictionary may hold a single
/// long string for all rows.
const TEXT_ROWS: usize = 512;

/// Rows of one Parquet file.
pub(super) type ParquetRows = Columnar<ParquetFile>;

/// A Parquet file and the position reached in it.
pub(super) struct ParquetFile {
    reader: SerializedFileReader<Object>,
    /// One source per field, or `None` if the service or the default value provides the values.
    fields: Vec<Option<Source>>,
    /// Column `$meta`.
    meta: Option<Source>,
    texts: MetaColumn,
    warnings: Vec<Warning>,
    /// Number of the row group to enter next.
    next: usize,
    /// Number of rows in the current row group, and how many are left.
    group: (usize, usize),
    /// Sizes in bytes of the current row group in the file, and of all row groups before it.
    bytes: (u64, u64),
    row_bytes: usize,
    /// Minimum size of a row's numbers and vectors in memory, in bytes. A dictionary can make them smaller in the file.
    least: usize,
    has_texts: bool,
}

impl ParquetRows {
    /// Reads the file's metadata and matches its columns with the fields.
    pub(super) fn open(
        file: Arc<dyn ReadAt>,
        schema: &Schema,
    ) -> std::result::Result<Self, ReadError> {
        let reader = guard(|| SerializedFileReader::new(Object(file)))?;
        ParquetFile::new(reader, schema).map(Self::new)
    }
}

impl ParquetFile {
    fn new(
        reader: SerializedFileReader<Object>,
        schema: &Schema,
    ) -> std::result::Result<Self, ReadError> {
        let root = reader.metadata().file_metadata().schema_descr();
        let names = root.root_schema().get_fields().iter();
        let names: Vec<String> = names.map(|column| column.name().to_owned()).collect();
        let plan = Plan::new(schema, &names, Format::Parquet, "")?;
        let columns = Columns::new(&reader)?;
        let mut fields = Vec::new();
        for (at, field) in schema.fields.iter().enumerate() {
            let source = plan.field(at).map(|place| columns.field(place, field));
            fields.push(source.transpose()?);
        }
        let texts = MetaColumn::new();
        let meta = plan.meta().map(|place| columns.field(place, texts.field()));
        let meta = meta.transpose()?;
        let has_texts = fields.iter().flatten().chain(&meta).any(Source::is_text);
        Ok(Self {
            fields,
            meta,
            texts,
            warnings: plan.warnings().to_vec(),
            next: 0,
            group: (0, 0),
            bytes: (0, 0),
            row_bytes: 1,
            least: schema.fields.iter().map(flat_bytes).sum(),
            has_texts,
            reader,
        })
    }

    /// Enters the next row group that has rows. Returns false if none is left.
    fn enter(&mut self) -> Result<bool> {
        while self.group.1 == 0 {
            if self.next >= self.reader.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.next)?;
            let metadata = group.metadata();
            for leaf in (self.fields.iter_mut().flatten())
                .chain(&mut self.meta)
                .flat_map(|source| &mut source.leaves)
            {
                leaf.enter(group.get_column_reader(leaf.index)?);
            }
            let rows = usize::try_from(metadata.num_rows()).map_err(|_| {
                ParquetError::General(format!("row group {} has a negative size", self.next))
            })?;
            let size = usize::try_from(metadata.total_byte_size()).unwrap_or(0);
            self.row_bytes = size.checked_div(rows).unwrap_or(1).max(1);
            self.bytes = (compressed(metadata), self.bytes.0 + self.bytes.1);
            self.group = (rows, rows);
            self.next += 1;
        }
        Ok(true)
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
                Some(source) => source.append(rows, &mut sink)?,
                None if field.is_made_later() => {}
                None => sink.missing(rows),
            }
        }
        let Some(meta) = parts.meta else {
            return Ok(());
        };
        if let Some(source) = &mut self.meta {
            source.append(rows, &mut self.texts.sink(meta.len(), refused))?;
        }
        self.texts.merge(rows, meta, parts.parser, refused);
        Ok(())
    }
}

impl Steps for ParquetFile {
    fn step(
        &mut self,
        parts: Parts<'_>,
        refused: &mut Refused,
        rows: usize,
    ) -> std::result::Result<usize, ReadError> {
        let read = guard(|| {
            if !self.enter()? {
                return Ok(0);
            }
            let most = if self.has_texts {
                TEXT_ROWS
            } else {
                usize::MAX
            };
            let rows = rows.min(self.group.1).min(most);
            self.append(parts, refused, rows)?;
            self.group.1 -= rows;
            Ok(rows)
        });
        read.map_err(|error| match error {
            ReadError::Broken { format, message } if self.next > 0 => ReadError::Broken {
                format,
                message: format!("row group {}: {message}", self.next),
            },
            ReadError::Io { source, .. } => ReadError::Io {
                offset: self.bytes(),
                source,
            },
            other => other,
        })
    }

    fn row_bytes(&self) -> usize {
        self.row_bytes.max(self.least)
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
    reader: &'a SerializedFileReader<Object>,
    /// Types from the stored Arrow schema, one per column. Empty if the file has no such schema or it doesn't fit the
    /// columns.
    stored: Vec<StoredType>,
}

impl<'a> Columns<'a> {
    /// Reads the Arrow schema that the writer stored, if any.
    fn new(reader: &'a SerializedFileReader<Object>) -> std::result::Result<Self, ReadError> {
        let metadata = reader.metadata().file_metadata();
        let pairs = metadata.key_value_metadata().into_iter().flatten();
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
        let columns = metadata.schema_descr().root_schema().get_fields().len();
        let stored = if stored.len() == columns {
            stored
        } else {
            Vec::new()
        };
        Ok(Self { reader, stored })
    }

    /// Returns the source for a field from the column at `place`.
    fn field(&self, place: usize, field: &Field) -> std::result::Result<Source, ReadError> {
        let refuse = |expected: String, found: String| ReadError::Field {
            field: field.name.clone(),
            expected,
            found,
        };
        let roots = self.reader.metadata().file_metadata().schema_descr();
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
            let schema = self.reader.metadata().file_metadata().schema_descr();
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
        let schema = self.reader.metadata().file_metadata().schema_descr();
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
            Some(Leaf::new(index, levels, Values::new(leaf.physical_type())?))
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
        let groups = self.reader.metadata().row_groups().iter();
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

/// Returns the minimum number of bytes of a field's value.
fn flat_bytes(field: &Field) -> usize {
    let width = row_width(&field.data_type);
    match field.data_type {
        DataType::FloatVector { .. } => width.saturating_mul(size_of::<f32>()),
        _ => width,
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
        Some(Ok(value)) => Ok(value),
        Some(Err(ParquetError::External(error))) => match error.downcast::<std::io::Error>() {
            Ok(source) => Err(ReadError::Io {
                offset: 0,
                source: *source,
            }),
            Err(error) => Err(broken(error.to_string())),
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
