//! A job as its worker sees it: claiming it, reporting progress, ending it.

use super::columns::keep_columns;
use super::jobs::{is_two_phase, parse_source, show};
use super::rows::{PENDING, discard};
use super::{DataStore, Result, Statements, StoreError, now, signed};
use crate::api::model::JobState;
use crate::formats::Batch;
use crate::local::source::JobInput;
use rusqlite::{Transaction, params};
use serde_json::json;
use std::fs::File;

/// Deaths before a job has stored any row after which it is tried again.
const MAX_DEATHS: i64 = 3;

/// Deaths without getting further than before after which a job is tried again. A job that stores rows may have been
/// killed for another reason than its files, so there are more of them.
const MAX_REPEATS: i64 = 10;

/// Maximum length in characters of a job's paths in its reason.
const MAX_PATHS: usize = 300;

/// A job that a worker has claimed. If it has ended meanwhile, its worker's calls fail with [`StoreError::Ended`], except
/// [`DataStore::fail`] and [`DataStore::release`], which do nothing.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) id: String,
    /// True if the process that ran the job before died before it stored any row.
    pub(crate) is_suspect: bool,
    /// Number of claims and releases of the job. Everything the worker writes is checked against this number, so a
    /// worker that lost its job (e.g. to a broken file lock) can't add to the next worker's result.
    pub(crate) attempt: i64,
    /// The id of the collection to import into.
    pub(crate) collection_id: i64,
    /// The id of the partition to import into.
    pub(crate) partition_id: i64,
    /// The time by which the job must be done, or it fails, in Unix milliseconds.
    pub(crate) deadline: Option<i64>,
    /// The input files.
    pub(crate) source: JobInput,
}

/// A worker's progress in its current file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WorkerReport {
    /// Number of the file, counted from 0.
    pub(crate) file: usize,
    /// Rows read from this file.
    pub(crate) file_rows: u64,
    /// Bytes read from this file.
    pub(crate) file_bytes: u64,
    /// Rows read by the job.
    pub(crate) rows: u64,
    /// Bytes read by the job.
    pub(crate) bytes: u64,
}

/// The messages of a failed job.
#[derive(Debug)]
pub(crate) struct JobFailure {
    /// The job's reason.
    pub(crate) reason: String,
    /// Number of the file at fault, whose details have the reason too.
    pub(crate) file: Option<usize>,
}

impl JobFailure {
    /// Returns a failure that isn't a file's.
    pub(crate) fn new(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            file: None,
        }
    }
}

impl DataStore {
    /// Claims a job and restarts it, discarding an earlier owner's work. `is_own` is true if this process ran the job
    /// before, so a job without an owner doesn't mean that a process died. Returns `None` if the job has ended, also
    /// because too many processes died while they ran it. The caller must hold the job's lock.
    pub(crate) fn claim(&self, id: &str, is_own: bool) -> Result<Option<Claimed>> {
        self.write(|tx| {
            if !is_own && let Some(failing) = count_death(tx, id)? {
                fail(tx, id, &failing)?;
                return Ok(None);
            }
            if !restart(tx, id, JobState::Importing)? {
                return Ok(None);
            }
            let found = tx.row::<(_, _, _, _, String, _)>(
                "SELECT attempt, collection_id, partition_id, deadline, source, deaths > 0 FROM jobs WHERE id = ?1",
                [id],
            )?;
            let Some((attempt, collection_id, partition_id, deadline, source, is_suspect)) = found
            else {
                return Ok(None);
            };
            Ok(Some(Claimed {
                id: id.to_owned(),
                is_suspect,
                attempt,
                collection_id,
                partition_id,
                deadline,
                source: parse_source(&source)?,
            }))
        })
    }

    /// Returns an unfinished job to the queue for the next worker.
    pub(crate) fn release(&self, job: &Claimed) -> Result<()> {
        self.write(|tx| {
            if owned(tx, job)? {
                restart(tx, &job.id, JobState::Pending)?;
            }
            Ok(())
        })
    }

    /// Stores the name and size in bytes of each file of a claimed job.
    pub(crate) fn set_files(&self, job: &Claimed, files: &[(String, u64)]) -> Result<()> {
        let sizes = files.iter().map(|(_, size)| *size);
        let total = sizes.fold(0, u64::saturating_add);
        self.write(|tx| {
            check_owned(tx, job)?;
            let sql = "UPDATE jobs SET size = ?2 WHERE id = ?1";
            tx.run(sql, params![job.id, signed(total)])?;
            let sql = "INSERT INTO job_files (job_id, no, name, size, state) VALUES (?1, ?2, ?3, ?4, 'Pending')";
            for (no, (name, size)) in files.iter().enumerate() {
                tx.run(sql, params![job.id, signed(no), name, signed(*size)])?;
            }
            Ok(())
        })
    }

