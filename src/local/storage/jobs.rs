//! Jobs and their files as callers see them: creating, reading and listing, and committing or aborting two-phase jobs,
//! whose rows wait until then.

use super::aliases::{id_of, partition_id};
use super::rows::{PENDING, VISIBLE, discard, next_commit};
use super::{DataStore, Result, Statements, StoreError, now, signed, unsigned};
use crate::api::model::JobState;
use crate::local::source::JobInput;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// The data of a create call.
#[derive(Debug)]
pub(crate) struct NewJob {
    /// The id, from [`DataStore::new_job_id`].
    pub(crate) id: String,
    /// The database's name.
    pub(crate) database: String,
    /// The collection's name, or an alias of it.
    pub(crate) collection: String,
    /// The partition's name; `None` for the default partition.
    pub(crate) partition: Option<String>,
    /// The idempotency key, from the `Idempotency-Key` header.
    pub(crate) key: Option<String>,
    /// True if the job's rows wait for a commit.
    pub(crate) two_phase: bool,
    /// The time by which the job must be done, or it fails, in Unix milliseconds.
    pub(crate) deadline: Option<i64>,
    /// The input files.
    pub(crate) source: JobInput,
}

/// The outcome of a create call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JobCreation {
    /// The job was created.
    New,
    /// A job with this idempotency key exists in the collection. This is the first job's id.
    Before(String),
    /// There is no such collection.
    NoCollection,
    /// There is no such partition.
    NoPartition,
}

/// The outcome of a call that commits or aborts a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The job is committed or aborted, by this call or an earlier one.
    Done,
    /// A job in this state can't be committed or aborted.
    WrongState(JobState),
    /// The job commits itself.
    AutoCommit,
}

/// The progress of a job or of one of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredProgress {
    pub(crate) state: JobState,
    /// The reason of a failure.
    pub(crate) reason: Option<String>,
    /// The time of the end, RFC 3339.
    pub(crate) complete_time: Option<String>,
    /// Rows read and checked.
    pub(crate) rows: u64,
    /// Bytes read.
    pub(crate) bytes: u64,
    /// Total bytes to read; 0 until a worker has looked up the files.
    pub(crate) size: u64,
}

/// A job as progress answers and lists show it.
#[derive(Debug)]
pub(crate) struct StoredJob {
    pub(crate) id: String,
    /// The name of the job's collection, which may have been dropped since.
    pub(crate) collection: String,
    pub(crate) standing: StoredProgress,
}

/// A job with all its data.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) job: StoredJob,
    /// The time of the submission, RFC 3339; `None` for jobs of earlier versions.
    pub(crate) create_time: Option<String>,
    /// The input files; empty if that record is broken (the job's reason then says so).
    pub(crate) source: JobInput,
    /// The job's files, in reading order.
    pub(crate) files: Vec<JobFile>,
    /// Warnings about data that was dropped from the files without an error.
    pub(crate) warnings: Vec<String>,
}

/// One file of a job.
#[derive(Debug)]
pub(crate) struct JobFile {
    /// The name in answers.
    pub(crate) name: String,
    pub(crate) standing: StoredProgress,
}

/// Bits of a job id below its time in milliseconds, as in the ids of Milvus' allocator.
const ID_BITS: u32 = 18;

impl DataStore {
    /// Returns a new job id: a 64-bit integer as text, larger than all earlier ids of this store.
    pub(crate) fn new_job_id(&self) -> Result<String> {
        let now = jiff::Timestamp::now().as_millisecond();
        self.write(|tx| {
            let last = tx.one("SELECT last FROM job_ids", [])?;
            let full = || StoreError::corrupt("job id")(format!("there is none above {last}"));
            let id = next_id(last, now).ok_or_else(full)?;
            tx.run("UPDATE job_ids SET last = ?1", [id])?;
            Ok(id.to_string())
        })
    }

