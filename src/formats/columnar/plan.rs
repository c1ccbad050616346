//! Which column of a file goes to which field, decided once by their names.

use std::collections::HashMap;

use crate::formats::error::ReadError;
use crate::formats::schema::Schema;

/// The columns of a file, matched with the schema's fields.
#[derive(Debug, Default)]
pub(in crate::formats) struct Plan {
    /// For each field, where its column stands in the file.
    fields: Vec<Option<usize>>,
    /// Columns of dynamic fields, `$meta` among them: name and place.
    extras: Vec<(String, usize)>,
}

impl Plan {
    /// Matches names, refusing what would be refused in every row: a field without column that needs one, a
    /// column without field where dynamic fields are off, a primary key though the service makes it. `what` is the
    /// format's word for a column; `hint` is added where one is missing.
    pub(in crate::formats) fn new(
        schema: &Schema,
        names: &[String],
        what: &str,
        hint: &str,
    ) -> Result<Self, ReadError> {
        let mut places = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            if places.insert(name.as_str(), at).is_some() {
                return Err(ReadError::Field {
                    field: name.clone(),
                    expected: format!("one {what} of that name"),
                    found: "two".to_owned(),
                });
            }
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
        let mut fields = Vec::new();
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
                let found = format!("no {what} of that name{hint}");
                return Err(refuse(field.data_type.to_string(), found));
            }
            fields.push(place);
        }
        let mut extras: Vec<_> = places.into_iter().collect();
        extras.sort_by_key(|(_, at)| *at);
        if let (false, Some((name, _))) = (schema.dynamic, extras.first()) {
            let known: Vec<_> = schema
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect();
            return Err(ReadError::Field {
                field: (*name).to_owned(),
                expected: format!("a field of the schema ({})", known.join(", ")),
                found: format!("a {what} outside it, and dynamic fields are off"),
            });
        }
        let extras = extras.into_iter().map(|(name, at)| (name.to_owned(), at));
        Ok(Self {
            fields,
            extras: extras.collect(),
        })
    }

    /// Where the column of the field with this number stands.
    pub(in crate::formats) fn field(&self, at: usize) -> Option<usize> {
        self.fields.get(at).copied().flatten()
    }

    /// The names and places of columns that are no fields.
    pub(in crate::formats) fn extras(&self) -> impl Iterator<Item = (&str, usize)> {
        self.extras.iter().map(|(name, at)| (name.as_str(), *at))
    }
}
