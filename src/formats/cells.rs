//! Splits a record of a CSV file into its cells.

use super::error::PushError;

/// Maximum number of cells in a record. A collection has far fewer fields.
const MAX_CELLS: usize = 65_536;

/// The cells of a record. Each record replaces the previous one.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    /// Text of all cells, without gaps.
    text: Vec<u8>,
    /// End of each cell.
    ends: Vec<usize>,
}

impl Cells {
    /// Removes the cells and keeps at most `bytes` bytes of memory for their text.
    pub(super) fn trim(&mut self, bytes: usize) {
        self.text.clear();
        self.text.shrink_to(bytes);
        self.ends.clear();
    }

    /// Returns the number of cells.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the bytes of a cell. Cells past the last are empty.
    pub(super) fn get(&self, nth: usize) -> &[u8] {
        let end = self.ends.get(nth).copied().unwrap_or(0);
        let begin = match nth.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(end),
            None => 0,
        };
        self.text.get(begin..end).unwrap_or_default()
    }

    /// Reads the cells of a record that `csv::records` found.
    pub(super) fn split(&mut self, record: &[u8], separator: &[u8]) -> Result<(), PushError> {
        self.text.clear();
        self.ends.clear();
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        let mut at = 0;
        let mut more = true;
        while more {
            (at, more) = if record.get(at) == Some(&b'"') {
                self.quoted(record, at + 1, separator)?
            } else {
                self.plain(record, at, separator)?
            };
            self.ends.push(self.text.len());
            if self.ends.len() > MAX_CELLS {
                let message = format!("the row has more than {MAX_CELLS} cells");
                return Err(PushError::Syntax {
                    offset: at,
                    message,
                });
            }
        }
        Ok(())
    }

    /// Reads a cell without quotes. Returns the position after the cell, and whether another cell follows.
    fn plain(
        &mut self,
        record: &[u8],
        at: usize,
        separator: &[u8],
    ) -> Result<(usize, bool), PushError> {
        let text = record.get(at..).unwrap_or_default();
        let found = match separator {
            [byte] => memchr::memchr(*byte, text),
            bytes => memchr::memmem::find(text, bytes),
        };
        let cell = text.get(..found.unwrap_or(text.len())).unwrap_or(text);
        if let Some(quote) = memchr::memchr(b'"', cell) {
            return Err(refused(
                at + quote,
                "a quote inside a cell without quotes, with which Milvus refuses the file or loses rows; put the cell in \
                 quotes and double the quotes in it: \"5\"\" disk\"",
            ));
        }
        self.text.extend_from_slice(cell);
        let end = at + cell.len();
        Ok(match found {
            Some(_) => (end + separator.len(), true),
            None => (end, false),
        })
    }

    /// Reads a quoted cell, starting after its first quote. Returns the position after the cell, and whether another cell
    /// follows.
    fn quoted(
        &mut self,
        record: &[u8],
        mut at: usize,
        separator: &[u8],
    ) -> Result<(usize, bool), PushError> {
        let begin = at - 1;
        loop {
            let text = record.get(at..).unwrap_or_default();
            let quote = memchr::memchr(b'"', text).ok_or_else(|| refused(begin, NOT_CLOSED))?;
            let (cell, after) = text.split_at(quote);
            let after = after.get(1..).unwrap_or_default();
            self.keep(cell);
            at += quote + 1;
            match after.first() {
                None => return Ok((at, false)),
                Some(b'"') => {
                    self.text.push(b'"');
                    at += 1;
                }
                Some(_) if after.starts_with(separator) => {
                    return Ok((at + separator.len(), true));
                }
                Some(_) => {
                    return Err(refused(
                        at,
                        "text after the closing quote of a cell, with which Milvus refuses the file or loses rows; \
                         double the quotes inside quotes: \"5\"\" disk\"",
                    ));
                }
            }
        }
    }

    /// Appends a piece of a quoted cell, with each `\r\n` as `\n`.
    fn keep(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(at) = memchr::memmem::find(rest, b"\r\n") {
            let (line, after) = rest.split_at(at);
            self.text.extend_from_slice(line);
            rest = after.get(1..).unwrap_or_default();
        }
        self.text.extend_from_slice(rest);
    }
}

pub(super) const NOT_CLOSED: &str = "a quote that is not closed before the end of the file";

fn refused(offset: usize, message: &str) -> PushError {
    PushError::Syntax {
        offset,
        message: message.to_owned(),
    }
}
