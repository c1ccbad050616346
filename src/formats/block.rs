//! A block of rows that are found and not parsed yet: several can be parsed at the same time.

use std::ops::Range;

use super::batch::{Batch, PushError};
use super::error::ReadError;

/// Bytes of text after which a block is handed on.
pub(super) const BLOCK_BYTES: usize = 4 << 20;

/// Rows of one JSON or JSON Lines file, as text.
#[derive(Debug, Default)]
pub struct Block {
    text: Vec<u8>,
    rows: Vec<Place>,
    /// Rows of the file before the block.
    before: u64,
}

/// Where a row stands.
#[derive(Debug)]
struct Place {
    /// In the block's text.
    text: Range<usize>,
    /// Its first byte in the file.
    offset: u64,
    /// The line of the file that it begins in, from 1.
    line: u64,
}

impl Block {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Clears the batch and parses the block's rows into it. After an error the batch holds the rows before the bad one.
    pub fn parse(&self, batch: &mut Batch) -> Result<(), ReadError> {
        batch.clear();
        for (number, place) in (self.before + 1..).zip(&self.rows) {
            let row = self.text.get(place.text.clone()).unwrap_or_default();
            batch
                .push_json(row, number)
                .map_err(|error| explain(error, row, number, (place.line, place.offset)))?;
        }
        Ok(())
    }

    /// Forgets the rows, for those behind this many of the file; keeps the memory.
    pub(super) fn begin(&mut self, before: u64) {
        self.text.clear();
        self.rows.clear();
        self.before = before;
    }

    /// Adds a row's text, which begins at this line and byte of the file.
    pub(super) fn push(&mut self, row: &[u8], line: u64, offset: u64) {
        let begin = self.text.len();
        self.text.extend_from_slice(row);
        self.rows.push(Place {
            text: begin..self.text.len(),
            offset,
            line,
        });
    }

    /// True once it is to be handed on.
    pub(super) fn is_full(&self, most: usize) -> bool {
        self.rows.len() >= most || self.text.len() >= BLOCK_BYTES
    }
}

/// The error of a row that begins at this line and byte of the file.
pub(super) fn explain(
    error: PushError,
    row: &[u8],
    number: u64,
    (line, begin): (u64, u64),
) -> ReadError {
    match error {
        PushError::Row(error) => ReadError::Row(error),
        PushError::Syntax { offset, message } => {
            let before = row.get(..offset).unwrap_or(row);
            ReadError::Syntax {
                row: Some(number),
                line: line + memchr::memchr_iter(b'\n', before).count() as u64,
                offset: begin + offset as u64,
                message,
            }
        }
    }
}
