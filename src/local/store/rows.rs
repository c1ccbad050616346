//! Rows, kept as segments: one batch of checked rows each, one blob a column.
//!
//! So an import writes blobs one after the other, and a count reads no row at all. A segment becomes visible in
//! the transaction that completes its job; one that must go is marked and swept later.

use super::work::{Claimed, Report, advance, finish_file};
use super::{Store, StoreError, signed, unsigned};
use crate::formats::batch::Batch;
use rusqlite::{Connection, Transaction, params};

/// State of a segment whose job is not finished.
pub(super) const PENDING: i64 = 0;
/// State of a segment that counts and queries see.
pub(super) const VISIBLE: i64 = 1;
/// State of a segment to be deleted.
pub(super) const TRASH: i64 = 2;

/// Segments one sweep deletes: a write transaction of some tens of MiB at most.
const SWEEP: i64 = 8;

/// Free pages one sweep gives back to the file system.
const VACUUM_PAGES: u64 = 2048;

/// Free pages kept for the next import (128 MiB).
const KEPT_PAGES: u64 = 8192;

/// Keys that the service makes itself count up from the segment's number times this: more than a batch has rows.
pub(super) const AUTO_IDS: i64 = 1 << 24;

impl Store {
    /// Keeps a batch of a claimed job's rows, not visible yet, together with how far the job is, and with the file before
    /// that was `read` to its end, and when. An auto-id collection's keys are given here. False where the job has ended meanwhile (then nothing is kept).
    pub(in crate::local) fn append(
        &self,
        job: &Claimed,
        batch: &mut Batch,
        report: &Report,
        read: Option<&(Report, String)>,
    ) -> Result<bool, StoreError> {
        self.write(|tx| {
            if let Some((report, time)) = read
                && !finish_file(tx, job, report, time)?
            {
                return Ok(false);
            }
            if !advance(tx, job, report)? {
                return Ok(false);
            }
            tx.prepare_cached(
                "INSERT INTO segments (collection_id, partition_id, job_id, state, rows) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![job.collection_id, job.partition_id, job.id, PENDING, signed(batch.rows())])?;
            let segment = tx.last_insert_rowid();
            batch.set_auto_ids(segment.wrapping_mul(AUTO_IDS));
            keep_columns(tx, segment, batch)?;
            Ok(true)
        })
    }

    /// Visible rows of a collection, or of one of its partitions.
    pub(in crate::local) fn count(
        &self,
        collection_id: i64,
        partition_id: Option<i64>,
    ) -> Result<u64, StoreError> {
        self.read(|view| {
            let rows = view
                .prepare_cached(
                    "SELECT COALESCE(SUM(rows - dead), 0) FROM segments
                     WHERE collection_id = ?1 AND state = ?2 AND (?3 IS NULL OR partition_id = ?3)",
                )?
                .query_row(params![collection_id, VISIBLE, partition_id], |row| {
                    row.get(0)
                })?;
            Ok(unsigned(rows))
        })
    }

    /// Deletes some of what was marked for deletion; false when nothing was left.
    pub(in crate::local) fn sweep(&self) -> Result<bool, StoreError> {
        let trash: i64 = self.read(|view| {
            Ok(view
                .prepare_cached(
                    "SELECT count(*) FROM (SELECT id FROM segments WHERE state = 2 LIMIT 1)",
                )?
                .query_row([], |row| row.get(0))?)
        })?;
        if trash == 0 {
            return Ok(false);
        }
        self.write(|tx| {
            let segments: Vec<i64> = tx
                .prepare_cached("SELECT id FROM segments WHERE state = 2 LIMIT ?1")?
                .query_map([SWEEP], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for segment in segments {
                tx.prepare_cached("DELETE FROM segment_columns WHERE segment_id = ?1")?
                    .execute([segment])?;
                tx.prepare_cached("DELETE FROM segment_dead WHERE segment_id = ?1")?
                    .execute([segment])?;
                tx.prepare_cached("DELETE FROM segments WHERE id = ?1")?
                    .execute([segment])?;
            }
            Ok(true)
        })
    }

    /// Gives some free pages back to the file system, where there are many: the rest is kept for the next import.
    /// False when there was nothing to do.
    pub(in crate::local) fn vacuum(&self) -> Result<bool, StoreError> {
        let free = |connection: &Connection| -> Result<u64, StoreError> {
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

/// The number for what becomes visible now: above those of all segments.
pub(super) fn next_commit(tx: &Transaction<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached("SELECT COALESCE(MAX(commit_no), 0) + 1 FROM segments")?
        .query_row([], |row| row.get(0))?)
}

/// Keeps a segment's columns: the fields in the schema's order, then `$meta`.
pub(super) fn keep_columns(
    tx: &Transaction<'_>,
    segment: i64,
    batch: &Batch,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO segment_columns (segment_id, field_no, data) VALUES (?1, ?2, ?3)",
    )?;
    for (no, column) in batch.columns().iter().chain(batch.meta()).enumerate() {
        insert.execute(params![segment, signed(no), column.encode()])?;
    }
    Ok(())
}
