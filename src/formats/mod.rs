//! Readers of import files, the collection schema, and the row check.
//!
//! Two parts use this module: the local import service and the row check of `check(…)`. A file is read as a stream of
//! [`batch::Batch`]es in bounded memory. The first row that the server would refuse ends the stream with a
//! [`RowError`], which names the file, row, field, expected value and found value.

pub(crate) mod batch;
mod block;
mod cell;
mod cells;
pub(crate) mod column;
mod columnar;
pub(crate) mod csv;
mod error;
pub(crate) mod found;
mod frames;
mod geometry;
pub(crate) mod guess;
mod halves;
pub(crate) mod json_text;
mod native;
mod numbers;
mod numpy;
mod parquet;
pub(crate) mod prefetch;
pub(crate) mod reader;
mod row;
pub(crate) mod schema;
pub(crate) mod source;
mod sparse;
mod text_rows;
mod text_value;
mod timestamp;
pub(crate) mod vectors;
mod warning;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use batch::Batch;
pub(crate) use block::Block;
pub(crate) use block::FilePart;
pub(crate) use column::{Column, DecodeError};
pub(crate) use csv::CsvOptions;
pub(crate) use error::{ReadError, RowError};
pub(crate) use reader::{Input, Reader};
pub(crate) use schema::{DataType, Field, Schema, SchemaError};
pub(crate) use warning::{Warning, Warnings};
