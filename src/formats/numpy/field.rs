//! One file of a `NumPy` set and its conversion to a column.

use std::io;
use std::sync::Arc;

use super::broken;
use super::header::{Dtype, Header};
use crate::formats::column::{Values, row_width};
use crate::formats::columnar::sink::Sink;
use crate::formats::error::ReadError;
use crate::formats::found::{FoundKind, FoundValue};
use crate::formats::native;
use crate::formats::schema::DataType;
use crate::stores::read_at::ReadAt;

/// A file of a set.
pub(super) struct File {
    pub(super) name: String,
    object: Arc<dyn ReadAt>,
    /// Offset of the values in the file, in bytes.
    pub(super) data: u64,
    pub(super) rows: u64,
    /// Bytes per row.
    pub(super) record: u64,
    kind: Conversion,
    dtype: Dtype,
    scratch: Vec<u8>,
}

/// Conversion of a file's values to a column's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// The values have the column's layout, apart from byte order.
    Same,
    /// 32- or 64-bit floats of a vector, to be rounded.
    Floats,
    /// Fixed-width strings.
    Text,
}

/// Descriptions of the expected and the found values.
type Mismatch = (String, String);

impl Conversion {
    /// Returns the conversion of a file with this header to a column of this type.
    pub(super) fn new(header: &Header, data_type: &DataType) -> Result<Self, Mismatch> {
        let vector = data_type.dim().is_some();
        let dtype = &header.dtype;
        let axes = if vector { 2 } else { 1 };
        let is = |kind: u8, bytes: u64| dtype.kind == kind && dtype.bytes() == bytes;
        let text = matches!(dtype.kind, b'U' | b'S') && dtype.bytes() > 0;
        let float = is(b'f', 4) || is(b'f', 8);
        let (wanted, fits) = match data_type {
            DataType::Bool => ("bool", is(b'b', 1)),
            DataType::Int8 | DataType::Int8Vector { .. } => ("int8", is(b'i', 1)),
            DataType::Int16 => ("int16", is(b'i', 2)),
            DataType::Int32 => ("int32", is(b'i', 4)),
            DataType::Int64 => ("int64", is(b'i', 8)),
            DataType::Float => ("float32", is(b'f', 4)),
            DataType::Double => ("float64", is(b'f', 8)),
            DataType::VarChar { .. } | DataType::Json | DataType::Geometry => {
                ("text of fixed width (<U…, |S…)", text)
            }
            DataType::FloatVector { .. } => ("float32 or float64", float),
            DataType::BinaryVector { .. } => ("uint8", is(b'u', 1)),
            DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. } => (
                "uint8 (two a value), float32 or float64",
                float || is(b'u', 1),
            ),
            // Milvus: `importutilv2/numpy/util.go`, `validateHeader`.
            DataType::Array { .. }
            | DataType::SparseFloatVector
            | DataType::ArrayOfStruct { .. }
            | DataType::Text
            | DataType::Timestamptz { .. } => {
                let expected = format!("{data_type} from JSON, CSV or Parquet");
                let found = "a NumPy file, which has no form for it".to_owned();
                return Err((expected, found));
            }
        };
        if !fits {
            return Err((format!("{data_type} as {wanted}"), format!("dtype {dtype}")));
        }
        if header.shape.len() != axes {
            let expected = format!("{data_type} as an array of {axes} axes");
            return Err((expected, format!("shape {}", shape(header))));
        }
        let is_same = matches!(data_type, DataType::FloatVector { .. }) && is(b'f', 4);
        let (kind, columns) = match data_type.dim() {
            Some(dim) if float && !is_same => (Self::Floats, dim),
            _ if text => (Self::Text, 1),
            _ => (Self::Same, row_width(data_type)),
        };
        if vector && header.width() != columns as u64 {
            let expected = format!("{data_type}, in {dtype} {columns} columns");
            return Err((expected, format!("shape {}", shape(header))));
        }
        Ok(kind)
    }
}

fn shape(header: &Header) -> String {
    let axes: Vec<_> = header.shape.iter().map(u64::to_string).collect();
    format!("({})", axes.join(", "))
}

