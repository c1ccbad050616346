//! Two-phase jobs, whose rows wait until the caller commits or aborts them.

use super::jobs::read_state;
use super::rows::{PENDING, VISIBLE, discard, next_commit};
use super::{DataStore, Result, now};
use crate::api::model::JobState;
use crate::local::storage::statements::Statements;
use rusqlite::{Transaction, params};

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

impl DataStore {
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
