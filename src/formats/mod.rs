//! Readers of import files, the collection schema, and the row check.
//!
//! Two parts use this module: the local import service and the row check of `check(…)`. A file is read as a stream of
//! [`batch::Batch`]es in bounded memory. The first row that the server would refuse ends the stream with a
//! [`RowError`], which names the file, row, field, expected value and found value.

pub mod batch;
mod block;
mod cell;
pub mod column;
mod columnar;
pub mod csv;
mod error;
mod frames;
mod geometry;
mod json;
pub(crate) mod json_text;
mod native;
mod numbers;
mod numpy;
mod parquet;
pub mod reader;
mod row;
pub mod schema;
mod sparse;
mod text_value;
mod timestamp;
pub mod vectors;
mod warning;
mod window;

#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use block::Block;
pub use column::{Column, DecodeError};
pub use csv::CsvOptions;
pub use error::{PushError, ReadError, RowError};
pub use reader::{Input, Reader};
pub use schema::{DataType, Field, Schema, SchemaError};
pub use warning::{MAX_WARNINGS, Warning, Warnings};
