//! Merges the reports of shards, and compares their keys.

use super::findings::{Example, FindingLevel, Findings};
use super::keys::{KeyRun, REPEATED, UNIQUE, merge_runs, shown};
use super::report::CheckReport;
use super::{CheckCount, CheckError, CheckProgress, parse_shard};
use crate::fsutil::{open_regular, read_text};
use crate::stores::read_at::{DiskFile, ReadAt};
use crate::text::words;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;

/// Maximum number of missing shards in an error.
const MAX_SHOWN: usize = 10;

/// Merges reports in the JSON form of `zshell check -o json`. Keys are compared if each report names its file of keys,
/// whose path is relative to the current folder or to the report's.
pub(super) fn merge(
    paths: &[String],
    strict: bool,
    progress: &CheckProgress,
) -> Result<CheckReport, CheckError> {
    let mut found = Findings::default();
    let mut count = CheckCount::default();
    let (mut shards, mut notes, mut keys) = (ShardReports::default(), Vec::new(), Vec::new());
    let (mut schema, mut sample) = (Value::Null, None);
    let mut named = HashSet::new();
    for path in paths {
        if !named.insert(path) {
            return Err(CheckError::Merge(format!("{path} is named twice")));
        }
        let report = read(path)?;
        let number = |key: &str| report.get(key).and_then(Value::as_u64);
        let text = |key: &str| report.get(key).and_then(Value::as_str);
        let files = number("files").unwrap_or(0);
        shards.add(path, text("shard"), files)?;
        // Each shard counts all files, and its own rows.
        let before = if text("shard").is_some() {
            0
        } else {
            count.files
        };
        count.files = before.saturating_add(files);
        count.rows = count.rows.saturating_add(number("rows").unwrap_or(0));
        count.bytes = count.bytes.saturating_add(number("bytes").unwrap_or(0));
        for (level, list) in [
            (FindingLevel::Error, "errors"),
            (FindingLevel::Warning, "warnings"),
        ] {
            let list = report.get(list).and_then(Value::as_array);
            for finding in list.into_iter().flatten() {
                found.add_json(level, finding);
            }
        }
        found.add_json_parts(report.get("parts").unwrap_or(&Value::Null));
        keys.push(text("keys").map(|keys| near(path, keys)));
        sample = sample.max(number("sample"));
        let checked = report.get("schema").cloned().unwrap_or_default();
        if *path != paths[0] && checked != schema {
            let why = format!("{} and {path} have different schemas", paths[0]);
            return Err(CheckError::Merge(why));
        }
        schema = checked;
    }
    shards.all_are_there()?;
    match keys.into_iter().collect::<Option<Vec<_>>>() {
        Some(keys) => repeated(&keys, &schema, progress, &mut found)?,
        None => notes.push("duplicates not checked across shards".to_owned()),
    }
    found.number_rows();
    Ok(CheckReport::of(
        &count, found, schema, sample, notes, strict,
    ))
}

/// The reports of one check by their shards. Without shards, each report is of files of its own.
#[derive(Default)]
struct ShardReports<'a> {
    /// Number of shards and of files in all shards, and the first report.
    first: Option<(Option<u64>, u64, &'a str)>,
    /// The report of each shard, by the shard's number from 0.
    paths: BTreeMap<u64, &'a str>,
}

impl<'a> ShardReports<'a> {
    /// Adds a report of `files` files.
    fn add(&mut self, path: &'a str, shard: Option<&str>, files: u64) -> Result<(), CheckError> {
        let refused = |why: String| Err(CheckError::Merge(why));
        let Some(shard) = shard.map(parse_shard) else {
            return match self.first.get_or_insert((None, 0, path)) {
                (None, ..) => Ok(()),
                (Some(_), _, first) => refused(format!("{first} is of a shard, {path} isn't")),
            };
        };
        let Some((no, of)) = shard else {
            return refused(format!("{path} has no valid shard"));
        };
        let (shards, all, first) = *self.first.get_or_insert((Some(of), files, path));
        if (shards, all) != (Some(of), files) {
            return refused(match shards {
                None => format!("{path} is of a shard, {first} isn't"),
                Some(shards) if shards != of => {
                    format!("{first} is of {shards} shards, {path} of {of}")
                }
                Some(_) => format!("{first} is of {all} files, {path} of {files}"),
            });
        }
        match self.paths.insert(no, path) {
            Some(other) => refused(format!("{other} and {path} are of the same shard")),
            None => Ok(()),
        }
    }

