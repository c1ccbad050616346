//! The work of a check, divided into files and parts of files.

use super::findings::{Example, FindingLevel, Findings};
use super::keys::{KeyPlace, KeyRecord, KeyStore};
use super::problem::{self, FileProblem};
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
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckTask {
    /// Number of the file.
    pub(super) file: usize,
    pub(super) part: FilePart,
    /// Number of rows to read of the part.
    sample: Option<u64>,
}

/// Divides the files. A shard is its part of the files; if a part is smaller than a file, it's a part of the file's row
/// groups, rows or bytes. JSON files aren't divided and belong to the shard in which they begin.
pub(super) fn plan(files: &[SourceFile], request: &CheckRequest, cores: usize) -> Vec<CheckTask> {
    let (shard, shards) = request.shard.unwrap_or((0, 1));
    let count = files.len() as u64;
    let mut tasks = Vec::new();
    for (file, source) in files.iter().enumerate() {
        // The files lie side by side on a scale with `shards` marks a file; the shard has `count` marks.
        let begin = file as u64 * shards;
        let clip = |mark: u64| mark.saturating_sub(begin).min(shards);
        let mut part = FilePart {
            from: clip(shard * count),
            to: clip((shard + 1) * count),
            of: shards,
        };
        if source.format == Format::Json {
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
        let task = |part, sample| CheckTask { file, part, sample };
        let divided = !source.format.is_text() && source.size >= LARGE && files.len() < cores;
        match request.sample {
            Some(rows) if source.format != Format::Json => {
                let windows = source.parts(WINDOWS);
                let each = rows.div_ceil(windows);
                tasks.extend(part.split(windows).map(|part| task(part, Some(each))));
            }
            None if divided => {
                // Small parts keep all cores busy until the end, but each part reads the metadata again.
                let each = if source.is_remote() { 1 } else { 8 };
                let parts = source.parts(cores as u64 * each);
                tasks.extend(part.split(parts).map(|part| task(part, None)));
            }
            sample => tasks.push(task(part, sample)),
        }
    }
    tasks
}

/// The state that the workers share.
pub(super) struct CheckWork<'a> {
    pub(super) files: &'a [SourceFile],
    pub(super) request: &'a CheckRequest,
    pub(super) schema: Arc<Schema>,
    pub(super) tasks: &'a [CheckTask],
    pub(super) progress: &'a CheckProgress,
    /// The byte of each task from which its rows are counted, 0 if from the first row of the file.
    pub(super) begins: Vec<AtomicU64>,
    /// Number of the next task.
    pub(super) next: Mutex<usize>,
    pub(super) found: Mutex<Findings>,
    pub(super) keys: KeyStore,
    /// True if there are fewer tasks than cores, so rows are parsed on several threads.
    pub(super) ahead: bool,
}

/// Why a file was left before its end.
enum Left {
    Stopped,
    /// Enough rows were read.
    Sampled,
    Failed(CheckError),
    Broken(ReadError),
}

impl CheckWork<'_> {
    /// Takes tasks until none is left.
    pub(super) fn run(&self) -> Result<(), CheckError> {
        while !self.progress.is_stopped() {
            let no = {
                let mut next = self.next.lock();
                *next += 1;
                *next - 1
            };
            let task = self.tasks.get(no);
            let Some((task, file)) = task.and_then(|task| Some((task, self.files.get(task.file)?)))
            else {
                break;
            };
            let mut check = FileCheck {
                work: self,
                file,
                no,
                task: *task,
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
            let found = std::mem::take(&mut check.found);
            let mut all = self.found.lock();
            all.merge(found);
            checked?;
            flushed.map_err(super::keys::failed)?;
        }
        Ok(())
    }

    /// Returns an example that is the whole file of a task.
    pub(super) fn example(&self, task: usize) -> Example {
        let file_no = self.tasks.get(task).map_or(0, |task| task.file);
        let name = self.files.get(file_no).map_or("", |file| &file.name);
        let byte = self.begins.get(task);
        let byte = byte.map_or(0, |byte| byte.load(Ordering::Relaxed));
        Example {
            byte: (byte > 0).then_some(byte),
            ..Example::of_file(file_no, name)
        }
    }
}

