//! The worker's side of a job: taking it up, reporting, ending it.

use super::ending::{is_two_phase, show};
use super::jobs::{JobState, parse_source};
use super::rows::{PENDING, TRASH};
use super::{Store, StoreError, signed};
use crate::local::source::Source;
use rusqlite::{Transaction, params};

/// A job that a worker has taken up.
#[derive(Debug)]
pub(in crate::local) struct Claimed {
    /// Its id.
    pub(in crate::local) id: String,
    /// How often it was taken up or given back. Everything its worker writes is tied to this number, so that a
    /// worker that lost its job (to a broken file lock, say) can add nothing to the next one's work.
    pub(in crate::local) attempt: i64,
    /// The collection it imports into.
    pub(in crate::local) collection_id: i64,
    /// The partition it imports into.
    pub(in crate::local) partition_id: i64,
    /// It fails unless it is done by then, in Unix milliseconds.
    pub(in crate::local) deadline: Option<i64>,
    /// What to read.
    pub(in crate::local) source: Source,
}

/// A worker's report about the file it reads.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::local) struct Report {
    /// The file, counted from 0.
    pub(in crate::local) file: usize,
    /// Rows of this file so far.
    pub(in crate::local) file_rows: u64,
    /// Bytes of this file so far.
    pub(in crate::local) file_bytes: u64,
    /// Rows of the job so far.
    pub(in crate::local) rows: u64,
    /// Bytes of the job so far.
    pub(in crate::local) bytes: u64,
}

/// What a job's failure says.
#[derive(Debug)]
pub(in crate::local) struct Failing {
    /// The job's reason.
    pub(in crate::local) reason: String,
    /// The file at fault, and what its detail says.
    pub(in crate::local) file: Option<(usize, String)>,
}

impl Store {
    /// Takes up a job from its beginning, forgetting what an earlier owner did; `None` where it has ended.
    /// The caller holds the job's lock.
    pub(in crate::local) fn claim(&self, id: &str) -> Result<Option<Claimed>, StoreError> {
        self.write(|tx| {
            if !restart(tx, id, JobState::Importing)? {
                return Ok(None);
            }
            let (attempt, collection_id, partition_id, deadline, source) = tx
                .prepare_cached(
                    "SELECT attempt, collection_id, partition_id, deadline, source FROM jobs WHERE id = ?1",
                )?
                .query_row([id], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get::<_, String>(4)?,
                    ))
                })?;
            let source = parse_source(&source)?;
            Ok(Some(Claimed {
                id: id.to_owned(),
                attempt,
                collection_id,
                partition_id,
                deadline,
                source,
            }))
        })
    }

    /// Gives an unfinished job back for the next worker.
    pub(in crate::local) fn release(&self, job: &Claimed) -> Result<(), StoreError> {
        self.write(|tx| {
            if owned(tx, job)? {
                restart(tx, &job.id, JobState::Pending)?;
            }
            Ok(())
        })
    }

    /// Names the files of a claimed job: name and bytes of each. False where the job has ended meanwhile.
    pub(in crate::local) fn set_files(
        &self,
        job: &Claimed,
        files: &[(String, u64)],
    ) -> Result<bool, StoreError> {
        let total = files
            .iter()
            .map(|(_, size)| *size)
            .fold(0, u64::saturating_add);
        self.write(|tx| {
            if !owned(tx, job)? {
                return Ok(false);
            }
            tx.prepare_cached("UPDATE jobs SET size = ?2 WHERE id = ?1")?
                .execute(params![job.id, signed(total)])?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO job_files (job_id, no, name, size, state) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (no, (name, size)) in files.iter().enumerate() {
                insert.execute(params![
                    job.id,
                    signed(no),
                    name,
                    signed(*size),
                    JobState::Pending.word()
                ])?;
            }
            Ok(true)
        })
    }

    /// Marks a file as read to its end. False where the job has ended meanwhile.
    pub(in crate::local) fn finish_file(
        &self,
        job: &Claimed,
        report: &Report,
        time: &str,
    ) -> Result<bool, StoreError> {
        self.write(|tx| finish_file(tx, job, report, time))
    }

    /// Marks the last file, if there is one, as read to its end, and ends the job well, with these warnings: in one step
    /// its rows become visible, or, of a two-phase job, wait for [`Self::commit`]. False if it has ended meanwhile.
    pub(in crate::local) fn complete(
        &self,
        job: &Claimed,
        last: Option<&Report>,
        warnings: &[String],
        time: &str,
    ) -> Result<bool, StoreError> {
        let warnings =
            (!warnings.is_empty()).then(|| serde_json::Value::from(warnings).to_string());
        self.write(|tx| {
            let open = match last {
                Some(report) => finish_file(tx, job, report, time)?,
                None => owned(tx, job)?,
            };
            if !open {
                return Ok(false);
            }
            if warnings.is_some() {
                tx.prepare_cached("UPDATE jobs SET warnings = ?2 WHERE id = ?1")?
                    .execute(params![job.id, warnings])?;
            }
            if is_two_phase(tx, &job.id)? {
                tx.prepare_cached("UPDATE jobs SET state = 'Uncommitted' WHERE id = ?1")?
                    .execute([&job.id])?;
            } else {
                show(tx, &job.id, time)?;
            }
            Ok(true)
        })
    }

    /// Ends a job badly: none of its rows stays. Nothing happens where it has ended meanwhile.
    pub(in crate::local) fn fail(
        &self,
        job: &Claimed,
        failing: &Failing,
        time: &str,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            if owned(tx, job)? {
                fail(tx, &job.id, failing, time)
            } else {
                Ok(())
            }
        })
    }
}

