//! The types and values seen of one field, and the field that takes them.

use super::types::{room, wider};
use crate::formats::guess::GuessedColumn;
use crate::formats::schema::MAX_CAPACITY;
use crate::formats::{DataType, Field};
use crate::text::words;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A type seen of a field.
#[derive(Debug)]
struct SeenType {
    data_type: DataType,
    /// Number of rows with such a value in text files, and of all rows with such a column.
    rows: u64,
    /// The column's type in the first file's own words; `None` for text files.
    of: Option<String>,
}

/// The types and values seen of a field.
#[derive(Debug, Default)]
pub(super) struct Guess {
    pub(super) name: String,
    /// Types of the values, none of which takes the values of another.
    types: Vec<SeenType>,
    /// A column's type in a file's own words, if no field takes the column.
    unsupported: Option<String>,
    /// Number of rows with a value in the current file; all rows if the file has such a column.
    pub(super) in_file: u64,
    pub(super) nullable: bool,
    /// Hashes of the values of possible primary keys; empty if a value occurs twice.
    keys: HashSet<u64>,
    repeats: bool,
}

impl Guess {
    pub(super) fn new(name: &str, nullable: bool) -> Self {
        Self {
            name: name.to_owned(),
            nullable,
            ..Self::default()
        }
    }

    /// Returns the type of the most rows.
    fn most(&self) -> Option<&SeenType> {
        self.types.iter().rev().max_by_key(|seen| seen.rows)
    }

    /// Returns the type of the most rows if the field may be a primary key.
    pub(super) fn key_type(&self) -> Option<&DataType> {
        let is_key = !self.nullable && !self.keys.is_empty();
        is_key.then(|| self.most().map(|most| &most.data_type))?
    }

    /// Notes a value, as text.
    pub(super) fn see(&mut self, value: &str) {
        self.in_file += 1;
        if !self.repeats {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            self.repeats = !self.keys.insert(hasher.finish());
            if self.repeats {
                self.keys = HashSet::new();
            }
        }
    }

    /// Widens the type so that it also takes the value of a row in a text file. `None` is null.
    pub(super) fn widen(&mut self, other: Option<DataType>) {
        match other {
            Some(other) => self.add(other, 1, None),
            None => self.nullable = true,
        }
    }

    /// Widens the type so that it also takes a file's column of this number of rows.
    pub(super) fn widen_by_column(&mut self, column: GuessedColumn, rows: u64) {
        self.nullable |= column.nullable;
        self.in_file = rows;
        match column.data_type {
            Some(data_type) => self.add(data_type, rows, Some(column.of)),
            None => {
                self.nullable = true;
                self.unsupported.get_or_insert(column.of);
            }
        }
    }

    fn add(&mut self, data_type: DataType, rows: u64, of: Option<String>) {
        for own in &mut self.types {
            if let Some(both) = wider(&own.data_type, &data_type) {
                own.data_type = both;
                own.rows += rows;
                return;
            }
        }
        self.types.push(SeenType {
            data_type,
            rows,
            of,
        });
    }

    /// Notes whether some of a file's rows had no value.
    pub(super) fn end_file(&mut self, rows: u64) {
        self.nullable |= self.in_file < rows;
        self.in_file = 0;
    }

    /// Returns the field with head room, and the reason for its type.
    pub(super) fn field(&self, rows: u64) -> (Field, String) {
        let seen = words::count(rows, "row");
        let most = self.most();
        let mut why = match (most, &self.unsupported) {
            (Some(SeenType { of: Some(of), .. }), _) => of.clone(),
            (Some(_), _) => format!("all values in {seen} fit"),
            (None, Some(of)) => format!("no field takes {of}; write the column in another type"),
            (None, None) => format!("only nulls in {seen}"),
        };
        let none = DataType::VarChar { max_length: 256 };
        let mut data_type = most.map_or(none, |most| most.data_type.clone());
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
            let counts = self.types.iter().map(|seen| seen.rows);
            let others = counts.clone().sum::<u64>() - counts.max().unwrap_or(0);
            let others = words::count(others, "value");
            why = format!("{why}; {others} of another type, which check() names");
        }
        let mut field = Field::new(&self.name, data_type);
        field.nullable = self.nullable;
        if field.nullable {
            why += "; some rows have no value";
        }
        (field, why)
    }
}
