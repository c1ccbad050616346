//! Binding of request bodies to the keys of a Milvus request. As in Milvus, keys may be in any case of letters, null
//! counts as no value, and a known key with a wrong JSON type is refused (Go's `encoding/json`;
//! `internal/distributed/proxy/httpserver/handler_v2.go`, `wrapperPost`).

use super::error::ServiceError;
use crate::api::model::Dialect;
use serde_json::{Map, Value};

/// The JSON type of a key's value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JsonKind {
    /// A string.
    Text,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// True or false.
    Flag,
    /// A list of strings.
    Texts,
    /// A list of lists of strings.
    TextLists,
    /// An object whose values are strings.
    TextMap,
    /// An object.
    Map,
    /// A list.
    List,
    /// An object with these keys.
    Object(&'static [KnownKey]),
    /// A list of objects with these keys.
    Objects(&'static [KnownKey]),
    /// Any value.
    Any,
}

/// A known key of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownKey {
    pub(crate) name: &'static str,
    /// The type of its value.
    pub(crate) kind: JsonKind,
    /// True if the request must have the key.
    pub(crate) required: bool,
    /// True if the local service doesn't support the key and refuses a value for it.
    pub(crate) refused: bool,
}

impl KnownKey {
    /// Returns an optional key.
    pub(crate) const fn new(name: &'static str, kind: JsonKind) -> Self {
        Self {
            name,
            kind,
            required: false,
            refused: false,
        }
    }

    /// Returns an optional key whose value is a string.
    pub(crate) const fn text(name: &'static str) -> Self {
        Self::new(name, JsonKind::Text)
    }

    /// Returns this key, marked as required.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Returns this key, marked as refused.
    pub(crate) const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }
}

/// Renames known keys to their spelling in the table and removes keys whose value is null, also in nested objects. If a
/// key is given in several spellings, the last value wins.
pub(crate) fn rename(params: &mut Map<String, Value>, keys: &'static [KnownKey]) {
    let given = std::mem::take(params);
    for (name, mut value) in given {
        let exact = keys.iter().find(|key| key.name == name);
        let key = exact.or_else(|| keys.iter().find(|key| key.name.eq_ignore_ascii_case(&name)));
        let Some(key) = key else {
            params.insert(name, value);
            continue;
        };
        if value.is_null() {
            continue;
        }
        let inner: &mut [Value] = match (&key.kind, &mut value) {
            (JsonKind::Objects(_), Value::Array(list)) => list,
            (_, value) => std::slice::from_mut(value),
        };
        if let JsonKind::Object(keys) | JsonKind::Objects(keys) = key.kind {
            let objects = inner.iter_mut().filter_map(Value::as_object_mut);
            objects.for_each(|object| rename(object, keys));
        }
        params.insert(key.name.to_owned(), value);
    }
}

/// Checks the parameters after [`rename`].
///
/// # Errors
///
/// 1801 for a value of the wrong type, 1802 for a missing required key, 10 for a refused key with a value.
pub(crate) fn check(
    params: &Map<String, Value>,
    keys: &'static [KnownKey],
) -> Result<(), ServiceError> {
    check_types(params, keys, "").map_err(|why| ServiceError::not_json(200, &why))?;
    let missing = keys.iter().find(|key| {
        let value = params.get(key.name);
        key.required && value.is_none_or(|value| value.as_str() == Some(""))
    });
    if let Some(key) = missing {
        return Err(ServiceError::missing(Dialect::Milvus, key.name));
    }
    match refused(params, keys) {
        None => Ok(()),
        Some(name) => Err(ServiceError::unsupported(format!("the key {name} is"))),
    }
}

fn check_types(
    params: &Map<String, Value>,
    keys: &'static [KnownKey],
    place: &str,
) -> Result<(), String> {
    for key in keys {
        let Some(value) = params.get(key.name) else {
            continue;
        };
        let name = format!("{place}{}", key.name);
        let wrong = |wrong: &Value, expected: &str, name: &str| {
            let found = type_name(wrong);
            let why = format!("error: cannot unmarshal {found} into {name} of type {expected}");
            Err(why)
        };
        // Go decodes a null inside a list or object as the zero value.
        let is_text = |value: &Value| value.is_string() || value.is_null();
        match (key.kind, value) {
            (JsonKind::Any, _)
            | (JsonKind::Text, Value::String(_))
            | (JsonKind::Flag, Value::Bool(_))
            | (JsonKind::Map, Value::Object(_))
            | (JsonKind::List, Value::Array(_)) => {}
            (JsonKind::Int32, Value::Number(number))
                if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {}
            (JsonKind::Int64, Value::Number(number)) if number.is_i64() => {}
            (JsonKind::Int32 | JsonKind::Int64, _) => return wrong(value, "integer", &name),
            (JsonKind::Texts, Value::Array(list)) => {
                if let Some(other) = list.iter().find(|value| !is_text(value)) {
                    return wrong(other, "string", &name);
                }
            }
            (JsonKind::TextLists, Value::Array(lists)) => {
                for list in lists.iter().filter(|list| !list.is_null()) {
                    let Some(texts) = list.as_array() else {
                        return wrong(list, "array of strings", &name);
                    };
                    if let Some(other) = texts.iter().find(|value| !is_text(value)) {
                        return wrong(other, "string", &name);
                    }
                }
            }
            (JsonKind::TextMap, Value::Object(map)) => {
                if let Some((inner, other)) = map.iter().find(|(_, value)| !is_text(value)) {
                    return wrong(other, "string", &format!("{name}.{inner}"));
                }
            }
            (JsonKind::Object(keys), Value::Object(object)) => {
                check_types(object, keys, &format!("{name}."))?;
            }
            (JsonKind::Objects(keys), Value::Array(list)) => {
                for value in list.iter().filter(|value| !value.is_null()) {
                    let Some(object) = value.as_object() else {
                        return wrong(value, "object", &name);
                    };
                    check_types(object, keys, &format!("{name}."))?;
                }
            }
            (kind, _) => return wrong(value, kind.name(), &name),
        }
    }
    Ok(())
}

