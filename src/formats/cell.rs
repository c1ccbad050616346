//! Checks one JSON value and appends it to a column: the smallest step of the row check.
//!
//! If the API reference leaves a choice open, the rules follow Milvus' JSON import:
//! - integers are written without fraction and exponent (`1.0` and `"1"` are refused, `-0` is 0);
//! - floats round to the nearest 32-bit value, and a number beyond the type's range is refused;
//! - 16-bit float vectors are lists of numbers, rounded to 32 and then to 16 bits.

mod structs;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::column::{Column, Values, row_width};
use super::found::{FoundKind, FoundValue, describe};
use super::halves;
use super::json_text;
use super::numbers::{self, Number};
use super::schema::DataType;
use super::sparse;
use super::text_value;

/// Checks a JSON value against the column's type and appends it. The text has no blanks around it and isn't null.
///
/// On error, returns a description of the value found. The column may then hold a part of the value, so the caller must
/// truncate the column.
pub(super) fn push(column: &mut Column, json: &str) -> Result<(), FoundValue> {
    let (data_type, values) = column.parts_mut();
    append(data_type, values, json)?;
    column.seal();
    Ok(())
}

/// Appends the float vector that a text begins with, in one pass. Returns the length of the vector's text. Returns `None`
/// and appends nothing if the column isn't of float vectors, or if [`push`] has to find what is wrong with the text.
pub(super) fn push_quickly(column: &mut Column, text: &str) -> Option<usize> {
    let (&DataType::FloatVector { dim }, Values::Float(values)) = column.parts_mut() else {
        return None;
    };
    let begin = values.len();
    let length = numbers::quick_list(text, dim, values);
    if length.is_none() {
        values.truncate(begin);
    }
    column.seal();
    length
}

fn append(data_type: &DataType, values: &mut Values, json: &str) -> Result<(), FoundValue> {
    match (data_type, &mut *values) {
        (DataType::SparseFloatVector, Values::Sparse(spans)) => {
            fits(spans.push(&sparse::parse(json)?))
        }
        (DataType::Json, Values::Text(spans)) => {
            json_text::check(json)?;
            fits(spans.push(json.as_bytes()))
        }
        (
            DataType::Array {
                element,
                max_capacity,
            },
            Values::Text(spans),
        ) => {
            check_list(json, *max_capacity, "elements", |at, json| {
                let checked = scalar(element, json).map(|_| ());
                checked.map_err(|found| found.at(format_args!("as element {at}")))
            })?;
            fits(spans.push(json.as_bytes()))
        }
        (
            DataType::ArrayOfStruct {
                fields,
                max_capacity,
            },
            Values::Text(spans),
        ) => {
            structs::check(fields, *max_capacity, json)?;
            fits(spans.push(json.as_bytes()))
        }
        (text, values) if text.is_text() => {
            let value = json_text::decode(json).ok_or_else(|| FoundValue::json(json))?;
            text_value::push(text, values, &value)
        }
        (DataType::FloatVector { dim }, Values::Float(values)) => {
            // Only the length of a list that is too long matters, for the message, so its elements aren't kept.
            let end = values.len().saturating_add(*dim);
            let count = numbers::list(json, &mut |number| {
                let value = number.single()?;
                if values.len() < end {
                    values.push(value);
                }
                Ok(())
            })?;
            expect_dim(*dim, count)
        }
        (vector, Values::Packed(bytes)) => packed(vector, bytes, json),
        (plain, _) => {
            append_scalar(values, scalar(plain, json)?).ok_or_else(|| FoundValue::json(json))
        }
    }
}

