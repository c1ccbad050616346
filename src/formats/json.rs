//! JSON and JSON Lines files as rows.

use super::batch::{Batch, PushError};
use super::error::ReadError;
use super::frames::Frames;
use super::reader::{BATCH_BYTES, Rows};
use super::window::Window;

/// The rows of one file.
pub(super) struct JsonRows {
    frames: Frames,
    rows: u64,
}

impl JsonRows {
    pub(super) fn new(window: Window, lines: bool) -> Self {
        Self {
            frames: Frames::new(window, lines),
            rows: 0,
        }
    }

    /// Appends the row that the window begins with, and moves past it in any case.
    fn push(&mut self, batch: &mut Batch, length: usize) -> Result<(), ReadError> {
        let rest = self.frames.window.rest();
        let row = rest.get(..length).unwrap_or(rest);
        let pushed = batch
            .push_json(row, self.rows)
            .map_err(|error| match error {
                PushError::Row(error) => ReadError::Row(error),
                PushError::Syntax { offset, message } => {
                    self.frames.error(Some(self.rows), offset, &message)
                }
            });
        self.frames.window.consume(length);
        pushed
    }
}

impl Rows for JsonRows {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        while batch.rows() < batch_rows && batch.byte_len() < BATCH_BYTES {
            let found = self.frames.next(self.rows + 1);
            let Some(length) = found.inspect_err(|_| self.frames.finish())? else {
                break;
            };
            self.rows += 1;
            self.push(batch, length)?;
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
