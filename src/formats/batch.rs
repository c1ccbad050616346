//! Checked rows, stored column by column. Readers produce batches, and the store keeps them.

use std::ops::Range;
use std::sync::Arc;

#[cfg(test)]
use serde_json::{Map, Value};

use super::column::{Column, Values};
use super::error::{PushError, RowError};
use super::row::{Notes, RowParser};
use super::schema::{DataType, Schema};
use super::warning::Warning;

/// Number of rows at which a batch is full.
pub(crate) const BATCH_ROWS: usize = 4_096;
/// Bytes of column data at which a batch is full.
pub(crate) const BATCH_BYTES: usize = 8 << 20;

/// Name of the column that holds dynamic fields.
pub(crate) const META: &str = "$meta";

/// Memory in bytes that an empty batch keeps for reuse. A batch of many large rows takes more.
const KEPT: usize = 2 * BATCH_BYTES;

/// Rows of one collection that have passed the row check.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    schema: Arc<Schema>,
    rows: usize,
    columns: Vec<Column>,
    meta: Option<Column>,
    parser: RowParser,
    /// Number of rows in the file before the first row.
    before: u64,
    /// Problems of the rows. `None` if a refused row is returned as an error.
    refused: Option<Vec<RowError>>,
}

impl Batch {
    /// Returns an empty batch for rows of a valid schema (see [`Schema::validate`]).
    pub(crate) fn new(schema: &Arc<Schema>) -> Self {
        Self {
            rows: 0,
            columns: (schema.fields.iter())
                .map(|field| Column::new(&field.data_type))
                .collect(),
            meta: schema.dynamic.then(|| Column::new(&DataType::Json)),
            parser: RowParser::new(schema),
            schema: Arc::clone(schema),
            before: 0,
            refused: None,
        }
    }

    /// Returns the batch, now also accepting scalars written as strings and strings written as numbers. Milvus' insert
    /// call accepts both, but its import doesn't.
    #[must_use]
    pub(crate) fn loose(mut self) -> Self {
        self.parser.loose = true;
        self
    }

    /// Returns the batch, now collecting all problems of refused rows instead of returning the first. Refused rows stay
    /// in the batch, with null in place of each refused value.
    #[must_use]
    pub(super) fn collecting(mut self) -> Self {
        self.refused = Some(Vec::new());
        self
    }

    /// Returns true if the batch collects the problems of refused rows.
    pub(super) fn collects(&self) -> bool {
        self.refused.is_some()
    }

    /// Returns the problems of refused rows.
    pub(crate) fn refused(&self) -> &[RowError] {
        self.refused.as_deref().unwrap_or_default()
    }

    /// Returns the number of rows in the file before the first row.
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// Clears the batch for the rows that follow the first `before` rows of the file.
    pub(super) fn begin(&mut self, before: u64) {
        self.clear();
        self.before = before;
    }

    /// Notes a problem of a row of a columnar file.
    pub(super) fn note(&mut self, row: usize, refusal: PushError) {
        let number = self.before + row as u64 + 1;
        if let Some(list) = &mut self.refused {
            list.push(refusal.into_row_error(number));
        }
    }

    /// Notes a row whose values can't be read, and appends null to every column.
    pub(super) fn push_refused(&mut self, refusal: PushError) {
        self.note(self.rows, refusal);
        self.roll_back();
        let fields = self.schema.fields.iter().zip(&mut self.columns);
        let filled = fields.filter(|(field, _)| !field.is_made_later());
        for column in filled.map(|(_, column)| column).chain(&mut self.meta) {
            column.push_null();
        }
        self.rows += 1;
    }

    /// Returns the schema of the rows.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns one column per field, in the schema's order, each with [`Batch::rows`] rows. Only the primary key column
    /// of an `AutoID` collection differs: until [`Batch::set_auto_ids`] fills the column, it is empty, or null in rows
    /// without a key.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the dynamic fields, one JSON object text per row, or `None` if the schema doesn't enable dynamic fields.
    pub(crate) fn meta(&self) -> Option<&Column> {
        self.meta.as_ref()
    }

    /// Returns the size of the column data in bytes.
    pub(crate) fn byte_len(&self) -> usize {
        let columns = self.columns.iter().chain(&self.meta);
        columns.map(Column::byte_len).sum()
    }

