//! The work of a check, divided into files and parts of files.

use super::findings::{Example, Findings};
use super::keys::{KeyRecord, KeyStore};
use super::problem::{self, CheckProblem};
use super::refused::RefusedRowCounts;
use super::values::Inspector;
use super::{CheckError, CheckProgress, CheckRequest};
use crate::formats::batch::BATCH_ROWS;
use crate::formats::source::SourceFile;
use crate::formats::{Batch, FilePart, ReadError, Reader, Schema, Warning, prefetch};
use crate::location::Format;
use crate::stores::object::Blocks;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Size in bytes from which a file is divided among the cores.
const LARGE: u64 = 16 << 20;

/// Size in bytes up to which a batch is filled, so that a processor's cache holds the batch until it's checked.
const BATCH: usize = 512 << 10;

/// Number of places in a file from which a sample is taken.
const WINDOWS: u64 = 10;

/// A file, or a part of one.
#[derive(Debug)]
pub(super) struct CheckTask<'a> {
    /// Number of the task.
    no: usize,
    /// Number of the file.
    file_no: usize,
    pub(super) file: &'a SourceFile,
    part: FilePart,
    /// Number of rows to read of the part.
    sample: Option<u64>,
    /// Byte from which rows are counted, 0 if from the first row of the file.
    begin: AtomicU64,
}

impl CheckTask<'_> {
    /// Returns the size of the part in bytes.
    pub(super) fn size(&self) -> u64 {
        let range = self.part.range(self.file.size);
        range.end - range.start
    }

    /// Returns an example that is the whole file.
    pub(super) fn example(&self) -> Example {
        let byte = self.begin.load(Ordering::Relaxed);
        Example {
            byte: (byte > 0).then_some(byte),
            ..Example::of_file(self.file_no, &self.file.name)
        }
    }
}

/// Divides the files. A shard is its part of the files; if a part is smaller than a file, it's a part of the file's row
/// groups, rows or bytes. JSON files aren't divided and belong to the shard in which they begin.
pub(super) fn plan<'a>(
    files: &'a [SourceFile],
    request: &CheckRequest,
    cores: usize,
) -> Vec<CheckTask<'a>> {
    let (shard, shards) = request.shard.unwrap_or((0, 1));
    let count = files.len() as u64;
    let mut tasks = Vec::new();
    for (file_no, file) in files.iter().enumerate() {
        // The files lie side by side on a scale with `shards` marks a file; the shard has `count` marks.
        let begin = file_no as u64 * shards;
        let clip = |mark: u64| mark.saturating_sub(begin).min(shards);
        let mut part = FilePart {
            from: clip(shard * count),
            to: clip((shard + 1) * count),
            of: shards,
        };
        if file.format == Format::Json {
            let begins_here = part.from == 0 && part.to > 0;
            part = FilePart {
                to: if begins_here { shards } else { 0 },
                from: 0,
                ..part
            };
        }
        if part.from >= part.to {
            continue;
        }
        let divided = !file.format.is_text() && file.size >= LARGE && files.len() < cores;
        let (parts, sample) = match request.sample {
            Some(rows) if file.format != Format::Json => {
                let windows = file.parts(WINDOWS);
                (windows, Some(rows.div_ceil(windows)))
            }
            None if divided => {
                // Small parts keep all cores busy until the end, but each part reads the metadata again.
                let each = if file.is_remote() { 1 } else { 8 };
                (file.parts(cores as u64 * each), None)
            }
            sample => (1, sample),
        };
        for part in part.split(parts) {
            tasks.push(CheckTask {
                no: tasks.len(),
                file_no,
                file,
                part,
                sample,
                begin: AtomicU64::new(0),
            });
        }
    }
    tasks
}

/// The state that the workers share.
pub(super) struct CheckWork<'a> {
    pub(super) request: &'a CheckRequest,
    pub(super) schema: Arc<Schema>,
    pub(super) progress: &'a CheckProgress,
    pub(super) found: Mutex<Findings>,
    pub(super) keys: KeyStore,
    /// True if there are fewer tasks than cores, so rows are parsed on several threads.
    pub(super) ahead: bool,
}

