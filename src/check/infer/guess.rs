//! The types and values seen of one field, and the field that takes them.

use super::types::{room, wider};
use crate::formats::{DataType, Field};
use crate::text::words;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Largest `max_capacity` of an `Array`.
const MAX_CAPACITY: usize = 4_096;

/// The types and values seen of a field.
#[derive(Debug, Default)]
pub(super) struct Guess {
    pub(super) name: String,
    /// Types of the values, none of which takes the values of another, with the number of values.
    types: Vec<(DataType, u64)>,
    /// The column's type in a file's own words.
    pub(super) of: Option<String>,
    /// Number of rows with a value.
    pub(super) values: u64,
    pub(super) nullable: bool,
    /// Hashes of the values of possible primary keys.
    keys: HashSet<u64>,
    pub(super) repeats: bool,
}

impl Guess {
    pub(super) fn new(name: &str, nullable: bool) -> Self {
        Self {
            name: name.to_owned(),
            nullable,
            ..Self::default()
        }
    }

    /// Returns the type of the most values.
    pub(super) fn data_type(&self) -> Option<&DataType> {
        let most = self.types.iter().rev().max_by_key(|(_, count)| *count);
        most.map(|(data_type, _)| data_type)
    }

    /// Notes a value, as text.
    pub(super) fn see(&mut self, value: &str) {
        self.count();
        if !self.repeats {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            self.repeats = !self.keys.insert(hasher.finish());
            if self.repeats {
                self.keys = HashSet::new();
            }
        }
    }

    /// Counts a value.
    pub(super) fn count(&mut self) {
        self.values += 1;
    }

    /// Widens the type so that it also takes values of another type. `None` is null.
    pub(super) fn widen(&mut self, other: Option<DataType>) {
        let Some(other) = other else {
            self.nullable = true;
            return;
        };
        for (own, count) in &mut self.types {
            if let Some(both) = wider(own, &other) {
                (*own, *count) = (both, *count + 1);
                return;
            }
        }
        self.types.push((other, 1));
    }

    /// Widens a list's capacity and a text's length.
    pub(super) fn grow(&mut self, count: usize, length: usize) {
        match self.types.first_mut().map(|(own, _)| own) {
            Some(DataType::VarChar { max_length }) => *max_length = length.max(*max_length),
            Some(DataType::Array {
                element,
                max_capacity,
            }) => {
                *max_capacity = count.max(*max_capacity);
                if let DataType::VarChar { max_length } = element.as_mut() {
                    *max_length = length.max(*max_length);
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_nullable(&self, rows: u64) -> bool {
        self.nullable || (self.of.is_none() && self.values < rows)
    }

    /// Returns the field with head room, and the reason for its type.
    pub(super) fn field(&self, rows: u64) -> (Field, String) {
        let seen = words::count(rows, "row");
        let mut why = self
            .of
            .clone()
            .unwrap_or_else(|| format!("all values in {seen} fit"));
        let others: u64 = self.types.iter().map(|(_, count)| count).sum();
        let data_type = match self.data_type() {
            None => {
                why = match &self.of {
                    Some(of) => format!("no field takes {of}; write the column in another type"),
                    None => format!("only nulls in {seen}"),
                };
                DataType::VarChar { max_length: 256 }
            }
            Some(DataType::VarChar {
                max_length: longest,
            }) => {
                let max_length = room(*longest);
                why = format!(
                    "{why}; the longest text has {longest} bytes, and max_length leaves room"
                );
                DataType::VarChar { max_length }
            }
            Some(DataType::Array {
                element,
                max_capacity: most,
            }) => {
                why = format!(
                    "{why}; the longest list has {}, and max_capacity leaves room",
                    words::count(*most as u64, "element")
                );
                if matches!(element.as_ref(), DataType::Int64) {
                    why.push_str(
                        "; numbers with a decimal point, such as 1.0, would make it a vector",
                    );
                }
                let element = match element.as_ref() {
                    DataType::VarChar { max_length } => DataType::VarChar {
                        max_length: room(*max_length),
                    },
                    other => other.clone(),
                };
                DataType::Array {
                    element: Box::new(element),
                    max_capacity: (most * 2).next_power_of_two().clamp(16, MAX_CAPACITY),
                }
            }
            Some(vector) if vector.is_vector() => {
                let metric = "COSINE is the index's metric unless you change it";
                why = if matches!(vector, DataType::FloatVector { .. }) {
                    format!("{why}; {metric}")
                } else {
                    why
                };
                vector.clone()
            }
            Some(other) => other.clone(),
        };
        if let [_, _, ..] = self.types.as_slice() {
            let most = self
                .types
                .iter()
                .map(|(_, count)| *count)
                .max()
                .unwrap_or(0);
            why = format!(
                "{why}; {} of another type, which check() names",
                words::count(others - most, "value")
            );
        }
        let mut field = Field::new(&self.name, data_type);
        field.nullable = self.is_nullable(rows);
        if field.nullable {
            why.push_str("; some rows have no value");
        }
        (field, why)
    }
}
