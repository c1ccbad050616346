//! Converts columns to JSON, to read rows back.

use serde_json::{Map, Number, Value};

use super::super::schema::DataType;
use super::super::{halves, timestamp};
use super::codec::sparse_pair;
use super::{Column, Values, row_width};

impl Column {
    /// Returns one row's value as JSON, in the form that files and insert calls accept. Integers are exact. Floats have
    /// the fewest digits that read back unchanged. Points in time are in the collection's time zone. Dense vectors are
    /// lists of numbers (bytes for binary vectors), and sparse vectors are objects of index and value. Returns null for
    /// null rows and rows past the end.
    pub(crate) fn value(&self, row: usize) -> Value {
        if self.is_null(row) {
            return Value::Null;
        }
        self.cell(row).unwrap_or(Value::Null)
    }

    fn cell(&self, row: usize) -> Option<Value> {
        Some(match &self.values {
            Values::Bool(values) => Value::Bool(*values.get(row)? != 0),
            Values::Int8(values) => Value::from(*values.get(row)?),
            Values::Int16(values) => Value::from(*values.get(row)?),
            Values::Int32(values) => Value::from(*values.get(row)?),
            Values::Int64(values) => match &self.data_type {
                DataType::Timestamptz { timezone } => {
                    Value::from(timestamp::format(*values.get(row)?, timezone))
                }
                _ => Value::from(*values.get(row)?),
            },
            Values::Double(values) => number(*values.get(row)?),
            Values::Float(values) => match &self.data_type {
                DataType::FloatVector { .. } => {
                    let width = row_width(&self.data_type);
                    let vector = values.get(row.checked_mul(width)?..)?.get(..width)?;
                    vector.iter().map(|value| single(*value)).collect()
                }
                _ => single(*values.get(row)?),
            },
            Values::Text(spans) => {
                let text = std::str::from_utf8(spans.get(row)?).ok()?;
                match &self.data_type {
                    DataType::VarChar { .. } | DataType::Text | DataType::Geometry => {
                        Value::from(text)
                    }
                    _ => serde_json::from_str(text).ok()?,
                }
            }
            Values::Sparse(spans) => sparse(spans.get(row)?),
            Values::Packed(bytes) => {
                let width = row_width(&self.data_type);
                let bytes = bytes.get(row.checked_mul(width)?..)?.get(..width)?;
                packed(&self.data_type, bytes)
            }
        })
    }
}

fn packed(data_type: &DataType, bytes: &[u8]) -> Value {
    match (halves::reader(data_type), data_type) {
        (Some(read), _) => {
            let halves = bytes.as_chunks::<2>().0.iter();
            halves.map(|half| single(read(*half))).collect()
        }
        (None, DataType::Int8Vector { .. }) => {
            bytes.iter().map(|byte| byte.cast_signed()).collect()
        }
        (None, _) => bytes.iter().copied().collect(),
    }
}

fn sparse(bytes: &[u8]) -> Value {
    let mut pairs = Map::new();
    for pair in bytes.as_chunks::<8>().0 {
        let (index, value) = sparse_pair(*pair);
        pairs.insert(index.to_string(), single(value));
    }
    Value::Object(pairs)
}

/// Returns the f64 whose shortest text is the f32's shortest text: 0.1, not 0.10000000149011612.
fn single(value: f32) -> Value {
    number(value.to_string().parse().unwrap_or(f64::from(value)))
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
