//! Which column of a file goes to which field, decided once by their names.

use std::collections::HashMap;

use crate::formats::batch::META;
use crate::formats::error::ReadError;
use crate::formats::schema::Schema;
use crate::formats::warning::{self, Warning};
use crate::location::Format;

/// The most names of columns that a message repeats.
const MAX_SHOWN: usize = 8;

/// The columns of a file, matched with the schema's fields.
#[derive(Debug, Default)]
pub(in crate::formats) struct Plan {
    /// For each field, the place of its column in the file.
    fields: Vec<Option<usize>>,
    /// Columns of dynamic fields, `$meta` among them: name and place. Of Parquet and `NumPy` only `$meta`.
    extras: Vec<(String, usize)>,
    /// The columns that are dropped.
    warnings: Vec<Warning>,
}

impl Plan {
    /// Matches names, refusing what would be refused in every row: a field without column that needs one, a primary key
    /// though the service makes it, and two Parquet columns for one field. `hint` is added if a field has no column.
    ///
    /// Other columns are dropped with a warning, as Milvus 2.6 and later drop them (importutilv2: `CreateFieldReaders` of
    /// parquet/util.go, `CreateReaders` of numpy/util.go, Parse of `csv/row_parser.go)`: of CSV files those outside the
    /// schema if dynamic fields are off, of Parquet and `NumPy` all but `$meta`. Of several columns with one name the
    /// last one counts.
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

    /// The place of the column of the field with this number.
    pub(in crate::formats) fn field(&self, at: usize) -> Option<usize> {
        self.fields.get(at).copied().flatten()
    }

    /// The names and places of the columns of dynamic fields.
    pub(in crate::formats) fn extras(&self) -> impl Iterator<Item = (&str, usize)> {
        self.extras.iter().map(|(name, at)| (name.as_str(), *at))
    }

    /// The place of the column `$meta`, if it holds dynamic fields.
    pub(in crate::formats) fn meta(&self) -> Option<usize> {
        let mut extras = self.extras();
        extras.find_map(|(name, at)| (name == META).then_some(at))
    }

    /// The columns that are dropped.
    pub(in crate::formats) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Names in quotes, at most [`MAX_SHOWN`] of them.
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
