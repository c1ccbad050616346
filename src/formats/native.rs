//! Checks values that aren't JSON, from CSV, Parquet and `NumPy` files, and appends them to columns.
//!
//! On error, each function returns a description of the value found. The column may then hold a part of the value, so
//! the caller must truncate the column.

use std::fmt;

use serde_json::value::RawValue;

use super::cell;
use super::column::{Column, Values, row_width};
use super::found::{FoundKind, FoundValue};
use super::halves;
use super::json_text;
use super::schema::{DataType, Field};
use super::text_value::{self, shown};

/// Appends a row without a value: the default value, or null if the field may be null or its values are computed.
/// Otherwise the row is refused.
pub(super) fn push_missing(
    field: &Field,
    column: &mut Column,
    default: Option<&str>,
) -> Result<(), FoundValue> {
    if field.is_computed() {
        column.push_null();
        return Ok(());
    }
    push_null(field, column, default)
}

/// Appends the default value in place of a null, or null if the field may be null. Otherwise the row is refused.
pub(super) fn push_null(
    field: &Field,
    column: &mut Column,
    default: Option<&str>,
) -> Result<(), FoundValue> {
    match default {
        Some(default) => cell::push(column, default),
        None if field.nullable => {
            column.push_null();
            Ok(())
        }
        None => Err(FoundKind::Null.value("null, and the field is not nullable")),
    }
}

/// Appends a text: the value itself if the field's values are strings, otherwise the JSON text of the value.
pub(super) fn push_text(column: &mut Column, text: &str) -> Result<(), FoundValue> {
    let (data_type, values) = column.parts_mut();
    if !data_type.is_text() {
        return push_json(column, text);
    }
    text_value::push(data_type, values, text)?;
    column.seal();
    Ok(())
}

/// Appends a JSON text after checking that it is JSON.
pub(super) fn push_json(column: &mut Column, text: &str) -> Result<(), FoundValue> {
    let json: &RawValue = serde_json::from_str(text).map_err(|error| {
        let problem = json_text::without_place(&error);
        shown(text).because(
            FoundKind::NotJson,
            &format!("which is not JSON ({problem})"),
        )
    })?;
    // Go decodes `null` into a list or map without elements, and into nothing else (Milvus: `csv/row_parser.go`).
    let json = match (column.data_type(), json.get()) {
        (DataType::Array { .. }, "null") => "[]",
        (DataType::SparseFloatVector, "null") => "{}",
        (_, json) => json,
    };
    cell::push(column, json)
}

/// Appends a boolean.
pub(super) fn push_bool(column: &mut Column, value: bool) -> Result<(), FoundValue> {
    match column.values_mut() {
        Values::Bool(values) => values.push(value.into()),
        _ => return Err(FoundKind::Bool.value(value.to_string())),
    }
    column.seal();
    Ok(())
}

/// Appends an integer to an integer or float column.
pub(super) fn push_integer(column: &mut Column, value: i64) -> Result<(), FoundValue> {
    fn narrow<T: TryFrom<i64>>(value: i64, range: &str) -> Result<T, FoundValue> {
        T::try_from(value).map_err(|_| out_of_range(value, range))
    }
    match column.values_mut() {
        Values::Int8(values) => values.push(narrow(value, "-128 to 127")?),
        Values::Int16(values) => values.push(narrow(value, "-32768 to 32767")?),
        Values::Int32(values) => values.push(narrow(value, "32 bits")?),
        Values::Int64(values) => values.push(value),
        Values::Float(values) => values.push(value as f32),
        Values::Double(values) => values.push(value as f64),
        _ => return Err(FoundKind::Number.value(value.to_string())),
    }
    column.seal();
    Ok(())
}

/// Describes a number that the type can't hold.
fn out_of_range(value: impl fmt::Display, range: &str) -> FoundValue {
    FoundKind::OutOfRange.value(format!("{value}, which is out of range ({range})"))
}

/// Appends a float to a float column.
pub(super) fn push_float(column: &mut Column, value: f64) -> Result<(), FoundValue> {
    match column.values_mut() {
        Values::Float(values) => values.push(single(value)?),
        Values::Double(values) if value.is_finite() => values.push(value),
        _ => return Err(FoundValue::float(value)),
    }
    column.seal();
    Ok(())
}

/// Returns the nearest f32, or an error if the value is out of range.
fn single(value: f64) -> Result<f32, FoundValue> {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
    let single = value as f32;
    if single.is_finite() {
        return Ok(single);
    }
    if value.is_finite() {
        return Err(out_of_range(short(value), "a 32-bit float"));
    }
    Err(FoundValue::float(value))
}

