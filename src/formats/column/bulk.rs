//! Appending many rows to a column at once.

use std::ops::Range;

use super::{Column, Values, row_bytes, row_width};

impl Column {
    /// Appends `rows` rows of zeros to a column of numbers or dense vectors and returns their bytes, for the caller to
    /// fill in: little-endian, row by row. Returns an empty slice for other types. The caller must then call
    /// [`Column::seal`].
    pub(in crate::formats) fn grow(&mut self, rows: usize) -> &mut [u8] {
        fn more<T: bytemuck::Pod>(values: &mut Vec<T>, count: usize) -> &mut [u8] {
            let begin = values.len();
            values.resize(begin.saturating_add(count), T::zeroed());
            bytemuck::cast_slice_mut(values.get_mut(begin..).unwrap_or_default())
        }
        let count = rows.saturating_mul(row_width(&self.data_type));
        match &mut self.values {
            Values::Bool(values) | Values::Packed(values) => more(values, count),
            Values::Int8(values) => more(values, count),
            Values::Int16(values) => more(values, count),
            Values::Int32(values) => more(values, count),
            Values::Int64(values) => more(values, count),
            Values::Float(values) => more(values, count),
            Values::Double(values) => more(values, count),
            Values::Text(_) | Values::Sparse(_) => &mut [],
        }
    }

    /// Appends a range of rows from another column of equal type. Rows past the end of `from` are left out.
    pub(in crate::formats) fn extend(&mut self, from: &Self, rows: Range<usize>) {
        let before = self.len();
        if let (
            Values::Text(to) | Values::Sparse(to),
            Values::Text(spans) | Values::Sparse(spans),
        ) = (&mut self.values, &from.values)
        {
            for row in rows.clone() {
                // A batch's strings fit into a buffer of the size they come from, so none is lost here.
                _ = spans.get(row).is_some_and(|bytes| to.push(bytes));
            }
        } else {
            let width = row_bytes(&self.data_type);
            let flat = rows.start.saturating_mul(width)..rows.end.saturating_mul(width);
            let flat = from.values.flat().get(flat).unwrap_or_default();
            self.grow(flat.len() / width).copy_from_slice(flat);
        }
        let nulls = from.nulls.as_deref().unwrap_or_default();
        let nulls = nulls.get(rows).unwrap_or_default();
        if nulls.contains(&1) {
            let own = self.nulls.get_or_insert_default();
            own.resize(before, 0);
            own.extend_from_slice(nulls);
        }
        self.seal();
    }
}
