//! The run of one import job: reads its files, checks and stores their rows, and reports its progress.

use super::state::Shared;
use crate::formats::source::SourceFile;
use crate::formats::{Batch, ReadError, Schema, Warnings, batch, prefetch};
use crate::local::source::SourceError;
use crate::local::storage::StoreError;
use crate::local::storage::columns::FileFlush;
use crate::local::storage::work::{Claimed, JobFailure, WorkerReport};
use crate::location::Format;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The reason why a job was left before it was complete.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The service is stopping. The next owner restarts the job.
    Stopped,
    /// The job was ended by another call, e.g. because its collection was dropped.
    Gone,
    /// The job can't succeed.
    Failed(JobFailure),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SourceError> for Halt {
    fn from(error: SourceError) -> Self {
        Self::Failed(JobFailure::new(error))
    }
}

/// Imports the files of a claimed job. On success the job's rows are visible.
pub(crate) fn run(shared: &Shared, job: &Claimed) -> Result<(), Halt> {
    let store = &shared.store;
    let collection = store
        .collection_by_id(job.collection_id)?
        .ok_or(Halt::Gone)?;
    let schema = collection.schema()?;
    in_time(job)?;
    if shared.faults.fails_job() {
        return Err(Halt::Failed(JobFailure::new("failed by --fault fail-job")));
    }
    let files = job.source.files(shared.key_store.keys(&job.id))?;
    let named: Vec<_> = files
        .iter()
        .map(|file| (file.name.clone(), file.size))
        .collect();
    alive(store.set_files(job, &named)?)?;
    let mut import = Import {
        shared,
        job,
        schema: Arc::new(schema),
        report: WorkerReport::default(),
        read: None,
        warnings: Warnings::default(),
        pace: shared.rate.map(RowPace::new),
        flush: store.flush(),
    };
    for (no, file) in files.iter().enumerate() {
        import.file(no, file)?;
    }
    let warnings = import.warnings.texts();
    import.flush.end()?;
    alive(store.complete(job, import.read.as_ref(), &warnings)?)
}

fn alive(open: bool) -> Result<(), Halt> {
    if open { Ok(()) } else { Err(Halt::Gone) }
}

struct Import<'a> {
    shared: &'a Shared,
    job: &'a Claimed,
    schema: Arc<Schema>,
    report: WorkerReport,
    /// The last file that was read to its end, if that isn't stored yet. It's stored with the next rows or at the end
    /// of the job.
    read: Option<WorkerReport>,
    /// Warnings about data that Milvus drops without an error.
    warnings: Warnings,
    pace: Option<RowPace>,
    flush: FileFlush<'a>,
}

impl Import<'_> {
    fn file(&mut self, no: usize, file: &SourceFile) -> Result<(), Halt> {
        let (rows, bytes) = (self.report.rows, self.report.bytes);
        self.report = WorkerReport {
            file: no,
            file_rows: 0,
            file_bytes: 0,
            rows,
            bytes,
        };
        let at_fault = |reason: String| {
            Halt::Failed(JobFailure {
                reason: reason.clone(),
                file: Some((no, reason)),
            })
        };
        let failed = |error: ReadError| at_fault(reason(file, &error));
        if let (Format::Csv, Some(why)) = (file.format, &self.job.source.bad_csv) {
            return Err(at_fault(format!("{}: {why}", file.name)));
        }
        if self.job.is_suspect {
            // If this file kills the process, the next owner of the job can name it.
            alive(self.shared.store.start_file(self.job, &self.report)?)?;
        }
        let mut reader = file
            .open(&self.schema, &self.job.source.csv)
            .map_err(failed)?;
        if let Some(pace) = &self.pace {
            reader = reader.with_batch_rows(pace.batch_rows());
        }
        for warning in reader.warnings() {
            self.warnings.note(warning.clone(), no, &file.name);
        }
        self.go_on()?;
        let ahead = file.size > batch::BATCH_BYTES as u64;
        prefetch::each(reader, ahead, failed, |batch, read| {
            self.go_on()?;
            // The file's size was taken earlier. A file that has grown since mustn't exceed 100 percent.
            self.report.file_bytes = read.min(file.size);
            self.report.bytes = bytes + self.report.file_bytes;
            for (warning, _) in batch.take_warnings() {
                self.warnings.note(warning, no, &file.name);
            }
            self.keep(batch)
        })?;
        self.report.file_bytes = file.size;
        self.report.bytes = bytes + file.size;
        let before = self.read.replace(self.report);
        match before {
            // This file had no rows to store together with the end of the file before.
            Some(before) => alive(self.shared.store.finish_file(self.job, &before)?),
            None => Ok(()),
        }
    }

    fn keep(&mut self, batch: &mut Batch) -> Result<(), Halt> {
        let rows = u64::try_from(batch.rows()).unwrap_or(u64::MAX);
        self.report.file_rows += rows;
        self.report.rows += rows;
        let read = self.read.take();
        let store = &self.shared.store;
        let stored = store.append(self.job, batch, &self.report, read.as_ref())?;
        self.flush.add(stored.ok_or(Halt::Gone)?)?;
        if let Some(pace) = &self.pace {
            self.shared.pause(pace.left(self.report.rows));
        }
        Ok(())
    }

    /// Returns `Err` if the service stops or the job's time is up.
    fn go_on(&self) -> Result<(), Halt> {
        if self.shared.stopping() {
            return Err(Halt::Stopped);
        }
        in_time(self.job)
    }
}

/// Fails a job if its `options.timeout` is over, as Milvus does.
fn in_time(job: &Claimed) -> Result<(), Halt> {
    let over = |end| jiff::Timestamp::now().as_millisecond() >= end;
    if job.deadline.is_some_and(over) {
        return Err(Halt::Failed(JobFailure::new(format!(
            "import timeout, jobID={}: it was not done within options.timeout",
            job.id
        ))));
    }
    Ok(())
}

fn reason(file: &SourceFile, error: &ReadError) -> String {
    let name = &file.name;
    match error {
        ReadError::Open { source, .. } => format!("{name}: could not be read (83001): {source}"),
        ReadError::Io { .. } => format!("{name}: could not be read (83001): {error}"),
        _ => format!("{name}: {error}"),
    }
}

/// A limit on a job's rows per second.
struct RowPace {
    rate: u64,
    begin: Instant,
}

impl RowPace {
    fn new(rate: u64) -> Self {
        Self {
            rate: rate.max(1),
            begin: Instant::now(),
        }
    }

    /// Returns the rows of a tenth of a second, so progress moves smoothly.
    fn batch_rows(&self) -> usize {
        usize::try_from(self.rate / 10)
            .unwrap_or(usize::MAX)
            .clamp(1, batch::BATCH_ROWS)
    }

    /// Returns the time until `rows` are due.
    fn left(&self, rows: u64) -> Duration {
        let millis = u128::from(rows) * 1000 / u128::from(self.rate);
        let due = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        due.saturating_sub(self.begin.elapsed())
    }
}
