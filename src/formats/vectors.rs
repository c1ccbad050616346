//! Lists of vectors in JSON, as given in a search.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::cell;
use super::column::Column;
use super::found::describe;
use super::schema::DataType;

/// Reason for refusing a list of vectors.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum VectorError {
    /// The JSON isn't a list.
    NotAList(String),
    /// A list has the wrong number of elements for a vector of the field.
    Elements {
        /// Number of elements in the list.
        found: usize,
        /// Start of the list.
        shown: String,
    },
    /// A text has the wrong number of bytes for a vector of the field.
    Bytes {
        /// Number of bytes in the text.
        found: usize,
        /// Start of the text.
        shown: String,
    },
    /// A vector can't be read as the field's type. The text describes the value found.
    Value(String),
}

/// Parses a JSON list of vectors into a column of their type.
///
/// Each vector has a form that an import of JSON rows accepts. `decode` converts a text to a vector's stored bytes, or
/// returns `None` if the text isn't a vector.
pub(crate) fn parse(
    data_type: &DataType,
    json: &[u8],
    decode: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Column, VectorError> {
    let list: Vec<&RawValue> = serde_json::from_slice(json).map_err(|_| {
        let start = String::from_utf8_lossy(json.get(..256).unwrap_or(json));
        VectorError::NotAList(describe(&start))
    })?;
    let mut column = Column::new(data_type);
    for vector in list {
        let json = vector.get();
        match serde_json::from_str::<String>(json) {
            // A sparse vector's object may be written as a string.
            Ok(text) if *data_type == DataType::SparseFloatVector => {
                push(&mut column, &text)?;
            }
            Ok(text) => {
                let bytes = decode(&text).ok_or_else(|| VectorError::Value(describe(json)))?;
                if !column.push_packed(&bytes) {
                    return Err(VectorError::Bytes {
                        found: bytes.len(),
                        shown: describe(json),
                    });
                }
            }
            Err(_) => push(&mut column, json)?,
        }
    }
    Ok(column)
}

fn push(column: &mut Column, json: &str) -> Result<(), VectorError> {
    cell::push(column, json).map_err(|found| {
        let elements = serde_json::from_str::<Vec<IgnoredAny>>(json).map(|list| list.len());
        match (elements, elements_of(column.data_type())) {
            (Ok(count), Some(expected)) if count != expected => VectorError::Elements {
                found: count,
                shown: describe(json),
            },
            _ => VectorError::Value(found.to_string()),
        }
    })
}

/// Returns the number of elements in a vector's JSON list. A binary vector has one element per 8 dimensions.
fn elements_of(data_type: &DataType) -> Option<usize> {
    let dim = data_type.dim()?;
    match data_type {
        DataType::BinaryVector { .. } => Some(dim / 8),
        _ => Some(dim),
    }
}
