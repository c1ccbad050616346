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
use std::path::Path;

pub use batch::{Batch, PushError};
pub use column::{Column, DecodeError};
pub use reader::{ReadError, Reader};
pub use schema::{DataType, Field, Schema, SchemaError};

/// The format of an import file (reference: object paths and file formats).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// A list of row objects, or an object whose key `rows` holds that list.
    Json,
    /// One row object a line.
    JsonLines,
    /// A header row, then one row a line.
    Csv,
    /// One column a field.
    Parquet,
    /// One `.npy` file a field.
    Numpy,
}

impl FileFormat {
    /// The format that a path's extension names, in any case; `None` for others.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::JsonLines,
            "csv" => Self::Csv,
            "parquet" => Self::Parquet,
            "npy" => Self::Numpy,
            _ => return None,
        })
    }

    /// The word for it in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Numpy => "npy",
        }
    }
}

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
