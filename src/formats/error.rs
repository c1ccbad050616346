//! Errors of rows and files.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::found::FoundValue;
use crate::location::Format;

/// A row that the server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowError {
    /// Row number within its file, from 1.
    pub row: u64,
    /// Field that is wrong, if the error concerns a single field.
    pub field: Option<String>,
    /// Value that the schema expects, in words.
    pub expected: String,
    /// Value that the row has.
    pub found: FoundValue,
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

/// Reason why a file can't be read further. The caller knows the file's name and puts it in front.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The file couldn't be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file couldn't be read to its end.
    #[error("cannot read on after byte {offset}: {source}")]
    Io {
        /// Number of bytes read before the error.
        offset: u64,
        /// Error of the stream.
        source: io::Error,
    },
    /// There is no reader for this format.
    #[error("no reader for {format}; accepted: json, jsonl, ndjson, csv, parquet, npy")]
    Unsupported {
        /// File extension, or a description if there is none.
        format: String,
    },
    /// The text isn't valid in the file's format.
    #[error("{}line {line} (byte {offset}): {message}", row.map_or_else(String::new, |row| format!("row {row}, ")))]
    Syntax {
        /// Row number from 1, if the error is inside a row.
        row: Option<u64>,
        /// Line number from 1.
        line: u64,
        /// Offset in bytes from the start of the file.
        offset: u64,
        /// Description of the syntax error.
        message: String,
    },
    /// A binary file is damaged or isn't in the expected format.
    #[error("not a readable {format} file: {message}")]
    Broken {
        /// Expected format.
        format: Format,
        /// Description of the problem.
        message: String,
    },
    /// A column doesn't fit the schema in any of its rows.
    #[error("field {field:?}: expected {expected}, found {found}")]
    Field {
        /// Name of the field.
        field: String,
        /// Column that the schema expects, in words.
        expected: String,
        /// Column that the file has, in words.
        found: FoundColumn,
    },
    /// A column is compressed in a way that the server doesn't read.
    #[error(
        "field {field:?}: {}; {}",
        ReadError::codec_problem(codec),
        ReadError::OTHER_CODEC
    )]
    Codec {
        /// Name of the field.
        field: String,
        /// Name of the codec.
        codec: &'static str,
    },
    /// A row crosses the end of a part of a text file.
    #[error("a row crosses byte {offset}, at which another part of the file begins")]
    Cut {
        /// End of the part, in bytes from the start of the file.
        offset: u64,
    },
    /// A row, page or other part of the file is larger than this program reads.
    #[error("{0}")]
    TooLarge(String),
    /// A row that the server would refuse.
    #[error("{0}")]
    Row(RowError),
    /// A reader panicked. Holds the panic's message.
    #[error("reading ended at a bug in zshell, please report it with the file ({0})")]
    Panicked(String),
}

impl ReadError {
    /// Advice for a file with another codec.
    pub(crate) const OTHER_CODEC: &'static str = "write the file with compression=\"zstd\"";

    /// Returns the problem of a codec in words.
    pub(crate) fn codec_problem(codec: &str) -> String {
        format!(
            "expected a column compressed with snappy, gzip, brotli or zstd, or not compressed, found {codec}, which Milvus \
             does not read"
        )
    }
}

/// The column that a file has instead of the expected one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundColumn {
    /// The column in words.
    pub(crate) text: String,
    /// Advice for writing the column, if the expected column doesn't say it already.
    pub(crate) instead: Option<String>,
}

impl From<String> for FoundColumn {
    fn from(text: String) -> Self {
        Self {
            text,
            instead: None,
        }
    }
}

impl From<&str> for FoundColumn {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for FoundColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instead {
            Some(instead) => write!(f, "{}; {instead}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Reason why a row wasn't appended to a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PushError {
    /// The text isn't JSON.
    #[error("{message}")]
    Syntax {
        /// Position of the error, in bytes from the start of the row.
        offset: usize,
        /// Description of the syntax error.
        message: String,
    },
    /// The text is JSON, but the server would refuse the row.
    #[error("{0}")]
    Row(RowError),
}

impl PushError {
    /// Returns the error for a value of a field.
    pub(super) fn field(
        name: &str,
        expected: impl Into<String>,
        found: impl Into<FoundValue>,
    ) -> Self {
        Self::new(Some(name.to_owned()), expected.into(), found.into())
    }

    /// Returns the error for a whole row. Its number is added by [`PushError::at_row`].
    pub(super) fn row(expected: impl Into<String>, found: impl Into<FoundValue>) -> Self {
        Self::new(None, expected.into(), found.into())
    }

    fn new(field: Option<String>, expected: String, found: FoundValue) -> Self {
        Self::Row(RowError {
            row: 0,
            field,
            expected,
            found,
        })
    }

    /// Adds the row's number, from 1.
    pub(super) fn at_row(mut self, row: u64) -> Self {
        if let Self::Row(error) = &mut self {
            error.row = row;
        }
        self
    }

    /// Returns the error for a list of problems.
    pub(super) fn into_row_error(self, row: u64) -> RowError {
        match self.at_row(row) {
            Self::Row(error) => error,
            Self::Syntax { message, .. } => RowError {
                row,
                field: None,
                expected: "valid JSON".to_owned(),
                found: message.into(),
            },
        }
    }
}
