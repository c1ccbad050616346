//! A JSON object of a schema, read either as Milvus' create call reads it or liberally.
//!
//! Go, and so Milvus, matches the keys of an object in any case and refuses a known key of another JSON type.

use serde_json::{Map, Value};

use super::SchemaError;
use crate::formats::cell::describe;

pub(super) type Object = Map<String, Value>;

/// How an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As the create call: the first spelling of each key, exact types.
    Create,
    /// As stored and described schemas: every spelling; truth values and numbers also as text.
    Liberal,
}

/// An object with its form.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    object: &'a Object,
    form: Form,
}

impl<'a> Node<'a> {
    pub(super) fn new(object: &'a Object, form: Form) -> Self {
        Self { object, form }
    }

    pub(super) fn form(self) -> Form {
        self.form
    }

    pub(super) fn object(self) -> &'a Object {
        self.object
    }

    /// The value of a key that isn't null. The first spelling is that of the create call.
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

    /// The objects of a list.
    pub(super) fn nodes(self, keys: &[&str]) -> Result<Vec<Self>, SchemaError> {
        let node = |value: &'a Value| match value {
            Value::Object(object) => Ok(Self::new(object, self.form)),
            other => Err(wrong(keys, "a list of objects", Some(other))),
        };
        self.list(keys)?.iter().map(node).collect()
    }

    /// The type parameters, each value as text, from wherever the form puts them.
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

/// A value as Go's `%v` prints one: texts as they are, whole numbers without a fraction.
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
