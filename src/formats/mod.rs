//! Readers of import files, the collection schema, and the row check.
//!
//! One library for two users: the local import service and the row check of `check(…)`. A file is read as a
//! stream of [`batch::Batch`]es in bounded memory; the first row the server would refuse ends it with a
//! [`RowError`] that names file, row, field, what was expected and what was found.

pub mod batch;
mod cell;
pub mod column;
mod frames;
mod json_text;
mod numbers;
pub mod reader;
mod row;
pub mod schema;
mod sparse;
mod window;

#[cfg(test)]
mod tests;

use std::fmt;

pub use batch::{Batch, PushError};
pub use column::{Column, DecodeError};
pub use reader::{ReadError, Reader};
pub use schema::{DataType, Field, Schema, SchemaError};

/// A row that the server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The row, counted from 1 within its file.
    pub row: u64,
    /// The field, where one can be named.
    pub field: Option<String>,
    /// What the schema wants.
    pub expected: String,
    /// What the row has; long values are cut.
    pub found: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(field) = &self.field {
            write!(f, ", field {field:?}")?;
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for RowError {}