/// Returns a number for messages: a large number has an exponent instead of trailing zeros.
fn short(value: impl fmt::Display + fmt::LowerExp + Copy + Into<f64>) -> String {
    if value.into().abs() >= 1e16 {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// Appends a float vector, or rounds the floats for a 16-bit float vector.
pub(super) fn push_floats(column: &mut Column, floats: &[f32]) -> Result<(), FoundValue> {
    let (data_type, values) = column.parts_mut();
    if data_type.dim() != Some(floats.len()) {
        return Err(FoundKind::ValueCount.value(format!("{} values", floats.len())));
    }
    if let Some(found) = not_finite(floats) {
        return Err(found);
    }
    match (halves::writer(data_type), values) {
        (Some(write), Values::Packed(bytes)) => {
            for (at, value) in floats.iter().enumerate() {
                let half = write(*value).ok_or_else(|| {
                    let value = format!("{} as element {}", short(*value), at + 1);
                    out_of_range(value, "a 16-bit float")
                })?;
                bytes.extend_from_slice(&half);
            }
        }
        (None, Values::Float(values)) => values.extend_from_slice(floats),
        _ => return Err(format!("{} floats", floats.len()).into()),
    }
    column.seal();
    Ok(())
}

/// Appends a vector that is stored as bytes.
pub(super) fn push_packed(column: &mut Column, bytes: &[u8]) -> Result<(), FoundValue> {
    let (data_type, values) = column.parts_mut();
    if bytes.len() != row_width(data_type) {
        return Err(FoundKind::ByteCount.value(format!("{} bytes", bytes.len())));
    }
    match (packed_problem(data_type, bytes), values) {
        (Some(found), _) => return Err(found),
        (None, Values::Packed(values)) => values.extend_from_slice(bytes),
        _ => return Err(format!("{} bytes", bytes.len()).into()),
    }
    column.seal();
    Ok(())
}

/// Rows with a refused value, by their number.
type BadRows = Vec<(usize, FoundValue)>;

/// Returns the rows of `width` floats with a value that isn't finite.
pub(super) fn bad_floats(floats: Option<&[f32]>, width: usize) -> BadRows {
    // In an infinite value or `NaN`, all exponent bits are set, so one more carries into the sign's bit. A loop without
    // an early exit is fast, and usually all values are finite.
    let carry = |value: &f32| (value.to_bits() & 0x7fff_ffff) + 0x0080_0000;
    let carries = |floats: &[f32]| floats.iter().fold(0, |all, value| all | carry(value));
    let floats = floats.unwrap_or_default();
    if carries(floats) >> 31 == 0 {
        return Vec::new();
    }
    bad_rows(floats.chunks_exact(width).map(not_finite))
}

/// Returns the doubles that aren't finite.
pub(super) fn bad_doubles(doubles: Option<&[f64]>) -> BadRows {
    let bad = |value: &f64| (!value.is_finite()).then(|| FoundValue::float(*value));
    bad_rows(doubles.unwrap_or_default().iter().map(bad))
}

/// Returns the vectors of `width` bytes with a 16-bit float that isn't finite.
pub(super) fn bad_halves(data_type: &DataType, bytes: Option<&[u8]>, width: usize) -> BadRows {
    let (Some(exponent), bytes) = (halves::exponent(data_type), bytes.unwrap_or_default()) else {
        return Vec::new();
    };
    let carry = |half: &[u8; 2]| (u16::from_le_bytes(*half) & 0x7fff) + (0x8000 - exponent);
    let halves = bytes.as_chunks::<2>().0.iter();
    if halves.fold(0, |all, half| all | carry(half)) >> 15 == 0 {
        return Vec::new();
    }
    let vectors = bytes.chunks_exact(width);
    bad_rows(vectors.map(|row| packed_problem(data_type, row)))
}

fn bad_rows(rows: impl Iterator<Item = Option<FoundValue>>) -> BadRows {
    let rows = rows.enumerate();
    rows.filter_map(|(row, found)| Some((row, found?)))
        .collect()
}

/// Describes the first value that isn't finite.
fn not_finite(floats: &[f32]) -> Option<FoundValue> {
    let at = floats.iter().position(|value| !value.is_finite())?;
    Some(FoundValue::float(*floats.get(at)?).at(format_args!("as element {}", at + 1)))
}

/// Describes the first value of a 16-bit float vector, given as bytes, that isn't finite.
fn packed_problem(data_type: &DataType, bytes: &[u8]) -> Option<FoundValue> {
    let at = halves::not_finite(data_type, bytes)?;
    let half = *bytes.as_chunks::<2>().0.get(at)?;
    let value = halves::reader(data_type)?(half);
    Some(FoundValue::float(value).at(format_args!("as element {}", at + 1)))
}

/// Appends a CSV cell, parsed by the column's type as Milvus parses it.
pub(super) fn push_cell(column: &mut Column, text: &str) -> Result<(), FoundValue> {
    let found = || shown(text);
    match column.data_type() {
        DataType::Bool => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => push_bool(column, true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => push_bool(column, false),
            _ => Err(found()),
        },
        data_type if data_type.is_integer() => {
            push_integer(column, text.parse().map_err(|_| found())?)
        }
        DataType::Float => match text.parse::<f32>() {
            Ok(value) if value.is_finite() => push_float(column, value.into()),
            _ => Err(found()),
        },
        DataType::Double => push_float(column, text.parse().map_err(|_| found())?),
        DataType::FloatVector { .. } => {
            let begin = column.len();
            if cell::push_quickly(column, text) == Some(text.len()) {
                return Ok(());
            }
            column.truncate(begin);
            push_json(column, text)
        }
        _ => push_text(column, text),
    }
}
