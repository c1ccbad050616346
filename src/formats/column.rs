//! Values of one field in a batch: typed, flat, and cheap to append to.
//!
//! Numbers and dense vectors are one `Vec`. Strings are one byte buffer with offsets. A null row has a placeholder
//! (zeros, or an empty string) and is marked in [`Column::nulls`].

mod bulk;
mod codec;
mod value;
mod view;

use super::schema::{DataType, Field, Schema};

pub(crate) use codec::DecodeError;
pub(crate) use view::VectorView;

/// Values of one field, one per row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    data_type: DataType,
    values: Values,
    /// One byte per row, 1 for null. `None` while no row is null.
    nulls: Option<Vec<u8>>,
}

/// Storage of a [`Column`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// One byte per row: 0 or 1.
    Bool(Vec<u8>),
    /// One value per row.
    Int8(Vec<i8>),
    /// One value per row.
    Int16(Vec<i16>),
    /// One value per row.
    Int32(Vec<i32>),
    /// One value per row. A `Timestamptz` is stored as microseconds since 1970 in UTC.
    Int64(Vec<i64>),
    /// One value per row, or `dim` values per row for `FloatVector`. Always finite.
    Float(Vec<f32>),
    /// One value per row. Always finite.
    Double(Vec<f64>),
    /// `VarChar`, `Text` and `Geometry` as they are; `JSON`, `Array` and `ArrayOfStruct` as JSON text. Always UTF-8.
    Text(Spans),
    /// Sparse vectors, 8 bytes per pair: index (u32), then value (f32), little-endian, by ascending index.
    Sparse(Spans),
    /// Fixed number of bytes per row, little-endian: `dim / 8` for a binary vector, `2 * dim` for float16 and bfloat16,
    /// `dim` for int8.
    Packed(Vec<u8>),
}

