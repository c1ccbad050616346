//! A JSON object of a schema, read either as strictly as by Milvus' create call or liberally.
//!
//! Go, and therefore Milvus, matches the keys of an object in any case and refuses a known key whose value has another
//! JSON type.

use serde_json::{Map, Value};

use super::SchemaError;
use crate::formats::found::describe;

pub(super) type Object = Map<String, Value>;

/// Strictness with which an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As in a create call: only the first spelling of each key, and exact types.
    Create,
    /// As in stored and described schemas: every spelling, with booleans and numbers also as strings.
    Liberal,
}

/// A JSON object and the strictness with which it is read.
#[derive(Clone, Copy)]
pub(super) struct SchemaNode<'a> {
    object: &'a Object,
    form: Form,
}

impl<'a> SchemaNode<'a> {
    pub(super) fn new(object: &'a Object, form: Form) -> Self {
        Self { object, form }
    }

    pub(super) fn form(self) -> Form {
        self.form
    }

    pub(super) fn object(self) -> &'a Object {
        self.object
    }

    /// Returns the first value that isn't null for any of the keys. A create call uses only the first key.
    pub(super) fn get(self, keys: &[&str]) -> Option<&'a Value> {
        let value = |key: &&str| {
            let exact = self.object.get(*key);
            exact.or_else(|| {
                let mut pairs = self.object.iter();
                let found = pairs.find(|(own, _)| own.eq_ignore_ascii_case(key));
                found.map(|(_, value)| value)
            })
        };
        let mut values = self.allowed(keys).iter().filter_map(value);
        values.find(|value| !value.is_null())
    }

    /// Returns the keys that the form allows.
    pub(super) fn allowed<'k>(self, keys: &'k [&'k str]) -> &'k [&'k str] {
        match self.form {
            Form::Create => keys.get(..1).unwrap_or_default(),
            Form::Liberal => keys,
        }
    }

    /// Reads the value of a key, if there is one. `expected` describes the values for which `read` returns something.
    pub(super) fn read<T>(
        self,
        keys: &[&str],
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, SchemaError> {
        let found = self.get(keys);
        let read = found.map(|value| read(value).ok_or_else(|| wrong(keys, expected, value)));
        read.transpose()
    }

    pub(super) fn flag(self, keys: &[&str]) -> Result<bool, SchemaError> {
        let flag = self.read(keys, "true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if self.is_liberal() => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        });
        Ok(flag?.unwrap_or(false))
    }

    pub(super) fn text(self, keys: &[&str]) -> Result<Option<&'a str>, SchemaError> {
        self.read(keys, "a text", Value::as_str)
    }

    pub(super) fn list(self, keys: &[&str]) -> Result<&'a [Value], SchemaError> {
        let list = self.read(keys, "a list", Value::as_array)?;
        Ok(list.map_or(&[], Vec::as_slice))
    }

    pub(super) fn texts(self, keys: &[&str]) -> Result<Vec<String>, SchemaError> {
        let text = |value: &Value| {
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| wrong(keys, "a list of texts", value))
        };
        self.list(keys)?.iter().map(text).collect()
    }

    pub(super) fn node(self, keys: &[&str]) -> Result<Option<Self>, SchemaError> {
        let object = self.read(keys, "an object", Value::as_object)?;
        Ok(object.map(|object| Self::new(object, self.form)))
    }

    /// Returns the objects of a list.
    pub(super) fn nodes(self, keys: &[&str]) -> Result<Vec<Self>, SchemaError> {
        let node = |value: &'a Value| {
            let object = value.as_object();
            let node = object.map(|object| Self::new(object, self.form));
            node.ok_or_else(|| wrong(keys, "a list of objects", value))
        };
        self.list(keys)?.iter().map(node).collect()
    }

    /// Returns the type parameters, with each value as text, from any of the places allowed by the form.
    pub(super) fn params(self, keys: &[&str]) -> Result<Vec<(String, String)>, SchemaError> {
        let pair = |pair: &Value| {
            let key = pair.get("key")?.as_str()?.to_owned();
            Some((key, plain(pair.get("value")?)))
        };
        let params = self.read(keys, "an object", |value| match value {
            Value::Object(object) => {
                let pairs = object.iter();
                Some(pairs.map(|(key, own)| (key.clone(), plain(own))).collect())
            }
            Value::Array(pairs) if self.is_liberal() => {
                Some(pairs.iter().filter_map(pair).collect())
            }
            _ => None,
        });
        Ok(params?.unwrap_or_default())
    }

    pub(super) fn is_liberal(self) -> bool {
        self.form == Form::Liberal
    }
}

/// Returns a value as Go's `%v` prints it: strings unchanged, whole numbers without a fraction.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn wrong(keys: &[&str], expected: &str, found: &Value) -> SchemaError {
    let key = keys.first().copied().unwrap_or_default();
    shape(format!("{key} to be {expected}"), found)
}

pub(super) fn shape(expected: impl Into<String>, found: &Value) -> SchemaError {
    SchemaError::Shape {
        expected: expected.into(),
        found: describe(&found.to_string()),
    }
}
