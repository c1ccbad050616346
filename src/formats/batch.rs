//! Checked rows, column by column: what a reader hands on and the store keeps.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::RowError;
use super::column::{Column, Values};
use super::row::RowParser;
use super::schema::{DataType, Schema};
use super::warning::Warning;

/// The name of the column that holds dynamic fields.
pub const META: &str = "$meta";

/// Rows of one collection that have passed the row check.
#[derive(Clone, Debug)]
pub struct Batch {
    schema: Arc<Schema>,
    rows: usize,
    columns: Vec<Column>,
    meta: Option<Column>,
    parser: RowParser,
}

impl Batch {
    /// An empty batch for rows of this schema, which must be valid ([`Schema::validate`]).
    pub fn new(schema: &Arc<Schema>) -> Self {
        Self {
            rows: 0,
            columns: schema
                .fields
                .iter()
                .map(|field| Column::new(&field.data_type))
                .collect(),
            meta: schema.dynamic.then(|| Column::new(&DataType::Json)),
            parser: RowParser::new(schema),
            schema: Arc::clone(schema),
        }
    }

    /// The same, for rows whose scalars may be written as texts, and their texts as numbers: so Milvus' insert call takes
    /// them, and its import does not.
    #[must_use]
    pub fn loose(mut self) -> Self {
        self.parser.loosen();
        self
    }

    /// The schema the rows follow.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One column a field, in the schema's order, each with [`Batch::rows`] rows. Only the primary key's
    /// column of an `AutoID` collection is empty, or null in rows without a key, until [`Batch::set_auto_ids`] fills it.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The dynamic fields: a JSON object's text a row; `None` where the schema does not enable them.
    pub fn meta(&self) -> Option<&Column> {
        self.meta.as_ref()
    }

    /// Bytes of column data held.
    pub fn byte_len(&self) -> usize {
        let columns = self.columns.iter().chain(&self.meta);
        columns.map(Column::byte_len).sum()
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.roll_back();
        // A filled AutoID column is not rolled back with the others.
        self.columns.iter_mut().for_each(Column::clear);
    }

    /// Gives the rows of an `AutoID` collection that have no key one, counting up from `first` (decimal text if the
    /// key is `VarChar`). Without `AutoID` nothing happens.
    pub fn set_auto_ids(&mut self, first: i64) {
        let fields = self.schema.fields.iter();
        let made = self.columns.iter_mut().zip(fields);
        for (column, field) in made.filter(|(_, field)| field.auto_id) {
            let given = std::mem::replace(column, Column::new(&field.data_type));
            let ids = (0..self.rows).scan(first, |next, _| {
                let id = *next;
                *next = next.wrapping_add(1);
                Some(id)
            });
            for (row, id) in ids.enumerate() {
                match column.values_mut() {
                    Values::Int64(values) => values.push(given.int64(row).unwrap_or(id)),
                    Values::Text(spans) => {
                        let made = id.to_string();
                        let key = given.text(row).unwrap_or(&made);
                        _ = spans.push(key.as_bytes());
                    }
                    _ => {}
                }
            }
        }
    }

    /// Checks one row, a JSON object's text, and appends it; a refused row leaves the batch as it was.
    ///
    /// `number` is the row's number in its file, from 1, for the error.
    pub fn push_json(&mut self, row: &[u8], number: u64) -> Result<(), PushError> {
        let pushed = self
            .parser
            .push(row, &self.schema, &mut self.columns, self.meta.as_mut());
        match pushed {
            Ok(()) => {
                self.rows += 1;
                Ok(())
            }
            Err(error) => {
                self.roll_back();
                Err(error.at_row(number))
            }
        }
    }

    /// The columns, to append rows to; [`Batch::add_rows`] must follow, or [`Batch::roll_back`].
    pub(super) fn parts(&mut self) -> Parts<'_> {
        Parts {
            schema: &self.schema,
            columns: &mut self.columns,
            meta: self.meta.as_mut(),
            parser: &mut self.parser,
        }
    }

    /// Counts rows that were appended to every column.
    pub(super) fn add_rows(&mut self, rows: usize) {
        self.rows += rows;
    }

    /// Appends these rows of another batch of the same schema.
    pub(super) fn extend(&mut self, from: &Self, rows: Range<usize>) {
        let columns = self.columns.iter_mut().zip(&from.columns);
        for (to, from) in columns.chain(self.meta.iter_mut().zip(&from.meta)) {
            to.extend(from, rows.clone());
        }
        self.rows += rows.len();
    }

    /// One row read back as a JSON object: the schema's fields, then the dynamic ones.
    pub fn row(&self, row: usize) -> Map<String, Value> {
        let named = self.schema.fields.iter().zip(&self.columns);
        let mut object: Map<String, Value> = named
            .map(|(field, column)| (field.name.clone(), column.value(row)))
            .collect();
        if let Some(Value::Object(meta)) = self.meta.as_ref().map(|meta| meta.value(row)) {
            for (name, value) in meta {
                // A dynamic field may have the name of a field.
                object.entry(name).or_insert(value);
            }
        }
        object
    }

    /// The warnings of JSON rows that were pushed since the last call, refused ones included.
    pub fn take_warnings(&mut self) -> impl Iterator<Item = Warning> + use<> {
        self.parser.take_warnings()
    }

    /// Drops what the columns have beyond the counted rows.
    pub(super) fn roll_back(&mut self) {
        for column in self.columns.iter_mut().chain(&mut self.meta) {
            column.truncate(self.rows);
        }
    }
}

/// A batch taken apart, for readers that append to its columns.
pub(super) struct Parts<'a> {
    pub(super) schema: &'a Schema,
    /// One a field.
    pub(super) columns: &'a mut [Column],
    /// The dynamic fields, where there are any.
    pub(super) meta: Option<&'a mut Column>,
    pub(super) parser: &'a mut RowParser,
}

/// Why a row was not appended to a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The text is not JSON.
    #[error("{message}")]
    Syntax {
        /// Where, in bytes from the row's beginning.
        offset: usize,
        /// What is wrong there.
        message: String,
    },
    /// It is JSON, but the server would refuse it.
    #[error("{0}")]
    Row(RowError),
}