    /// Stores a batch of a claimed job's rows, still invisible, together with the job's progress. If `read` is set,
    /// also marks that file as read to its end. In a collection with autoId, generates the rows' primary keys. Returns
    /// the files of large columns, which aren't flushed to the disk.
    pub(crate) fn append(
        &self,
        job: &Claimed,
        batch: &mut Batch,
        report: &WorkerReport,
        read: Option<&WorkerReport>,
    ) -> Result<Vec<File>> {
        self.write(|tx| {
            if let Some(report) = read {
                finish_file(tx, job, report)?;
            }
            advance(tx, job, report)?;
            let (collection, partition) = (job.collection_id, job.partition_id);
            tx.run(
                "INSERT INTO segments (collection_id, partition_id, job_id, state, rows) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![collection, partition, job.id, PENDING, signed(batch.rows())],
            )?;
            keep_columns(tx, tx.last_insert_rowid(), batch, Some(&self.base.columns))
        })
    }

    /// Marks a file as being read.
    pub(crate) fn start_file(&self, job: &Claimed, report: &WorkerReport) -> Result<()> {
        self.write(|tx| advance(tx, job, report))
    }

    /// Marks a file as read to its end.
    pub(crate) fn finish_file(&self, job: &Claimed, report: &WorkerReport) -> Result<()> {
        self.write(|tx| finish_file(tx, job, report))
    }

    /// Completes a job in one transaction: marks the last file, if there is one, as read to its end, stores the
    /// warnings and makes the rows visible. In a two-phase job, the rows wait for [`Self::commit`] instead.
    pub(crate) fn complete(
        &self,
        job: &Claimed,
        last: Option<&WorkerReport>,
        warnings: &[String],
    ) -> Result<()> {
        self.write(|tx| {
            match last {
                Some(report) => finish_file(tx, job, report)?,
                None => check_owned(tx, job)?,
            }
            if !warnings.is_empty() {
                let sql = "UPDATE jobs SET warnings = ?2 WHERE id = ?1";
                tx.run(sql, params![job.id, json!(warnings).to_string()])?;
            }
            if is_two_phase(tx, &job.id)? {
                let sql = "UPDATE jobs SET state = 'Uncommitted' WHERE id = ?1";
                tx.run(sql, [&job.id]).map(drop)
            } else {
                show(tx, &job.id)
            }
        })
    }

    /// Fails a job and discards its rows. Does nothing if the job has ended meanwhile.
    pub(crate) fn fail(&self, job: &Claimed, failing: &JobFailure) -> Result<()> {
        self.write(|tx| {
            if owned(tx, job)? {
                fail(tx, &job.id, failing)
            } else {
                Ok(())
            }
        })
    }

    /// Fails a job that can't be claimed because its record is broken. The caller must hold the job's lock.
    pub(crate) fn fail_unclaimed(&self, id: &str, failing: &JobFailure) -> Result<()> {
        self.write(|tx| fail(tx, id, failing))
    }
}

/// Stores a job's progress.
fn advance(tx: &Transaction<'_>, job: &Claimed, report: &WorkerReport) -> Result<()> {
    check_owned(tx, job)?;
    let (rows, bytes) = (signed(report.rows), signed(report.bytes));
    let sql = "UPDATE jobs SET rows = ?2, bytes = ?3 WHERE id = ?1";
    tx.run(sql, params![job.id, rows, bytes])?;
    let (rows, bytes) = (signed(report.file_rows), signed(report.file_bytes));
    let sql = "UPDATE job_files SET state = 'Importing', rows = ?3, bytes = ?4 WHERE job_id = ?1 AND no = ?2";
    tx.run(sql, params![job.id, signed(report.file), rows, bytes])
        .map(drop)
}

/// Marks a file as read to its end.
fn finish_file(tx: &Transaction<'_>, job: &Claimed, report: &WorkerReport) -> Result<()> {
    advance(tx, job, report)?;
    let sql = "UPDATE job_files SET state = 'Completed', complete_time = ?3 WHERE job_id = ?1 AND no = ?2";
    tx.run(sql, params![job.id, signed(report.file), now()])
        .map(drop)
}