/// Byte strings of varying length in one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spans {
    /// Start of each row and end of the last row: rows + 1 numbers, the first of them 0.
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
    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the bytes of one row.
    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        let start = *self.offsets.get(row)?;
        let end = *self.offsets.get(row.checked_add(1)?)?;
        self.bytes
            .get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Appends a row. Returns false and appends nothing if the buffer would exceed 4 GiB.
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
    /// Returns an empty column for values of a type.
    pub(crate) fn new(data_type: &DataType) -> Self {
        Self {
            values: Values::empty(data_type),
            data_type: data_type.clone(),
            nulls: None,
        }
    }

    /// Returns the type of the values.
    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Returns the values. The placeholder of a null row has no meaning.
    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// Returns one byte per row, 1 for null, or `None` if no row is null.
    pub(crate) fn nulls(&self) -> Option<&[u8]> {
        self.nulls.as_deref()
    }

    /// Returns true if the row is null, and false for rows past the end.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        let nulls = self.nulls.as_deref().unwrap_or_default();
        nulls.get(row).is_some_and(|null| *null != 0)
    }

    /// Returns true if there are rows and each is null.
    pub(super) fn is_all_null(&self) -> bool {
        let nulls = self.nulls.as_deref().unwrap_or_default();
        !nulls.is_empty() && nulls.iter().all(|null| *null != 0)
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
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

    /// Returns true if there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the size of the data in bytes, used to decide when a batch is full.
    pub(crate) fn byte_len(&self) -> usize {
        let data = match &self.values {
            Values::Text(spans) | Values::Sparse(spans) => spans.byte_len(),
            values => values.flat().len(),
        };
        data + self.nulls.as_ref().map_or(0, Vec::len)
    }

    /// Returns the size in bytes of the memory that the data occupies or is reserved for it.
    pub(super) fn capacity(&self) -> usize {
        match &self.values {
            Values::Bool(values) | Values::Packed(values) => values.capacity(),
            Values::Int8(values) => values.capacity(),
            Values::Int16(values) => values.capacity() * 2,
            Values::Int32(values) => values.capacity() * 4,
            Values::Int64(values) => values.capacity() * 8,
            Values::Float(values) => values.capacity() * 4,
            Values::Double(values) => values.capacity() * 8,
            Values::Text(spans) | Values::Sparse(spans) => spans.bytes.capacity(),
        }
    }

    /// Removes the rows but keeps the memory for reuse.
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
    }

    /// Returns the value of an `Int64` column, or `None` for null, other types and rows past the end.
    pub(crate) fn int64(&self, row: usize) -> Option<i64> {
        match &self.values {
            Values::Int64(values) if !self.is_null(row) => values.get(row).copied(),
            _ => None,
        }
    }

    /// Returns the string of a `VarChar`, `Text` or `Geometry` column, or the JSON text of a `JSON`, `Array` or
    /// `ArrayOfStruct` column. Returns `None` for null, other types and rows past the end.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match &self.values {
            Values::Text(spans) if !self.is_null(row) => std::str::from_utf8(spans.get(row)?).ok(),
            _ => None,
        }
    }

    /// Appends a null row. The caller checks that the field may be null.
    pub(crate) fn push_null(&mut self) {
        let row = self.len();
        if let Values::Text(spans) | Values::Sparse(spans) = &mut self.values {
            _ = spans.push(&[]);
        } else {
            self.grow(1);
        }
        let nulls = self.nulls.get_or_insert_default();
        nulls.resize(row, 0);
        nulls.push(1);
    }

    /// Returns the storage, for filling in rows that aren't null.
    pub(super) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    /// Returns the type and the storage, for the row check. The caller must call [`Column::seal`] after each appended
    /// row.
    pub(super) fn parts_mut(&mut self) -> (&DataType, &mut Values) {
        (&self.data_type, &mut self.values)
    }

    /// Marks newly appended rows as not null.
    pub(super) fn seal(&mut self) {
        if self.nulls.is_some() {
            let rows = self.len();
            if let Some(nulls) = &mut self.nulls {
                nulls.resize(rows, 0);
            }
        }
    }

    /// Removes all rows from `rows` on, including a partly appended one.
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
    /// Returns the values of a type of fixed size as bytes; none for texts and sparse vectors.
    fn flat(&self) -> &[u8] {
        match self {
            Self::Bool(values) | Self::Packed(values) => values,
            Self::Int8(values) => bytemuck::cast_slice(values),
            Self::Int16(values) => bytemuck::cast_slice(values),
            Self::Int32(values) => bytemuck::cast_slice(values),
            Self::Int64(values) => bytemuck::cast_slice(values),
            Self::Float(values) => bytemuck::cast_slice(values),
            Self::Double(values) => bytemuck::cast_slice(values),
            Self::Text(_) | Self::Sparse(_) => &[],
        }
    }

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

impl Schema {
    /// Returns the minimum bytes of column data per row, however short its text. Vectors, even null ones, and defaults
    /// take space.
    pub(crate) fn least_row_bytes(&self) -> usize {
        let bytes = |field: &Field| {
            let default = field
                .default
                .as_ref()
                .map_or(0, |value| value.to_string().len());
            default.saturating_add(row_bytes(&field.data_type))
        };
        self.fields.iter().map(bytes).fold(0, usize::saturating_add)
    }
}

/// Returns the minimum number of bytes of a row.
fn row_bytes(data_type: &DataType) -> usize {
    let element = match data_type {
        DataType::Int16 => 2,
        DataType::Int32 | DataType::Float | DataType::FloatVector { .. } => 4,
        DataType::Int64 | DataType::Timestamptz { .. } | DataType::Double => 8,
        _ => 1,
    };
    row_width(data_type).saturating_mul(element)
}

/// Returns the number of [`Values`] elements in a row: floats of a float vector, bytes of a packed vector, otherwise 1.
/// Never 0.
pub(super) fn row_width(data_type: &DataType) -> usize {
    let width = match data_type {
        DataType::FloatVector { dim } | DataType::Int8Vector { dim } => *dim,
        DataType::BinaryVector { dim } => dim.div_ceil(8),
        DataType::Float16Vector { dim } | DataType::BFloat16Vector { dim } => dim.saturating_mul(2),
        _ => 1,
    };
    width.max(1)
}
