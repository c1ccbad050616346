//! Reading rows: the visible segments of a collection, and single columns of a segment.

use super::rows::VISIBLE;
use super::{DataStore, Result};
use crate::local::storage::statements::Statements;
use rusqlite::params;

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
}
