//! Merges the reports of shards, and compares their keys.

use super::findings::{Example, FindingLevel, Findings};
use super::keys::{REPEATED, UNIQUE, shown};
use super::report::CheckReport;
use super::{CheckCount, CheckError, CheckProgress, parse_shard};
use crate::fsutil::{open_regular, read_text};
use crate::text::words;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Maximum number of missing shards in an error.
const MAX_SHOWN: usize = 10;

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
    let (mut shards, mut notes, mut keys) = (ShardReports::default(), Vec::new(), Vec::new());
    let (mut schema, mut sample) = (Value::Null, None);
    for path in paths {
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
            list.into_iter()
                .flatten()
                .for_each(|finding| found.add_json(level, finding));
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
            let halves = bytes.as_chunks::<8>().0;
            let halves = <[[u8; 8]; 2]>::try_from(halves).ok();
            Ok(halves.map(|halves| halves.map(u64::from_be_bytes)))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
