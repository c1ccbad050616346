//! Rows, stored as segments: each is one batch of checked rows, with one blob or file per column (see `columns`).
//!
//! So an import writes its data in order, and a count reads no rows. A segment becomes visible in the transaction that
//! completes its job. A segment to delete is marked and swept later.

use super::{DataStore, Result, Statements, unsigned};
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

/// The bits of a segment's deleted rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeletedBits(pub(crate) Vec<u8>);

impl DeletedBits {
    /// Returns true if the row is deleted.
    pub(crate) fn has(&self, row: usize) -> bool {
        let byte = self.0.get(row / 8).copied().unwrap_or(0);
        byte >> (row % 8) & 1 == 1
    }

    /// Marks a row as deleted. Returns false if it was already marked.
    pub(crate) fn add(&mut self, row: usize) -> bool {
        if self.has(row) {
            return false;
        }
        if self.0.len() <= row / 8 {
            self.0.resize(row / 8 + 1, 0);
        }
        if let Some(byte) = self.0.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
        true
    }
}

/// A batch of visible rows, as of the time of the lookup.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// The id, which is never used again.
    pub(crate) id: i64,
    /// Number of rows, including deleted ones.
    pub(crate) rows: usize,
    /// The number of deleted rows, and their bits.
    dead: (usize, DeletedBits),
}

impl Segment {
    /// Returns the number of rows that aren't deleted.
    pub(crate) fn live(&self) -> usize {
        self.rows.saturating_sub(self.dead.0)
    }

    /// Returns false if the row is deleted.
    pub(crate) fn is_live(&self, row: usize) -> bool {
        !self.dead.1.has(row)
    }
}

impl DataStore {
    /// Returns the visible segments of a collection, or of some of its partitions, in the order of their commits. Of
    /// two rows with the same primary key, the later one counts.
    pub(crate) fn segments(&self, collection_id: i64, partitions: &[i64]) -> Result<Vec<Segment>> {
        let mut found = self.rows::<(i64, i64, i64, i64, Option<Vec<u8>>)>(
            "SELECT id, rows, dead, partition_id, CASE WHEN dead > 0
                 THEN (SELECT d.rows FROM segment_dead AS d WHERE d.segment_id = segments.id) END
             FROM segments WHERE collection_id = ?1 AND state = ?2 ORDER BY commit_no, id",
            params![collection_id, VISIBLE],
        )?;
        found.retain(|(.., partition, _)| partitions.is_empty() || partitions.contains(partition));
        let whole = |number: i64| usize::try_from(number).unwrap_or(0);
        let segments = found.into_iter().map(|(id, rows, dead, _, bits)| Segment {
            id,
            rows: whole(rows),
            dead: (whole(dead), DeletedBits(bits.unwrap_or_default())),
        });
        Ok(segments.collect())
    }

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
            let pages = connection.pragma_query_value(None, "freelist_count", |row| row.get(0));
            Ok(unsigned(pages?))
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
