//! Reading the `options` of a create call.

use super::{Map, Result, ServiceCall, ServiceError, Value};
use crate::api::model::Dialect;
use crate::formats::CsvOptions;
use std::time::Duration;

/// Options for other kinds of import (Milvus: `internal/util/importutilv2/option.go`): segments and deletes from a
/// backup. The first two are flags.
const BACKUP_FLAGS: [&str; 2] = ["backup", "l0_import"];
const BACKUP_OPTIONS: [&str; 6] = [
    "storage_version",
    "start_ts",
    "startTs",
    "end_ts",
    "endTs",
    "ezk",
];

/// The options of a create call. Unknown options are ignored, as in Milvus.
#[derive(Debug, Default)]
pub(crate) struct JobOptions {
    /// The format of CSV files.
    pub(crate) csv: CsvOptions,
    /// The reason why CSV files can't be read with these options.
    pub(crate) bad_csv: Option<String>,
    /// True for `auto_commit: "false"`: the rows wait for a commit.
    pub(crate) two_phase: bool,
    /// The time after which the job fails if it isn't done.
    pub(crate) timeout: Option<Duration>,
}

/// Checks `auto_commit`, which Milvus checks before everything else.
pub(crate) fn check_auto_commit(call: &ServiceCall, dialect: Dialect) -> Result<()> {
    match call.get(&["options"]).and_then(Value::as_object) {
        Some(options) => two_phase(options, dialect).map(|_| ()),
        None => Ok(()),
    }
}

/// Reads the options. Refuses a value that isn't an object, a timeout that isn't a duration, and a job that waits for a
/// commit in v1, which has no commit call.
pub(crate) fn read(call: &ServiceCall, dialect: Dialect) -> Result<JobOptions> {
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
    let (csv, bad_csv) = csv(options, dialect)?;
    Ok(JobOptions {
        csv,
        bad_csv,
        two_phase,
        timeout: timeout(options, dialect)?,
    })
}

/// Refuses backup imports. Milvus checks a backup import's partition and options, but not the names of its files
/// (`internal/proxy/task_import.go`, `PreExecute`); the options' values are checked when the files are read
/// (`importutilv2/option.go`, `GetStorageVersion` and `ParseTimeRange`).
pub(crate) fn refuse_backup(
    call: &ServiceCall,
    dialect: Dialect,
    partition: Option<&str>,
) -> Result<()> {
    let Some(options) = call.get(&["options"]).and_then(Value::as_object) else {
        return Ok(());
    };
    let text = |name: &str| options.get(name).and_then(Value::as_str);
    let flag = |name: &&&str| text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let given = |name: &&&str| text(name).is_some_and(|value| !value.is_empty());
    let found = BACKUP_FLAGS.iter().find(flag);
    let Some(name) = found.or_else(|| BACKUP_OPTIONS.iter().find(given)) else {
        return Ok(());
    };
    if *name == "backup" && partition.is_none() {
        let missing = ServiceError::new(1101, "missing parameter: partition not specified");
        return Err(dialect.choose(ServiceError::missing(dialect, "partitionName"), missing));
    }
    check_backup_values(&text, dialect)?;
    Err(ServiceError::parameter(
        dialect,
        format!("options.{name}: backup imports are not supported by the local service"),
    ))
}

/// Checks the storage version and the time range of a backup import.
fn check_backup_values<'o>(
    text: &impl Fn(&str) -> Option<&'o str>,
    dialect: Dialect,
) -> Result<()> {
    let refused = |message: String| {
        let cloud = ServiceError::parameter(dialect, &message);
        dialect.choose(cloud, ServiceError::import(message))
    };
    if let Some(version) = text("storage_version")
        && version.parse::<i64>().is_err()
    {
        let why = format!("parse storage_version failed, value={version}");
        return Err(refused(why));
    }
    let time = |names: [&str; 2]| {
        let Some((name, value)) = names.iter().find_map(|name| Some((name, text(name)?))) else {
            return Ok(None);
        };
        let time = value.parse::<u64>();
        let failed = |_| refused(format!("parse {name} failed, value={value}"));
        time.map(Some).map_err(failed)
    };
    let start = time(["start_ts", "startTs"])?;
    let end = time(["end_ts", "endTs"])?;
    match (start, end) {
        (Some(start), Some(end)) if start > end => Err(refused(format!(
            "start_ts shouldn't be larger than end_ts, start_ts:{start}, end_ts:{end}"
        ))),
        _ => Ok(()),
    }
}

