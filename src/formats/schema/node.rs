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
        let keys = match self.form {
            Form::Create => keys.get(..1).unwrap_or_default(),
            Form::Liberal => keys,
        };
        let value = |key: &&str| {
            let exact = self.object.get(*key);
            exact.or_else(|| {
                let mut pairs = self.object.iter();
                let found = pairs.find(|(own, _)| own.eq_ignore_ascii_case(key));
                found.map(|(_, value)| value)
            })
        };
        let mut values = keys.iter().filter_map(value);
        values.find(|value| !value.is_null())
    }

    pub(super) fn flag(self, keys: &[&str]) -> Result<bool, SchemaError> {
        match self.get(keys) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if self.is_liberal() && text.eq_ignore_ascii_case("true") => {
                Ok(true)
            }
            Some(Value::String(text))
                if self.is_liberal() && text.eq_ignore_ascii_case("false") =>
            {
                Ok(false)
            }
            other => Err(wrong(keys, "true or false", other)),
        }
    }

    pub(super) fn text(self, keys: &[&str]) -> Result<Option<&'a str>, SchemaError> {
        match self.get(keys) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            other => Err(wrong(keys, "a text", other)),
        }
    }

    pub(super) fn list(self, keys: &[&str]) -> Result<&'a [Value], SchemaError> {
        match self.get(keys) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            other => Err(wrong(keys, "a list", other)),
        }
    }

    pub(super) fn texts(self, keys: &[&str]) -> Result<Vec<String>, SchemaError> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong(keys, "a list of texts", Some(other))),
        };
        self.list(keys)?.iter().map(text).collect()
    }

    pub(super) fn node(self, keys: &[&str]) -> Result<Option<Self>, SchemaError> {
        match self.get(keys) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Self::new(object, self.form))),
            other => Err(wrong(keys, "an object", other)),
        }
    }

    /// Returns the objects of a list.
    pub(super) fn nodes(self, keys: &[&str]) -> Result<Vec<Self>, SchemaError> {
        let node = |value: &'a Value| match value {
            Value::Object(object) => Ok(Self::new(object, self.form)),
            other => Err(wrong(keys, "a list of objects", Some(other))),
        };
        self.list(keys)?.iter().map(node).collect()
    }

    /// Returns the type parameters, with each value as text, from any of the places allowed by the form.
    pub(super) fn params(self, keys: &[&str]) -> Result<Vec<(String, String)>, SchemaError> {
        match self.get(keys) {
            None => Ok(Vec::new()),
            Some(Value::Object(object)) => {
                let pairs = object
                    .iter()
                    .map(|(key, value)| (key.clone(), plain(value)));
                Ok(pairs.collect())
            }
            Some(Value::Array(pairs)) if self.is_liberal() => {
                let pair = |pair: &Value| {
                    Some((
                        pair.get("key")?.as_str()?.to_owned(),
                        plain(pair.get("value")?),
                    ))
                };
                Ok(pairs.iter().filter_map(pair).collect())
            }
            other => Err(wrong(keys, "an object", other)),
        }
    }

    fn is_liberal(self) -> bool {
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

fn wrong(keys: &[&str], expected: &str, found: Option<&Value>) -> SchemaError {
    let key = keys.first().copied().unwrap_or_default();
    shape(&format!("{key} to be {expected}"), found)
}

pub(super) fn shape(expected: &str, found: Option<&Value>) -> SchemaError {
    SchemaError::Shape {
        expected: expected.to_owned(),
        found: found.map_or_else(
            || "nothing".to_owned(),
            |value| describe(&value.to_string()),
        ),
    }
}
