//! The types and values seen of one field, and the field that takes them.

use super::types::{room, wider};
use crate::formats::schema::MAX_CAPACITY;
use crate::formats::{DataType, Field};
use crate::text::words;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

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
        self.values += 1;
        if !self.repeats {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            self.repeats = !self.keys.insert(hasher.finish());
            if self.repeats {
                self.keys = HashSet::new();
            }
        }
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
        let mut why = match (&self.of, self.types.is_empty()) {
            (Some(of), false) => of.clone(),
            (None, false) => format!("all values in {seen} fit"),
            (Some(of), true) => format!("no field takes {of}; write the column in another type"),
            (None, true) => format!("only nulls in {seen}"),
        };
        let mut data_type = match self.data_type() {
            Some(data_type) => data_type.clone(),
            None => DataType::VarChar { max_length: 256 },
        };
        match &mut data_type {
            DataType::VarChar { max_length } if !self.types.is_empty() => {
                why = format!(
                    "{why}; the longest text has {max_length} bytes, and max_length leaves room"
                );
                *max_length = room(*max_length);
            }
            DataType::Array {
                element,
                max_capacity,
            } => {
                let longest = words::count(*max_capacity as u64, "element");
                why =
                    format!("{why}; the longest list has {longest}, and max_capacity leaves room");
                match element.as_mut() {
                    DataType::Int64 => {
                        why +=
                            "; numbers with a decimal point, such as 1.0, would make it a vector";
                    }
                    DataType::VarChar { max_length } => *max_length = room(*max_length),
                    _ => {}
                }
                *max_capacity = (*max_capacity * 2)
                    .next_power_of_two()
                    .clamp(16, MAX_CAPACITY);
            }
            DataType::FloatVector { .. } => {
                why += "; COSINE is the index's metric unless you change it";
            }
            _ => {}
        }
        if self.types.len() > 1 {
            let counts = self.types.iter().map(|(_, count)| *count);
            let others = counts.clone().sum::<u64>() - counts.max().unwrap_or(0);
            let others = words::count(others, "value");
            why = format!("{why}; {others} of another type, which check() names");
        }
        let mut field = Field::new(&self.name, data_type);
        field.nullable = self.is_nullable(rows);
        if field.nullable {
            why += "; some rows have no value";
        }
        (field, why)
    }
}
