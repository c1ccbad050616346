//! Assignment of a file's columns to fields, made once by name.

use std::collections::{BTreeSet, HashMap};

use crate::formats::batch::META;
use crate::formats::error::ReadError;
use crate::formats::schema::{Field, Schema};
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
    /// Numbers of the fields whose values can't be read.
    skipped: BTreeSet<usize>,
    /// Reasons why the file is refused.
    problems: Vec<ReadError>,
}

impl Plan {
    /// Matches column names with fields. Notes the problems with which every row would be refused: a required field
    /// without a column, a column for a primary key that the service generates, or two Parquet columns for one field.
    /// `hint` is added to the message if a field has no column.
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
    ) -> Self {
        let what = warning::word(format);
        let mut plan = Self::default();
        let mut places = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            if places.insert(name.as_str(), at).is_none() {
                continue;
            }
            if format == Format::Parquet && schema.field(name).is_some() {
                let at = schema.fields.iter().position(|field| field.name == *name);
                let problem = ReadError::Field {
                    field: name.clone(),
                    expected: format!("one {what} of that name"),
                    found: "two".into(),
                };
                plan.refuse(at.unwrap_or_default(), problem);
                continue;
            }
            plan.warnings.push(Warning::twice(format, name));
        }
        if let Some((name, of)) = names
            .iter()
            .find_map(|name| Some((name, schema.struct_of(name)?)))
        {
            plan.problems.push(ReadError::Field {
                field: name.clone(),
                expected: format!(
                    "no {what} for a sub-field: {of} must be given as a list of objects"
                ),
                found: "one".into(),
            });
        }
        for (at, field) in schema.fields.iter().enumerate() {
            let place = places.remove(field.name.as_str());
            let refuse = |expected: String, found: String| ReadError::Field {
                field: field.name.clone(),
                expected,
                found: found.into(),
            };
            if let (Some(why), Some(_)) = (field.refusal(), place) {
                plan.refuse(at, refuse(format!("no {what} ({why})"), "one".to_owned()));
            }
            if place.is_none() && !field.is_optional() {
                let shown = list(names);
                let found = format!("no {what} of that name{hint}; the {what}s are {shown}");
                plan.refuse(at, refuse(field.data_type.to_string(), found));
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
        plan
    }

    /// Notes the reason why a field's values can't be read, unless the field has one.
    fn refuse(&mut self, at: usize, problem: ReadError) {
        if self.skipped.insert(at) {
            self.problems.push(problem);
        }
    }

    /// Opens the column at `place` for a field, and notes a problem of the field. A problem of the whole file is
    /// returned.
    pub(super) fn open<S>(
        &mut self,
        at: usize,
        place: Option<usize>,
        field: &Field,
        open: impl Fn(usize, &Field) -> Result<S, ReadError>,
    ) -> Result<Option<S>, ReadError> {
        match place.map(|place| open(place, field)).transpose() {
            Ok(source) => Ok(source),
            Err(problem @ (ReadError::Field { .. } | ReadError::Codec { .. })) => {
                self.refuse(at, problem);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Returns true if the field's values can't be read. Its column then stays empty.
    pub(in crate::formats) fn skips(&self, at: usize) -> bool {
        self.skipped.contains(&at)
    }

    /// Takes the reasons why the file is refused, in the order in which they were found.
    pub(in crate::formats) fn take_problems(&mut self) -> Vec<ReadError> {
        std::mem::take(&mut self.problems)
    }

    /// Returns the number of the column for a field, unless the field's values can't be read.
    pub(in crate::formats) fn field(&self, at: usize) -> Option<usize> {
        let place = self.fields.get(at).copied().flatten();
        place.filter(|_| !self.skips(at))
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
