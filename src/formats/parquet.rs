//! Parquet files: one column a field, read from ranges of the file, row group after row group, page after page.
//!
//! The library is used without Arrow: its column readers put the values of a list of floats straight behind those
//! of a vector's column. What is held at a time is a batch and one page a column, so that a file may be of any size
//! as long as its pages are not (writers make them of 1 MiB).

mod leaf;
mod object;
mod shape;
mod source;
mod structs;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::batch::{META, Parts};
use super::column::row_width;
use super::columnar::extras::Extras;
use super::columnar::plan::Plan;
use super::columnar::sink::Sink;
use super::columnar::{Columnar, Refused, Steps};
use super::error::ReadError;
use super::read_at::ReadAt;
use super::schema::{DataType, Field, Schema, StructField};
use crate::location::Format;
use leaf::{Leaf, Values};
use object::Object;
use shape::{Levels, Shape, wanted};
use source::Source;
use structs::Members;

/// Rows read at a time where there are texts, whose size a file need not tell: a dictionary may hold one long text
/// for all of them.
const TEXT_ROWS: usize = 512;

/// The rows of a file.
pub(super) type ParquetRows = Columnar<ParquetFile>;

/// A file, as far as it has been read.
pub(super) struct ParquetFile {
    reader: SerializedFileReader<Object>,
    /// One a field; `None` where the service or the default value fills it in.
    fields: Vec<Option<Source>>,
    extras: Vec<Source>,
    dynamic: Extras,
    /// The row group that is entered next.
    next: usize,
    /// Rows of the current row group, and how many of them are left.
    group: (usize, usize),
    /// Bytes of the current row group in the file, and of those before it.
    bytes: (u64, u64),
    row_bytes: usize,
    /// Bytes of a row's numbers and vectors in memory: a file's dictionary may make them look smaller.
    least: usize,
    texts: bool,
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
        let plan = Plan::new(schema, &names, "column", "")?;
        let columns = Columns { reader: &reader };
        let mut fields = Vec::new();
        for (at, field) in schema.fields.iter().enumerate() {
            let source = plan.field(at).map(|place| columns.field(place, field));
            fields.push(source.transpose()?);
        }
        let mut extras = Vec::new();
        let mut dynamic = Extras::default();
        for (name, place) in plan.extras() {
            extras.push(columns.extra(place, name, &mut dynamic)?);
        }
        let texts = fields.iter().flatten().chain(&extras).any(Source::is_text);
        Ok(Self {
            fields,
            extras,
            dynamic,
            next: 0,
            group: (0, 0),
            bytes: (0, 0),
            row_bytes: 1,
            least: schema.fields.iter().map(flat_bytes).sum(),
            texts,
            reader,
        })
    }

    /// Enters the next row group that has rows; false where there is none.
    fn enter(&mut self) -> Result<bool> {
        while self.group.1 == 0 {
            if self.next >= self.reader.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.next)?;
            let metadata = group.metadata();
            for leaf in (self.fields.iter_mut().flatten())
                .chain(&mut self.extras)
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
        for (at, source) in self.extras.iter_mut().enumerate() {
            if let Some(mut sink) = self.dynamic.sink(at, meta.len(), refused) {
                source.append(rows, &mut sink)?;
            }
        }
        self.dynamic.merge(rows, meta, parts.parser, refused);
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
            let most = if self.texts { TEXT_ROWS } else { usize::MAX };
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
}

/// The columns of a file, while they are matched with fields.
struct Columns<'a> {
    reader: &'a SerializedFileReader<Object>,
}

