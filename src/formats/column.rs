//! One field's values of a batch: typed, flat, cheap to append to.
//!
//! Flat numbers and vectors are one `Vec`; texts are one byte buffer with offsets. A null keeps its place
//! (zeros, or an empty text) and is marked in [`Column::nulls`].

mod bulk;
mod codec;
mod value;
mod view;

use super::schema::DataType;

pub use codec::DecodeError;
pub use view::VectorView;

/// The values of one field, in rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    data_type: DataType,
    values: Values,
    /// One byte a row, 1 for null; absent while no row is null.
    nulls: Option<Vec<u8>>,
}

/// The storage of a [`Column`].
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One byte a row: 0 or 1.
    Bool(Vec<u8>),
    /// One value a row.
    Int8(Vec<i8>),
    /// One value a row.
    Int16(Vec<i16>),
    /// One value a row.
    Int32(Vec<i32>),
    /// One value a row; a `Timestamptz` in microseconds since 1970, in UTC.
    Int64(Vec<i64>),
    /// One value a row; for `FloatVector` `dim` values a row. Always finite.
    Float(Vec<f32>),
    /// One value a row. Always finite.
    Double(Vec<f64>),
    /// `VarChar`, `Text` and `Geometry` as they are; `JSON`, `Array` and `ArrayOfStruct` as JSON text. Always UTF-8.
    Text(Spans),
    /// Sparse vectors: 8 bytes a pair, index (u32) then value (f32), little-endian, by ascending index.
    Sparse(Spans),
    /// Fixed width a row, little-endian: `dim / 8` bytes of a binary vector, `2 * dim` of float16 and
    /// bfloat16, `dim` of int8.
    Packed(Vec<u8>),
}

/// Byte strings of varying length in one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    /// Where each row begins, and where the last one ends: rows + 1 numbers, the first one 0.
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            bytes: Vec::new(),
        }
    }
}

impl Spans {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of one row.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        let start = *self.offsets.get(row)?;
        let end = *self.offsets.get(row.checked_add(1)?)?;
        self.bytes
            .get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Appends a row; false (and nothing appended) once the buffer would pass 4 GiB.
    #[must_use]
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len().saturating_add(bytes.len())) else {
            return false;
        };
        self.bytes.extend_from_slice(bytes);
        self.offsets.push(end);
        true
    }

    fn truncate(&mut self, rows: usize) {
        if rows < self.len() {
            self.offsets.truncate(rows + 1);
            let end = self.offsets.last().copied().unwrap_or(0);
            self.bytes.truncate(usize::try_from(end).unwrap_or(0));
        }
    }

    fn byte_len(&self) -> usize {
        self.bytes.len() + self.offsets.len() * size_of::<u32>()
    }
}

impl Column {
    /// An empty column for values of this type.
    pub fn new(data_type: &DataType) -> Self {
        Self {
            values: Values::empty(data_type),
            data_type: data_type.clone(),
            nulls: None,
        }
    }

    /// The type of the values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The values; what stands at a null row has no meaning.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// One byte a row, 1 for null; `None` where no row is null.
    pub fn nulls(&self) -> Option<&[u8]> {
        self.nulls.as_deref()
    }

    /// True where this row is null. False past the end.
    pub fn is_null(&self, row: usize) -> bool {
        let nulls = self.nulls.as_deref().unwrap_or_default();
        nulls.get(row).is_some_and(|null| *null != 0)
    }