    /// Removes the rows but keeps the memory for reuse, unless it is more than [`KEPT`].
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
        self.parser.trim();
        self.refused.iter_mut().for_each(Vec::clear);
        self.roll_back();
        // `roll_back` doesn't shorten a filled AutoID column.
        self.columns.iter_mut().for_each(Column::clear);
        let columns = self.columns.iter_mut().chain(&mut self.meta);
        if columns.map(|column| column.capacity()).sum::<usize>() > KEPT {
            for column in self.columns.iter_mut().chain(&mut self.meta) {
                *column = Column::new(&column.data_type().clone());
            }
        }
    }

    /// Assigns primary keys to the rows of an `AutoID` collection that have none, counting up from `first`. A `VarChar`
    /// key gets decimal text. Does nothing without `AutoID`.
    pub(crate) fn set_auto_ids(&mut self, first: i64) {
        let fields = self.schema.fields.iter();
        let made = self.columns.iter_mut().zip(fields);
        for (column, field) in made.filter(|(_, field)| field.auto_id) {
            let given = std::mem::replace(column, Column::new(&field.data_type));
            for row in 0..self.rows {
                let id = first.wrapping_add_unsigned(row as u64);
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

    /// Checks one row, given as a JSON object's text, and appends it. A refused row leaves the batch unchanged.
    ///
    /// `number` is the row's number in its file, from 1, for the error.
    pub(crate) fn push_json(&mut self, row: &[u8], number: u64) -> Result<(), PushError> {
        let mut notes = Notes {
            row: self.rows,
            number,
            list: self.refused.as_mut(),
        };
        let columns = (&mut self.columns[..], self.meta.as_mut());
        let pushed = self.parser.push(row, &self.schema, columns, &mut notes);
        self.end_row(pushed, number)
    }

    /// Counts a row that was appended to every column. A refused row is collected, or leaves the batch unchanged.
    pub(super) fn end_row(
        &mut self,
        pushed: Result<(), PushError>,
        number: u64,
    ) -> Result<(), PushError> {
        match pushed {
            Ok(()) => self.rows += 1,
            Err(error) if self.collects() => self.push_refused(error),
            Err(error) => {
                self.roll_back();
                return Err(error.at_row(number));
            }
        }
        Ok(())
    }

    /// Returns the columns, for appending rows. The caller must then call [`Batch::add_rows`] or [`Batch::roll_back`].
    pub(super) fn parts(&mut self) -> Parts<'_> {
        Parts {
            schema: &self.schema,
            columns: &mut self.columns,
            meta: self.meta.as_mut(),
            parser: &mut self.parser,
            notes: Notes {
                row: self.rows,
                number: self.before + self.rows as u64 + 1,
                list: self.refused.as_mut(),
            },
        }
    }

    /// Counts rows that were appended to every column.
    pub(super) fn add_rows(&mut self, rows: usize) {
        self.rows += rows;
    }

    /// Appends a range of rows from another batch of the same schema.
    pub(super) fn extend(&mut self, from: &Self, rows: Range<usize>) {
        let columns = self.columns.iter_mut().zip(&from.columns);
        for (to, from) in columns.chain(self.meta.iter_mut().zip(&from.meta)) {
            to.extend(from, rows.clone());
        }
        self.rows += rows.len();
    }

    #[cfg(test)]
    /// Returns one row as a JSON object: the schema's fields first, then the dynamic fields.
    pub(crate) fn row(&self, row: usize) -> Map<String, Value> {
        let named = self.schema.fields.iter().zip(&self.columns);
        let mut object: Map<String, Value> = named
            .map(|(field, column)| (field.name.clone(), column.value(row)))
            .collect();
        if let Some(Value::Object(meta)) = self.meta.as_ref().map(|meta| meta.value(row)) {
            for (name, value) in meta {
                // A dynamic field may have the same name as a schema field, which wins.
                object.entry(name).or_insert(value);
            }
        }
        object
    }

    /// Returns the warnings of the JSON rows pushed since the last call, including refused rows. Each has the number of
    /// rows that it's about.
    pub(crate) fn take_warnings(&mut self) -> impl Iterator<Item = (Warning, u64)> + use<> {
        self.parser.take_warnings()
    }

    /// Truncates the columns to the counted rows.
    pub(super) fn roll_back(&mut self) {
        for column in self.columns.iter_mut().chain(&mut self.meta) {
            column.truncate(self.rows);
        }
    }
}

/// Columns of a batch, for readers that append to them.
pub(super) struct Parts<'a> {
    pub(super) schema: &'a Schema,
    /// One column per field.
    pub(super) columns: &'a mut [Column],
    /// Dynamic fields, if the schema enables them.
    pub(super) meta: Option<&'a mut Column>,
    pub(super) parser: &'a mut RowParser,
    /// Receives the refusals of the next row.
    pub(super) notes: Notes<'a>,
}
