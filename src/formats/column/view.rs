//! Stored vector columns, read in place by exact searches.
//!
//! [`Column::decode`] copies and checks every value. A search reads each vector once, so it uses the stored bytes
//! directly.

use super::codec::DecodeError;
use super::{Column, row_bytes};
use crate::formats::schema::DataType;

/// Vectors of one stored column, in the layout of `codec`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VectorView<'a> {
    /// Start of each sparse vector and end of the last one, or `None` for vectors of fixed width.
    offsets: Option<&'a [[u8; 4]]>,
    /// Bytes per vector, unless the vectors are sparse.
    width: usize,
    data: &'a [u8],
    /// One byte per row, 1 for null. Empty if no row is null.
    nulls: &'a [u8],
}

impl<'a> VectorView<'a> {
    /// Returns a view of the bytes that [`Column::encode`] returned for `rows` rows of a vector type.
    pub(crate) fn new(
        data_type: &DataType,
        rows: usize,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        Self::parse(data_type, rows, bytes).ok_or_else(|| DecodeError {
            data_type: data_type.to_string(),
            rows,
            problem: "the number of bytes is wrong",
        })
    }

    fn parse(data_type: &DataType, rows: usize, bytes: &'a [u8]) -> Option<Self> {
        let (offsets, bytes, length) = if *data_type == DataType::SparseFloatVector {
            let (offsets, rest) = bytes.split_at_checked(rows.checked_add(1)?.checked_mul(4)?)?;
            let offsets = offsets.as_chunks::<4>().0;
            let end = usize::try_from(u32::from_le_bytes(*offsets.last()?)).ok()?;
            (Some(offsets), rest, end)
        } else {
            (None, bytes, rows.checked_mul(row_bytes(data_type))?)
        };
        let (data, nulls) = bytes.split_at_checked(length)?;
        (nulls.is_empty() || nulls.len() == rows).then_some(Self {
            offsets,
            width: row_bytes(data_type),
            data,
            nulls,
        })
    }

    /// Returns the bytes of one vector, or `None` for null rows and rows past the end.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a [u8]> {
        if self.nulls.get(row).is_some_and(|null| *null != 0) {
            return None;
        }
        let (start, end) = match self.offsets {
            None => {
                let start = row.checked_mul(self.width)?;
                (start, start.checked_add(self.width)?)
            }
            Some(offsets) => {
                let at = |row: usize| usize::try_from(u32::from_le_bytes(*offsets.get(row)?)).ok();
                (at(row)?, at(row.checked_add(1)?)?)
            }
        };
        self.data.get(start..end)
    }
}

impl Column {
    /// Returns the stored bytes of a vector of bits, 16-bit floats or 8-bit integers, or `None` for null rows and rows
    /// past the end.
    pub(crate) fn packed(&self, row: usize) -> Option<&[u8]> {
        let super::Values::Packed(bytes) = &self.values else {
            return None;
        };
        let width = row_bytes(&self.data_type);
        let bytes = bytes.get(row.checked_mul(width)?..)?.get(..width)?;
        (!self.is_null(row)).then_some(bytes)
    }

    /// Appends a vector given as its stored bytes. Returns false and appends nothing if the column's vectors aren't
    /// packed or the number of bytes is wrong.
    #[must_use]
    pub(crate) fn push_packed(&mut self, bytes: &[u8]) -> bool {
        let width = row_bytes(&self.data_type);
        match &mut self.values {
            super::Values::Packed(values) if bytes.len() == width => {
                values.extend_from_slice(bytes);
            }
            _ => return false,
        }
        self.seal();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::cell;

    fn column(data_type: &DataType, rows: &[Option<&str>]) -> Column {
        let mut column = Column::new(data_type);
        for row in rows {
            match row {
                None => column.push_null(),
                Some(json) => cell::push(&mut column, json).unwrap(),
            }
        }
        column
    }

    #[test]
    fn views_find_stored_vectors() {
        let floats = column(
            &DataType::FloatVector { dim: 2 },
            &[Some("[1, 2]"), None, Some("[3, 4]")],
        );
        let bytes = floats.encode();
        let view = VectorView::new(floats.data_type(), 3, &bytes).unwrap();
        assert_eq!(view.get(0), Some(bytemuck::cast_slice(&[1_f32, 2.0])));
        assert_eq!(view.get(1), None);
        assert_eq!(view.get(2), Some(bytemuck::cast_slice(&[3_f32, 4.0])));
        assert_eq!(view.get(3), None);

        let sparse = column(
            &DataType::SparseFloatVector,
            &[
                Some(r#"{"7": 0.5}"#),
                Some("{}"),
                Some(r#"{"1": 1, "2": 2}"#),
            ],
        );
        let bytes = sparse.encode();
        let view = VectorView::new(sparse.data_type(), 3, &bytes).unwrap();
        assert_eq!(
            view.get(0),
            Some([7_u32.to_le_bytes(), 0.5_f32.to_le_bytes()].as_flattened())
        );
        assert_eq!(view.get(1), Some(&[][..]));
        assert_eq!(view.get(2).map(<[u8]>::len), Some(16));
        assert_eq!(view.get(3), None);
    }

    #[test]
    fn any_bytes_give_a_view_or_an_error() {
        for data_type in [
            DataType::FloatVector { dim: 3 },
            DataType::BinaryVector { dim: 16 },
            DataType::SparseFloatVector,
        ] {
            for length in 0..64 {
                for byte in [0, 1, 255] {
                    let bytes = vec![byte; length];
                    for rows in [0, 1, 2, usize::MAX] {
                        if let Ok(view) = VectorView::new(&data_type, rows, &bytes) {
                            for row in [0, 1, 2, usize::MAX] {
                                _ = view.get(row);
                            }
                        }
                    }
                }
            }
        }
    }
}
