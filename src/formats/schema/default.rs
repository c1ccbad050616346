//! Default values of fields: Milvus' conversion, checks and wire form.

use serde_json::{Value, json};

use super::{DataType, Field, SchemaError};
use crate::formats::cell;
use crate::formats::column::Column;
use crate::formats::found::{FoundValue, describe};

/// Returns a default value as a field of this type stores it (Milvus: `httpserver/utils.go`, `convertDefaultValue`).
/// Numbers are read as 64-bit floats, and integer fields drop the fraction. Values that don't fit are returned
/// unchanged, for [`check`] to refuse.
pub(super) fn convert(data_type: &DataType, value: &Value) -> Value {
    match (data_type.is_integer(), value.as_f64()) {
        (true, Some(number)) if value.is_f64() || number.abs() >= EXACT => {
            // Beyond 64 bits, the cast would saturate, so such values are refused.
            if number.trunc().abs() >= TWO_TO_63 {
                return value.clone();
            }
            #[expect(clippy::cast_possible_truncation, reason = "within 64 bits")]
            let whole = number.trunc() as i64;
            Value::from(whole)
        }
        _ => value.clone(),
    }
}

/// 2^53. All integers below it are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// 2^63, the first float that doesn't fit into a signed 64-bit integer.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Returns the value inside a wire form such as `{"Data": {"LongData": 5}}`, in which Milvus describes a default.
pub(super) fn unwrap(value: &Value) -> Value {
    let mut value = value;
    while let Value::Object(object) = value
        && let (1, Some(inner)) = (object.len(), object.values().next())
    {
        value = inner;
    }
    value.clone()
}

/// Returns the wire form of a field's default value.
pub(super) fn wire(field: &Field, value: &Value) -> Value {
    let key = match &field.data_type {
        DataType::Bool => "BoolData",
        DataType::Int8 | DataType::Int16 | DataType::Int32 => "IntData",
        DataType::Int64 => "LongData",
        DataType::Float => "FloatData",
        DataType::Double => "DoubleData",
        _ => "StringData",
    };
    // `Timestamptz` values are shown in the collection's time zone; other values are shown as given.
    let is_time = matches!(field.data_type, DataType::Timestamptz { .. });
    let shown = is_time.then(|| kept(&field.data_type, value).ok());
    let shown = shown.flatten().unwrap_or_else(|| value.clone());
    json!({"Data": {key: shown}})
}

/// Returns the value that is stored for rows without the field.
fn kept(data_type: &DataType, value: &Value) -> Result<Value, FoundValue> {
    let mut column = Column::new(data_type);
    cell::push(&mut column, &value.to_string())?;
    Ok(column.value(0))
}

/// Checks a field's default value (Milvus: `rootcoord/util.go`, `checkFieldSchema`).
pub(super) fn check(field: &Field) -> Result<(), SchemaError> {
    let Some(default) = &field.default else {
        return Ok(());
    };
    let takes_one = field.data_type.is_scalar()
        || matches!(
            field.data_type,
            DataType::Geometry | DataType::Timestamptz { .. }
        );
    if !takes_one {
        let problem = format!(
            "convert defaultValue fail: a {} field cannot have a default value",
            field.data_type.name()
        );
        return Err(SchemaError::field(&field.name, problem));
    }
    // The message is replaced, because the check of a `Geometry` would describe a list or an object differently.
    kept(&field.data_type, default).map(drop).map_err(|_| {
        let found = describe(&default.to_string());
        let problem = format!(
            "the default value must fit {}, found {found}",
            field.data_type
        );
        SchemaError::field(&field.name, problem)
    })
}
