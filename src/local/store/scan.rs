//! Reading rows back: the visible segments of a collection, and single columns of them.

use super::rows::{AUTO_IDS, VISIBLE};
use super::{Store, StoreError, signed};
use crate::formats::Batch;
use rusqlite::{OptionalExtension, params};

/// A batch of visible rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::local) struct Segment {
    /// Its number, never used again.
    id: i64,
    /// How many rows it holds.
    pub(in crate::local) rows: usize,
}

impl Store {
    /// The visible segments of a collection, or of some of its partitions, oldest first.
    pub(in crate::local) fn segments(
        &self,
        collection_id: i64,
        partitions: &[i64],
    ) -> Result<Vec<Segment>, StoreError> {
        self.read(|view| {
            let mut select = view.prepare_cached(
                "SELECT id, rows, partition_id FROM segments WHERE collection_id = ?1 AND state = ?2 ORDER BY id",
            )?;
            let found = select.query_map(params![collection_id, VISIBLE], |row| {
                let rows: i64 = row.get(1)?;
                let rows = usize::try_from(rows).unwrap_or(0);
                Ok((Segment { id: row.get(0)?, rows }, row.get(2)?))
            })?;
            let mut segments = Vec::new();
            for found in found {
                let (segment, partition): (Segment, i64) = found?;
                if partitions.is_empty() || partitions.contains(&partition) {
                    segments.push(segment);
                }
            }
            Ok(segments)
        })
    }

    /// The bytes of one of a segment's columns; `None` once the segment was deleted.
    pub(in crate::local) fn column(
        &self,
        segment: Segment,
        number: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|view| {
            Ok(view
                .prepare_cached(
                    "SELECT data FROM segment_columns WHERE segment_id = ?1 AND field_no = ?2",
                )?
                .query_row(params![segment.id, signed(number)], |row| row.get(0))
                .optional()?)
        })
    }

    /// Keeps a batch of rows that are visible at once, and gives an auto-id collection's their keys. False where the
    /// partition is gone (then nothing is kept).
    pub(in crate::local) fn insert(
        &self,
        collection_id: i64,
        partition_id: i64,
        batch: &mut Batch,
    ) -> Result<bool, StoreError> {
        self.write(|tx| {
            // The check and the row in one statement: a drop may have come between.
            let made = tx
                .prepare_cached(
                    "INSERT INTO segments (collection_id, partition_id, job_id, state, rows)
                     SELECT collection_id, id, '', ?3, ?4 FROM partitions WHERE id = ?2 AND collection_id = ?1",
                )?
                .execute(params![collection_id, partition_id, VISIBLE, signed(batch.rows())])?;
            if made == 0 {
                return Ok(false);
            }
            let segment = tx.last_insert_rowid();
            batch.set_auto_ids(segment.wrapping_mul(AUTO_IDS));
            super::rows::keep_columns(tx, segment, batch)?;
            Ok(true)
        })
    }
}