/// Appends a vector's bytes, given as base64 text. Milvus' insert call accepts this form for binary vectors and for
/// 16-bit float vectors, little-endian (Milvus: `internal/distributed/proxy/httpserver/utils.go`, `checkAndSetData`).
pub(super) fn push_base64(column: &mut Column, text: &str) -> Result<(), FoundValue> {
    let (data_type, values) = column.parts_mut();
    let bytes = STANDARD.decode(text.as_bytes());
    let bytes = bytes.map_err(|error| format!("a text that isn't base64 ({error})"))?;
    if bytes.len() != row_width(data_type) {
        return Err(FoundKind::ByteCount.value(format!("{} bytes in base64", bytes.len())));
    }
    if halves::not_finite(data_type, &bytes).is_some() {
        return Err("a value that is not finite".into());
    }
    let Values::Packed(packed) = values else {
        return Err("a text".into());
    };
    packed.extend_from_slice(&bytes);
    column.seal();
    Ok(())
}

/// Appends a vector that is stored as bytes.
fn packed(vector: &DataType, bytes: &mut Vec<u8>, json: &str) -> Result<(), FoundValue> {
    // Only the length of a list that is too long matters, for the message, so its elements aren't kept.
    let end = bytes.len().saturating_add(row_width(vector));
    let mut keep = |value: &[u8]| {
        if bytes.len() < end {
            bytes.extend_from_slice(value);
        }
    };
    let half = halves::writer(vector);
    let mut take = |number: Number<'_>| {
        match (half, vector) {
            (Some(half), _) => {
                let half = half(number.single()?);
                number.finite(half.is_some(), "16")?;
                keep(&half.unwrap_or_default());
            }
            (None, DataType::Int8Vector { .. }) => {
                let value: i8 = number.integer("-128 to 127")?;
                keep(&value.to_le_bytes());
            }
            (None, _) => keep(&[number.integer("0 to 255")?]),
        }
        Ok(())
    };
    let count = numbers::list(json, &mut take)?;
    match vector {
        DataType::BinaryVector { dim } if count != dim.div_ceil(8) => {
            let found = format!("{count} bytes ({} bits)", count.saturating_mul(8));
            Err(FoundKind::ByteCount.value(found))
        }
        DataType::BinaryVector { .. } => Ok(()),
        _ => expect_dim(vector.dim().unwrap_or(count), count),
    }
}

/// Appends a scalar. Returns `None` if the column holds another type, which can't happen with a column made by
/// `Column::new`.
fn append_scalar(values: &mut Values, scalar: CheckedScalar) -> Option<()> {
    match (scalar, values) {
        (CheckedScalar::Bool(value), Values::Bool(values)) => values.push(value.into()),
        (CheckedScalar::Int8(value), Values::Int8(values)) => values.push(value),
        (CheckedScalar::Int16(value), Values::Int16(values)) => values.push(value),
        (CheckedScalar::Int32(value), Values::Int32(values)) => values.push(value),
        (CheckedScalar::Int64(value), Values::Int64(values)) => values.push(value),
        (CheckedScalar::Float(value), Values::Float(values)) => values.push(value),
        (CheckedScalar::Double(value), Values::Double(values)) => values.push(value),
        _ => return None,
    }
    Some(())
}

