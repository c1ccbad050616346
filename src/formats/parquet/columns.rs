//! Matches the columns of a file with the fields of a schema.

use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescriptor, Type};

use super::arrow::ArrowType;
use super::leaf::Leaf;
use super::levels::Levels;
use super::pages::PageShape;
use super::source::ColumnSource;
use super::stored::{self, StoredType};
use super::structs::StructMembers;
use super::values::LeafValues;
use super::{guard, rules};
use crate::formats::error::{FoundColumn, ReadError};
use crate::formats::schema::{DataType, Field, StructField};
use crate::location::Format;

/// Columns of a file, used to match them with fields.
pub(super) struct Columns<'a> {
    metadata: &'a ParquetMetaData,
    /// Types from the stored Arrow schema, one per column. Empty if the file has no such schema or it doesn't fit the
    /// columns.
    stored: Vec<StoredType>,
}

impl<'a> Columns<'a> {
    /// Reads the Arrow schema that the writer stored, if any.
    pub(super) fn new(metadata: &'a ParquetMetaData) -> std::result::Result<Self, ReadError> {
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
    pub(super) fn field(
        &self,
        place: usize,
        field: &Field,
    ) -> std::result::Result<ColumnSource, ReadError> {
        let refuse = |expected: String, found: FoundColumn| ReadError::Field {
            field: field.name.clone(),
            expected,
            found,
        };
        let roots = self.metadata.file_metadata().schema_descr();
        let Some(root) = roots.root_schema().get_fields().get(place) else {
            return Err(refuse(rules::wanted(field), "no column".into()));
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
                let members =
                    members.map_err(|found| refuse(rules::wanted(field), found.into()))?;
                Some(source.with_members(members))
            }
            (source, _) => source,
        };
        let Some(source) = source else {
            return Err(refuse(rules::wanted(field), rules::found(&column)));
        };
        match self.unread_codec(&source) {
            Some(codec) => Err(ReadError::Codec {
                field: field.name.clone(),
                codec,
            }),
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
    ) -> std::result::Result<std::result::Result<StructMembers, String>, ReadError> {
        guard(|| {
            let schema = self.metadata.file_metadata().schema_descr();
            let leaves = (0..schema.num_columns())
                .filter(|leaf| schema.get_column_root_idx(*leaf) == place)
                .map(|leaf| schema.column(leaf));
            let leaves: Vec<_> = leaves.collect();
            let leaves: Vec<&ColumnDescriptor> = leaves.iter().map(AsRef::as_ref).collect();
            Ok(StructMembers::new(root, &leaves, fields))
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
    ) -> Option<ColumnSource> {
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
            let values = LeafValues::new(shape.physical)?;
            Some(Leaf::new(index, levels, values, shape))
        };
        let sources: Option<Vec<_>> = chosen.into_iter().map(leaf).collect();
        let most = match field.data_type {
            DataType::ArrayOfStruct { .. } => usize::MAX,
            _ => 2,
        };
        sources
            .filter(|leaves| leaves.len() <= most)
            .map(ColumnSource::new)
    }

    /// Returns the name of a codec in the column's chunks that Milvus can't read (Apache Arrow Go 17,
    /// `parquet/compress`).
    fn unread_codec(&self, source: &ColumnSource) -> Option<&'static str> {
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
