//! What goes wrong with rows and files.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::location::Format;

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

/// Why a file cannot be read on. The caller knows the file's name and puts it in front.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be read to its end.
    #[error("cannot read on after byte {offset}: {source}")]
    Io {
        /// Bytes read before.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// No reader for files of this format.
    #[error("no reader for {format}; accepted: json, jsonl, ndjson, csv, parquet, npy")]
    Unsupported {
        /// The file's extension, or what stands for it.
        format: String,
    },
    /// The bytes are not what the format says.
    #[error("{}line {line} (byte {offset}): {message}", row.map_or_else(String::new, |row| format!("row {row}, ")))]
    Syntax {
        /// The row, from 1, where it is within one.
        row: Option<u64>,
        /// The line, from 1.
        line: u64,
        /// Bytes from the file's beginning.
        offset: u64,
        /// What is wrong there.
        message: String,
    },
    /// A binary file is not what the format says, or is damaged.
    #[error("not a readable {format} file: {message}")]
    Broken {
        /// The format.
        format: Format,
        /// What is wrong.
        message: String,
    },
    /// A column of the file, in all its rows, is not what the schema wants.
    #[error("field {field:?}: expected {expected}, found {found}")]
    Field {
        /// The field.
        field: String,
        /// What the schema wants.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// A row that the server would refuse.
    #[error("{0}")]
    Row(RowError),
}
