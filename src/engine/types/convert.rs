//! Conversion between scripts' values and JSON. Numbers stay numbers, ids stay text, and nothing is rounded.

use super::{List, Record, Type};
use crate::secret::{MASK, Secret, is_secret, remember};
use rhai::{Array, Dynamic, ImmutableString, Map};
use serde_json::{Number, Value};

/// Returns a script's value as JSON. A value without a JSON form (a function, an iterator) becomes its text.
pub(crate) fn json_of(value: &Dynamic) -> Value {
    json_with(value, &mut |_| Value::from(MASK))
}

/// Like [`json_of`], with the values that `show` returns for secrets.
pub(crate) fn json_with(value: &Dynamic, show: &mut dyn FnMut(&Secret) -> Value) -> Value {
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
        return list.iter().map(|item| json_with(item, show)).collect();
    }
    if let Some(list) = value.read_lock::<List>() {
        let items = list.items().iter();
        return items.map(|item| json_with(item, show)).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        let pairs = map.iter();
        return pairs
            .map(|(key, value)| (key.to_string(), json_with(value, show)))
            .collect();
    }
    if let Some(record) = value.read_lock::<Record>() {
        let pairs = record.pairs();
        return pairs
            .map(|(key, value)| (key.to_owned(), json_with(value, show)))
            .collect();
    }
    if let Some(secret) = value.read_lock::<Secret>() {
        return show(&secret);
    }
    let own = Type::of(value).and_then(|it| (it.json)(value));
    own.unwrap_or_else(|| Value::String(value.to_string()))
}

/// Returns JSON as a script's value. A whole number beyond 64 signed bits becomes text, so it stays exact.
pub(crate) fn dynamic_of(value: Value) -> Dynamic {
    convert(value, &|pairs| pairs.into_iter().collect::<Map>().into())
}

/// Returns JSON made by zshell or a service as a script's value, with maps that keep the order of their keys.
pub(crate) fn ordered(value: Value) -> Dynamic {
    convert(value, &|pairs| Dynamic::from(Record::new(pairs)))
}

/// Like [`ordered`], with a [`Secret`] for each text whose key names a secret.
pub(crate) fn answered(value: Value) -> Dynamic {
    let hidden = |(key, value): (rhai::Identifier, Dynamic)| match as_text(&value) {
        Some(text) if !text.is_empty() && is_secret(&key) => {
            let secret = Secret::new(text);
            remember(&secret);
            (key, Dynamic::from(secret))
        }
        _ => (key, value),
    };
    convert(value, &|pairs| {
        Dynamic::from(Record::new(pairs.into_iter().map(hidden).collect()))
    })
}

fn convert(value: Value, map: &dyn Fn(Vec<(rhai::Identifier, Dynamic)>) -> Dynamic) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => flag.into(),
        Value::String(text) => text.into(),
        Value::Array(list) => {
            let items = list.into_iter().map(|item| convert(item, map));
            items.collect::<Array>().into()
        }
        Value::Object(pairs) => {
            let pairs = pairs.into_iter();
            map(pairs
                .map(|(key, value)| (key.into(), convert(value, map)))
                .collect())
        }
        Value::Number(number) => match (number.as_i64(), number.is_f64()) {
            (Some(whole), _) => whole.into(),
            (None, true) => number.as_f64().unwrap_or(f64::NAN).into(),
            (None, false) => number.to_string().into(),
        },
    }
}

/// Returns a list as an array and a record as a map; any other value unchanged.
pub(super) fn plain(value: Dynamic) -> Dynamic {
    if value.is::<List>() {
        return value.cast::<List>().into_array().into();
    }
    if value.is::<Record>() {
        return value.cast::<Record>().into_map().into();
    }
    value
}

/// Returns the text of a text value.
pub(crate) fn as_text(value: &Dynamic) -> Option<String> {
    let text = value.clone().try_cast::<ImmutableString>()?;
    Some(text.to_string())
}

/// Returns the texts of a text or of a list of texts.
pub(crate) fn as_texts(value: &Dynamic) -> Option<Vec<String>> {
    match list_of(value) {
        Some(list) => list.iter().map(as_text).collect(),
        None => Some(vec![as_text(value)?]),
    }
}

/// Returns the items of an array or of a list of zshell's.
pub(crate) fn list_of(value: &Dynamic) -> Option<Array> {
    plain(value.flatten_clone()).try_cast()
}

/// Returns the pairs of a map or of a record of zshell's.
pub(crate) fn map_of(value: &Dynamic) -> Option<Map> {
    plain(value.flatten_clone()).try_cast()
}

/// Returns words for an error message about a value of the wrong type: a number itself, the kind of any other value.
pub(crate) fn found(value: &Dynamic) -> String {
    if value.is_int() || value.is_float() {
        return value.to_string();
    }
    let kind = match value.type_name() {
        "()" => "() (nothing)",
        "bool" => "true or false",
        "array" => "an array",
        "map" => "a map",
        "char" => "a character ('…' is one character, \"…\" is text)",
        "string" => "text",
        "Fn" => "a function",
        _ if value.is::<List>() => "an array",
        _ if value.is::<Record>() => "a map",
        _ => Type::of(value).map_or("something else", |it| it.words),
    };
    kind.to_owned()
}
