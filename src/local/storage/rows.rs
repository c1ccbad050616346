//! Rows, stored as segments: each is one batch of checked rows, with one blob or file per column (see `columns`).
//!
//! So an import writes its data in order, and a count reads no rows. A segment becomes visible in the transaction that
//! completes its job. A segment to delete is marked and swept later.

use super::{DataStore, Result, unsigned};
use crate::local::storage::statements::Statements;
use rusqlite::{Connection, Transaction, params};

/// State of a segment whose job hasn't finished.
pub(crate) const PENDING: i64 = 0;
/// State of a segment that counts and queries include.
pub(crate) const VISIBLE: i64 = 1;
/// State of a segment to be deleted.
pub(crate) const TRASH: i64 = 2;

/// Segments deleted by one sweep, so a write transaction has at most some tens of MiB.
const SWEEP: i64 = 8;

/// Most free pages that one step returns to the file system.
const VACUUM_PAGES: u64 = 2048;

/// Free pages kept for the next import (128 MiB).
const KEPT_PAGES: u64 = 8192;

/// Distance between the first generated primary keys of two segments, which start at the segment's id times this. It's
/// larger than the number of rows in a batch.
pub(crate) const AUTO_IDS: i64 = 1 << 24;

impl DataStore {
    /// Returns the number of visible rows of a collection, or of one of its partitions.
    pub(crate) fn count(&self, collection_id: i64, partition_id: Option<i64>) -> Result<u64> {
        let rows = self.one(
            "SELECT COALESCE(SUM(rows - dead), 0) FROM segments
             WHERE collection_id = ?1 AND state = ?2 AND (?3 IS NULL OR partition_id = ?3)",
            params![collection_id, VISIBLE, partition_id],
        )?;
        Ok(unsigned(rows))
    }

    /// Deletes some of the segments marked for deletion. Returns false if there were none.
    pub(crate) fn sweep(&self) -> Result<bool> {
        if !self.has("SELECT 1 FROM segments WHERE state = 2 LIMIT 1", [])? {
            return Ok(false);
        }
        self.write(|tx| {
            let segments: Vec<i64> =
                tx.list("SELECT id FROM segments WHERE state = 2 LIMIT ?1", [SWEEP])?;
            self.base.columns.remove(tx, &segments)?;
            for segment in segments {
                let sql = "DELETE FROM segment_columns WHERE segment_id = ?1";
                tx.run(sql, [segment])?;
                tx.run("DELETE FROM segment_dead WHERE segment_id = ?1", [segment])?;
                tx.run("DELETE FROM segments WHERE id = ?1", [segment])?;
            }
            Ok(true)
        })
    }

    /// Returns some free pages to the file system if there are many. The rest is kept for the next import. Returns
    /// false if there was nothing to do.
    pub(crate) fn vacuum(&self) -> Result<bool> {
        let free = |connection: &Connection| -> Result<u64> {
            Ok(connection
                .pragma_query_value(None, "freelist_count", |row| row.get(0))
                .map(unsigned)?)
        };
        if self.read(free)? < KEPT_PAGES {
            return Ok(false);
        }
        let writer = self.writer()?;
        let before = free(&writer)?;
        let mut step = writer.prepare(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        let mut rows = step.query([])?;
        while rows.next()?.is_some() {}
        Ok(free(&writer)? < before)
    }
}

/// Returns the number for the next commit, which is larger than the numbers of all segments.
pub(crate) fn next_commit(tx: &Transaction<'_>) -> Result<i64> {
    tx.one("SELECT COALESCE(MAX(commit_no), 0) + 1 FROM segments", [])
}

/// Marks the invisible segments of a job for deletion.
pub(crate) fn discard(tx: &Transaction<'_>, id: &str) -> Result<()> {
    let sql = "UPDATE segments SET state = ?2 WHERE job_id = ?1 AND state = ?3";
    tx.run(sql, params![id, TRASH, PENDING]).map(drop)
}
