//! Conversion between scripts' values and JSON. Numbers stay numbers, ids stay text, and nothing is rounded.

use super::{BatchValue, Job, ProgressValue, SummaryValue, errors};
use crate::connection::Connection;
use crate::error::Failure;
use crate::secret::{MASK, Secret};
use rhai::{Array, Dynamic, Map};
use serde_json::{Number, Value};
use std::rc::Rc;

/// Returns a script's value as JSON. A value without a JSON form (a function, an iterator) becomes its text.
pub fn json_of(value: &Dynamic) -> Value {
    if value.is_unit() {
        return Value::Null;
    }
    if let Ok(flag) = value.as_bool() {
        return Value::Bool(flag);
    }
    if let Ok(number) = value.as_int() {
        return Value::from(number);
    }
    if let Ok(number) = value.as_float() {
        return Number::from_f64(number).map_or(Value::Null, Value::Number);
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(json_of).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map
            .iter()
            .map(|(key, value)| (key.to_string(), json_of(value)))
            .collect();
    }
    own_json(value).unwrap_or_else(|| Value::String(value.to_string()))
}

/// Returns the plain form of a value of zshell's own types.
fn own_json(value: &Dynamic) -> Option<Value> {
    if let Some(job) = value.read_lock::<Job>() {
        return Some(job.json());
    }
    if let Some(summary) = value.read_lock::<SummaryValue>() {
        return Some(summary.json());
    }
    if let Some(progress) = value.read_lock::<ProgressValue>() {
        return Some(progress.json());
    }
    if let Some(batch) = value.read_lock::<BatchValue>() {
        return Some(batch.json());
    }
    if let Some(connection) = value.read_lock::<Rc<Connection>>() {
        return Some(connection.json());
    }
    if value.is::<Secret>() {
        return Some(Value::from(MASK));
    }
    let failure = value.read_lock::<Failure>()?;
    Some(errors::json(&failure))
}

/// Returns JSON as a script's value. A whole number beyond 64 signed bits becomes text, so it stays exact.
pub fn dynamic_of(value: Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => flag.into(),
        Value::String(text) => text.into(),
        Value::Array(list) => list.into_iter().map(dynamic_of).collect::<Array>().into(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key.into(), dynamic_of(value)))
            .collect::<Map>()
            .into(),
        Value::Number(number) => match (number.as_i64(), number.is_f64()) {
            (Some(whole), _) => whole.into(),
            (None, true) => number.as_f64().unwrap_or(f64::NAN).into(),
            (None, false) => number.to_string().into(),
        },
    }
}

/// Returns words for an error message about a value of the wrong type: a number itself, the kind of any other value.
pub fn found(value: &Dynamic) -> String {
    if value.is_int() || value.is_float() {
        return value.to_string();
    }
    kind_name(value).to_owned()
}

/// Returns the kind of a value in words for scripts.
fn kind_name(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "()" => "() (nothing)",
        "bool" => "true or false",
        "i64" | "f64" => "a number",
        "array" => "an array",
        "map" => "a map",
        "char" => "a character ('…' is one character, \"…\" is text)",
        "string" => "text",
        "Fn" => "a function",
        name if name == std::any::type_name::<Rc<Connection>>() => "a Connection",
        name if name == std::any::type_name::<Job>() => "a Job",
        name if name == std::any::type_name::<SummaryValue>() => "a JobSummary",
        name if name == std::any::type_name::<ProgressValue>() => "a Progress",
        name if name == std::any::type_name::<BatchValue>() => "a Batch",
        name if name == std::any::type_name::<Failure>() => "an error",
        name if name == std::any::type_name::<Secret>() => "a secret",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_survives_both_ways() {
        let value = json!({
            "id": 9_007_199_254_740_993_i64, "f": 1.5, "t": "x", "n": null, "b": true, "l": [1, [2]],
        });
        let back = json_of(&dynamic_of(value.clone()));
        assert_eq!(back["id"], value["id"]);
        assert_eq!(back["l"], value["l"]);
        assert_eq!(back["n"], Value::Null);
        assert_eq!(back["f"], value["f"]);
    }

    #[test]
    fn a_number_beyond_i64_stays_exact() {
        let value = dynamic_of(json!(u64::MAX));
        assert_eq!(value.to_string(), "18446744073709551615");
    }
}