    /// Creates a job, unless its collection already has a job with the same idempotency key.
    pub(crate) fn create_job(&self, job: &NewJob) -> Result<JobCreation> {
        let source = serde_json::to_string(&job.source).map_err(StoreError::corrupt("request"))?;
        self.write(|tx| {
            let Some(collection_id) = id_of(tx, &job.database, &job.collection)? else {
                return Ok(JobCreation::NoCollection);
            };
            if let Some(key) = &job.key
                && let Some(first) = tx.find(
                    "SELECT id FROM jobs WHERE collection_id = ?1 AND key = ?2",
                    params![collection_id, key],
                )?
            {
                return Ok(JobCreation::Before(first));
            }
            let partition = job.partition.as_deref();
            let Some(partition_id) = partition_id(&**tx, collection_id, partition)? else {
                return Ok(JobCreation::NoPartition);
            };
            tx.run(
                "INSERT INTO jobs (id, collection_id, collection, partition_id, key, source, state, two_phase, deadline, database, create_time)
                 SELECT ?1, id, name, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM collections WHERE id = ?2",
                params![
                    job.id,
                    collection_id,
                    partition_id,
                    job.key,
                    source,
                    JobState::Pending.word(),
                    job.two_phase,
                    job.deadline,
                    job.database,
                    now()
                ],
            )?;
            Ok(JobCreation::New)
        })
    }

    /// Returns at most `most` jobs that haven't ended, oldest first, starting after the sequence number `after`. Each
    /// is a sequence number and an id.
    pub(crate) fn open_jobs(&self, after: i64, most: u64) -> Result<Vec<(i64, String)>> {
        self.rows(
            "SELECT seq, id FROM jobs WHERE state IN ('Pending', 'Importing') AND seq > ?1 ORDER BY seq LIMIT ?2",
            params![after, signed(most)],
        )
    }

    /// Returns true if the job has ended or never existed.
    pub(crate) fn has_ended(&self, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM jobs WHERE id = ?1 AND state IN ('Pending', 'Importing')";
        Ok(!self.has(sql, [id])?)
    }

    /// Returns the ids of jobs that no worker has claimed yet.
    pub(crate) fn pending_jobs(&self) -> Result<Vec<String>> {
        let sql = "SELECT id FROM jobs WHERE state = 'Pending' ORDER BY seq";
        self.list(sql, [])
    }

    /// Returns a job with its input and its files.
    pub(crate) fn job(&self, id: &str) -> Result<Option<Whole>> {
        self.read(|view| {
            let mut select = view.prepare_cached(&format!(
                "SELECT {JOB}, source, create_time, warnings FROM jobs WHERE id = ?1"
            ))?;
            let found = select.query_row([id], |row| {
                let warnings: Option<String> = row.get(10)?;
                Ok((job(row), row.get::<_, String>(8)?, row.get(9)?, warnings))
            });
            let Some((job, source, create_time, warnings)) = found.optional()? else {
                return Ok(None);
            };
            let warnings = warnings.and_then(|text| serde_json::from_str(&text).ok());
            let mut select = view.prepare_cached(
                "SELECT state, reason, complete_time, rows, bytes, size, name
                 FROM job_files WHERE job_id = ?1 ORDER BY no",
            )?;
            let files = select.query_and_then([id], |row| {
                Ok(JobFile {
                    standing: standing(row)?,
                    name: row.get(6)?,
                })
            })?;
            Ok(Some(Whole {
                job: job?,
                create_time,
                source: parse_source(&source).unwrap_or_default(),
                files: files.collect::<Result<_>>()?,
                // A broken record counts as no warnings.
                warnings: warnings.unwrap_or_default(),
            }))
        })
    }

    /// Returns the number of jobs of a database (without a name, of all databases) and at most `limit` of them, newest
    /// first, without the first `skip` jobs.
    pub(crate) fn jobs(
        &self,
        database: Option<&str>,
        collection: Option<&str>,
        skip: u64,
        limit: u64,
    ) -> Result<(u64, Vec<StoredJob>)> {
        self.read(|view| {
            let count = view.one(
                "SELECT count(*) FROM jobs WHERE (?1 IS NULL OR database = ?1) AND (?2 IS NULL OR collection = ?2)",
                params![database, collection],
            )?;
            let mut select = view.prepare_cached(&format!(
                "SELECT {JOB} FROM jobs WHERE (?1 IS NULL OR database = ?1) AND (?2 IS NULL OR collection = ?2)
                 ORDER BY seq DESC LIMIT ?3 OFFSET ?4"
            ))?;
            let jobs =
                select.query_and_then(params![database, collection, signed(limit), signed(skip)], job)?;
            Ok((unsigned(count), jobs.collect::<Result<_, _>>()?))
        })
    }

    /// Makes an uncommitted job's rows visible in one transaction. Also succeeds for a completed job, even if it
    /// committed itself (Milvus: `internal/datacoord/services.go`, `CommitImport`).
    pub(crate) fn commit(&self, id: &str) -> Result<Ending> {
        self.write(|tx| match state(tx, id)? {
            JobState::Uncommitted => show(tx, id).map(|()| Ending::Done),
            JobState::Completed => Ok(Ending::Done),
            state => Ok(Ending::WrongState(state)),
        })
    }

