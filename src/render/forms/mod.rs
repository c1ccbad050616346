//! The forms of a result beside the table.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod markdown;
pub(super) mod vertical;
pub(super) mod yaml;

use serde_json::Value;

/// A value as one field of a row: text as it is, nothing for null, anything nested as JSON.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