/// The check of one task.
struct FileCheck<'a> {
    work: &'a CheckWork<'a>,
    file: &'a SourceFile,
    /// Number of the task.
    no: usize,
    task: CheckTask,
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
        let opened = (self.file).open_collecting(schema, csv, &mut problems, blocks);
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
                    Ok(()) | Err(Left::Sampled | Left::Stopped) => {}
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
                self.add_file_problem(&problem, None, self.rows);
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
            self.add_file_problem(&problem::of_file(error), row, 0);
        }
        self.advance(self.task.part.share(self.file.size));
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
            ReadError::Syntax { .. } if self.task.part.from > 0 => Left::Stopped,
            other => Left::Broken(other),
        })?;
        if let Some(place) = self.work.begins.get(self.no) {
            place.store(begin, Ordering::Relaxed);
        }
        let read = self.read(reader);
        if begin < end && self.task.sample.is_none() {
            // After an error, the number of rows up to the end is unknown.
            let end = if read.is_ok() { end } else { begin };
            let place = (self.file.name.clone(), begin);
            self.found.parts.insert(place, (end, self.rows));
        }
        read
    }

    fn read(&mut self, reader: Reader) -> Result<(), Left> {
        match self.task.sample {
            Some(rows) if self.file.format == Format::Json => self.sample(reader, rows),
            Some(rows) => self.read_all(reader, false, rows),
            None => self.read_all(reader, self.work.ahead, u64::MAX),
        }
    }

    fn read_all(&mut self, reader: Reader, ahead: bool, most: u64) -> Result<(), Left> {
        let before = reader.bytes();
        prefetch::each(reader, ahead, Left::Broken, |batch, bytes| {
            self.take(batch, bytes.saturating_sub(before))?;
            if self.rows >= most {
                return Err(Left::Sampled);
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
            let even = (self.file.size / size / rows.max(1)).saturating_sub(1);
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
            return Err(Left::Stopped);
        }
        let place = KeyPlace::new(self.no, batch.before());
        let example = self.example();
        for error in batch.refused() {
            self.refused.add(error, &example, &mut self.found);
        }
        self.inspector.look(batch, &example, &mut self.found);
        self.work
            .keys
            .add(batch, place, &mut self.keys)
            .map_err(|source| Left::Failed(super::keys::failed(source)))?;
        for (warning, rows) in batch.take_warnings() {
            self.add_warning(&warning, rows);
        }
        self.rows += batch.rows() as u64;
        let rows = batch.rows() as u64;
        self.work.progress.rows.fetch_add(rows, Ordering::Relaxed);
        self.advance(bytes.min(self.task.part.share(self.file.size)));
        Ok(())
    }

    /// Sets the number of bytes of the task that are done.
    fn advance(&mut self, bytes: u64) {
        let more = bytes.saturating_sub(self.bytes);
        self.bytes = self.bytes.max(bytes);
        self.work.progress.bytes.fetch_add(more, Ordering::Relaxed);
    }

    fn example(&self) -> Example {
        self.work.example(self.no)
    }

    fn add_file_problem(&mut self, problem: &FileProblem, row: Option<u64>, rows: u64) {
        let example = Example {
            row,
            ..self.example().with_value(&problem.value)
        };
        self.found.add(
            FindingLevel::Error,
            &problem.field,
            &problem.problem,
            &problem.hint,
            rows,
            example,
        );
    }

    fn add_warning(&mut self, warning: &Warning, rows: u64) {
        let (field, problem) = match warning {
            Warning::Outside { what, name, .. } => {
                (name.as_str(), format!("{what} will be dropped"))
            }
            Warning::Twice { what, name } => (
                name.as_str(),
                format!("several {what}s have this name, all but the last will be dropped"),
            ),
            Warning::More => ("", "more columns, keys or files will be dropped".to_owned()),
        };
        let hint = match warning {
            Warning::Outside {
                only_meta: Some(format),
                ..
            } => format!(
                "add the field to the schema, or write dynamic fields of {format} as a JSON object a row into $meta"
            ),
            _ => "add the field to the schema, or turn on its dynamic field".to_owned(),
        };
        let example = self.example();
        self.found
            .add(FindingLevel::Warning, field, &problem, &hint, rows, example);
    }
}

impl FilePart {
    /// Returns the part's share of a number of bytes.
    pub(super) fn share(self, bytes: u64) -> u64 {
        let range = self.range(bytes);
        range.end - range.start
    }
}
