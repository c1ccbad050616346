//! Errors of operators between values of types that don't fit.

use super::{At, script, type_word};
use crate::error::Failure;

/// Returns the error for an operator without a function for these types. `None` if the name isn't an operator.
pub(super) fn explain(
    name: &str,
    types: &[&str],
    words: &[String],
    at: &At<'_>,
) -> Option<Failure> {
    let message = match (name, words) {
        ("+", [left, right]) => format!("can't add {right} to {left}"),
        ("-", [left, right]) => format!("can't subtract {right} from {left}"),
        ("*", [left, right]) => format!("can't multiply {left} by {right}"),
        ("/" | "%", [left, right]) => format!("can't divide {left} by {right}"),
        ("**", [left, right]) => format!("can't raise {left} to the power of {right}"),
        ("<<" | ">>", [left, right]) => format!("can't shift {left} by {right}"),
        ("&" | "|" | "^", [left, right]) => format!("can't combine {left} and {right} with {name}"),
        ("==" | "!=" | "<" | "<=" | ">" | ">=", [left, right]) => {
            format!("can't compare {left} and {right} with {name}")
        }
        (".." | "..=", [left, right]) => format!("a range can't go from {left} to {right}"),
        ("contains", [list, item]) if at.rest().starts_with(['i', '!']) => {
            format!("can't look for {item} in {list}")
        }
        ("-" | "+", [value]) => format!("can't put {name} before {value}"),
        ("!", [value]) => format!("can't put ! before {value}: it takes true or false"),
        _ => return None,
    };
    let failure = script(message);
    let is_number = |name: &&str| matches!(*name, "i64" | "f64");
    let is_arithmetic = matches!(name, "+" | "-" | "*" | "/" | "%" | "**");
    let is_text = |name: &&str| type_word(name) == "text";
    Some(if types.contains(&"()") && types.len() == 2 {
        failure.with_hint("() is a missing value: (x ?? 0) replaces it by 0")
    } else if is_arithmetic && types.iter().any(is_number) && types.iter().any(is_text) {
        failure.with_hint("parse_int(text) and parse_float(text) make numbers of text")
    } else {
        failure
    })
}