    /// Returns true if there are rows and each is null.
    pub(super) fn is_all_null(&self) -> bool {
        let nulls = self.nulls.as_deref().unwrap_or_default();
        !nulls.is_empty() && nulls.iter().all(|null| *null != 0)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        let width = row_width(&self.data_type);
        match &self.values {
            Values::Bool(values) => values.len(),
            Values::Int8(values) => values.len(),
            Values::Int16(values) => values.len(),
            Values::Int32(values) => values.len(),
            Values::Int64(values) => values.len(),
            Values::Float(values) => values.len() / width,
            Values::Double(values) => values.len(),
            Values::Text(spans) | Values::Sparse(spans) => spans.len(),
            Values::Packed(bytes) => bytes.len() / width,
        }
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of data held, to decide when a batch is full.
    pub fn byte_len(&self) -> usize {
        let data = match &self.values {
            Values::Bool(values) | Values::Packed(values) => values.len(),
            Values::Int8(values) => values.len(),
            Values::Int16(values) => size_of_val(values.as_slice()),
            Values::Int32(values) => size_of_val(values.as_slice()),
            Values::Int64(values) => size_of_val(values.as_slice()),
            Values::Float(values) => size_of_val(values.as_slice()),
            Values::Double(values) => size_of_val(values.as_slice()),
            Values::Text(spans) | Values::Sparse(spans) => spans.byte_len(),
        };
        data + self.nulls.as_ref().map_or(0, Vec::len)
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// The value of an `Int64` column; `None` for null, other types and past the end.
    pub fn int64(&self, row: usize) -> Option<i64> {
        match &self.values {
            Values::Int64(values) if !self.is_null(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// The text of a `VarChar`, `Text` or `Geometry` column, or the JSON text of a `JSON`, `Array` or `ArrayOfStruct`
    /// column; `None` for null, other types and past the end.
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.values {
            Values::Text(spans) if !self.is_null(row) => std::str::from_utf8(spans.get(row)?).ok(),
            _ => None,
        }
    }

    /// Appends a null row. Whether the field may be null is the caller's to know.
    pub fn push_null(&mut self) {
        let row = self.len();
        let width = row_width(&self.data_type);
        match &mut self.values {
            Values::Bool(values) => values.push(0),
            Values::Int8(values) => values.push(0),
            Values::Int16(values) => values.push(0),
            Values::Int32(values) => values.push(0),
            Values::Int64(values) => values.push(0),
            Values::Float(values) => values.resize(values.len() + width, 0.0),
            Values::Double(values) => values.push(0.0),
            // A full buffer takes an empty row: its length does not grow.
            Values::Text(spans) | Values::Sparse(spans) => _ = spans.push(&[]),
            Values::Packed(bytes) => bytes.resize(bytes.len() + width, 0),
        }
        let nulls = self.nulls.get_or_insert_default();
        nulls.resize(row, 0);
        nulls.push(1);
    }

    /// The storage, to fill in rows that are not null.
    pub(super) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    /// The type and the storage, for the row check; [`Column::seal`] must follow each appended row.
    pub(super) fn parts_mut(&mut self) -> (&DataType, &mut Values) {
        (&self.data_type, &mut self.values)
    }

    /// Tells the null marks about appended rows that are not null.
    pub(super) fn seal(&mut self) {
        if self.nulls.is_some() {
            let rows = self.len();
            if let Some(nulls) = &mut self.nulls {
                nulls.resize(rows, 0);
            }
        }
    }

    /// Drops every row from this one on, also a half-appended one.
    pub(super) fn truncate(&mut self, rows: usize) {
        let flat = rows.saturating_mul(row_width(&self.data_type));
        match &mut self.values {
            Values::Bool(values) => values.truncate(rows),
            Values::Int8(values) => values.truncate(rows),
            Values::Int16(values) => values.truncate(rows),
            Values::Int32(values) => values.truncate(rows),
            Values::Int64(values) => values.truncate(rows),
            Values::Float(values) => values.truncate(flat),
            Values::Double(values) => values.truncate(rows),
            Values::Text(spans) | Values::Sparse(spans) => spans.truncate(rows),
            Values::Packed(bytes) => bytes.truncate(flat),
        }
        if rows == 0 {
            self.nulls = None;
        } else if let Some(nulls) = &mut self.nulls {
            nulls.truncate(rows);
        }
    }
}

impl Values {
    fn empty(data_type: &DataType) -> Self {
        match data_type {
            DataType::Bool => Self::Bool(Vec::new()),
            DataType::Int8 => Self::Int8(Vec::new()),
            DataType::Int16 => Self::Int16(Vec::new()),
            DataType::Int32 => Self::Int32(Vec::new()),
            DataType::Int64 | DataType::Timestamptz { .. } => Self::Int64(Vec::new()),
            DataType::Float | DataType::FloatVector { .. } => Self::Float(Vec::new()),
            DataType::Double => Self::Double(Vec::new()),
            DataType::VarChar { .. }
            | DataType::Text
            | DataType::Geometry
            | DataType::Json
            | DataType::Array { .. }
            | DataType::ArrayOfStruct { .. } => Self::Text(Spans::default()),
            DataType::SparseFloatVector => Self::Sparse(Spans::default()),
            DataType::BinaryVector { .. }
            | DataType::Float16Vector { .. }
            | DataType::BFloat16Vector { .. }
            | DataType::Int8Vector { .. } => Self::Packed(Vec::new()),
        }
    }
}

/// Bytes that a row takes at least.
pub(super) fn row_bytes(data_type: &DataType) -> usize {
    let element = match data_type {
        DataType::Int16 => 2,
        DataType::Int32 | DataType::Float | DataType::FloatVector { .. } => 4,
        DataType::Int64 | DataType::Timestamptz { .. } | DataType::Double => 8,
        _ => 1,
    };
    row_width(data_type).saturating_mul(element)
}

/// Elements of [`Values`] a row takes: floats of a float vector, bytes of a packed one, else 1. Never 0.
pub(super) fn row_width(data_type: &DataType) -> usize {
    let width = match data_type {
        DataType::FloatVector { dim } | DataType::Int8Vector { dim } => *dim,
        DataType::BinaryVector { dim } => dim.div_ceil(8),
        DataType::Float16Vector { dim } | DataType::BFloat16Vector { dim } => dim.saturating_mul(2),
        _ => 1,
    };
    width.max(1)
}
