//! Values of a leaf by their physical type, and their JSON text.

use std::fmt::Write as _;
use std::ops::Range;

use parquet::basic::Type as Physical;
use parquet::data_type::{AsBytes as _, ByteArray};

/// Size in bytes up to which a buffer keeps its memory, however little of it is used.
const KEPT_BUFFER: usize = 1 << 20;

/// Values of the leaf, without nulls.
pub(super) enum LeafValues {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

/// One value of a leaf.
pub(super) enum LeafValue<'v> {
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    Bytes(&'v [u8]),
}

impl LeafValues {
    /// Returns an empty buffer, or `None` for a physical type that no field accepts.
    pub(super) fn new(physical: Physical) -> Option<Self> {
        Some(match physical {
            Physical::BOOLEAN => Self::Bool(Vec::new()),
            Physical::INT32 => Self::Int32(Vec::new()),
            Physical::INT64 => Self::Int64(Vec::new()),
            Physical::FLOAT => Self::Float(Vec::new()),
            Physical::DOUBLE => Self::Double(Vec::new()),
            Physical::BYTE_ARRAY => Self::Bytes(Vec::new()),
            Physical::FIXED_LEN_BYTE_ARRAY | Physical::INT96 => return None,
        })
    }

    /// Removes the first `count` values.
    pub(super) fn remove(&mut self, count: usize) {
        match self {
            Self::Bool(values) => remove(values, count),
            Self::Int32(values) => remove(values, count),
            Self::Int64(values) => remove(values, count),
            Self::Float(values) => remove(values, count),
            Self::Double(values) => remove(values, count),
            Self::Bytes(values) => remove(values, count),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<LeafValue<'_>> {
        Some(match self {
            Self::Bool(values) => LeafValue::Bool(*values.get(at)?),
            Self::Int32(values) => LeafValue::Int((*values.get(at)?).into()),
            Self::Int64(values) => LeafValue::Int(*values.get(at)?),
            Self::Float(values) => LeafValue::Float(*values.get(at)?),
            Self::Double(values) => LeafValue::Double(*values.get(at)?),
            Self::Bytes(values) => LeafValue::Bytes(values.get(at)?.as_bytes()),
        })
    }

    /// Returns the approximate size in bytes of a range of values as JSON text.
    pub(super) fn text_bytes(&self, range: Range<usize>) -> usize {
        let each = match self {
            Self::Bool(_) => 6,
            Self::Int32(_) => 12,
            Self::Int64(_) => 21,
            Self::Float(_) => 16,
            Self::Double(_) => 25,
            Self::Bytes(values) => {
                let values = values.get(range).unwrap_or_default().iter();
                return values.map(|value| value.len() + 3).sum();
            }
        };
        range.len().saturating_mul(each)
    }
}

/// Removes the first `count` elements. Frees most of the memory if it's far more than was used, so one large row doesn't
/// occupy it for ever.
pub(super) fn remove<T>(values: &mut Vec<T>, count: usize) {
    let used = values.len();
    if count >= used {
        values.clear();
    } else {
        values.drain(..count);
    }
    if values.capacity().saturating_mul(size_of::<T>()) > KEPT_BUFFER
        && values.capacity() / 8 > used
    {
        values.shrink_to(used);
    }
}

/// Writes some values as a JSON list.
pub(super) fn write_list(json: &mut String, values: &LeafValues, range: Range<usize>) {
    let values = range.map_while(|at| values.get(at));
    write_values(json, values);
}

/// Writes a JSON list.
pub(super) fn write_values<'v>(json: &mut String, values: impl Iterator<Item = LeafValue<'v>>) {
    json.push('[');
    for (at, value) in values.enumerate() {
        if at > 0 {
            json.push(',');
        }
        // Writing to a string can't fail.
        _ = match value {
            LeafValue::Bool(value) => write!(json, "{value}"),
            LeafValue::Int(value) => write!(json, "{value}"),
            // The debug format has a point or an exponent, so a float remains a float.
            LeafValue::Float(value) => write!(json, "{value:?}"),
            LeafValue::Double(value) => write!(json, "{value:?}"),
            LeafValue::Bytes(value) => match std::str::from_utf8(value) {
                Ok(text) => write!(json, "{}", serde_json::Value::from(text)),
                // The text isn't JSON, so the value is refused.
                Err(_) => write!(json, "text that is not UTF-8"),
            },
        };
    }
    json.push(']');
}
