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
    /// The job can't succeed.
    Failed(JobFailure),
    /// The store failed, or the job was ended by another call, e.g. because its collection was dropped.
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
    let collection = store.collection_by_id(job.collection_id)?;
    let schema = collection.ok_or(StoreError::Ended)?.schema()?;
    in_time(job)?;
    if shared.faults.fails_job() {
        return Err(Halt::Failed(JobFailure::new("failed by --fault fail-job")));
    }
    let files = job.source.files(shared.key_store.keys(&job.id))?;
    let named = files.iter().map(|file| (file.name.clone(), file.size));
    store.set_files(job, &named.collect::<Vec<_>>())?;
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
    Ok(store.complete(job, import.read.as_ref(), &warnings)?)
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
        let (store, bytes) = (&self.shared.store, self.report.bytes);
        (self.report.file, self.report.file_rows) = (no, 0);
        self.report.file_bytes = 0;
        let at_fault = |reason| {
            let file = Some(no);
            Halt::Failed(JobFailure { reason, file })
        };
        let failed = |error: ReadError| at_fault(reason(file, &error));
        if let (Format::Csv, Some(why)) = (file.format, &self.job.source.bad_csv) {
            return Err(at_fault(format!("{}: {why}", file.name)));
        }
        if self.job.is_suspect {
            // If this file kills the process, the next owner of the job can name it.
            store.start_file(self.job, &self.report)?;
        }
        let reader = file.open(&self.schema, &self.job.source.csv);
        let mut reader = reader.map_err(failed)?;
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
        if let Some(before) = self.read.replace(self.report) {
            // This file had no rows to store together with the end of the file before.
            store.finish_file(self.job, &before)?;
        }
        Ok(())
    }

    fn keep(&mut self, batch: &mut Batch) -> Result<(), Halt> {
        let rows = u64::try_from(batch.rows()).unwrap_or(u64::MAX);
        self.report.file_rows += rows;
        self.report.rows += rows;
        let read = self.read.take();
        let store = &self.shared.store;
        let files = store.append(self.job, batch, &self.report, read.as_ref())?;
        self.flush.add(files)?;
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
        let rows = usize::try_from(self.rate / 10).unwrap_or(usize::MAX);
        rows.clamp(1, batch::BATCH_ROWS)
    }

    /// Returns the time until `rows` are due.
    fn left(&self, rows: u64) -> Duration {
        let millis = u128::from(rows) * 1000 / u128::from(self.rate);
        let due = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        due.saturating_sub(self.begin.elapsed())
    }
}