impl Columns<'_> {
    /// The column with this number for a field.
    fn field(&self, place: usize, field: &Field) -> std::result::Result<Source, ReadError> {
        let (shape, source) = self.column(place)?;
        let refuse = |found: String| ReadError::Field {
            field: field.name.clone(),
            expected: wanted(&field.data_type),
            found,
        };
        match source {
            Some(source) if shape.fits(field) => Ok(source),
            Some(source) => match &field.data_type {
                DataType::ArrayOfStruct { fields, .. } => {
                    let members = self.members(place, fields)?.map_err(refuse)?;
                    Ok(source.with_members(members))
                }
                _ => Err(refuse(format!("a column of {shape}"))),
            },
            None => Err(refuse(format!("a column of {shape}"))),
        }
    }

    /// The members of a column of structs; in words what it is if the sub-fields don't fit.
    fn members(
        &self,
        place: usize,
        fields: &[StructField],
    ) -> std::result::Result<std::result::Result<Members, String>, ReadError> {
        guard(|| {
            let schema = self.reader.metadata().file_metadata().schema_descr();
            let leaves = (0..schema.num_columns())
                .filter(|leaf| schema.get_column_root_idx(*leaf) == place)
                .map(|leaf| schema.column(leaf));
            let leaves: Vec<_> = leaves.collect();
            let leaves: Vec<&ColumnDescriptor> = leaves.iter().map(AsRef::as_ref).collect();
            let root = schema.root_schema().get_fields().get(place);
            Ok(match root {
                Some(root) => Members::new(root, &leaves, fields),
                None => Err("no column".to_owned()),
            })
        })
    }

    /// The column with this number for dynamic fields.
    fn extra(
        &self,
        place: usize,
        name: &str,
        dynamic: &mut Extras,
    ) -> std::result::Result<Source, ReadError> {
        let (shape, source) = self.column(place)?;
        let text = Extras::text();
        let data_type = match shape.data_type() {
            Some(data_type) if name != META || data_type == text => Some(data_type),
            _ => None,
        };
        let (Some(source), Some(data_type)) = (source, data_type) else {
            let expected = if name == META {
                "a column of string, holding JSON objects"
            } else {
                "a dynamic field as a column of bool, integers, floats or string, or a list of them; \
                 others as JSON text in a column $meta"
            };
            return Err(ReadError::Field {
                field: name.to_owned(),
                expected: expected.to_owned(),
                found: format!("a column of {shape}"),
            });
        };
        dynamic.add(name, data_type);
        Ok(source)
    }

    /// The shape of the column with this number, and how it is read where it has one that any field takes.
    fn column(&self, place: usize) -> std::result::Result<(Shape, Option<Source>), ReadError> {
        guard(|| {
            let schema = self.reader.metadata().file_metadata().schema_descr();
            let leaves = (0..schema.num_columns())
                .filter(|leaf| schema.get_column_root_idx(*leaf) == place)
                .map(|leaf| (leaf, schema.column(leaf)));
            let leaves: Vec<_> = leaves.collect();
            let descriptors: Vec<&ColumnDescriptor> =
                leaves.iter().map(|(_, leaf)| leaf.as_ref()).collect();
            let shape = Shape::of(&descriptors);
            let root = schema.root_schema().get_fields().get(place);
            let sources = leaves.iter().map(|(index, leaf)| {
                let levels = Levels::of(root?, leaf)?;
                Some(Leaf::new(
                    *index,
                    levels,
                    Values::new(leaf.physical_type())?,
                ))
            });
            let sources: Option<Vec<_>> = sources.collect();
            Ok((shape, sources.map(Source::new)))
        })
    }
}

/// Bytes that a value of the field takes at least.
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

/// Runs a part of the library. Some damaged files make it panic; they are as unreadable as others.
fn guard<T>(part: impl FnOnce() -> Result<T>) -> std::result::Result<T, ReadError> {
    let broken = |message| ReadError::Broken {
        format: Format::Parquet,
        message,
    };
    match catch_unwind(AssertUnwindSafe(part)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::External(error))) => match error.downcast::<std::io::Error>() {
            Ok(source) => Err(ReadError::Io {
                offset: 0,
                source: *source,
            }),
            Err(error) => Err(broken(error.to_string())),
        },
        Ok(Err(error)) => {
            let message = error.to_string();
            let plain = ["Parquet error: ", "EOF: ", "External: "]
                .iter()
                .find_map(|prefix| message.strip_prefix(prefix));
            let message = plain.unwrap_or(&message);
            let codec = message.strip_prefix("Disabled feature at compile time: ");
            Err(broken(codec.map_or_else(
                || message.to_owned(),
                |codec| {
                    format!(
                        "it is compressed with {codec}; read are snappy, gzip, lz4, zstd and none"
                    )
                },
            )))
        }
        Err(_) => Err(broken("it is damaged".to_owned())),
    }
}
