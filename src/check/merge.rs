//! Merges the reports of shards, and compares their keys.

use super::findings::{Example, FindingLevel, Findings};
use super::keys::{REPEATED, UNIQUE, shown};
use super::report::CheckReport;
use super::{CheckCount, CheckError, CheckProgress};
use crate::fsutil::{open_regular, read_text};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Bytes of a key in a file of keys.
const KEY: usize = 16;

/// Merges reports in the JSON form of `zshell check -o json`. Keys are compared if each report names its file of keys,
/// whose path is relative to the current folder or to the report's.
pub(super) fn merge(
    paths: &[String],
    strict: bool,
    progress: &CheckProgress,
) -> Result<CheckReport, CheckError> {
    let mut found = Findings::default();
    let mut count = CheckCount::default();
    let (mut notes, mut shards, mut keys) = (Vec::new(), BTreeSet::new(), Vec::new());
    let (mut of, mut schema) = (0, Value::Null);
    for path in paths {
        let report = read(path)?;
        let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or(0);
        // Each shard counts all files, and its own rows.
        count.files = count.files.max(number("files"));
        count.rows = count.rows.saturating_add(number("rows"));
        count.bytes = count.bytes.saturating_add(number("bytes"));
        for (level, list) in [
            (FindingLevel::Error, "errors"),
            (FindingLevel::Warning, "warnings"),
        ] {
            let list = report.get(list).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .for_each(|finding| found.add_json(level, finding));
        }
        let text = |key: &str| report.get(key).and_then(Value::as_str);
        let shard = text("shard").and_then(|shard| shard.split_once('/'));
        if let Some((no, all)) = shard {
            of = all.parse().unwrap_or(0);
            shards.insert(no.parse::<u64>().unwrap_or(0));
        }
        found.add_json_parts(report.get("parts").unwrap_or(&Value::Null));
        keys.push(text("keys").map(|keys| near(path, keys)));
        schema = report.get("schema").cloned().unwrap_or_default();
    }
    let missing: Vec<_> = (1..=of)
        .filter(|no| !shards.contains(no))
        .take(10)
        .collect();
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(u64::to_string).collect();
        notes.push(format!(
            "shards without a report: {} of {of}",
            missing.join(", ")
        ));
    }
    match keys.into_iter().collect::<Option<Vec<_>>>() {
        Some(keys) => repeated(&keys, &schema, progress, &mut found)?,
        None => notes.push("duplicates not checked across shards".to_owned()),
    }
    found.number_rows();
    Ok(CheckReport::of(&count, found, schema, notes, strict))
}

fn read(path: &str) -> Result<Value, CheckError> {
    let unreadable = |why: String| CheckError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let text = read_text(Path::new(path)).map_err(|error| unreadable(error.to_string()))?;
    let report: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    if report.get("errors").is_some_and(Value::is_array) {
        Ok(report)
    } else {
        Err(unreadable(
            "it isn't a report of zshell check -o json".to_owned(),
        ))
    }
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
    let failed = |path: &str, source: io::Error| CheckError::Unreadable {
        path: path.to_owned(),
        why: source.to_string(),
    };
    let mut files = Vec::new();
    let mut heads = BinaryHeap::new();
    for path in paths {
        let file = open_keys(Path::new(path)).map_err(|source| failed(path, source))?;
        files.push((path, BufReader::with_capacity(1 << 16, file)));
    }
    let mut advance = |no: usize, heads: &mut BinaryHeap<_>| {
        if let Some((path, file)) = files.get_mut(no) {
            let key = next(file).map_err(|source| failed(path, source))?;
            heads.extend(key.map(|key| Reverse((key, no))));
        }
        Ok(())
    };
    for no in 0..paths.len() {
        advance(no, &mut heads)?;
    }
    let mut before = None;
    while let Some(Reverse((key, no))) = heads.pop().filter(|_| !progress.is_stopped()) {
        if before == Some(key) {
            let example =
                Example::default().with_value(shown(key, is_integer).trim_end_matches(", "));
            found.add(FindingLevel::Warning, name, REPEATED, UNIQUE, 1, example);
        }
        before = Some(key);
        advance(no, &mut heads)?;
    }
    Ok(())
}

/// Opens a file of keys, which must be whole.
fn open_keys(path: &Path) -> io::Result<File> {
    let file = open_regular(path)?;
    if file.metadata()?.len().is_multiple_of(KEY as u64) {
        return Ok(file);
    }
    let why = "it isn't a complete file of --keys-out; check the shard again";
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

/// Reads the next key; `None` at the end.
fn next(file: &mut impl Read) -> io::Result<Option<[u64; 2]>> {
    let mut bytes = [0; KEY];
    match file.read_exact(&mut bytes) {
        Ok(()) => {
            let mut halves = bytes
                .as_chunks::<8>()
                .0
                .iter()
                .map(|half| u64::from_be_bytes(*half));
            Ok(Some([(); 2].map(|()| halves.next().unwrap_or(0))))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
