//! The columns of a file, each with the field that it fills.

use serde_json::Value;

use super::RefusedRows;
use super::plan::Plan;
use super::sink::Sink;
use crate::formats::batch::{META, Parts};
use crate::formats::column::Column;
use crate::formats::error::ReadError;
use crate::formats::row::RowParser;
use crate::formats::schema::{DataType, Field, Schema};

/// The columns of a file, by the fields that they fill.
pub(in crate::formats) struct FieldSources<S> {
    /// One source per field, or `None` if the service or the default value provides the values.
    pub(in crate::formats) fields: Vec<Option<S>>,
    /// Column `$meta`: one JSON text per row, with the dynamic fields.
    pub(in crate::formats) meta: Option<S>,
    /// The field that the column `$meta` must match: text of any length, or null (Milvus:
    /// `create_collection_task.go`, `appendDynamicField`).
    pub(in crate::formats) meta_field: Field,
    /// Texts of `$meta` of the rows in one step, until they are merged into the batch.
    meta_texts: Column,
    pub(in crate::formats) plan: Plan,
    /// Size of a row's numbers, vectors and default values in memory, in bytes. A dictionary can make them smaller in the
    /// file.
    pub(in crate::formats) fixed: usize,
}

impl<S> FieldSources<S> {
    /// Opens the columns that the plan assigns. `open` gets a column's number and its field. The reasons why the file is
    /// refused are added to `problems`, even if the result is an error.
    pub(in crate::formats) fn open(
        schema: &Schema,
        mut plan: Plan,
        problems: &mut Vec<ReadError>,
        open: impl Fn(usize, &Field) -> Result<S, ReadError>,
    ) -> Result<Self, ReadError> {
        let data_type = DataType::VarChar {
            max_length: usize::MAX,
        };
        let meta_texts = Column::new(&data_type);
        let meta_field = Field {
            nullable: true,
            ..Field::new(META, data_type)
        };
        let fields = schema.fields.iter().enumerate();
        let fields = fields.map(|(at, field)| plan.open(at, plan.field(at), field, &open));
        let fields: Result<Vec<_>, _> = fields.collect();
        let opened = fields.and_then(|fields| {
            let meta = plan.open(usize::MAX, plan.meta(), &meta_field, &open)?;
            Ok((fields, meta))
        });
        problems.append(&mut plan.take_problems());
        let (fields, meta) = opened?;
        Ok(Self {
            fields,
            meta,
            meta_field,
            meta_texts,
            plan,
            fixed: schema.least_row_bytes(),
        })
    }

    /// Appends `rows` rows to every column of a batch. `read` appends those of one source.
    pub(in crate::formats) fn append(
        &mut self,
        parts: Parts<'_>,
        refused: &mut RefusedRows,
        rows: usize,
        mut read: impl FnMut(&mut S, &mut Sink<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
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
                Some(source) => read(source, &mut sink)?,
                None if field.is_made_later() || self.plan.skips(at) => {}
                None => sink.missing(rows),
            }
        }
        let Some(meta) = parts.meta else {
            return Ok(());
        };
        if let Some(source) = &mut self.meta {
            let mut sink = Sink {
                field: &self.meta_field,
                default: None,
                column: &mut self.meta_texts,
                refused,
                base: meta.len(),
            };
            read(source, &mut sink)?;
        }
        self.merge_meta(rows, meta, parts.parser, refused);
        Ok(())
    }

    /// Moves the step's texts to the batch's dynamic column. If there are no texts, the rows have no dynamic fields.
    fn merge_meta(
        &mut self,
        rows: usize,
        meta: &mut Column,
        parser: &mut RowParser,
        refused: &mut RefusedRows,
    ) {
        for row in 0..rows {
            let at = meta.len();
            let text = self.meta_texts.text(row);
            let pair = text.map(|text| (META.to_owned(), Value::from(text).to_string()));
            if let Err(refusal) = parser.push_extras(pair.into_iter(), meta, false) {
                meta.truncate(at);
                meta.push_null();
                refused.note(at, || refusal);
            }
        }
        self.meta_texts.clear();
    }
}