/// A checked value of a scalar type.
enum CheckedScalar {
    Bool(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Float(f32),
    Double(f64),
    /// A string of an allowed length.
    Text,
}

fn scalar(data_type: &DataType, json: &str) -> Result<CheckedScalar, FoundValue> {
    let number = || Number::whole(json).ok_or_else(|| FoundValue::json(json));
    Ok(match data_type {
        DataType::Bool => match json {
            "true" => CheckedScalar::Bool(true),
            "false" => CheckedScalar::Bool(false),
            _ => return Err(FoundValue::json(json)),
        },
        DataType::Int8 => CheckedScalar::Int8(number()?.integer("-128 to 127")?),
        DataType::Int16 => CheckedScalar::Int16(number()?.integer("-32768 to 32767")?),
        DataType::Int32 => CheckedScalar::Int32(number()?.integer("32 bits")?),
        DataType::Int64 => CheckedScalar::Int64(number()?.integer("64 bits")?),
        DataType::Float => CheckedScalar::Float(number()?.single()?),
        DataType::Double => CheckedScalar::Double(number()?.double()?),
        DataType::VarChar { max_length } => {
            let text = json_text::decode(json).ok_or_else(|| FoundValue::json(json))?;
            if text.len() > *max_length {
                return Err(text_value::too_long(&text, *max_length, &describe(json)));
            }
            CheckedScalar::Text
        }
        _ => return Err(FoundValue::json(json)),
    })
}

/// Checks a list's elements one by one as they are read. None are kept, because a list may be as long as its row. `check`
/// gets each element's number, from 1, and its JSON text. `words` names the elements.
fn check_list(
    json: &str,
    max_capacity: usize,
    words: &str,
    check: impl FnMut(usize, &str) -> Result<(), FoundValue>,
) -> Result<(), FoundValue> {
    let mut list = ListCheck {
        check,
        count: 0,
        refused: None,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_seq(&mut list);
    read.map_err(|_| FoundValue::json(json))?;
    if list.count > max_capacity {
        return Err(FoundKind::ElementCount.value(format!("{} {words}", list.count)));
    }
    list.refused.map_or(Ok(()), Err)
}

/// Visitor that counts and checks the elements of a list.
struct ListCheck<F> {
    check: F,
    count: usize,
    /// Description of the first element that is refused.
    refused: Option<FoundValue>,
}

impl<'de, F: FnMut(usize, &str) -> Result<(), FoundValue>> Visitor<'de> for &mut ListCheck<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<&'de RawValue>()? {
            self.count += 1;
            if self.refused.is_none() {
                self.refused = (self.check)(self.count, value.get()).err();
            }
        }
        Ok(())
    }
}

fn expect_dim(expected: usize, found: usize) -> Result<(), FoundValue> {
    if found == expected {
        return Ok(());
    }
    Err(FoundKind::ValueCount.value(format!("{found} values")))
}

fn fits(pushed: bool) -> Result<(), FoundValue> {
    if pushed {
        return Ok(());
    }
    Err("more than 4 GiB of text in one batch".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the error for a list of too many ones, and the number of its elements that the column kept.
    fn long(data_type: &DataType) -> (String, usize) {
        let json = format!("[{}1]", "1,".repeat(99_999));
        let mut column = Column::new(data_type);
        let found = push(&mut column, &json).unwrap_err();
        let kept = match column.values() {
            Values::Float(values) => values.len(),
            Values::Packed(bytes) => bytes.len(),
            _ => column.len(),
        };
        (found.to_string(), kept)
    }

    #[test]
    fn too_long_lists_are_counted_and_not_kept() {
        let values = "100000 values".to_owned();
        for (data_type, kept) in [
            (DataType::FloatVector { dim: 4 }, 4),
            (DataType::Int8Vector { dim: 4 }, 4),
            (DataType::Float16Vector { dim: 4 }, 8),
            (DataType::BFloat16Vector { dim: 4 }, 8),
        ] {
            assert_eq!(long(&data_type), (values.clone(), kept), "{data_type}");
        }
        let (found, kept) = long(&DataType::BinaryVector { dim: 16 });
        assert!(found.starts_with("100000 bytes") && kept == 2, "{found}");
        let array = DataType::Array {
            element: Box::new(DataType::Int8),
            max_capacity: 4,
        };
        assert_eq!(long(&array), ("100000 elements".to_owned(), 0));
    }

    #[test]
    fn a_bad_element_is_named_and_too_many_are_counted_first() {
        let array = DataType::Array {
            element: Box::new(DataType::Int8),
            max_capacity: 2,
        };
        let found = |json| {
            push(&mut Column::new(&array), json)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(found("[1,\"x\"]"), "text \"x\" as element 2");
        assert_eq!(found("[1,\"x\",3]"), "3 elements");
        assert_eq!(found("{}"), "object {}");
    }
}
