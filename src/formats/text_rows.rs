//! Reader of the rows of a text file: JSON, JSON Lines or CSV.
//!
//! A finder reads ahead to the end of each row, and the row's text is then parsed, on this thread or, in a [`Block`],
//! on another one. A part of a file is a range of bytes between two cuts. A cut is found from the bytes behind it alone,
//! so all readers of a file find the same cuts.

use super::batch::{BATCH_BYTES, Batch};
use super::block::{Block, FilePart, RowSyntax, Rows, explain};
use super::error::ReadError;
use super::warning::Warning;
use super::window::Window;
use std::sync::Arc;

/// Finds the rows of a text file without parsing them.
pub(super) trait FindRows: Send {
    /// Finds the next row and returns its length, or `None` at the end of the file. The window's rest then begins with
    /// the row, and the caller must consume the row before the next call. `number` is the row's number, for errors.
    fn next(&mut self, number: u64) -> Result<Option<usize>, ReadError>;

    fn window(&mut self) -> &mut Window;

    /// Returns the offset of the first row that begins at byte `at` or after it, or the file's size. The offset is that of
    /// a row in all files with the usual layout; the reader of the bytes before it notices an exception.
    fn cut(&mut self, at: u64) -> Result<u64, ReadError>;

    /// Continues at a cut.
    fn seek(&mut self, cut: u64) -> Result<(), ReadError>;
}

/// Rows of one file.
pub(super) struct TextRows<F> {
    finder: F,
    syntax: Arc<dyn RowSyntax>,
    rows: u64,
    /// True after the last row or an error.
    ended: bool,
    /// The part to read, in bytes. The end is `None` if the file's end is the end.
    begin: u64,
    end: Option<u64>,
    /// Offset of the end of the last row.
    done: u64,
    /// Error found after the rows of the last block, returned by the next call.
    held: Option<ReadError>,
}

impl<F: FindRows> TextRows<F> {
    pub(super) fn new(finder: F, syntax: Arc<dyn RowSyntax>) -> Self {
        Self {
            finder,
            syntax,
            rows: 0,
            ended: false,
            begin: 0,
            end: None,
            done: 0,
            held: None,
        }
    }

    /// Finds the next row and returns its length.
    fn next(&mut self) -> Result<Option<usize>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        self.ended = true;
        let found = self.finder.next(self.rows + 1)?;
        let offset = self.finder.window().offset();
        match self.end {
            Some(end) if found.is_none() || offset >= end => {
                if self.done > end {
                    return Err(ReadError::Cut { offset: end });
                }
                return Ok(None);
            }
            None if found.is_none() => self.done = offset,
            _ => {}
        }
        self.ended = found.is_none();
        self.rows += u64::from(found.is_some());
        Ok(found)
    }

    /// Moves past the row.
    fn consume(&mut self, length: usize) {
        let window = self.finder.window();
        window.consume(length);
        self.done = window.offset();
    }
}

impl<F: FindRows> Rows for TextRows<F> {
    fn fill(&mut self, batch: &mut Batch, batch_rows: usize) -> Result<(), ReadError> {
        while batch.rows() < batch_rows && batch.byte_len() < BATCH_BYTES {
            let Some(length) = self.next()? else {
                break;
            };
            let window = self.finder.window();
            let row = window.rest().get(..length).unwrap_or(window.rest());
            let place = (window.line(), window.offset());
            let pushed = self.syntax.push(batch, row, self.rows);
            let pushed = pushed.map_err(|error| explain(error, row, self.rows, place));
            self.consume(length);
            pushed?;
        }
        Ok(())
    }

    fn has_blocks(&self) -> bool {
        true
    }

    fn fill_block(&mut self, block: &mut Block, most: usize) -> Result<(), ReadError> {
        block.begin(Some(&self.syntax), self.rows);
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
            let window = self.finder.window();
            let row = window.rest().get(..length).unwrap_or(window.rest());
            block.push(row, window.line(), window.offset());
            self.consume(length);
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn bytes(&self) -> u64 {
        self.done.saturating_sub(self.begin)
    }

    fn keep_part(&mut self, part: FilePart) -> Result<(u64, u64), ReadError> {
        let range = part.range(self.finder.window().size());
        let cut = self.finder.cut(range.end)?;
        self.end = Some(cut);
        if range.start > 0 {
            self.begin = self.finder.cut(range.start)?;
            self.done = self.begin;
            self.finder.seek(self.begin)?;
        }
        // The part with the first row begins at the file's beginning, as its rows have their numbers in the file.
        let first = self.finder.cut(0)?;
        let place = |cut| if cut > first { cut } else { 0 };
        Ok((place(self.begin), place(cut)))
    }

    fn skip(&mut self, rows: u64) -> Result<(), ReadError> {
        for _ in 0..rows {
            match self.next()? {
                Some(length) => self.consume(length),
                None => break,
            }
        }
        Ok(())
    }

    fn warnings(&self) -> &[Warning] {
        self.syntax.warnings()
    }

    #[cfg(test)]
    fn set_max_row(&mut self, bytes: usize) {
        self.finder.window().max_row = bytes;
    }
}
