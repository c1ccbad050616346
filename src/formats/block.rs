//! A block of rows whose ends have been found but whose text hasn't been parsed. Several blocks can be parsed in
//! parallel.

use std::ops::Range;
use std::sync::Arc;

use super::batch::Batch;
use super::error::{PushError, ReadError};
use super::warning::Warning;
use super::window::line_after;
use crate::caught;

/// Size in bytes up to which an empty block keeps its memory. A block of large rows takes more.
const KEPT: usize = 2 * BLOCK_BYTES;

/// Size at which a block is full, in bytes of text.
pub(super) const BLOCK_BYTES: usize = 4 << 20;

/// The syntax of the rows of one text file.
pub(super) trait RowSyntax: Send + Sync {
    /// Checks a row and appends it to a batch. A refused row leaves the batch unchanged.
    fn push(&self, batch: &mut Batch, row: &[u8], number: u64) -> Result<(), PushError>;

    /// Returns warnings about dropped columns.
    fn warnings(&self) -> &[Warning] {
        &[]
    }
}

/// Rows of one text file, as text.
#[derive(Default)]
pub(crate) struct Block {
    text: Vec<u8>,
    rows: Vec<RowPosition>,
    /// Number of rows in the file, or in the part of a file, before this block.
    before: u64,
    syntax: Option<Arc<dyn RowSyntax>>,
}

/// Position of a row.
#[derive(Debug)]
struct RowPosition {
    /// Byte range of the row within the block's text.
    text: Range<usize>,
    /// Offset of the row's first byte in the file.
    offset: u64,
    /// Line of the file on which the row begins, from 1; 0 if unknown.
    line: u64,
}

/// A part of a file: the pieces `from` to `to` (exclusive) of `of` pieces that together hold all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilePart {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) of: u64,
}

impl FilePart {
    /// Returns the part's range of `count` rows or row groups.
    pub(crate) fn range(self, count: u64) -> Range<u64> {
        let bound = |no: u64| {
            let bound = u128::from(count) * u128::from(no) / u128::from(self.of.max(1));
            u64::try_from(bound).unwrap_or(count)
        };
        bound(self.from)..bound(self.to)
    }

    /// Returns true for the whole file.
    pub(crate) fn is_whole(self) -> bool {
        self.from == 0 && self.to == self.of
    }

    /// Divides the part into `count` equal parts.
    pub(crate) fn split(self, count: u64) -> impl Iterator<Item = Self> {
        let (from, step) = (self.from * count, self.to - self.from);
        let of = self.of * count;
        (0..count).map(move |no| Self {
            from: from + no * step,
            to: from + (no + 1) * step,
            of,
        })
    }
}

/// Rows of one file or set, of any format.
pub(super) trait Rows: Send {
    /// Appends the next rows to an empty batch, up to `batch_rows` rows or [`BATCH_BYTES`]. Appends none at the end.
    /// For errors, see [`super::Reader::next_batch`].
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError>;

    /// Returns true if rows can be found before they are parsed.
    fn has_blocks(&self) -> bool {
        false
    }

    /// Finds the next rows, up to the given number. Finds none at the end of the file, or if rows of the format can't
    /// be found without parsing.
    fn fill_block(&mut self, block: &mut Block, _most: usize) -> Result<(), ReadError> {
        block.begin(None, self.rows());
        Ok(())
    }

    /// Returns the number of rows read so far, including bad ones.
    fn rows(&self) -> u64;

    /// Returns the number of bytes that have become rows so far.
    fn bytes(&self) -> u64;

    /// Keeps only a part: of row groups, of rows, or of the bytes of a text file. Returns the bytes at which the part of
    /// a text file begins and ends; rows are then counted from its beginning.
    fn keep_part(&mut self, part: FilePart) -> Result<(u64, u64), ReadError>;

    /// Moves past rows of a text file without checking them, at most `rows`.
    fn skip(&mut self, _rows: u64) -> Result<(), ReadError> {
        Ok(())
    }

    /// Reads pages ahead on other threads, if the format has pages.
    fn read_ahead(&mut self) {}

    /// Returns warnings about dropped columns, known from the start of the file.
    fn warnings(&self) -> &[Warning] {
        &[]
    }

    /// Sets the maximum size of a row in bytes.
    #[cfg(test)]
    fn set_max_row(&mut self, _bytes: usize) {}
}

impl Block {
    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Clears the batch and parses the block's rows into it. After an error, the batch holds the rows before the bad
    /// one.
    pub(crate) fn parse(&self, batch: &mut Batch) -> Result<(), ReadError> {
        batch.begin(self.before);
        let Some(syntax) = &self.syntax else {
            return Ok(());
        };
        let parsed = caught::catch(|| {
            for (number, place) in (self.before + 1..).zip(&self.rows) {
                let row = self.text.get(place.text.clone()).unwrap_or_default();
                let pushed = syntax.push(batch, row, number);
                pushed.map_err(|error| explain(error, row, number, (place.line, place.offset)))?;
            }
            Ok(())
        });
        parsed.unwrap_or_else(|message| {
            batch.roll_back();
            Err(ReadError::Panicked(message))
        })
    }

    /// Returns the size of the rows' text in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Removes the rows but keeps the memory for reuse, unless it is more than [`KEPT`].
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.rows.clear();
    }

    /// Clears the block for the rows that follow the first `before` rows of the file.
    pub(super) fn begin(&mut self, syntax: Option<&Arc<dyn RowSyntax>>, before: u64) {
        self.syntax = syntax.cloned();
        self.clear();
        self.before = before;
    }

    /// Appends a row's text, which begins at the given line and byte offset of the file.
    pub(super) fn push(&mut self, row: &[u8], line: u64, offset: u64) {
        let begin = self.text.len();
        if row.len() > BLOCK_BYTES {
            // Growing by doubling would take up to twice the memory.
            self.text.reserve_exact(row.len());
        }
        self.text.extend_from_slice(row);
        self.rows.push(RowPosition {
            text: begin..self.text.len(),
            offset,
            line,
        });
    }

    /// Returns true if the block holds `most` rows or enough text to be passed on.
    pub(super) fn is_full(&self, most: usize) -> bool {
        self.rows.len() >= most || self.text.len() >= BLOCK_BYTES
    }
}

/// Converts the error of a row that begins at the given line and byte offset of the file.
pub(super) fn explain(
    error: PushError,
    row: &[u8],
    number: u64,
    (line, begin): (u64, u64),
) -> ReadError {
    match error.at_row(number) {
        PushError::Row(error) => ReadError::Row(error),
        PushError::Syntax { offset, message } => ReadError::Syntax {
            row: Some(number),
            line: line_after(line, row.get(..offset).unwrap_or(row)),
            offset: begin + offset as u64,
            message,
        },
    }
}
