//! The field type that fits a `NumPy` file.

use std::sync::Arc;

use super::header::Header;
use super::{field_name, read_header};
use crate::formats::error::ReadError;
use crate::formats::guess::GuessedColumn;
use crate::formats::schema::DataType;
use crate::stores::read_at::ReadAt;

/// Returns the columns of a set and the number of rows, from the headers.
pub(in crate::formats) fn guess(
    files: &[(String, Arc<dyn ReadAt>)],
) -> Result<(Vec<GuessedColumn>, u64), ReadError> {
    let mut rows = 0;
    let column = |(name, object): &(String, Arc<dyn ReadAt>)| {
        let header = read_header(name, object.as_ref())?;
        rows = header.shape.first().copied().unwrap_or(0);
        Ok(GuessedColumn {
            name: field_name(name),
            data_type: data_type(&header),
            nullable: false,
            of: format!("dtype {}", header.dtype),
        })
    };
    let columns = files.iter().map(column).collect::<Result<_, ReadError>>()?;
    Ok((columns, rows))
}

fn data_type(header: &Header) -> Option<DataType> {
    let dtype = &header.dtype;
    let width = |axis: &u64| usize::try_from(*axis).ok();
    match header.shape.as_slice() {
        [_] => Some(match (dtype.kind, dtype.bytes()) {
            (b'b', _) => DataType::Bool,
            (b'i', 1) => DataType::Int8,
            (b'i', 2) => DataType::Int16,
            (b'i', 4) => DataType::Int32,
            (b'i', 8) => DataType::Int64,
            (b'f', 4) => DataType::Float,
            (b'f', 8) => DataType::Double,
            (b'U' | b'S', _) => DataType::VarChar { max_length: 0 },
            _ => return None,
        }),
        [_, dim] => Some(match (dtype.kind, dtype.bytes()) {
            (b'f', 4 | 8) => DataType::FloatVector { dim: width(dim)? },
            (b'u', 1) => DataType::BinaryVector {
                dim: width(dim)?.checked_mul(8)?,
            },
            (b'i', 1) => DataType::Int8Vector { dim: width(dim)? },
            _ => return None,
        }),
        _ => None,
    }
}
