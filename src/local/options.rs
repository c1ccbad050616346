//! A create call's `options`: which there are, and whether their values can be understood.

use super::call::Call;
use super::error::ServiceError;
use super::source::Dialect;
use crate::formats::CsvOptions;
use serde_json::{Map, Value};

/// Refuses options that are no object, a timeout that is no duration, a separator that is none, and two-phase import,
/// which is not there yet; answers how CSV files are written.
pub(super) fn check(call: &Call, dialect: Dialect) -> Result<CsvOptions, ServiceError> {
    let Some(options) = call.get(&["options"]) else {
        return Ok(CsvOptions::default());
    };
    let options = options.as_object().ok_or_else(|| {
        ServiceError::parameter(dialect, "options must be an object of names and texts")
    })?;
    check_timeout(options, dialect)?;
    let two_phase = match options.get("auto_commit") {
        Some(Value::Bool(auto)) => !auto,
        Some(Value::String(auto)) => auto.eq_ignore_ascii_case("false"),
        _ => false,
    };
    if two_phase {
        return Err(ServiceError::unsupported(
            "two-phase import (options.auto_commit: \"false\") is",
        ));
    }
    csv(options, dialect)
}

/// `sep` and `nullkey`, the names Milvus has for them.
fn csv(options: &Map<String, Value>, dialect: Dialect) -> Result<CsvOptions, ServiceError> {
    let text = |name: &str| match options.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(ServiceError::parameter(
            dialect,
            format!("options.{name} must be a text"),
        )),
    };
    CsvOptions::new(text("sep")?, text("nullkey")?)
        .map_err(|error| ServiceError::parameter(dialect, format!("options.sep: {error}")))
}

fn check_timeout(options: &Map<String, Value>, dialect: Dialect) -> Result<(), ServiceError> {
    let sound = match options.get("timeout") {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty() || is_duration(text),
        Some(_) => false,
    };
    if sound {
        return Ok(());
    }
    Err(ServiceError::parameter(
        dialect,
        "options.timeout must be a duration as text, e.g. \"300s\", \"1.5h\" or \"1h45m\"",
    ))
}

/// True for one or more decimal numbers, each with a unit, as Go writes durations (and for a plain `0`).
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 8] = ["h", "m", "s", "ms", "us", "\u{b5}s", "\u{3bc}s", "ns"];
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.strip_suffix(after).unwrap_or_default();
        rest = after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let unit = after.strip_suffix(rest).unwrap_or_default();
        // What can be read as a number here has digits and at most one point.
        if number.parse::<f64>().is_err() || !UNITS.contains(&unit) {
            return text == "0";
        }
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for good in [
            "300s",
            "1.5h",
            "1h45m",
            "0",
            "0s",
            ".5m",
            "1m2.5s3ms",
            "1\u{b5}s",
        ] {
            assert!(is_duration(good), "{good}");
        }
        for bad in [
            "", "300", "s", "1.2.3s", "-1s", "1 s", "1d", "soon", "1h45", ".s", "00",
        ] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
