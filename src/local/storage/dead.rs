//! Deleted rows: one bit per row, stored beside the segment, which itself never changes.

use super::columns::keep_columns;
use super::rows::{DeletedBits, Segment, TRASH, VISIBLE, next_commit};
use super::{DataStore, Result, Statements, signed, unsigned};
use crate::formats::Batch;
use rusqlite::{Transaction, params};
use std::collections::HashSet;

/// The rows to delete, by segment.
pub(crate) type DeletedRows = Vec<(Segment, Vec<usize>)>;

/// The outcome of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The rows were replaced.
    Done,
    /// The partition no longer exists, and nothing was done.
    NoPartition,
    /// There are new rows that were not searched, and nothing was done.
    Outdated,
}

impl DataStore {
    /// Deletes rows in one transaction and returns the number of rows that weren't deleted before.
    pub(crate) fn delete(&self, deleted: &DeletedRows) -> Result<u64> {
        self.write(|tx| kill(tx, deleted))
    }

    /// Deletes rows and adds others, visible at once, in one transaction. `seen` are the segments that were searched for
    /// rows with the same primary keys.
    pub(crate) fn replace(
        &self,
        collection_id: i64,
        (deleted, seen): (&DeletedRows, &[Segment]),
        partition_id: i64,
        batch: &mut Batch,
    ) -> Result<Replaced> {
        self.write(|tx| {
            let seen: HashSet<i64> = seen.iter().map(|segment| segment.id).collect();
            let sql = "SELECT id FROM segments WHERE collection_id = ?1 AND state = ?2";
            let ids = tx.list(sql, params![collection_id, VISIBLE])?;
            if !ids.iter().all(|id| seen.contains(id)) {
                return Ok(Replaced::Outdated);
            }
            if !add(tx, collection_id, partition_id, batch)? {
                return Ok(Replaced::NoPartition);
            }
            kill(tx, deleted)?;
            Ok(Replaced::Done)
        })
    }

    /// Stores a batch of rows that are visible at once. In a collection with autoId, generates their primary keys.
    /// Returns false, and stores nothing, if the partition no longer exists.
    pub(crate) fn insert(
        &self,
        collection_id: i64,
        partition_id: i64,
        batch: &mut Batch,
    ) -> Result<bool> {
        self.write(|tx| add(tx, collection_id, partition_id, batch))
    }
}

fn add(
    tx: &Transaction<'_>,
    collection_id: i64,
    partition_id: i64,
    batch: &mut Batch,
) -> Result<bool> {
    // One statement checks the partition and adds the segment, since the partition may have been dropped meanwhile.
    let (rows, commit) = (signed(batch.rows()), next_commit(tx)?);
    let made = tx.run(
        "INSERT INTO segments (collection_id, partition_id, job_id, state, rows, commit_no)
         SELECT collection_id, id, '', ?3, ?4, ?5 FROM partitions WHERE id = ?2 AND collection_id = ?1",
        params![collection_id, partition_id, VISIBLE, rows, commit],
    )?;
    if made == 0 {
        return Ok(false);
    }
    keep_columns(tx, tx.last_insert_rowid(), batch, None)?;
    Ok(true)
}

fn kill(tx: &Transaction<'_>, deleted: &DeletedRows) -> Result<u64> {
    let mut killed = 0_u64;
    for (segment, rows) in deleted.iter().filter(|(_, rows)| !rows.is_empty()) {
        let found = tx.row::<(_, _, Option<_>)>(
            "SELECT rows, dead, (SELECT rows FROM segment_dead WHERE segment_id = id)
             FROM segments WHERE id = ?1 AND state = ?2",
            params![segment.id, VISIBLE],
        )?;
        // A segment that was dropped meanwhile has no rows left.
        let Some((all, before, bits)) = found else {
            continue;
        };
        let mut dead = DeletedBits(bits.unwrap_or_default());
        let fresh = rows.iter().filter(|row| dead.add(**row)).count();
        let now = unsigned(before).saturating_add(fresh as u64);
        killed = killed.saturating_add(fresh as u64);
        if now >= unsigned(all) {
            let sql = "UPDATE segments SET state = ?2 WHERE id = ?1";
            tx.run(sql, params![segment.id, TRASH])?;
        } else if fresh > 0 {
            let sql = "UPDATE segments SET dead = ?2 WHERE id = ?1";
            tx.run(sql, params![segment.id, signed(now)])?;
            let sql = "INSERT INTO segment_dead (segment_id, rows) VALUES (?1, ?2)
                 ON CONFLICT (segment_id) DO UPDATE SET rows = excluded.rows";
            tx.run(sql, params![segment.id, dead.0])?;
        }
    }
    Ok(killed)
}
