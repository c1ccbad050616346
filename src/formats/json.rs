//! Reader of rows from JSON and JSON Lines files.

use super::batch::BATCH_BYTES;
use super::batch::Batch;
use super::block::Rows;
use super::block::{Block, explain};
use super::error::ReadError;
use super::frames::Frames;
use super::window::Window;

/// Rows of one file.
pub(super) struct JsonRows {
    frames: Frames,
    rows: u64,
    /// Error found after the rows of the last block, returned by the next call.
    held: Option<ReadError>,
}

impl JsonRows {
    pub(super) fn new(window: Window, lines: bool) -> Self {
        Self {
            frames: Frames::new(window, lines),
            rows: 0,
            held: None,
        }
    }

    /// Appends the row at the start of the window and moves past the row, even if it is refused.
    fn push(&mut self, batch: &mut Batch, length: usize) -> Result<(), ReadError> {
        let window = &self.frames.window;
        let row = window.rest().get(..length).unwrap_or(window.rest());
        let place = (window.line(), window.offset());
        let pushed = batch
            .push_json(row, self.rows)
            .map_err(|error| explain(error, row, self.rows, place));
        self.frames.window.consume(length);
        pushed
    }

    /// Finds the next row and returns its length.
    fn next(&mut self) -> Result<Option<usize>, ReadError> {
        let found = self.frames.next(self.rows + 1);
        let found = found.inspect_err(|_| self.frames.finish())?;
        self.rows += u64::from(found.is_some());
        Ok(found)
    }
}

impl Rows for JsonRows {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        while batch.rows() < batch_rows && batch.byte_len() < BATCH_BYTES {
            let Some(length) = self.next()? else {
                break;
            };
            self.push(batch, length)?;
        }
        Ok(())
    }

    fn skip(&mut self, rows: u64) -> Result<(), ReadError> {
        for _ in 0..rows {
            match self.next()? {
                Some(length) => self.frames.window.consume(length),
                None => break,
            }
        }
        Ok(())
    }

    fn has_blocks(&self) -> bool {
        true
    }

    fn fill_block(&mut self, block: &mut Block, most: usize) -> Result<(), ReadError> {
        block.begin(self.rows);
        if let Some(error) = self.held.take() {
            return Err(error);
        }
        while !block.is_full(most) {
            let length = match self.next() {
                Ok(Some(length)) => length,
                Ok(None) => break,
                // Errors of the rows before this point must be reported first.
                Err(error) if block.rows() > 0 => {
                    self.held = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            };
            let window = &mut self.frames.window;
            let row = window.rest().get(..length).unwrap_or(window.rest());
            block.push(row, window.line(), window.offset());
            window.consume(length);
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn bytes(&self) -> u64 {
        self.frames.window.offset()
    }

    #[cfg(test)]
    fn set_max_row(&mut self, bytes: usize) {
        self.frames.set_max_row(bytes);
    }
}
