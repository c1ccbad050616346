//! Reading rows back: the visible segments of a collection, and single columns of them.

use super::dead::Dead;
use super::rows::VISIBLE;
use super::{Store, StoreError, signed};
use rusqlite::{MAIN_DB, OptionalExtension, params};

/// A batch of visible rows, as it was when it was looked up.
#[derive(Clone, Debug)]
pub(in crate::local) struct Segment {
    /// Its number, never used again.
    id: i64,
    /// How many rows it holds, deleted ones too.
    pub(in crate::local) rows: usize,
    /// How many of them are deleted, and which.
    dead: (usize, Dead),
}

impl Segment {
    pub(in crate::local) fn id(&self) -> i64 {
        self.id
    }

    /// How many rows it has that are not deleted.
    pub(in crate::local) fn live(&self) -> usize {
        self.rows.saturating_sub(self.dead.0)
    }

    /// False for a row that was deleted.
    pub(in crate::local) fn is_live(&self, row: usize) -> bool {
        !self.dead.1.has(row)
    }
}

impl Store {
    /// The visible segments of a collection, or of some of its partitions, in the order of their commits: of two rows
    /// with one primary key the later one counts.
    pub(in crate::local) fn segments(
        &self,
        collection_id: i64,
        partitions: &[i64],
    ) -> Result<Vec<Segment>, StoreError> {
        self.read(|view| {
            let mut select = view.prepare_cached(
                "SELECT id, rows, dead, partition_id, CASE WHEN dead > 0
                     THEN (SELECT d.rows FROM segment_dead AS d WHERE d.segment_id = segments.id) END
                 FROM segments WHERE collection_id = ?1 AND state = ?2 ORDER BY commit_no, id",
            )?;
            let whole = |number: i64| usize::try_from(number).unwrap_or(0);
            let found = select.query_map(params![collection_id, VISIBLE], |row| {
                let bits: Option<Vec<u8>> = row.get(4)?;
                let segment = Segment {
                    id: row.get(0)?,
                    rows: whole(row.get(1)?),
                    dead: (whole(row.get(2)?), Dead(bits.unwrap_or_default())),
                };
                Ok((segment, row.get(3)?))
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
        segment: &Segment,
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

    /// Reads the bytes of one of a segment's columns into `bytes`, whose memory is used again; false once the segment was
    /// deleted.
    ///
    /// Several times as fast as [`Store::column`], which fills new memory for each column, and copies it twice.
    pub(in crate::local) fn read_column(
        &self,
        segment: &Segment,
        number: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, StoreError> {
        self.read(|view| {
            let row = view
                .prepare_cached(
                    "SELECT rowid FROM segment_columns WHERE segment_id = ?1 AND field_no = ?2",
                )?
                .query_row(params![segment.id, signed(number)], |row| row.get(0))
                .optional()?;
            let Some(row) = row else {
                return Ok(false);
            };
            let blob = view.blob_open(MAIN_DB, c"segment_columns", c"data", row, true)?;
            bytes.resize(blob.len(), 0);
            blob.read_at_exact(bytes, 0)?;
            Ok(true)
        })
    }
}
