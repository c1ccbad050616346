//! One file of a `NumPy` set and its conversion to a column.

use std::io;
use std::sync::Arc;

use super::header::{Dtype, Header};
use super::text::TextDecoder;
use crate::formats::column::Values;
use crate::formats::columnar::sink::Sink;
use crate::formats::error::ReadError;
use crate::formats::native;
use crate::formats::schema::DataType;
use crate::stores::read_at::ReadAt;

/// A file of a set.
pub(super) struct File {
    name: String,
    object: Arc<dyn ReadAt>,
    data: u64,
    rows: u64,
    /// Bytes per row.
    record: u64,
    kind: Conversion,
    dtype: Dtype,
    /// Elements per row.
    width: usize,
    scratch: Vec<u8>,
}

/// Conversion of a file's values to a column's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// The values have the column's layout, apart from byte order. The number is the bytes per element.
    Same(usize),
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
        let width = header.shape.get(1).copied().unwrap_or(1);
        let is = |kind: u8, bytes: u64| dtype.kind == kind && dtype.bytes() == bytes;
        let float = is(b'f', 4) || is(b'f', 8);
        let dims = |dim: usize| (header.shape.len() == 2).then_some(width) == Some(dim as u64);
        let (wanted, fits, kind) = match data_type {
            DataType::Bool => ("bool", is(b'b', 1), Self::Same(1)),
            DataType::Int8 | DataType::Int8Vector { .. } => ("int8", is(b'i', 1), Self::Same(1)),
            DataType::Int16 => ("int16", is(b'i', 2), Self::Same(2)),
            DataType::Int32 => ("int32", is(b'i', 4), Self::Same(4)),
            DataType::Int64 => ("int64", is(b'i', 8), Self::Same(8)),
            DataType::Float => ("float32", is(b'f', 4), Self::Same(4)),
            DataType::Double => ("float64", is(b'f', 8), Self::Same(8)),
            DataType::VarChar { .. } | DataType::Json | DataType::Geometry => (
                "text of fixed width (<U…, |S…)",
                matches!(dtype.kind, b'U' | b'S') && dtype.bytes() > 0,
                Self::Text,
            ),
            DataType::FloatVector { .. } if is(b'f', 8) => ("", true, Self::Floats),
            DataType::FloatVector { .. } => ("float32 or float64", is(b'f', 4), Self::Same(4)),
            DataType::BinaryVector { .. } => ("uint8", is(b'u', 1), Self::Same(1)),
            DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. } => {
                let kind = if float { Self::Floats } else { Self::Same(1) };
                let wanted = "uint8 (two a value), float32 or float64";
                (wanted, float || is(b'u', 1), kind)
            }
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
        let columns = match (data_type, &kind) {
            (DataType::BinaryVector { dim }, _) => dim / 8,
            (DataType::Float16Vector { dim } | DataType::BFloat16Vector { dim }, Self::Same(_)) => {
                dim.saturating_mul(2)
            }
            _ => data_type.dim().unwrap_or(1),
        };
        if vector && !dims(columns) {
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
    pub(super) fn new(
        name: String,
        object: Arc<dyn ReadAt>,
        header: &Header,
        kind: Conversion,
    ) -> Self {
        let width = header.shape.get(1).copied().unwrap_or(1);
        Self {
            name,
            object,
            data: header.data,
            rows: header.shape.first().copied().unwrap_or(0),
            record: header.dtype.bytes().saturating_mul(width),
            kind,
            dtype: header.dtype.clone(),
            width: usize::try_from(width).unwrap_or(usize::MAX),
            scratch: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the bytes per row.
    pub(super) fn record(&self) -> u64 {
        self.record
    }

    pub(super) fn header_bytes(&self) -> u64 {
        self.data
    }

    /// Checks that the file is as long as its header says.
    pub(super) fn check_size(&self) -> Result<(), String> {
        let needed = self.rows.checked_mul(self.record);
        let needed = needed.and_then(|bytes| bytes.checked_add(self.data));
        let size = self.object.size();
        match needed {
            Some(needed) if needed <= size => Ok(()),
            _ => {
                let whole = size.saturating_sub(self.data).checked_div(self.record);
                Err(format!(
                    "the file ends after {} of the {} rows its header announces",
                    whole.unwrap_or(0),
                    self.rows
                ))
            }
        }
    }

    /// Appends `rows` rows, beginning with row `from`. The file must have all of them.
    pub(super) fn read(
        &mut self,
        from: u64,
        rows: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), ReadError> {
        let offset = self.data + from.saturating_mul(self.record);
        if let Conversion::Same(element) = self.kind {
            let begin = sink.column.len();
            let bytes = sink.column.grow(rows);
            let read = self.object.read_at(offset, bytes);
            if self.dtype.big_endian {
                swap(bytes, element);
            }
            read.map_err(|source| self.cannot_read(offset, &source))?;
            sink.column.seal();
            check(sink, begin);
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
        if self.kind == Conversion::Text {
            let mut text = TextDecoder::default();
            for row in rows {
                match self.dtype.kind {
                    b'U' => match text.unicode(row, self.dtype.big_endian) {
                        Ok(text) => sink.text(text.as_bytes()),
                        Err(found) => sink.push(|_| Err(found)),
                    },
                    _ => sink.text(TextDecoder::bytes(row)),
                }
            }
        } else {
            let mut floats = Vec::with_capacity(self.width);
            for row in rows {
                floats.clear();
                floats.extend(singles(row, &self.dtype));
                sink.push(|column| native::push_floats(column, &floats));
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

/// Converts the floats of a row to 32 bits. Values out of range become infinite and are refused later.
#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn singles<'a>(row: &'a [u8], dtype: &Dtype) -> Box<dyn Iterator<Item = f32> + 'a> {
    let quads = row.as_chunks::<4>().0.iter().copied();
    let eights = row.as_chunks::<8>().0.iter().copied();
    match (dtype.bytes(), dtype.big_endian) {
        (4, false) => Box::new(quads.map(f32::from_le_bytes)),
        (4, true) => Box::new(quads.map(f32::from_be_bytes)),
        (_, false) => Box::new(eights.map(|bytes| f64::from_le_bytes(bytes) as f32)),
        (_, true) => Box::new(eights.map(|bytes| f64::from_be_bytes(bytes) as f32)),
    }
}

fn swap(bytes: &mut [u8], element: usize) {
    if element > 1 {
        bytes.chunks_exact_mut(element).for_each(<[u8]>::reverse);
    }
}

/// Makes the appended booleans 0 or 1, as NumPy treats every byte but 0 as true, and refuses rows with numbers that
/// aren't finite.
fn check(sink: &mut Sink<'_>, begin: usize) {
    if let Values::Bool(values) = sink.column.values_mut() {
        let fresh = values.get_mut(begin..).unwrap_or_default();
        for value in fresh {
            *value = u8::from(*value != 0);
        }
    }
    sink.refuse_bad_numbers(begin);
}
