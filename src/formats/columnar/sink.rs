//! Appends rows to one field's column and notes refused rows.

use super::RefusedRows;
use crate::formats::column::{Column, Values, row_width};
use crate::formats::error::PushError;
use crate::formats::found::{FoundKind, FoundValue};
use crate::formats::native;
use crate::formats::schema::Field;

/// Column for the values of one field, with the rows refused because of them.
pub(in crate::formats) struct Sink<'a> {
    pub(in crate::formats) field: &'a Field,
    /// JSON text of the default value.
    pub(in crate::formats) default: Option<&'a str>,
    pub(in crate::formats) column: &'a mut Column,
    pub(in crate::formats) refused: &'a mut RefusedRows,
    /// Number in the batch of the column's first row.
    pub(in crate::formats) base: usize,
}

impl Sink<'_> {
    /// Appends one row, or a placeholder if the row is refused.
    pub(in crate::formats) fn push(
        &mut self,
        push: impl FnOnce(&mut Column) -> Result<(), FoundValue>,
    ) {
        let row = self.column.len();
        if let Err(found) = push(self.column) {
            self.column.truncate(row);
            self.column.push_null();
            self.refuse(row, found);
        }
    }

    /// Appends a null.
    pub(in crate::formats) fn null(&mut self) {
        let (field, default) = (self.field, self.default);
        self.push(|column| native::push_null(field, column, default));
    }

    /// Appends `rows` rows of a field that has no column in the file.
    pub(in crate::formats) fn missing(&mut self, rows: usize) {
        let (field, default) = (self.field, self.default);
        for _ in 0..rows {
            self.push(|column| native::push_missing(field, column, default));
        }
    }

    /// Appends a text.
    pub(in crate::formats) fn text(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => self.push(|column| native::push_text(column, text)),
            Err(_) => self.push(|_| Err(FoundKind::NotUtf8.value("text that is not UTF-8"))),
        }
    }

    /// Refuses the rows from `begin` on whose floats aren't finite.
    pub(in crate::formats) fn refuse_bad_numbers(&mut self, begin: usize) {
        let data_type = &self.field.data_type;
        let width = row_width(data_type);
        let from = begin.saturating_mul(width);
        let bad = match self.column.values() {
            Values::Float(values) => native::bad_floats(values.get(from..), width),
            Values::Double(values) => native::bad_doubles(values.get(from..)),
            Values::Packed(bytes) => native::bad_halves(data_type, bytes.get(from..), width),
            _ => return,
        };
        for (row, found) in bad {
            self.refuse(begin + row, found);
        }
    }

    /// Refuses a row that is already in the column.
    pub(in crate::formats) fn refuse(&mut self, row: usize, found: FoundValue) {
        let field = self.field;
        self.refused.note(self.base + row, || {
            PushError::field(&field.name, field.data_type.to_string(), found)
        });
    }
}
