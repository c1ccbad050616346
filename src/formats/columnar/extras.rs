//! Columns that are no fields: each row's values become an object of dynamic fields.

use super::Refused;
use super::sink::Sink;
use crate::formats::batch::META;
use crate::formats::column::Column;
use crate::formats::row::RowParser;
use crate::formats::schema::{DataType, Field};

/// The dynamic columns of a file, as if they were fields, until their rows are merged.
#[derive(Default)]
pub(in crate::formats) struct Extras(Vec<(Field, Column)>);

impl Extras {
    /// Adds a column. `$meta` is one of texts.
    pub(in crate::formats) fn add(&mut self, name: &str, data_type: DataType) {
        let column = Column::new(&data_type);
        let field = Field {
            nullable: true,
            ..Field::new(name, data_type)
        };
        self.0.push((field, column));
    }

    /// The type of texts of any length.
    pub(in crate::formats) fn text() -> DataType {
        DataType::VarChar {
            max_length: usize::MAX,
        }
    }

    /// The column with this number as a place for a step's rows, the first of which is this one of the batch.
    pub(in crate::formats) fn sink<'a>(
        &'a mut self,
        at: usize,
        base: usize,
        refused: &'a mut Refused,
    ) -> Option<Sink<'a>> {
        let (field, column) = self.0.get_mut(at)?;
        Some(Sink {
            field,
            default: None,
            column,
            refused,
            base,
        })
    }

    /// Appends the step's rows to the batch's dynamic column and forgets them.
    pub(in crate::formats) fn merge(
        &mut self,
        rows: usize,
        meta: &mut Column,
        parser: &mut RowParser,
        refused: &mut Refused,
    ) {
        for row in 0..rows {
            let at = meta.len();
            let pairs = self.0.iter().map(|(field, column)| {
                let json = match column.text(row) {
                    Some(text) if field.name == META => text.trim_ascii().to_owned(),
                    _ => column.value(row).to_string(),
                };
                (field.name.clone(), json)
            });
            if let Err(refusal) = parser.push_extras(pairs, meta) {
                meta.truncate(at);
                meta.push_null();
                refused.note(at, || refusal);
            }
        }
        self.0.iter_mut().for_each(|(_, column)| column.clear());
    }
}
