//! Vectors that are read from pages without the library, which expands every level to two bytes.
//!
//! Usually a page holds whole vectors without nulls, one after the other, and only the last one continues in the next
//! page. The values of such pages are appended to a vector's column as they are. Any other page goes to the library's
//! column reader and into the leaf's buffers, with the part of its first row from the pages before.

use super::{Leaf, LeafValues, LoadedPage, PageMemory, WantedVectors};
use crate::formats::parquet::Result;

impl Leaf {
    /// Appends the next vectors of `width` floats to a column, at most `rows`. Returns the number of vectors appended, 0
    /// if the next row has to be read with [`Leaf::fill`].
    pub(in crate::formats::parquet) fn read_vectors(
        &mut self,
        rows: usize,
        width: usize,
        column: &mut Vec<f32>,
        memory: &mut PageMemory,
    ) -> Result<usize> {
        let begin = column.len();
        if self.vectors.is_empty() {
            self.resume(width, column, memory)?;
        }
        let end = begin.saturating_add(rows.saturating_mul(width));
        while column.len() < end && !self.vectors.is_empty() {
            self.vectors.take(end - column.len(), column);
            if self.vectors.is_empty() {
                self.continue_vectors(width, column, memory)?;
            }
        }
        Ok((column.len() - begin) / width.max(1))
    }

    /// Loads the next page if all whole rows were consumed. If the page has vectors, moves the first part of its first
    /// vector from the buffers to the column.
    fn resume(
        &mut self,
        width: usize,
        column: &mut Vec<f32>,
        memory: &mut PageMemory,
    ) -> Result<()> {
        if self.rows > 0 || self.left > 0 {
            return Ok(());
        }
        self.make_room()?;
        let open = self.definition.len();
        let full = self.levels.full;
        let is_full =
            self.definition.iter().all(|level| *level == full) && self.values.len() == open;
        let wanted = is_full.then_some(WantedVectors { width, open });
        let page = self.load(wanted, memory)?;
        if let (Some(vectors), LeafValues::Float(values)) =
            (page.and_then(|page| page.vectors), &mut self.values)
        {
            column.append(values);
            self.remove_levels(open);
            self.awaits_end = open > 0;
            self.vectors = vectors;
        }
        Ok(())
    }

    /// Loads the page after one of vectors. Unless it continues them, moves the last vector to the buffers if that isn't
    /// whole.
    fn continue_vectors(
        &mut self,
        width: usize,
        column: &mut Vec<f32>,
        memory: &mut PageMemory,
    ) -> Result<()> {
        let spent = std::mem::take(&mut self.vectors);
        let open = self.source.as_mut().map_or(0, |(_, pages)| {
            pages.recycle(spent);
            pages.open
        });
        let next = self.load(Some(WantedVectors { width, open }), memory)?;
        let (begins_row, is_v2) = match next {
            Some(LoadedPage {
                vectors: Some(vectors),
                ..
            }) => {
                self.vectors = vectors;
                return Ok(());
            }
            Some(LoadedPage {
                begins_row, is_v2, ..
            }) => (begins_row, is_v2),
            None => (true, false),
        };
        // At a page that begins with a row, the library counts the row that it waits for.
        let is_counted = std::mem::take(&mut self.awaits_end) && self.left > 0 && begins_row;
        if open == width && begins_row && !is_counted {
            return Ok(());
        }
        self.values = LeafValues::Float(column.split_off(column.len().saturating_sub(open)));
        self.definition = vec![self.levels.full; open];
        self.repetition = vec![1; open];
        if let Some(first) = self.repetition.first_mut() {
            *first = 0;
        }
        (self.level, self.value) = (0, 0);
        self.rows = usize::from(!is_counted && (begins_row || is_v2));
        Ok(())
    }
}
