//! Reading rows: the visible segments of a collection, and single columns of a segment.

use super::dead::Dead;
use super::rows::VISIBLE;
use super::{Store, StoreError, signed};
use rusqlite::{MAIN_DB, OptionalExtension, params};

/// A batch of visible rows, as of the time of the lookup.
#[derive(Clone, Debug)]
pub(in crate::local) struct Segment {
    /// The id, which is never used again.
    id: i64,
    /// Number of rows, including deleted ones.
    pub(in crate::local) rows: usize,
    /// The number of deleted rows, and their bits.
    dead: (usize, Dead),
}

impl Segment {
    pub(in crate::local) fn id(&self) -> i64 {
        self.id
    }

    /// Returns the number of rows that aren't deleted.
    pub(in crate::local) fn live(&self) -> usize {
        self.rows.saturating_sub(self.dead.0)
    }

    /// Returns false if the row is deleted.
    pub(in crate::local) fn is_live(&self, row: usize) -> bool {
        !self.dead.1.has(row)
    }
}

impl Store {
    /// Returns the visible segments of a collection, or of some of its partitions, in the order of their commits. Of
    /// two rows with the same primary key, the later one counts.
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

    /// Returns the bytes of a segment's column; `None` if the segment was deleted.
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

    /// Reads the bytes of a segment's column into `bytes`, whose memory is reused. Returns false if the segment was
    /// deleted.
    ///
    /// This is several times as fast as [`Store::column`], which allocates memory for each column and copies it twice.
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
