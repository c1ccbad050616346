//! The column `$meta` of a file: JSON text a row, the dynamic fields.

use super::Refused;
use super::sink::Sink;
use crate::formats::batch::META;
use crate::formats::column::Column;
use crate::formats::row::RowParser;
use crate::formats::schema::{DataType, Field};

/// The texts of a step's rows, until they are merged.
pub(in crate::formats) struct MetaColumn {
    field: Field,
    texts: Column,
}

impl MetaColumn {
    /// An empty column.
    pub(in crate::formats) fn new() -> Self {
        let data_type = DataType::VarChar {
            max_length: usize::MAX,
        };
        Self {
            texts: Column::new(&data_type),
            field: Field {
                nullable: true,
                ..Field::new(META, data_type)
            },
        }
    }

    /// The field to match a file's column with: text of any length, or null (Milvus' `create_collection_task.go`,
    /// appendDynamicField).
    pub(in crate::formats) fn field(&self) -> &Field {
        &self.field
    }

    /// A place for a step's rows, the first of which is this one of the batch.
    pub(in crate::formats) fn sink<'a>(
        &'a mut self,
        base: usize,
        refused: &'a mut Refused,
    ) -> Sink<'a> {
        Sink {
            field: &self.field,
            default: None,
            column: &mut self.texts,
            refused,
            base,
        }
    }

    /// Appends the step's rows to the batch's dynamic column and forgets them. Without texts the rows have no dynamic
    /// fields.
    pub(in crate::formats) fn merge(
        &mut self,
        rows: usize,
        meta: &mut Column,
        parser: &mut RowParser,
        refused: &mut Refused,
    ) {
        for row in 0..rows {
            let at = meta.len();
            let text = self.texts.text(row).filter(|_| !self.texts.is_null(row));
            let pair =
                text.map(|text| (META.to_owned(), serde_json::Value::from(text).to_string()));
            if let Err(refusal) = parser.push_extras(pair.into_iter(), meta, false) {
                meta.truncate(at);
                meta.push_null();
                refused.note(at, || refusal);
            }
        }
        self.texts.clear();
    }
}
