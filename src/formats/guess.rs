//! The columns of Parquet and `NumPy` files, with the field type that fits each, from metadata alone.

use super::ReadError;
use super::schema::DataType;
use super::source::SourceFile;
use super::{numpy, parquet};
use crate::location::Format;

/// A column and the field type that fits it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GuessedColumn {
    pub(crate) name: String,
    /// `None` if no field takes the column. A text's `max_length` is 0 if the metadata doesn't say it.
    pub(crate) data_type: Option<DataType>,
    /// True if the metadata counts nulls.
    pub(crate) nullable: bool,
    /// The column's type in the file's own words.
    pub(crate) of: String,
}

impl SourceFile {
    /// Returns the number of parts into which the file can be divided, at most `max`.
    pub(crate) fn parts(&self, max: u64) -> u64 {
        let parts = match self.format {
            Format::Parquet => self
                .object()
                .and_then(|file| parquet::row_groups(file.as_ref())),
            Format::Json => Ok(1),
            Format::Numpy | Format::JsonLines | Format::Csv => Ok(max),
        };
        parts.unwrap_or(1).clamp(1, max)
    }

    /// Returns the columns of a Parquet file or `NumPy` set, and the number of rows; `None` for a text file.
    pub(crate) fn columns(&self) -> Result<Option<(Vec<GuessedColumn>, u64)>, ReadError> {
        match self.format {
            Format::Parquet => parquet::guess(self.object()?.as_ref()).map(Some),
            Format::Numpy => numpy::guess(&self.set()?).map(Some),
            _ => Ok(None),
        }
    }
}
