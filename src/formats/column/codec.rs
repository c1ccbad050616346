//! Encodes columns as bytes for the store, and decodes them.
//!
//! The layout is little-endian. Flat values are their raw bytes, rows × width. Strings and sparse vectors are rows + 1
//! offsets (u32), then the bytes. If any row is null, one byte per row follows (1 for null). A column with only nulls,
//! such as a field that a function computes, has no bytes at all. The number of rows and the type are stored elsewhere
//! and make the layout unambiguous.

use std::borrow::Cow;

use super::super::schema::DataType;
use super::{Column, Spans, Values, row_bytes};

#[cfg(target_endian = "big")]
compile_error!("columns are stored as raw little-endian bytes");

/// Maximum number of rows in a column without bytes, more than a batch has.
const MAX_NULLS: usize = 1 << 20;

/// Error for stored bytes that aren't a column of the given type and number of rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored column of {rows} {data_type} rows cannot be read: {problem}")]
pub(crate) struct DecodeError {
    /// Expected type.
    pub data_type: String,
    /// Expected number of rows.
    pub rows: usize,
    /// Description of the problem.
    pub problem: &'static str,
}

impl Column {
    /// Returns the column as bytes, in the layout of this module. The bytes are borrowed if the values are flat and
    /// none is null.
    pub(crate) fn encode(&self) -> Cow<'_, [u8]> {
        if self.is_all_null() {
            return Cow::Borrowed(&[]);
        }
        let flat = match &self.values {
            Values::Text(spans) | Values::Sparse(spans) => {
                let mut bytes = Vec::with_capacity(self.byte_len());
                bytes.extend_from_slice(bytemuck::cast_slice(&spans.offsets));
                bytes.extend_from_slice(&spans.bytes);
                bytes.extend_from_slice(self.nulls().unwrap_or_default());
                return Cow::Owned(bytes);
            }
            values => values.flat(),
        };
        match &self.nulls {
            None => Cow::Borrowed(flat),
            Some(nulls) => Cow::Owned([flat, nulls].concat()),
        }
    }

    /// Decodes a column of this type and number of rows from the bytes that [`Column::encode`] returned.
    ///
    /// All bytes are accepted as input: the result is a column that meets the guarantees of [`Values`], or an error.
    pub(crate) fn decode(
        data_type: &DataType,
        rows: usize,
        bytes: &[u8],
    ) -> Result<Self, DecodeError> {
        parse(data_type, rows, bytes).map_err(|problem| DecodeError {
            data_type: data_type.to_string(),
            rows,
            problem,
        })
    }
}

fn parse(data_type: &DataType, rows: usize, bytes: &[u8]) -> Result<Column, &'static str> {
    if bytes.is_empty() && (1..=MAX_NULLS).contains(&rows) {
        let mut column = Column::new(data_type);
        (0..rows).for_each(|_| column.push_null());
        return Ok(column);
    }
    let mut column = Column::new(data_type);
    let rest = if let Values::Text(own) | Values::Sparse(own) = &mut column.values {
        let (spans, rest) = spans(rows, bytes)?;
        *own = spans;
        rest
    } else {
        let (data, rest) = rows
            .checked_mul(row_bytes(data_type))
            .and_then(|length| bytes.split_at_checked(length))
            .ok_or("too few bytes")?;
        column.grow(rows).copy_from_slice(data);
        rest
    };
    let (is_sound, problem) = match &column.values {
        Values::Text(spans) => (is_text(spans), "text that is not UTF-8"),
        Values::Sparse(spans) => (is_sparse(spans), "a sparse vector that is not pairs"),
        values => (is_in_range(values), "a value outside the type's range"),
    };
    if !is_sound {
        return Err(problem);
    }
    column.nulls = match rest.len() {
        0 => None,
        length if length != rows => return Err("too many bytes"),
        _ if rest.iter().any(|null| *null > 1) => return Err("null marks other than 0 and 1"),
        _ => Some(rest.to_vec()),
    };
    Ok(column)
}

fn spans(rows: usize, bytes: &[u8]) -> Result<(Spans, &[u8]), &'static str> {
    let (offsets, rest) = rows
        .checked_add(1)
        .and_then(|count| count.checked_mul(size_of::<u32>()))
        .and_then(|length| bytes.split_at_checked(length))
        .ok_or("too few bytes")?;
    let offsets = offsets.as_chunks::<4>().0.iter();
    let offsets: Vec<u32> = offsets.map(|bytes| u32::from_le_bytes(*bytes)).collect();
    if offsets.first() != Some(&0) || !offsets.is_sorted() {
        return Err("offsets out of order");
    }
    let end = offsets.last().and_then(|end| usize::try_from(*end).ok());
    let (data, rest) = end
        .and_then(|end| rest.split_at_checked(end))
        .ok_or("too few bytes")?;
    let bytes = data.to_vec();
    Ok((Spans { offsets, bytes }, rest))
}

fn is_in_range(values: &Values) -> bool {
    match values {
        Values::Bool(values) => values.iter().all(|value| *value <= 1),
        Values::Float(values) => values.iter().all(|value| value.is_finite()),
        Values::Double(values) => values.iter().all(|value| value.is_finite()),
        _ => true,
    }
}

fn is_text(spans: &Spans) -> bool {
    std::str::from_utf8(&spans.bytes).is_ok_and(|text| {
        let boundary =
            |offset: &u32| usize::try_from(*offset).is_ok_and(|at| text.is_char_boundary(at));
        spans.offsets.iter().all(boundary)
    })
}

fn is_sparse(spans: &Spans) -> bool {
    let mut rows = (0..spans.len()).filter_map(|row| spans.get(row));
    rows.all(|bytes| {
        let (pairs, rest) = bytes.as_chunks::<8>();
        let indices = pairs.iter().map(|pair| sparse_pair(*pair).0);
        let mut values = pairs.iter().map(|pair| sparse_pair(*pair).1);
        rest.is_empty() && indices.is_sorted_by(|a, b| a < b) && values.all(f32::is_finite)
    })
}

/// Decodes one pair of [`Values::Sparse`].
pub(super) fn sparse_pair([i0, i1, i2, i3, v0, v1, v2, v3]: [u8; 8]) -> (u32, f32) {
    (
        u32::from_le_bytes([i0, i1, i2, i3]),
        f32::from_le_bytes([v0, v1, v2, v3]),
    )
}