impl Store {
    /// Ends a job badly that cannot even be taken up, since its record is broken. The caller holds the job's lock.
    pub(in crate::local) fn fail_unclaimed(
        &self,
        id: &str,
        failing: &Failing,
        time: &str,
    ) -> Result<(), StoreError> {
        self.write(|tx| fail(tx, id, failing, time))
    }
}

/// Writes how far a job is. False where it has ended meanwhile.
pub(super) fn advance(
    tx: &Transaction<'_>,
    job: &Claimed,
    report: &Report,
) -> Result<bool, StoreError> {
    if !owned(tx, job)? {
        return Ok(false);
    }
    tx.prepare_cached("UPDATE jobs SET rows = ?2, bytes = ?3 WHERE id = ?1")?
        .execute(params![job.id, signed(report.rows), signed(report.bytes)])?;
    tx.prepare_cached(
        "UPDATE job_files SET state = 'Importing', rows = ?3, bytes = ?4 WHERE job_id = ?1 AND no = ?2",
    )?
    .execute(params![job.id, signed(report.file), signed(report.file_rows), signed(report.file_bytes)])?;
    Ok(true)
}

/// Writes that a file was read to its end. False where the job has ended meanwhile.
pub(super) fn finish_file(
    tx: &Transaction<'_>,
    job: &Claimed,
    report: &Report,
    time: &str,
) -> Result<bool, StoreError> {
    if !advance(tx, job, report)? {
        return Ok(false);
    }
    tx.prepare_cached(
        "UPDATE job_files SET state = 'Completed', complete_time = ?3 WHERE job_id = ?1 AND no = ?2",
    )?
    .execute(params![job.id, signed(report.file), time])?;
    Ok(true)
}

/// True while the job has not ended and is still this worker's.
fn owned(tx: &Transaction<'_>, job: &Claimed) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM jobs WHERE id = ?1 AND attempt = ?2 AND state = 'Importing'",
        )?
        .exists(params![job.id, job.attempt])?)
}

/// Fails the jobs that `condition` (on the column `id_column`) chooses and that have not ended.
pub(super) fn fail_where(
    tx: &Transaction<'_>,
    id_column: &str,
    id: i64,
    reason: &str,
    time: &str,
) -> Result<(), StoreError> {
    let jobs: Vec<String> = tx
        .prepare(&format!(
            "SELECT id FROM jobs WHERE {id_column} = ?1 AND state IN ('Pending', 'Importing', 'Uncommitted')"
        ))?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let failing = Failing {
        reason: reason.to_owned(),
        file: None,
    };
    jobs.iter()
        .try_for_each(|job| fail(tx, job, &failing, time))
}

fn fail(tx: &Transaction<'_>, id: &str, failing: &Failing, time: &str) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE jobs SET state = 'Failed', reason = ?2, complete_time = ?3
         WHERE id = ?1 AND state IN ('Pending', 'Importing', 'Uncommitted')",
        params![id, failing.reason, time],
    )?;
    if changed == 0 {
        return Ok(());
    }
    discard(tx, id)?;
    // A file that was read through is not in the collection either: say so, so that nobody imports the rest alone.
    tx.execute(
        "UPDATE job_files SET state = 'Failed', complete_time = ?2, reason = 'not imported: the job failed'
         WHERE job_id = ?1",
        params![id, time],
    )?;
    if let Some((no, reason)) = &failing.file {
        tx.execute(
            "UPDATE job_files SET reason = ?3 WHERE job_id = ?1 AND no = ?2",
            params![id, signed(*no), reason],
        )?;
    }
    Ok(())
}

fn restart(tx: &Transaction<'_>, id: &str, state: JobState) -> Result<bool, StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE jobs SET state = ?2, attempt = attempt + 1, rows = 0, bytes = 0, size = 0
             WHERE id = ?1 AND state IN ('Pending', 'Importing')",
        )?
        .execute(params![id, state.word()])?;
    if changed == 0 {
        return Ok(false);
    }
    tx.prepare_cached("DELETE FROM job_files WHERE job_id = ?1")?
        .execute([id])?;
    discard(tx, id)?;
    Ok(true)
}

pub(super) fn discard(tx: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE segments SET state = ?2 WHERE job_id = ?1 AND state = ?3")?
        .execute(params![id, TRASH, PENDING])?;
    Ok(())
}

#[cfg(test)]
mod tests;