impl File {
    /// Returns a file, which must be as long as its header says.
    pub(super) fn new(
        name: String,
        object: Arc<dyn ReadAt>,
        header: &Header,
        kind: Conversion,
    ) -> Result<Self, ReadError> {
        let (data, rows) = (header.data, header.shape.first().copied().unwrap_or(0));
        let record = header.dtype.bytes().saturating_mul(header.width());
        let needed = rows.checked_mul(record);
        let needed = needed.and_then(|bytes| bytes.checked_add(data));
        if needed.is_none_or(|needed| needed > object.size()) {
            let whole = object.size().saturating_sub(data).checked_div(record);
            return Err(broken(format!(
                "{name}: the file ends after {} of the {rows} rows its header announces",
                whole.unwrap_or(0),
            )));
        }
        Ok(Self {
            name,
            object,
            data,
            rows,
            record,
            kind,
            dtype: header.dtype.clone(),
            scratch: Vec::new(),
        })
    }

    /// Appends `rows` rows, beginning with row `from`. The file must have all of them.
    pub(super) fn read(
        &mut self,
        from: u64,
        rows: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), ReadError> {
        let offset = self.data + from.saturating_mul(self.record);
        if self.kind == Conversion::Same {
            let begin = sink.column.len();
            let bytes = sink.column.grow(rows);
            let read = self.object.read_at(offset, bytes);
            read.map_err(|source| self.cannot_read(offset, &source))?;
            let element = usize::try_from(self.dtype.bytes()).unwrap_or(1);
            if self.dtype.big_endian && element > 1 {
                bytes.chunks_exact_mut(element).for_each(<[u8]>::reverse);
            }
            if let Values::Bool(values) = sink.column.values_mut() {
                // NumPy treats every byte but 0 as true.
                let fresh = values.iter_mut().skip(begin);
                fresh.for_each(|value| *value = u8::from(*value != 0));
            }
            sink.column.seal();
            sink.refuse_bad_numbers(begin);
            return Ok(());
        }
        let record = usize::try_from(self.record).unwrap_or(usize::MAX);
        self.scratch.resize(record.saturating_mul(rows), 0);
        let read = self.object.read_at(offset, &mut self.scratch);
        read.map_err(|source| self.cannot_read(offset, &source))?;
        if record == 0 {
            (0..rows).for_each(|_| sink.text(b""));
            return Ok(());
        }
        let rows = self.scratch.chunks_exact(record);
        let big_endian = self.dtype.big_endian;
        if self.kind == Conversion::Floats {
            let mut floats = Vec::new();
            for row in rows {
                floats.clear();
                add_floats(&mut floats, row, &self.dtype);
                sink.push(|column| native::push_floats(column, &floats));
            }
        } else if self.dtype.kind == b'U' {
            let mut text = String::new();
            for row in rows {
                match decode_unicode(&mut text, row, big_endian) {
                    Ok(()) => sink.text(text.as_bytes()),
                    Err(found) => sink.push(|_| Err(found)),
                }
            }
        } else {
            for row in rows {
                let filled = row.iter().rposition(|byte| *byte != 0);
                sink.text(row.get(..filled.map_or(0, |last| last + 1)).unwrap_or(row));
            }
        }
        Ok(())
    }

    fn cannot_read(&self, offset: u64, source: &io::Error) -> ReadError {
        ReadError::Io {
            offset,
            source: io::Error::new(source.kind(), format!("{}: {source}", self.name)),
        }
    }
}

/// Adds the floats of a row, converted to 32 bits. Values out of range become infinite and are refused later.
#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn add_floats(floats: &mut Vec<f32>, row: &[u8], dtype: &Dtype) {
    let quads = row.as_chunks::<4>().0.iter().copied();
    let eights = row.as_chunks::<8>().0.iter().copied();
    match (dtype.bytes(), dtype.big_endian) {
        (4, false) => floats.extend(quads.map(f32::from_le_bytes)),
        (4, true) => floats.extend(quads.map(f32::from_be_bytes)),
        (_, false) => floats.extend(eights.map(|bytes| f64::from_le_bytes(bytes) as f32)),
        (_, true) => floats.extend(eights.map(|bytes| f64::from_be_bytes(bytes) as f32)),
    }
}

/// Decodes a string in UTF-32, padded with zeros.
fn decode_unicode(text: &mut String, row: &[u8], big_endian: bool) -> Result<(), FoundValue> {
    let read = if big_endian {
        u32::from_be_bytes
    } else {
        u32::from_le_bytes
    };
    let characters = row.as_chunks::<4>().0;
    let filled = characters.iter().rposition(|bytes| *bytes != [0; 4]);
    text.clear();
    for bytes in characters.iter().take(filled.map_or(0, |last| last + 1)) {
        let code = read(*bytes);
        let found = || format!("text with {code:#x}, which is no character");
        let character = char::from_u32(code);
        text.push(character.ok_or_else(|| FoundKind::Text.value(found()))?);
    }
    Ok(())
}
