//! Assignment of a file's columns to fields, made once by name.

use std::collections::HashMap;

use crate::formats::batch::META;
use crate::formats::error::ReadError;
use crate::formats::schema::Schema;
use crate::formats::warning::{self, Warning};
use crate::location::Format;

/// Maximum number of column names that a message repeats.
const MAX_SHOWN: usize = 8;

/// Columns of a file, matched with the schema's fields.
#[derive(Debug, Default)]
pub(in crate::formats) struct Plan {
    /// Number of each field's column in the file.
    fields: Vec<Option<usize>>,
    /// Names and numbers of the columns with dynamic fields, including `$meta`. In Parquet and `NumPy` files, only
    /// `$meta`.
    extras: Vec<(String, usize)>,
    /// Warnings about dropped columns.
    warnings: Vec<Warning>,
}

impl Plan {
    /// Matches column names with fields. Refuses files in which every row would be refused: a required field without a
    /// column, a column for a primary key that the service generates, or two Parquet columns for one field. `hint` is
    /// added to the message if a field has no column.
    ///
    /// Other columns are dropped with a warning, as Milvus 2.6 and later do (importutilv2: `CreateFieldReaders` of
    /// `parquet/util.go`, `CreateReaders` of `numpy/util.go`, `Parse` of `csv/row_parser.go`). In CSV files, these are
    /// the columns outside the schema if dynamic fields are off; in Parquet and `NumPy` files, all but `$meta`. If
    /// several columns have one name, only the last is used.
    pub(in crate::formats) fn new(
        schema: &Schema,
        names: &[String],
        format: Format,
        hint: &str,
    ) -> Result<Self, ReadError> {
        let what = warning::word(format);
        let mut plan = Self::default();
        let mut places = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            if places.insert(name.as_str(), at).is_none() {
                continue;
            }
            if format == Format::Parquet && schema.field(name).is_some() {
                return Err(ReadError::Field {
                    field: name.clone(),
                    expected: format!("one {what} of that name"),
                    found: "two".to_owned(),
                });
            }
            plan.warnings.push(Warning::twice(format, name));
        }
        if let Some((name, of)) = names
            .iter()
            .find_map(|name| Some((name, schema.struct_of(name)?)))
        {
            return Err(ReadError::Field {
                field: name.clone(),
                expected: format!(
                    "no {what} for a sub-field: {of} must be given as a list of objects"
                ),
                found: "one".to_owned(),
            });
        }
        for field in &schema.fields {
            let place = places.remove(field.name.as_str());
            let refuse = |expected: String, found: String| ReadError::Field {
                field: field.name.clone(),
                expected,
                found,
            };
            if let (Some(why), Some(_)) = (field.refusal(), place) {
                return Err(refuse(format!("no {what} ({why})"), "one".to_owned()));
            }
            if place.is_none() && !field.is_optional() {
                let shown = list(names);
                let found = format!("no {what} of that name{hint}; the {what}s are {shown}");
                return Err(refuse(field.data_type.to_string(), found));
            }
            plan.fields.push(place);
        }
        let mut others: Vec<_> = places.into_iter().collect();
        others.sort_by_key(|(_, at)| *at);
        for (name, at) in others {
            if schema.dynamic && (name == META || format.is_text()) {
                plan.extras.push((name.to_owned(), at));
            } else {
                let warning = Warning::outside(format, name, schema.dynamic);
                plan.warnings.push(warning);
            }
        }
        Ok(plan)
    }

    /// Returns the number of the column for a field.
    pub(in crate::formats) fn field(&self, at: usize) -> Option<usize> {
        self.fields.get(at).copied().flatten()
    }

    /// Returns the names and numbers of the columns with dynamic fields.
    pub(in crate::formats) fn extras(&self) -> impl Iterator<Item = (&str, usize)> {
        self.extras.iter().map(|(name, at)| (name.as_str(), *at))
    }

    /// Returns the number of the column `$meta`, if it holds dynamic fields.
    pub(in crate::formats) fn meta(&self) -> Option<usize> {
        let mut extras = self.extras();
        extras.find_map(|(name, at)| (name == META).then_some(at))
    }

    /// Returns warnings about dropped columns.
    pub(in crate::formats) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Returns names in quotes, at most [`MAX_SHOWN`] of them.
fn list(names: &[String]) -> String {
    let shown = names.iter().take(MAX_SHOWN);
    let mut shown: Vec<_> = shown
        .map(|name| format!("{:?}", name.chars().take(40).collect::<String>()))
        .collect();
    if names.len() > MAX_SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
