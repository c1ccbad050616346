//! Matches the columns of a file with the fields of a schema.

use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::Type;

use super::arrow::ArrowType;
use super::leaf::Leaf;
use super::levels::Levels;
use super::pages::PageShape;
use super::source::ColumnSource;
use super::stored::{self, StoredType};
use super::structs::StructMembers;
use super::values::LeafValues;
use super::{Result, damaged, rules};
use crate::formats::error::{FoundColumn, ReadError};
use crate::formats::schema::{DataType, Field};

/// Columns of a file, used to match them with fields.
pub(super) struct Columns<'a> {
    metadata: &'a ParquetMetaData,
    /// Types from the stored Arrow schema, one per column. Empty if the file has no such schema or it doesn't fit the
    /// columns.
    stored: Vec<StoredType>,
}

impl<'a> Columns<'a> {
    /// Reads the Arrow schema that the writer stored, if any.
    pub(super) fn new(metadata: &'a ParquetMetaData) -> Result<Self> {
        let file = metadata.file_metadata();
        let mut pairs = file.key_value_metadata().into_iter().flatten();
        let text = pairs.find_map(|pair| pair.value.as_deref().filter(|_| pair.key == stored::KEY));
        let stored = text.map_or(Some(Vec::new()), stored::read).ok_or_else(|| {
            damaged(format!(
                "the Arrow schema that it carries ({}) is damaged; write the file again, or without it (pyarrow: \
                 store_schema=False)",
                stored::KEY
            ))
        })?;
        // Arrow Go 17 also ignores a schema with another number of columns (`pqarrow/schema.go`, `NewSchemaManifest`).
        let columns = file.schema_descr().root_schema().get_fields().len();
        let fits = stored.len() == columns;
        let stored = if fits { stored } else { Vec::new() };
        Ok(Self { metadata, stored })
    }

    /// Returns the source for a field from the column at `place`.
    pub(super) fn field(&self, place: usize, field: &Field) -> Result<ColumnSource> {
        let refuse = |found: FoundColumn| ReadError::Field {
            field: field.name.clone(),
            expected: rules::wanted(field),
            found,
        };
        let roots = self.metadata.file_metadata().schema_descr();
        let Some(root) = roots.root_schema().get_fields().get(place) else {
            return Err(refuse("no column".into()));
        };
        let mut column = ArrowType::of(root);
        if let Some(stored) = self.stored.get(place) {
            column = stored::restore(stored, column);
        }
        let source = rules::fits(&column, field).then(|| self.source(place, root, &column, field));
        let mut source = (source.flatten()).ok_or_else(|| refuse(rules::found(&column)))?;
        if let DataType::ArrayOfStruct { fields, .. } = &field.data_type {
            let leaves: Vec<_> = self.leaves(place).map(|leaf| roots.column(leaf)).collect();
            let members = StructMembers::new(root, &leaves, fields);
            source.members = Some(members.map_err(|found| refuse(found.into()))?);
        }
        match self.unread_codec(&source) {
            Some(codec) => Err(ReadError::Codec {
                field: field.name.clone(),
                codec,
            }),
            None => Ok(source),
        }
    }

    /// Returns the numbers of the leaves of the column at `place`.
    fn leaves(&self, place: usize) -> impl Iterator<Item = usize> + use<'a> {
        let schema = self.metadata.file_metadata().schema_descr();
        (0..schema.num_columns()).filter(move |leaf| schema.get_column_root_idx(*leaf) == place)
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
        let member = |name: &str| {
            let is_member = |leaf: &usize| {
                let column = schema.column(*leaf);
                column.path().parts().get(1).is_some_and(|own| own == name)
            };
            self.leaves(place).find(is_member)
        };
        let chosen = match column {
            ArrowType::Struct(_) => vec![member("indices")?, member("values")?],
            _ => self.leaves(place).collect(),
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
        let leaves: Vec<_> = chosen.into_iter().map(leaf).collect::<Option<_>>()?;
        let is_struct = matches!(field.data_type, DataType::ArrayOfStruct { .. });
        (is_struct || leaves.len() <= 2).then(|| ColumnSource::new(leaves))
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