/// Returns the name of the first refused key whose value isn't Go's zero value.
fn refused(params: &Map<String, Value>, keys: &'static [KnownKey]) -> Option<String> {
    for key in keys {
        let Some(value) = params.get(key.name) else {
            continue;
        };
        if key.refused && !is_zero(value) {
            return Some(key.name.to_owned());
        }
        let (objects, inner) = match (key.kind, value) {
            (JsonKind::Object(inner), value) => (std::slice::from_ref(value), inner),
            (JsonKind::Objects(inner), Value::Array(list)) => (list.as_slice(), inner),
            _ => continue,
        };
        let mut objects = objects.iter().filter_map(Value::as_object);
        if let Some(name) = objects.find_map(|object| refused(object, inner)) {
            return Some(format!("{}.{name}", key.name));
        }
    }
    None
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

impl JsonKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int32 | Self::Int64 => "integer",
            Self::Flag => "bool",
            Self::Texts | Self::TextLists | Self::List | Self::Objects(_) => "array",
            Self::TextMap | Self::Map | Self::Object(_) => "object",
            Self::Any => "any",
        }
    }
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const INNER: &[KnownKey] = &[
        KnownKey::text("fieldName"),
        KnownKey::new("external", JsonKind::Any).refused(),
    ];
    const KEYS: &[KnownKey] = &[
        KnownKey::text("collectionName").required(),
        KnownKey::new("limit", JsonKind::Int32),
        KnownKey::new("number", JsonKind::Int64),
        KnownKey::new("files", JsonKind::TextLists),
        KnownKey::new("names", JsonKind::Texts),
        KnownKey::new("options", JsonKind::TextMap),
        KnownKey::new("flag", JsonKind::Flag),
        KnownKey::new("groupByFields", JsonKind::Texts).refused(),
        KnownKey::new("fields", JsonKind::Objects(INNER)),
        KnownKey::new("schema", JsonKind::Object(INNER)),
    ];

    fn bound(body: Value) -> Result<Value, i64> {
        let Value::Object(mut params) = body else {
            panic!("{body}");
        };
        rename(&mut params, KEYS);
        check(&params, KEYS).map_err(|error| error.code)?;
        Ok(Value::Object(params))
    }

    #[test]
    fn keys_match_in_any_case_and_nulls_are_skipped() {
        let body = json!({ "COLLECTIONNAME": "a", "collectionname": "c", "Limit": null, "clusterId": "x",
            "fields": [{ "FieldName": "f" }, null], "Schema": { "FIELDNAME": "g" } });
        let expected = json!({ "collectionName": "c", "clusterId": "x",
            "fields": [{ "fieldName": "f" }, null], "schema": { "fieldName": "g" } });
        assert_eq!(bound(body), Ok(expected));
    }

    #[test]
    fn values_of_other_types_are_refused() {
        for (name, value) in [
            ("collectionName", json!(5)),
            ("limit", json!("3")),
            ("limit", json!(3.0)),
            ("limit", json!(3_000_000_000_i64)),
            ("number", json!(1e300)),
            ("files", json!("a")),
            ("files", json!(["a"])),
            ("files", json!([[1]])),
            ("names", json!("a")),
            ("names", json!([["a"]])),
            ("options", json!({ "x": true })),
            ("options", json!([])),
            ("flag", json!("true")),
            ("fields", json!([1])),
            ("fields", json!([{ "fieldName": 1 }])),
            ("schema", json!({ "fieldName": [] })),
        ] {
            let body = json!({ "collectionName": "c", name: value });
            assert_eq!(bound(body.clone()), Err(1801), "{body}");
        }
        for (name, value) in [
            ("limit", json!(-3)),
            ("files", json!([["a"], null, []])),
            ("names", json!(["a", null])),
            ("options", json!({ "x": "y", "z": null })),
            ("groupByFields", json!([])),
        ] {
            let body = json!({ "collectionName": "c", name: value });
            assert!(bound(body.clone()).is_ok(), "{body}");
        }
    }

    #[test]
    fn missing_keys_and_refused_keys_are_named() {
        for body in [
            json!({}),
            json!({ "collectionName": "" }),
            json!({ "collectionName": null }),
        ] {
            assert_eq!(bound(body.clone()), Err(1802), "{body}");
        }
        for extra in [
            json!({ "groupByFields": ["a"] }),
            json!({ "fields": [{ "external": 1 }] }),
            json!({ "schema": { "external": "x" } }),
        ] {
            let mut body = json!({ "collectionName": "c" });
            let extra = extra.as_object().expect("an object").clone();
            body.as_object_mut().expect("an object").extend(extra);
            assert_eq!(bound(body.clone()), Err(10), "{body}");
        }
    }
}