    /// Returns an error if a shard has no report.
    fn all_are_there(&self) -> Result<(), CheckError> {
        let of = self.first.and_then(|(shards, ..)| shards).unwrap_or(0);
        let missing = (0..of).filter(|no| !self.paths.contains_key(no));
        let mut missing: Vec<_> = missing.map(|no| (no + 1).to_string()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let hidden = missing.len().saturating_sub(MAX_SHOWN);
        if hidden > 0 {
            missing.truncate(MAX_SHOWN);
            missing.push(format!("{hidden} more"));
        }
        let missing = words::list(&missing, "and");
        Err(CheckError::Merge(format!(
            "no report of shard {missing} of {of}"
        )))
    }
}

fn read(path: &str) -> Result<Value, CheckError> {
    let text = read_text(Path::new(path)).map_err(|error| CheckError::unreadable(path, error))?;
    let report: Result<Value, _> = serde_json::from_str(&text);
    let report = report.map_err(|error| CheckError::unreadable(path, error))?;
    if report.get("errors").is_some_and(Value::is_array) {
        return Ok(report);
    }
    let why = "it isn't a report of zshell check -o json";
    Err(CheckError::unreadable(path, why))
}

/// Returns the path of a report's keys: as given, or beside the report.
fn near(report: &str, keys: &str) -> String {
    let beside = Path::new(report).parent().map(|folder| folder.join(keys));
    match beside {
        Some(beside) if !Path::new(keys).exists() => beside.to_string_lossy().into_owned(),
        _ => keys.to_owned(),
    }
}

/// Counts the keys that occur more than once in all files of sorted keys.
fn repeated(
    paths: &[String],
    schema: &Value,
    progress: &CheckProgress,
    found: &mut Findings,
) -> Result<(), CheckError> {
    let fields = schema.get("fields").and_then(Value::as_array);
    let primary = fields
        .into_iter()
        .flatten()
        .find(|field| field.get("isPrimary") == Some(&Value::Bool(true)));
    let text = |key: &str| {
        primary
            .and_then(|field| field.get(key)?.as_str())
            .unwrap_or_default()
    };
    let (name, is_integer) = (text("fieldName"), text("dataType") == "Int64");
    found.remove(FindingLevel::Warning, name, REPEATED);
    let open = |path: &String| open_keys(path).map_err(|error| CheckError::unreadable(path, error));
    let files: Vec<_> = paths.iter().map(open).collect::<Result<_, _>>()?;
    let runs = files.iter().map(|file| KeyRun::new(file, 0..file.size()));
    let failed = |no: usize, error| CheckError::unreadable(&paths[no], error);
    let mut before = None;
    merge_runs(&mut runs.collect::<Vec<_>>(), failed, |key: [u64; 2]| {
        if progress.is_stopped() {
            return Err(CheckError::Ended);
        }
        if before.replace(key) == Some(key) {
            let shown = shown(key, is_integer);
            let example = Example::default().with_value(shown.trim_end_matches(", "));
            found.warn(name, REPEATED, UNIQUE).add(1, example);
        }
        Ok(())
    })
}

/// Opens a file of keys, which must be whole.
fn open_keys(path: &str) -> io::Result<DiskFile> {
    let file = DiskFile::of(open_regular(Path::new(path))?)?;
    if file.size().is_multiple_of(size_of::<[u64; 2]>() as u64) {
        return Ok(file);
    }
    let why = "it isn't a complete file of --keys-out; check the shard again";
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}