    /// Aborts a two-phase job that isn't committed and discards its rows. Also succeeds for an aborted job, and for a
    /// failed one, which keeps its reason (Milvus: `internal/datacoord/services.go`, `AbortImport`).
    pub(crate) fn abort(&self, id: &str) -> Result<Ending> {
        self.write(|tx| {
            match state(tx, id)? {
                JobState::Aborted => return Ok(Ending::Done),
                JobState::Completed => return Ok(Ending::WrongState(JobState::Completed)),
                _ if !is_two_phase(tx, id)? => return Ok(Ending::AutoCommit),
                JobState::Failed => return Ok(Ending::Done),
                JobState::Pending | JobState::Importing | JobState::Uncommitted => {}
            }
            // If a worker runs the job, its next write finds that the job has ended.
            let time = now();
            tx.run(
                "UPDATE jobs SET state = 'Aborted', reason = 'aborted', complete_time = ?2 WHERE id = ?1",
                params![id, time],
            )?;
            tx.run(
                "UPDATE job_files SET state = 'Aborted', complete_time = ?2, reason = 'not imported, because the job was aborted'
                 WHERE job_id = ?1",
                params![id, time],
            )?;
            discard(tx, id)?;
            Ok(Ending::Done)
        })
    }
}

fn state(tx: &Transaction<'_>, id: &str) -> Result<JobState> {
    let word: String = tx.one("SELECT state FROM jobs WHERE id = ?1", [id])?;
    read_state(&word)
}

/// Makes a job's rows visible and the job completed.
pub(crate) fn show(tx: &Transaction<'_>, id: &str) -> Result<()> {
    let sql = "UPDATE jobs SET state = 'Completed', complete_time = ?2 WHERE id = ?1";
    tx.run(sql, params![id, now()])?;
    let sql = "UPDATE segments SET state = ?2, commit_no = ?4 WHERE job_id = ?1 AND state = ?3";
    let commit = next_commit(tx)?;
    tx.run(sql, params![id, VISIBLE, PENDING, commit]).map(drop)
}

/// Returns true if a job waits, or has waited, for a commit.
pub(crate) fn is_two_phase(tx: &Transaction<'_>, id: &str) -> Result<bool> {
    tx.has("SELECT 1 FROM jobs WHERE id = ?1 AND two_phase", [id])
}

/// Returns the id after `last` at this time (Unix milliseconds); `None` if it exceeds 64 bits.
fn next_id(last: i64, now: i64) -> Option<i64> {
    let timed = now.clamp(0, i64::MAX >> ID_BITS) << ID_BITS;
    Some(timed.max(last.checked_add(1)?))
}

/// The columns that [`job`] reads. The job's source isn't among them, since it has up to 1 MiB of paths and lists are
/// long.
const JOB: &str = "state, reason, complete_time, rows, bytes, size, id, collection";

fn job(row: &Row<'_>) -> Result<StoredJob> {
    Ok(StoredJob {
        standing: standing(row)?,
        id: row.get(6)?,
        collection: row.get(7)?,
    })
}

fn standing(row: &Row<'_>) -> Result<StoredProgress> {
    let state: String = row.get(0)?;
    Ok(StoredProgress {
        state: read_state(&state)?,
        reason: row.get(1)?,
        complete_time: row.get(2)?,
        rows: unsigned(row.get(3)?),
        bytes: unsigned(row.get(4)?),
        size: unsigned(row.get(5)?),
    })
}

pub(crate) fn parse_source(text: &str) -> Result<JobInput> {
    serde_json::from_str(text).map_err(StoreError::corrupt("job"))
}

/// Parses a stored state.
fn read_state(word: &str) -> Result<JobState> {
    let unknown = |_| StoreError::corrupt("job state")(format!("{word:?} is no state"));
    word.parse().map_err(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_up_to_64_bits_even_if_the_time_does_not() {
        assert_eq!(next_id(0, 1), Some(1 << 18));
        assert_eq!(next_id(1 << 18, 1), Some((1 << 18) + 1));
        assert_eq!(next_id(7, -5), Some(8));
        assert_eq!(next_id(0, i64::MAX), Some(i64::MAX >> 18 << 18));
        assert_eq!(next_id(i64::MAX - 1, 0), Some(i64::MAX));
        assert_eq!(next_id(i64::MAX, 0), None);
    }
}
