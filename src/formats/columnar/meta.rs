//! Column `$meta` of a file: one JSON text per row, with the dynamic fields.

use super::RefusedRows;
use super::sink::Sink;
use crate::formats::batch::META;
use crate::formats::column::Column;
use crate::formats::row::RowParser;
use crate::formats::schema::{DataType, Field};

/// Texts of the rows in one step, until they are merged into the batch.
pub(in crate::formats) struct MetaColumn {
    field: Field,
    texts: Column,
}

impl MetaColumn {
    /// Returns an empty column.
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

    /// Returns the field that a file's column must match: text of any length, or null (Milvus:
    /// `create_collection_task.go`, `appendDynamicField`).
    pub(in crate::formats) fn field(&self) -> &Field {
        &self.field
    }

    /// Returns a sink for a step's rows. `base` is the number in the batch of the first row.
    pub(in crate::formats) fn sink<'a>(
        &'a mut self,
        base: usize,
        refused: &'a mut RefusedRows,
    ) -> Sink<'a> {
        Sink {
            field: &self.field,
            default: None,
            column: &mut self.texts,
            refused,
            base,
        }
    }

    /// Appends the step's rows to the batch's dynamic column and clears them. If there are no texts, the rows have no
    /// dynamic fields.
    pub(in crate::formats) fn merge(
        &mut self,
        rows: usize,
        meta: &mut Column,
        parser: &mut RowParser,
        refused: &mut RefusedRows,
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
