//! A create call's `options`.

use super::call::Call;
use super::error::ServiceError;
use super::source::Dialect;
use crate::formats::CsvOptions;
use serde_json::{Map, Value};
use std::time::Duration;

/// What a create call's options say.
#[derive(Debug, Default)]
pub(super) struct JobOptions {
    /// How CSV files are written.
    pub(super) csv: CsvOptions,
    /// `auto_commit: "false"`: the rows wait for a commit.
    pub(super) two_phase: bool,
    /// The job fails unless it is done within this time.
    pub(super) timeout: Option<Duration>,
}

/// Reads the options, and refuses what is no object, a timeout that is no duration, a separator that is none, and a
/// commit that v1 has no call for.
pub(super) fn read(call: &Call, dialect: Dialect) -> Result<JobOptions, ServiceError> {
    let Some(options) = call.get(&["options"]) else {
        return Ok(JobOptions::default());
    };
    let options = options.as_object().ok_or_else(|| {
        ServiceError::parameter(dialect, "options must be an object of names and texts")
    })?;
    let two_phase = two_phase(options, dialect)?;
    if two_phase && dialect == Dialect::V1 {
        return Err(ServiceError::parameter(
            dialect,
            "options.auto_commit \"false\" needs the v2 API, which has the call that commits",
        ));
    }
    Ok(JobOptions {
        csv: csv(options, dialect)?,
        two_phase,
        timeout: timeout(options, dialect)?,
    })
}

/// `auto_commit`, in the words that Go takes for truth values.
fn two_phase(options: &Map<String, Value>, dialect: Dialect) -> Result<bool, ServiceError> {
    let given = options
        .get("auto_commit")
        .or_else(|| options.get("autoCommit"));
    match given {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(auto)) => Ok(!auto),
        Some(Value::String(auto)) => match auto.as_str() {
            "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(false),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(true),
            _ => Err(no_flag(dialect)),
        },
        Some(_) => Err(no_flag(dialect)),
    }
}

fn no_flag(dialect: Dialect) -> ServiceError {
    ServiceError::parameter(dialect, "options.auto_commit must be \"true\" or \"false\"")
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

fn timeout(
    options: &Map<String, Value>,
    dialect: Dialect,
) -> Result<Option<Duration>, ServiceError> {
    let time = match options.get("timeout") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => duration(text),
        Some(_) => None,
    };
    time.map(Some).ok_or_else(|| {
        ServiceError::parameter(
            dialect,
            "options.timeout must be a duration as text, e.g. \"300s\", \"1.5h\" or \"1h45m\"",
        )
    })
}

/// The sum of one or more decimal numbers, each with a unit, as Go writes durations (and a plain `0`).
fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 8] = [
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
        ("ms", 1e-3),
        ("us", 1e-6),
        ("\u{b5}s", 1e-6),
        ("\u{3bc}s", 1e-6),
        ("ns", 1e-9),
    ];
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.strip_suffix(after)?;
        rest = after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let unit = after.strip_suffix(rest)?;
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        // What can be read as a number here has digits and at most one point.
        seconds += number.parse::<f64>().ok()? * scale;
    }
    let time = Duration::try_from_secs_f64(seconds).ok();
    time.filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (good, millis) in [
            ("300s", 300_000),
            ("1.5h", 5_400_000),
            ("1h45m", 6_300_000),
            ("0", 0),
            ("0s", 0),
            (".5m", 30_000),
            ("1m2.5s3ms", 62_503),
            ("1\u{b5}s", 0),
        ] {
            let read = duration(good).map(|time| time.as_millis());
            assert_eq!(read, Some(millis), "{good}");
        }
        for bad in [
            "", "300", "s", "1.2.3s", "-1s", "1 s", "1d", "soon", "1h45", ".s", "00",
        ] {
            assert!(duration(bad).is_none(), "{bad}");
        }
    }
}
