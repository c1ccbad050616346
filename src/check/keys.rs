//! Finds primary keys that occur more than once in all files, exactly and in bounded memory.
//!
//! Each key is reduced to 128 bits: an integer or a text of up to 15 bytes as it is, a longer text as a part of its
//! SHA-256. Records of a key and its place are sorted in runs of [`RUN`] records. Runs are spilled to an unnamed temporary
//! file and merged at the end.

use super::CheckError;
use super::findings::{Example, FindingLevel, Findings};
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

/// Bytes of a record in the spilled file.
const RECORD: usize = 24;

/// Records that are read at a time when runs are merged.
const READ: usize = 1 << 11;

/// Bits of a place that hold the row; the rest hold the task.
const ROW_BITS: u32 = 40;

/// A key's 128 bits and its place.
pub(super) type KeyRecord = [u64; 3];

/// The place of a batch's first row.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPlace(u64);

impl KeyPlace {
    /// Returns the place of the row after the first `before` rows of a task's file.
    pub(super) fn new(task: usize, before: u64) -> Self {
        Self(((task as u64) << ROW_BITS) | ((before + 1) & ((1 << ROW_BITS) - 1)))
    }

    /// Returns the row as an example, given an example of each task.
    fn example(self, tasks: &[Example]) -> Example {
        let task = usize::try_from(self.0 >> ROW_BITS).unwrap_or(usize::MAX);
        let example = tasks.get(task).cloned().unwrap_or_default();
        example.at_row(self.0 & ((1 << ROW_BITS) - 1))
    }
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
        let out = BufWriter::new(file);
        Ok(Self {
            path: path.to_owned(),
            out,
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
    /// Adds the keys of a batch whose first row is at a place. Does nothing if the service makes the keys. `own` holds
    /// keys of the task: keys usually ascend within a file, and long ascending parts are sorted quickly.
    pub(super) fn add(
        &self,
        batch: &Batch,
        first: KeyPlace,
        own: &mut Vec<KeyRecord>,
    ) -> io::Result<()> {
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
            Some([high, low, first.0 + row as u64])
        });
        own.extend(records);
        if own.len() < OWN {
            return Ok(());
        }
        self.flush(own)
    }

    /// Moves the keys of a task to those of all files.
    pub(super) fn flush(&self, own: &mut Vec<KeyRecord>) -> io::Result<()> {
        let full = {
            let mut state = self.0.lock();
            state.pending.append(own);
            if state.pending.len() < RUN {
                return Ok(());
            }
            std::mem::take(&mut state.pending)
        };
        self.spill(full)
    }

    /// Sorts a run and appends it to the temporary file.
    fn spill(&self, mut run: Vec<KeyRecord>) -> io::Result<()> {
        // A stable sort, which is fast if long parts ascend.
        run.sort_by(Ord::cmp);
        let mut state = self.0.lock();
        let begin = state.runs.last().map_or(0, |run| run.end);
        if state.spill.is_none() {
            state.spill = Some(tempfile::tempfile()?);
        }
        let Some(file) = &mut state.spill else {
            return Ok(());
        };
        let mut out = BufWriter::with_capacity(1 << 20, file);
        for record in &run {
            for part in record {
                out.write_all(&part.to_be_bytes())?;
            }
        }
        out.flush()?;
        drop(out);
        let end = begin + (run.len() * RECORD) as u64;
        state.runs.push(begin..end);
        Ok(())
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
        let mut before: Option<KeyRecord> = None;
        self.each(|record| {
            if let Some(KeysFile { out, .. }) = &mut out {
                out.write_all(&record[0].to_be_bytes())?;
                out.write_all(&record[1].to_be_bytes())?;
            }
            if let Some(first) = before.filter(|first| first[..2] == record[..2]) {
                let also = KeyPlace(first[2]).example(tasks).place();
                let key = shown([record[0], record[1]], field.data_type == DataType::Int64);
                let value = format!("{key}also {also}");
                let example = KeyPlace(record[2]).example(tasks).with_value(&value);
                found.add(
                    FindingLevel::Warning,
                    &field.name,
                    REPEATED,
                    UNIQUE,
                    1,
                    example,
                );
            } else {
                before = Some(record);
            }
            Ok(())
        })
        .map_err(failed)?;
        match out {
            Some(KeysFile { path, mut out }) => {
                out.flush().map_err(|source| failed_at(&path, source))
            }
            None => Ok(()),
        }
    }

    /// Calls `see` with every record, in order.
    fn each(self, mut see: impl FnMut(KeyRecord) -> io::Result<()>) -> io::Result<()> {
        let last = {
            let mut state = self.0.lock();
            std::mem::take(&mut state.pending)
        };
        if self.0.lock().runs.is_empty() {
            let mut last = last;
            last.sort_by(Ord::cmp);
            return last.into_iter().try_for_each(see);
        }
        self.spill(last)?;
        let state = self.0.into_inner();
        let Some(file) = state.spill else {
            return Ok(());
        };
        let file = DiskFile::of(file)?;
        let mut runs: Vec<_> = state.runs.into_iter().map(KeyRun::new).collect();
        let mut heads = BinaryHeap::new();
        for (no, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next(&file)?.map(|record| Reverse((record, no))));
        }
        while let Some(Reverse((record, no))) = heads.pop() {
            see(record)?;
            if let Some(run) = runs.get_mut(no) {
                heads.extend(run.next(&file)?.map(|record| Reverse((record, no))));
            }
        }
        Ok(())
    }
}

pub(super) const REPEATED: &str = "primary key occurs more than once";
pub(super) const UNIQUE: &str = "an import keeps all rows of a key, and queries return any of them: make the keys unique, or let the service make them (autoId)";

/// A run that is being merged.
struct KeyRun {
    left: Range<u64>,
    buffer: Vec<u8>,
    at: usize,
}

impl KeyRun {
    fn new(left: Range<u64>) -> Self {
        Self {
            left,
            buffer: Vec::new(),
            at: 0,
        }
    }

    fn next(&mut self, file: &DiskFile) -> io::Result<Option<KeyRecord>> {
        if self.at == self.buffer.len() {
            let size = (self.left.end - self.left.start).min((READ * RECORD) as u64);
            self.buffer.resize(usize::try_from(size).unwrap_or(0), 0);
            file.read_at(self.left.start, &mut self.buffer)?;
            self.left.start += size;
            self.at = 0;
        }
        let bytes = self.buffer.get(self.at..self.at + RECORD);
        self.at += RECORD;
        Ok(bytes.map(|bytes| {
            let mut parts = bytes.as_chunks::<8>().0.iter();
            [(); 3].map(|()| parts.next().map_or(0, |part| u64::from_be_bytes(*part)))
        }))
    }
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
pub(super) fn failed(source: io::Error) -> CheckError {
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
            vec![[0, 3, 1], [0, 1, 2]],
            vec![],
            vec![[0, 2, 3], [0, 1, 4]],
        ] {
            keys.spill(run).unwrap();
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