/// Reads `auto_commit`, which must be true or false in any case of letters (Milvus: `request_v2.go`,
/// `ImportReq.UnmarshalJSON`).
fn two_phase(options: &Map<String, Value>, dialect: Dialect) -> Result<bool> {
    match options.get("auto_commit") {
        None => Ok(false),
        Some(Value::String(auto)) if auto.eq_ignore_ascii_case("true") => Ok(false),
        Some(Value::String(auto)) if auto.eq_ignore_ascii_case("false") => Ok(true),
        // The cloud's clients may send booleans, and null for no value.
        Some(Value::Null) if dialect != Dialect::Milvus => Ok(false),
        Some(Value::Bool(auto)) if dialect != Dialect::Milvus => Ok(!auto),
        Some(_) => {
            let why = "options.auto_commit must be one of \"true\" or \"false\"";
            Err(dialect.choose(
                ServiceError::parameter(dialect, why),
                ServiceError::not_json(200, &format!("error: {why}")),
            ))
        }
    }
}

/// Reads `sep` and `nullkey`. The second value is the reason if no CSV file can be read with them.
fn csv(options: &Map<String, Value>, dialect: Dialect) -> Result<(CsvOptions, Option<String>)> {
    let text = |name: &str| match options.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => {
            let why = format!("options.{name} must be a text");
            Err(ServiceError::parameter(dialect, why))
        }
    };
    match CsvOptions::new(text("sep")?, text("nullkey")?) {
        Ok(csv) => Ok((csv, None)),
        Err(error) if dialect == Dialect::Milvus => {
            let why = format!("unsupported csv separator: {error}");
            Ok((CsvOptions::default(), Some(why)))
        }
        Err(error) => {
            let why = format!("options.sep: {error}");
            Err(ServiceError::parameter(dialect, why))
        }
    }
}

/// Reads `timeout`, a duration in Go's notation. Milvus refuses an empty one (`importutilv2/option.go`,
/// `GetTimeoutTs`).
fn timeout(options: &Map<String, Value>, dialect: Dialect) -> Result<Option<Duration>> {
    let milvus = dialect == Dialect::Milvus;
    let time = match options.get("timeout") {
        None => return Ok(None),
        Some(Value::Null) if !milvus => return Ok(None),
        Some(Value::String(text)) if text.is_empty() && !milvus => return Ok(None),
        Some(Value::String(text)) => duration(text),
        Some(_) => None,
    };
    time.map(Some).ok_or_else(|| {
        let why =
            "options.timeout must be a duration as text, e.g. \"300s\", \"1.5h\" or \"1h45m\"";
        dialect.choose(
            ServiceError::parameter(dialect, why),
            ServiceError::import(format!("parse timeout failed: {why}")),
        )
    })
}

/// Parses a duration in Go's notation: one or more decimal numbers, each with a unit, or a plain `0`.
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
    if let Some(rest) = text.strip_prefix('-') {
        // A negative duration: the job's time is over at once.
        return duration(rest.trim_start_matches(['+', '-'])).map(|_| Duration::ZERO);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
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
        // A string that can be parsed as a number here has only digits and at most one point.
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
            ("-1s", 0),
            ("+1s", 1000),
        ] {
            let read = duration(good).map(|time| time.as_millis());
            assert_eq!(read, Some(millis), "{good}");
        }
        for bad in [
            "", "300", "s", "1.2.3s", "-1", "1 s", "1d", "soon", "1h45", ".s", "00",
        ] {
            assert!(duration(bad).is_none(), "{bad}");
        }
    }
}
