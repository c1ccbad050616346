//! Finds primary keys that occur more than once in all files, exactly and in bounded memory.
//!
//! Each key is reduced to 128 bits: an integer or a text of up to 15 bytes as it is, a longer text as a part of its
//! SHA-256. Records of a key and its place are sorted in runs of [`RUN`] records. Runs are spilled to an unnamed temporary
//! file and merged at the end.

use super::CheckError;
use super::findings::{Example, Findings};
use crate::formats::{Batch, DataType, Schema};
use crate::stores::read_at::{DiskFile, ReadAt};
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Records of one sorted run: 24 MB. Each worker may sort one while the next is collected.
const RUN: usize = 1 << 20;

/// Records that a task collects on its own.
const OWN: usize = 1 << 16;

/// Records that are read at a time when runs are merged.
const READ: usize = 1 << 11;

/// Bits of a place that hold the row; the rest hold the task.
const ROW_BITS: u32 = 40;

/// A key's 128 bits and its place.
pub(super) type KeyRecord = [u64; 3];

/// Returns the row at a place as an example, given an example of each task.
fn example_at(place: u64, tasks: &[Example]) -> Example {
    let task = usize::try_from(place >> ROW_BITS).unwrap_or(usize::MAX);
    let example = tasks.get(task).cloned().unwrap_or_default();
    example.at_row(place & ((1 << ROW_BITS) - 1))
}

/// The file for the sorted hashes of a shard's keys.
pub(super) struct KeysFile {
    path: PathBuf,
    out: BufWriter<File>,
}

impl KeysFile {
    /// Creates the file. Call this before files are read, so that a wrong path costs no time.
    pub(super) fn create(path: &Path) -> Result<Self, CheckError> {
        let file = File::create(path).map_err(|source| failed_at(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            out: BufWriter::new(file),
        })
    }
}

/// The keys of all files.
#[derive(Default)]
pub(super) struct KeyStore(Mutex<KeyState>);

#[derive(Default)]
struct KeyState {
    pending: Vec<KeyRecord>,
    spill: Option<File>,
    /// Byte ranges of the runs in the spilled file.
    runs: Vec<Range<u64>>,
}

impl KeyStore {
    /// Adds the keys of a task's batch. Does nothing if the service makes the keys. `own` holds keys of the task: keys
    /// usually ascend within a file, and long ascending parts are sorted quickly.
    pub(super) fn add(
        &self,
        batch: &Batch,
        task: usize,
        own: &mut Vec<KeyRecord>,
    ) -> Result<(), CheckError> {
        let first = ((task as u64) << ROW_BITS) | ((batch.before() + 1) & ((1 << ROW_BITS) - 1));
        let mut fields = batch.schema().fields.iter().zip(batch.columns());
        let Some((_, column)) = fields.find(|(field, _)| field.primary && !field.is_made_later())
        else {
            return Ok(());
        };
        let key = |row: usize| {
            let integer = column.int64(row).map(|key| [0, key.cast_unsigned()]);
            integer.or_else(|| column.text(row).map(reduce))
        };
        let records = (0..column.len()).filter_map(|row| {
            let [high, low] = key(row)?;
            Some([high, low, first + row as u64])
        });
        own.extend(records);
        if own.len() < OWN {
            return Ok(());
        }
        self.flush(own)
    }

    /// Moves the keys of a task to those of all files.
    pub(super) fn flush(&self, own: &mut Vec<KeyRecord>) -> Result<(), CheckError> {
        let mut full = {
            let mut state = self.0.lock();
            state.pending.append(own);
            if state.pending.len() < RUN {
                return Ok(());
            }
            std::mem::take(&mut state.pending)
        };
        // A stable sort, which is fast if long parts ascend.
        full.sort_by(Ord::cmp);
        self.0.lock().spill(&full).map_err(failed)
    }

    /// Adds the repeated keys to the findings, and writes all keys to the request's file. `tasks` holds an example of each
    /// task's file.
    pub(super) fn finish(
        self,
        schema: &Schema,
        mut out: Option<KeysFile>,
        tasks: &[Example],
        found: &mut Findings,
    ) -> Result<(), CheckError> {
        let Some(field) = schema.primary() else {
            return Ok(());
        };
        let is_integer = field.data_type == DataType::Int64;
        let mut before = None;
        self.each(|[high, low, place]| {
            let key = [high, low];
            if let Some(KeysFile { path, out }) = &mut out {
                let written = out.write_all(key.map(u64::to_be_bytes).as_flattened());
                written.map_err(|source| failed_at(path, source))?;
            }
            match before {
                Some((known, first)) if known == key => {
                    let also = example_at(first, tasks).place();
                    let value = format!("{}also {also}", shown(key, is_integer));
                    let example = example_at(place, tasks).with_value(&value);
                    found.warn(&field.name, REPEATED, UNIQUE).add(1, example);
                }
                _ => before = Some((key, place)),
            }
            Ok(())
        })?;
        match out {
            Some(KeysFile { path, mut out }) => {
                out.flush().map_err(|source| failed_at(&path, source))
            }
            None => Ok(()),
        }
    }

    /// Calls `see` with every record, in order.
    fn each(self, see: impl FnMut(KeyRecord) -> Result<(), CheckError>) -> Result<(), CheckError> {
        let mut state = self.0.into_inner();
        let mut last = std::mem::take(&mut state.pending);
        last.sort_by(Ord::cmp);
        if state.runs.is_empty() {
            return last.into_iter().try_for_each(see);
        }
        state.spill(&last).map_err(failed)?;
        let Some(file) = state.spill else {
            return Ok(());
        };
        let file = DiskFile::of(file).map_err(failed)?;
        let runs = state.runs.into_iter();
        let mut runs: Vec<_> = runs.map(|run| KeyRun::new(&file, run)).collect();
        merge_runs(&mut runs, |_, source| failed(source), see)
    }
}

