//! A caught error, shown as a value.

use serde_json::Value;

use super::cell::Cell;
use super::style::{Screen, Tone};
use super::{pairs, value};

/// Lays out the error's plain form: kind and message first, then the hint.
pub(super) fn lay_out(error: &Value, screen: &Screen) -> String {
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let (Some(kind), Some(message)) = (text("kind"), text("message")) else {
        return value::lay_out(error, screen);
    };
    let number = |key: &str| {
        error
            .get(key)
            .and_then(Value::as_i64)
            .map(|n| n.to_string())
    };
    let jobs: Vec<&str> = error
        .get("jobs")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    pairs::lay_out(
        &[
            ("error", Cell::toned(kind, Tone::Bad)),
            ("message", Cell::text(message)),
            ("code", Cell::optional(number("code").as_deref())),
            ("hint", Cell::optional(text("hint"))),
            ("jobs", Cell::optional(Some(&jobs.join(" ")))),
            ("exit", Cell::optional(number("exit").as_deref())),
        ],
        screen,
    )
}
