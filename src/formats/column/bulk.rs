//! Appending many rows to a column at once.

use std::ops::Range;

use super::{Column, Spans, Values, row_width};

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
        let width = row_width(&self.data_type);
        let flat = rows.start.saturating_mul(width)..rows.end.saturating_mul(width);
        match (&mut self.values, &from.values) {
            (Values::Bool(to), Values::Bool(from)) | (Values::Packed(to), Values::Packed(from)) => {
                append(to, from, flat);
            }
            (Values::Int8(to), Values::Int8(from)) => append(to, from, flat),
            (Values::Int16(to), Values::Int16(from)) => append(to, from, flat),
            (Values::Int32(to), Values::Int32(from)) => append(to, from, flat),
            (Values::Int64(to), Values::Int64(from)) => append(to, from, flat),
            (Values::Float(to), Values::Float(from)) => append(to, from, flat),
            (Values::Double(to), Values::Double(from)) => append(to, from, flat),
            (Values::Text(to), Values::Text(from)) | (Values::Sparse(to), Values::Sparse(from)) => {
                append_spans(to, from, rows.clone());
            }
            _ => {}
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

fn append<T: Copy>(to: &mut Vec<T>, from: &[T], range: Range<usize>) {
    to.extend_from_slice(from.get(range).unwrap_or_default());
}

fn append_spans(to: &mut Spans, from: &Spans, rows: Range<usize>) {
    for row in rows {
        // A batch's strings fit into a buffer of the size they come from, so none is lost here.
        _ = from.get(row).is_some_and(|bytes| to.push(bytes));
    }
}