impl KeyState {
    /// Appends a sorted run to the temporary file.
    fn spill(&mut self, run: &[KeyRecord]) -> io::Result<()> {
        let file = match &mut self.spill {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let mut out = BufWriter::with_capacity(1 << 20, file);
        for record in run {
            out.write_all(record.map(u64::to_be_bytes).as_flattened())?;
        }
        out.flush()?;
        let begin = self.runs.last().map_or(0, |run| run.end);
        self.runs.push(begin..begin + size_of_val(run) as u64);
        Ok(())
    }
}

pub(super) const REPEATED: &str = "primary key occurs more than once";
pub(super) const UNIQUE: &str = "an import keeps all rows of a key, and queries return any of them: make the keys unique, or let the service make them (autoId)";

/// A sorted run of records of `N` numbers that is being merged.
pub(super) struct KeyRun<'f, const N: usize> {
    file: &'f DiskFile,
    left: Range<u64>,
    buffer: Vec<u8>,
    at: usize,
}

impl<'f, const N: usize> KeyRun<'f, N> {
    /// Returns the run in a byte range of a file.
    pub(super) fn new(file: &'f DiskFile, left: Range<u64>) -> Self {
        Self {
            file,
            left,
            buffer: Vec::new(),
            at: 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<[u64; N]>> {
        let record = size_of::<[u64; N]>();
        if self.at == self.buffer.len() {
            let size = (self.left.end - self.left.start).min((READ * record) as u64);
            self.buffer.resize(usize::try_from(size).unwrap_or(0), 0);
            self.file.read_at(self.left.start, &mut self.buffer)?;
            self.left.start += size;
            self.at = 0;
        }
        let bytes = self.buffer.get(self.at..self.at + record);
        self.at += record;
        Ok(bytes.map(|bytes| {
            let mut parts = bytes.as_chunks::<8>().0.iter();
            [(); N].map(|()| parts.next().map_or(0, |part| u64::from_be_bytes(*part)))
        }))
    }
}

/// Calls `see` with the records of all runs, in order. `failed` converts the error of the run with a number.
pub(super) fn merge_runs<const N: usize>(
    runs: &mut [KeyRun<'_, N>],
    failed: impl Fn(usize, io::Error) -> CheckError,
    mut see: impl FnMut([u64; N]) -> Result<(), CheckError>,
) -> Result<(), CheckError> {
    let mut heads = BinaryHeap::new();
    for (no, run) in runs.iter_mut().enumerate() {
        let record = run.next().map_err(|source| failed(no, source))?;
        heads.extend(record.map(|record| Reverse((record, no))));
    }
    while let Some(Reverse((record, no))) = heads.pop() {
        see(record)?;
        if let Some(run) = runs.get_mut(no) {
            let record = run.next().map_err(|source| failed(no, source))?;
            heads.extend(record.map(|record| Reverse((record, no))));
        }
    }
    Ok(())
}

/// Reduces a text to 128 bits: its length and bytes, or 120 bits of its SHA-256.
fn reduce(text: &str) -> [u64; 2] {
    let mut bytes = [0_u8; 16];
    let (first, rest) = bytes.split_at_mut(1);
    if let Some(short) = rest.get_mut(..text.len()) {
        short.copy_from_slice(text.as_bytes());
        first.fill(u8::try_from(text.len()).unwrap_or(0));
    } else {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        rest.copy_from_slice(digest.as_ref().get(..15).unwrap_or(&[0; 15]));
        first.fill(u8::MAX);
    }
    let whole = u128::from_be_bytes(bytes);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are kept")]
    [(whole >> 64) as u64, whole as u64]
}

/// Returns a key and a comma, or an empty text for a reduced key.
pub(super) fn shown([high, low]: [u64; 2], is_integer: bool) -> String {
    if is_integer {
        return format!("{}, ", low.cast_signed());
    }
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    let text = bytes
        .split_first()
        .and_then(|(length, text)| text.get(..usize::from(*length)));
    let text = text.and_then(|text| std::str::from_utf8(text).ok());
    text.map_or_else(String::new, |text| format!("{text:?}, "))
}

/// Returns the error of the temporary file.
fn failed(source: io::Error) -> CheckError {
    failed_at(&std::env::temp_dir(), source)
}

fn failed_at(path: &Path, source: io::Error) -> CheckError {
    CheckError::Keys {
        place: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_keys_stay_different_when_reduced() {
        let texts = [
            "",
            "a",
            "a\0",
            "b",
            "123456789012345",
            "1234567890123456",
            "1234567890123457",
        ];
        let reduced: std::collections::BTreeSet<_> =
            texts.iter().map(|text| reduce(text)).collect();
        assert_eq!(reduced.len(), texts.len());
        assert_eq!(shown(reduce("a"), false), "\"a\", ");
        assert_eq!(shown(reduce("1234567890123456"), false), "");
        assert_eq!(shown([0, u64::MAX], true), "-1, ");
    }

    #[test]
    fn spilled_runs_are_merged_in_order() {
        let keys = KeyStore::default();
        for run in [
            vec![[0, 1, 2], [0, 3, 1]],
            vec![],
            vec![[0, 1, 4], [0, 2, 3]],
        ] {
            keys.0.lock().spill(&run).unwrap();
        }
        keys.0.lock().pending.push([0, 0, 9]);
        let mut seen = Vec::new();
        keys.each(|record| {
            seen.push(record);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [[0, 0, 9], [0, 1, 2], [0, 1, 4], [0, 2, 3], [0, 3, 1]]
        );
    }
}
