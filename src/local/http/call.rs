//! A request's parameters, read liberally: numbers may be text, ids may be numbers. Also the call's time limit, and
//! the data of an answer.

use super::body::BodyObject;
use super::error::{Result, ServiceError};
use crate::api::model::Dialect;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The parameters that are lists of paths.
const PATHS: [&str; 3] = ["dataPaths", "objectUrls", "files"];

/// A request's parameters and headers, as a route's handler gets them.
#[derive(Debug)]
pub(crate) struct ServiceCall {
    /// The JSON body, or the query's parameters as text.
    pub(crate) object: BodyObject,
    /// The `Idempotency-Key` header, as sent.
    pub(crate) key: Option<Vec<u8>>,
    /// The `DB-Name` header.
    pub(crate) database: Option<String>,
    /// The `Host` header: the address by which the client reaches the service.
    pub(crate) host: String,
    /// Whether 64-bit integers are sent as texts (`Accept-Type-Allow-Int64: false`).
    pub(crate) texts_for_int64: bool,
    /// The time limit of the call.
    pub(crate) limit: CallLimit,
}

impl ServiceCall {
    /// Returns the value under the first of these names that is present, not null and not an empty text.
    ///
    /// Some clients (pymilvus) send every parameter that they know, with `""` if it has no value. So an empty text or
    /// an empty list of paths counts as missing.
    pub(crate) fn get(&self, names: &[&str]) -> Option<&Value> {
        let value = |name: &&str| {
            let value = self.object.params.get(*name)?;
            let empty = match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(list) => PATHS.contains(name) && list.is_empty(),
                _ => false,
            };
            (!empty).then_some(value)
        };
        names.iter().find_map(value)
    }

    /// Returns a text, or a number as text; `None` if it's missing, empty or of another type.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        match self.get(names)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Returns the base URL by which the client reaches the service.
    pub(crate) fn own_url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Returns a required text.
    pub(crate) fn required(&self, dialect: Dialect, names: &[&str]) -> Result<String> {
        let name = names.first().copied().unwrap_or_default();
        self.text(names)
            .ok_or_else(|| ServiceError::missing(dialect, name))
    }

    /// Returns an integer, even if it's sent as text or as `3.0`. If it's missing, returns `default`; if it isn't an
    /// integer, `None`.
    pub(crate) fn integer(&self, name: &str, default: i64) -> Option<i64> {
        match self.get(&[name]) {
            None => Some(default),
            Some(Value::String(text)) => text.trim().parse().ok(),
            // Languages without integers write every number as a float.
            Some(value) => value.as_i64().or_else(|| whole(value.as_f64()?)),
        }
    }
}

/// A value that a handler can return as the answer's `data`.
pub(crate) trait Data: Send + 'static {
    /// Appends the value's JSON text, and after it further keys of the answer if there are any.
    fn write(self, text: &mut String);
}

impl Data for Value {
    fn write(self, text: &mut String) {
        text.push_str(&self.to_string());
    }
}

/// Ends the work on a call after a time limit, or when its client has left. Clones share the cancellation.
#[derive(Clone, Debug)]
pub(crate) struct CallLimit {
    end: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl CallLimit {
    /// Returns a limit that starts now.
    pub(crate) fn starting(time: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(time),
            cancelled: Arc::default(),
        }
    }

    /// Ends the work on the call at its next check.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns an error if the work on the call should end. Loops over rows call it every few rows.
    pub(crate) fn check(&self) -> Result<()> {
        let late = self.end.is_some_and(|end| Instant::now() >= end);
        if late || self.cancelled.load(Ordering::Relaxed) {
            return Err(ServiceError::timeout());
        }
        Ok(())
    }
}

/// Cancels a call when it's dropped, which happens when its connection ends.
pub(crate) struct CancelOnDrop(pub(crate) CallLimit);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Returns a float as an integer, if it's one that floats hold exactly.
fn whole(value: f64) -> Option<i64> {
    let exact = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and at most 2^53: checked above"
    )]
    exact.then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_read_in_three_forms() {
        let mut call = ServiceCall {
            object: BodyObject::default(),
            key: None,
            database: None,
            host: String::new(),
            texts_for_int64: false,
            limit: CallLimit::starting(std::time::Duration::MAX),
        };
        let mut given = |value: Value| {
            call.object.params.insert("pageSize".to_owned(), value);
            call.integer("pageSize", 10)
        };
        for value in [json!(3), json!(3.0), json!("3"), json!(" 3 ")] {
            assert_eq!(given(value.clone()), Some(3), "{value}");
        }
        for value in [json!(null), json!("")] {
            assert_eq!(given(value.clone()), Some(10), "{value}");
        }
        for value in [
            json!(3.5),
            json!(1e300),
            json!("3.5"),
            json!("x"),
            json!([3]),
        ] {
            assert_eq!(given(value.clone()), None, "{value}");
        }
    }
}