/// Why a file was left before its end.
enum Left {
    /// The check was stopped, or enough rows were read.
    Early,
    Failed(CheckError),
    Broken(ReadError),
}

impl CheckWork<'_> {
    /// Does a task, unless the check was stopped.
    pub(super) fn run(&self, task: &CheckTask<'_>) -> Result<(), CheckError> {
        if self.progress.is_stopped() {
            return Ok(());
        }
        let mut check = FileCheck {
            work: self,
            task,
            found: Findings::default(),
            refused: RefusedRowCounts::default(),
            inspector: Inspector::new(&self.schema, &self.request.metrics),
            keys: Vec::new(),
            rows: 0,
            bytes: 0,
        };
        let checked = check.run();
        let flushed = self.keys.flush(&mut check.keys);
        check.refused.finish(&mut check.found);
        self.found.lock().merge(check.found);
        checked.and(flushed)
    }
}

/// The check of one task.
struct FileCheck<'a> {
    work: &'a CheckWork<'a>,
    task: &'a CheckTask<'a>,
    found: Findings,
    refused: RefusedRowCounts,
    inspector: Inspector,
    keys: Vec<KeyRecord>,
    rows: u64,
    bytes: u64,
}

impl FileCheck<'_> {
    fn run(&mut self) -> Result<(), CheckError> {
        let (schema, csv) = (&self.work.schema, &self.work.request.csv);
        let mut problems = Vec::new();
        let blocks = match self.task.sample {
            Some(_) => Blocks::SET,
            None => Blocks::STREAM,
        };
        let opened = (self.task.file).open_collecting(schema, csv, &mut problems, blocks);
        let (mut warnings, mut end) = (Vec::new(), None);
        match opened {
            Ok(reader) => {
                warnings = reader.warnings().to_vec();
                let most = self.task.sample.unwrap_or(u64::MAX).min(BATCH_ROWS as u64);
                let rows = (BATCH / schema.least_row_bytes().max(1)) as u64;
                let rows = usize::try_from(rows.min(most)).unwrap_or(BATCH_ROWS);
                match self.read_part(reader.with_batch_rows(rows)) {
                    Err(Left::Failed(error)) => return Err(error),
                    Err(Left::Broken(error)) => end = Some(error),
                    Ok(()) | Err(Left::Early) => {}
                }
            }
            // Each part of a file finds the same.
            Err(error) if self.task.part.from == 0 => end = Some(error),
            Err(_) => {}
        }
        let mut known = BTreeSet::new();
        for problem in &problems {
            let problem = problem::of_file(problem);
            // A file has the same problem with the codec of each column.
            if known.insert((problem.field.clone(), problem.problem.clone())) {
                self.add_problem(&problem, None, self.rows);
            }
        }
        for warning in &warnings {
            self.add_warning(warning, self.rows);
        }
        if let Some(error) = &end {
            self.found.unreadable |= matches!(
                error,
                ReadError::Open { .. } | ReadError::Io { .. } | ReadError::Panicked(_)
            );
            let row = match error {
                ReadError::Syntax { row, .. } => *row,
                _ => None,
            };
            self.add_problem(&problem::of_file(error), row, 0);
        }
        self.advance(0, self.task.size());
        Ok(())
    }

    /// Reads the task's part of the file.
    fn read_part(&mut self, mut reader: Reader) -> Result<(), Left> {
        if self.task.part.is_whole() {
            return self.read(reader);
        }
        let kept = reader.keep_part(self.task.part);
        let (begin, end) = kept.map_err(|error| match error {
            // The part at the beginning finds the same.
            ReadError::Syntax { .. } if self.task.part.from > 0 => Left::Early,
            other => Left::Broken(other),
        })?;
        self.task.begin.store(begin, Ordering::Relaxed);
        let read = self.read(reader);
        if begin < end && self.task.sample.is_none() {
            // After an error, the number of rows up to the end is unknown.
            let end = if read.is_ok() { end } else { begin };
            let place = (self.task.file.name.clone(), begin);
            self.found.parts.insert(place, (end, self.rows));
        }
        read
    }

    fn read(&mut self, reader: Reader) -> Result<(), Left> {
        match self.task.sample {
            Some(rows) if self.task.file.format == Format::Json => self.sample(reader, rows),
            Some(rows) => self.read_all(reader, false, rows),
            None => self.read_all(reader, self.work.ahead, u64::MAX),
        }
    }

    fn read_all(&mut self, reader: Reader, ahead: bool, most: u64) -> Result<(), Left> {
        let before = reader.bytes();
        prefetch::each(reader, ahead, Left::Broken, |batch, bytes| {
            self.take(batch, bytes.saturating_sub(before))?;
            if self.rows >= most {
                return Err(Left::Early);
            }
            Ok(())
        })
    }

    /// Checks about `rows` rows of a JSON file, spread over it. The rows between them are only counted.
    fn sample(&mut self, reader: Reader, rows: u64) -> Result<(), Left> {
        let mut reader = reader.with_batch_rows(1);
        let mut batch = reader.new_batch();
        while self.rows < rows && reader.next_batch(&mut batch).map_err(Left::Broken)? {
            self.take(&mut batch, reader.bytes())?;
            // The stride follows from the size of the rows read so far.
            let size = reader
                .bytes()
                .checked_div(reader.rows())
                .unwrap_or(1)
                .max(1);
            let even = (self.task.file.size / size / rows.max(1)).saturating_sub(1);
            // Uneven steps, so that rows in a regular order don't hide from the sample.
            let step = reader.rows().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            reader
                .skip(even / 2 + step % (even + 1))
                .map_err(Left::Broken)?;
        }
        Ok(())
    }

    /// Checks the rows of a batch.
    fn take(&mut self, batch: &mut Batch, bytes: u64) -> Result<(), Left> {
        if self.work.progress.is_stopped() {
            return Err(Left::Early);
        }
        let example = self.task.example();
        for error in batch.refused() {
            self.refused.add(error, &example, &mut self.found);
        }
        self.inspector.look(batch, &example, &mut self.found);
        let added = self.work.keys.add(batch, self.task.no, &mut self.keys);
        added.map_err(Left::Failed)?;
        for (warning, rows) in batch.take_warnings() {
            self.add_warning(&warning, rows);
        }
        self.advance(batch.rows() as u64, bytes.min(self.task.size()));
        Ok(())
    }

    /// Adds rows that are done, and sets the number of bytes of the task that are done.
    fn advance(&mut self, rows: u64, bytes: u64) {
        let bytes = bytes.max(self.bytes);
        let mut count = self.work.progress.count.lock();
        count.rows += rows;
        count.bytes += bytes - self.bytes;
        self.rows += rows;
        self.bytes = bytes;
    }

    fn add_problem(&mut self, problem: &CheckProblem, row: Option<u64>, rows: u64) {
        let example = Example {
            row,
            ..self.task.example().with_value(&problem.value)
        };
        let group = (self.found).error(&problem.field, &problem.problem, &problem.hint);
        group.add(rows, example);
    }

    fn add_warning(&mut self, warning: &Warning, rows: u64) {
        let mut hint = "add the field to the schema, or turn on its dynamic field".to_owned();
        let (field, problem) = match warning {
            Warning::Outside {
                what,
                name,
                only_meta,
            } => {
                if let Some(format) = only_meta {
                    hint = format!(
                        "add the field to the schema, or write dynamic fields of {format} as a JSON object a row into $meta"
                    );
                }
                (name.as_str(), format!("{what} will be dropped"))
            }
            Warning::Twice { what, name } => (
                name.as_str(),
                format!("several {what}s have this name, all but the last will be dropped"),
            ),
            Warning::More => ("", "more columns, keys or files will be dropped".to_owned()),
        };
        let group = self.found.warn(field, &problem, &hint);
        group.add(rows, self.task.example());
    }
}
