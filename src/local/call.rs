//! A request's parameters, read liberally: numbers may be text, ids may be numbers.

use super::error::ServiceError;
use super::source::Dialect;
use serde_json::{Map, Value};

/// What a route is called with.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// The JSON body, or the query's parameters as text.
    pub(super) params: Map<String, Value>,
    /// The `Idempotency-Key` header, as sent.
    pub(super) key: Option<Vec<u8>>,
    /// The `DB-Name` header.
    pub(super) database: Option<String>,
}

impl Call {
    /// The value under the first of these names that is there and not null.
    pub(super) fn get(&self, names: &[&str]) -> Option<&Value> {
        names
            .iter()
            .filter_map(|name| self.params.get(*name))
            .find(|value| !value.is_null())
    }

    /// A text, or a number as text; `None` where it is missing or empty.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        let text = match self.get(names)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A text that must be there.
    pub(super) fn required(
        &self,
        dialect: Dialect,
        names: &[&str],
    ) -> Result<String, ServiceError> {
        let name = names.first().copied().unwrap_or_default();
        self.text(names)
            .ok_or_else(|| ServiceError::missing(dialect, name))
    }

    /// A whole number, also as text; `default` where it is missing, `None` where it is something else.
    pub(super) fn integer(&self, name: &str, default: i64) -> Option<i64> {
        match self.get(&[name]) {
            None => Some(default),
            Some(Value::String(text)) if text.is_empty() => Some(default),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64(),
        }
    }

    /// Refuses every database but the default one.
    pub(super) fn check_database(&self) -> Result<(), ServiceError> {
        let named = self.text(&["dbName"]);
        match named.as_ref().or(self.database.as_ref()) {
            Some(name) if name != "default" && !name.is_empty() => {
                Err(ServiceError::no_database(name))
            }
            _ => Ok(()),
        }
    }
}