/// Returns [`StoreError::Ended`] unless the job is [`owned`].
fn check_owned(tx: &Transaction<'_>, job: &Claimed) -> Result<()> {
    owned(tx, job)?.then_some(()).ok_or(StoreError::Ended)
}

/// Returns true if the job hasn't ended and still belongs to this worker.
fn owned(tx: &Transaction<'_>, job: &Claimed) -> Result<bool> {
    let sql = "SELECT 1 FROM jobs WHERE id = ?1 AND attempt = ?2 AND state = 'Importing'";
    tx.has(sql, params![job.id, job.attempt])
}

/// Counts the death of the process that last ran the job, if the job was left without an owner. Returns the failure of
/// a job that has had too many: a file that kills every process that reads it mustn't be read for ever. The caller must
/// hold the job's lock.
fn count_death(tx: &Transaction<'_>, id: &str) -> Result<Option<JobFailure>> {
    let found = tx.row::<(i64, i64, i64, i64)>(
        "SELECT rows, deaths, repeats, furthest FROM jobs WHERE id = ?1 AND state = 'Importing'",
        [id],
    )?;
    let Some((rows, mut deaths, mut repeats, furthest)) = found else {
        return Ok(None);
    };
    deaths = if rows == 0 { deaths + 1 } else { 0 };
    repeats = if rows > furthest { 0 } else { repeats + 1 };
    tx.run(
        "UPDATE jobs SET deaths = ?2, repeats = ?3, furthest = max(furthest, rows) WHERE id = ?1",
        params![id, deaths, repeats],
    )?;
    if deaths <= MAX_DEATHS && repeats <= MAX_REPEATS {
        return Ok(None);
    }
    // Files are read one after the other.
    let file = tx.row::<(i64, String)>(
        "SELECT no, name FROM job_files WHERE job_id = ?1 AND state = 'Importing' ORDER BY no DESC LIMIT 1",
        [id],
    )?;
    let (file, name) = match file {
        Some((no, name)) => (usize::try_from(no).ok(), name),
        // The job died before it found its files.
        None => {
            let source: String = tx.one("SELECT source FROM jobs WHERE id = ?1", [id])?;
            let paths = parse_source(&source)?.name();
            (None, paths.chars().take(MAX_PATHS).collect())
        }
    };
    let reason = format!(
        "{name}: the service's process ended abruptly {} times in a row while reading it, so it isn't tried again: the file \
         may be damaged, or the machine may have too little memory; write the file again in smaller parts and import it",
        deaths.max(repeats)
    );
    Ok(Some(JobFailure { reason, file }))
}

/// Fails the unfinished jobs whose column `id_column` has the value `id`.
pub(crate) fn fail_where(
    tx: &Transaction<'_>,
    id_column: &str,
    id: i64,
    reason: &str,
) -> Result<()> {
    let sql = format!(
        "SELECT id FROM jobs WHERE {id_column} = ?1 AND state IN ('Pending', 'Importing', 'Uncommitted')"
    );
    let failing = JobFailure::new(reason);
    let jobs: Vec<String> = tx.list(&sql, [id])?;
    jobs.iter().try_for_each(|job| fail(tx, job, &failing))
}

fn fail(tx: &Transaction<'_>, id: &str, failing: &JobFailure) -> Result<()> {
    let time = now();
    let changed = tx.run(
        "UPDATE jobs SET state = 'Failed', reason = ?2, complete_time = ?3
         WHERE id = ?1 AND state IN ('Pending', 'Importing', 'Uncommitted')",
        params![id, failing.reason, time],
    )?;
    if changed == 0 {
        return Ok(());
    }
    discard(tx, id)?;
    // Files that were read to their end aren't in the collection either. Their reason says so, otherwise a user might
    // import only the other files.
    tx.run(
        "UPDATE job_files SET state = 'Failed', complete_time = ?2, reason = 'not imported, because the job failed'
         WHERE job_id = ?1",
        params![id, time],
    )?;
    if let Some(no) = failing.file {
        let sql = "UPDATE job_files SET reason = ?3 WHERE job_id = ?1 AND no = ?2";
        tx.run(sql, params![id, signed(no), failing.reason])?;
    }
    Ok(())
}

fn restart(tx: &Transaction<'_>, id: &str, state: JobState) -> Result<bool> {
    let changed = tx.run(
        "UPDATE jobs SET state = ?2, attempt = attempt + 1, rows = 0, bytes = 0, size = 0
         WHERE id = ?1 AND state IN ('Pending', 'Importing')",
        params![id, state.word()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.run("DELETE FROM job_files WHERE job_id = ?1", [id])?;
    discard(tx, id)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
