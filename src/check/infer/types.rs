//! The field type that takes given values.

use crate::formats::schema::MAX_LENGTH;
use crate::formats::{CsvOptions, DataType};
use serde_json::Value;

/// Shortest list of whole numbers that is taken for a vector.
const VECTOR: usize = 16;

/// Returns a `max_length` with room for texts of twice the length.
pub(super) fn room(longest: usize) -> usize {
    longest
        .saturating_mul(2)
        .next_power_of_two()
        .clamp(64, MAX_LENGTH)
}

pub(super) fn longest(list: &[Value]) -> usize {
    let texts = list.iter().filter_map(Value::as_str);
    texts.map(str::len).max().unwrap_or(0)
}

/// Widens a list's capacity and a text's length.
pub(super) fn grow(own: &mut DataType, count: usize, length: usize) {
    match own {
        DataType::VarChar { max_length } => *max_length = length.max(*max_length),
        DataType::Array {
            element,
            max_capacity,
        } => {
            *max_capacity = count.max(*max_capacity);
            if let DataType::VarChar { max_length } = element.as_mut() {
                *max_length = length.max(*max_length);
            }
        }
        _ => {}
    }
}

/// Returns a type that takes the values of both, if there is one.
pub(super) fn wider(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{Array, Double, FloatVector, VarChar};
    Some(match (one, other) {
        (one, other) if one == other => one.clone(),
        (VarChar { max_length: a }, VarChar { max_length: b }) => VarChar {
            max_length: *a.max(b),
        },
        (vector @ FloatVector { dim }, Array { max_capacity, .. })
        | (Array { max_capacity, .. }, vector @ FloatVector { dim })
            if dim == max_capacity =>
        {
            vector.clone()
        }
        (
            Array {
                element: a,
                max_capacity: n,
            },
            Array {
                element: b,
                max_capacity: m,
            },
        ) => Array {
            element: Box::new(wider(a, b)?),
            max_capacity: *n.max(m),
        },
        // A short list of floats may be an array.
        (
            FloatVector { dim: n },
            FloatVector { dim: m }
            | Array {
                max_capacity: m, ..
            },
        )
        | (
            Array {
                max_capacity: m, ..
            },
            FloatVector { dim: n },
        ) if *n.max(m) < VECTOR => Array {
            element: Box::new(Double),
            max_capacity: *n.max(m),
        },
        (one, other) => match (width(one)?, width(other)?) {
            (a, b) if a.max(b) >= 10 => Double,
            (a, b) if a > b => one.clone(),
            _ => other.clone(),
        },
    })
}

/// Returns the order of number types, from 10 for floats.
fn width(data_type: &DataType) -> Option<u8> {
    match data_type {
        DataType::Int8 => Some(1),
        DataType::Int16 => Some(2),
        DataType::Int32 => Some(3),
        DataType::Int64 => Some(4),
        DataType::Float => Some(10),
        DataType::Double => Some(11),
        _ => None,
    }
}

/// Returns the type of a JSON value; `None` for null.
pub(super) fn of_json(value: &Value) -> Option<DataType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => DataType::Bool,
        Value::Number(number) if number.is_i64() => DataType::Int64,
        Value::Number(_) => DataType::Double,
        Value::String(text) => DataType::VarChar {
            max_length: text.len(),
        },
        Value::Array(list) => of_list(list),
        Value::Object(object) => {
            let index =
                |(key, value): (&String, &Value)| key.parse::<u32>().is_ok() && value.is_number();
            let pairs = !object.is_empty() && object.iter().all(index);
            let lists = object.len() == 2
                && ["indices", "values"]
                    .iter()
                    .all(|key| object.get(*key).is_some_and(Value::is_array));
            if pairs || lists {
                DataType::SparseFloatVector
            } else {
                DataType::Json
            }
        }
    })
}

fn of_list(list: &[Value]) -> DataType {
    let is_float = |value: &Value| value.is_number() && !value.is_i64();
    if list.len() > 1
        && list.iter().all(Value::is_number)
        && (list.len() >= VECTOR || list.iter().any(is_float))
    {
        return DataType::FloatVector { dim: list.len() };
    }
    let mut types = list.iter().filter_map(of_json);
    let first = types.next().unwrap_or(DataType::Int64);
    match types.try_fold(first, |own, next| wider(&own, &next)) {
        Some(element) if element.is_scalar() && element != DataType::Json => DataType::Array {
            element: Box::new(element),
            max_capacity: list.len(),
        },
        _ => DataType::Json,
    }
}

/// Returns the value of a CSV cell.
pub(super) fn of_cell(cell: &str, csv: &CsvOptions) -> Value {
    if csv.is_null(cell) {
        return Value::Null;
    }
    let json = || serde_json::from_str(cell).ok();
    match cell.as_bytes().first() {
        Some(b'[' | b'{' | b'-' | b'0'..=b'9') => json().unwrap_or_else(|| cell.into()),
        _ if matches!(cell, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") => true.into(),
        _ => cell.into(),
    }
}
