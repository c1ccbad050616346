//! Splits a CSV file into records by the rules of Go's `encoding/csv`, which Milvus uses
//! (`importutilv2/csv/reader.go`).
//!
//! A line ends in `\n` or `\r\n`. Inside quotes, both become `\n`. A `\r` elsewhere is data. Empty lines are skipped.
//! If Go reports an error about a quote, Milvus continues with a part of the record, or stops as at the end of the
//! file. This parser always refuses such a record.

use crate::formats::error::ReadError;
use crate::formats::frames::MAX_ROW;
use crate::formats::window::Window;

/// Maximum number of cells in a record. A collection has far fewer fields.
const MAX_CELLS: usize = 65_536;

/// Reader of a file's records. Each record replaces the previous one.
pub(super) struct Records {
    window: Window,
    /// Separator in UTF-8.
    separator: Vec<u8>,
    /// Cells of the record, without gaps.
    cells: Vec<u8>,
    /// End of each cell.
    ends: Vec<usize>,
    /// Length of the record in the window, in bytes.
    length: usize,
    max_row: usize,
    done: bool,
}

/// A line, as byte offsets in the window's rest.
#[derive(Clone, Copy)]
struct CsvLine {
    begin: usize,
    /// End of the line without `\n` or `\r\n`.
    end: usize,
    /// Start of the next line.
    next: usize,
    /// False if the file ends without a line end after this line.
    ended: bool,
}

/// Refused byte sequences at the start of a file, each with its message.
const MARKS: [(&[u8], &str); 3] = [
    (&[0xFF, 0xFE], "the file is UTF-16; save it as UTF-8"),
    (&[0xFE, 0xFF], "the file is UTF-16; save it as UTF-8"),
    (
        &[0xEF, 0xBB, 0xBF],
        "the file begins with a byte order mark, which Milvus takes for a part of the first column's name; save it as \
         UTF-8 without one (Python: encoding=\"utf-8\", not \"utf-8-sig\"; Excel: not \"CSV UTF-8\")",
    ),
];

impl Records {
    /// Returns a reader of records with cells between separators.
    pub(super) fn new(window: Window, separator: char) -> Self {
        Self {
            window,
            separator: separator.to_string().into_bytes(),
            cells: Vec::new(),
            ends: Vec::new(),
            length: 0,
            max_row: MAX_ROW,
            done: false,
        }
    }

    #[cfg(test)]
    pub(super) fn set_max_row(&mut self, bytes: usize) {
        self.max_row = bytes;
    }

    /// Returns an error if the file begins with a byte order mark.
    pub(super) fn check_marks(&mut self) -> Result<(), ReadError> {
        while self.window.rest().len() < 3 && self.fill()? {}
        let rest = self.window.rest();
        match MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            Some((_, message)) => Err(self.refuse(None, 0, message)),
            None => Ok(()),
        }
    }

    /// Returns the number of cells.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the bytes of a cell. Cells past the last are empty.
    pub(super) fn cell(&self, nth: usize) -> &[u8] {
        let end = self.ends.get(nth).copied().unwrap_or(0);
        let begin = match nth.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(end),
            None => 0,
        };
        self.cells.get(begin..end).unwrap_or_default()
    }

    /// Returns the offset in the file of the record's end, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.window.offset() + self.length as u64
    }

    /// Reads the next record. Returns false at the end of the file. `row` is the record's number, for errors. After an
    /// error, the next call continues after the record, if the end of the record was found.
    pub(super) fn next(&mut self, row: Option<u64>) -> Result<bool, ReadError> {
        self.window.consume(std::mem::take(&mut self.length));
        self.cells.clear();
        self.ends.clear();
        let mut line = loop {
            if self.done {
                return Ok(false);
            }
            let Some(line) = self.line(row, 0)? else {
                self.done = true;
                return Ok(false);
            };
            if line.begin < line.end {
                break line;
            }
            self.window.consume(line.next);
        };
        let mut at = line.begin;
        let mut more = true;
        while more {
            let text = self.window.rest().get(at..line.end).unwrap_or_default();
            (at, more) = if text.first() == Some(&b'"') {
                self.quoted(row, at + 1, &mut line)?
            } else {
                self.plain(row, at, line)?
            };
            self.ends.push(self.cells.len());
            if self.ends.len() > MAX_CELLS {
                self.length = line.next;
                let message = format!("the row has more than {MAX_CELLS} cells");
                return Err(self.refuse(row, at, &message));
            }
        }
        self.length = line.next;
        Ok(true)
    }

    /// Reads a cell without quotes. Returns the position after the cell, and whether another cell follows.
    fn plain(
        &mut self,
        row: Option<u64>,
        at: usize,
        line: CsvLine,
    ) -> Result<(usize, bool), ReadError> {
        let text = self.window.rest().get(at..line.end).unwrap_or_default();
        let found = match self.separator.as_slice() {
            [byte] => memchr::memchr(*byte, text),
            bytes => memchr::memmem::find(text, bytes),
        };
        let cell = text.get(..found.unwrap_or(text.len())).unwrap_or(text);
        if let Some(quote) = memchr::memchr(b'"', cell) {
            self.length = line.next;
            return Err(self.refuse(
                row,
                at + quote,
                "a quote inside a cell without quotes, with which Milvus refuses the file or loses rows; put the cell in \
                 quotes and double the quotes in it: \"5\"\" disk\"",
            ));
        }
        self.cells.extend_from_slice(cell);
        let end = at + cell.len();
        Ok(match found {
            Some(_) => (end + self.separator.len(), true),
            None => (end, false),
        })
    }

    /// Reads a quoted cell, starting after its first quote. The cell may span several lines. Returns the position after
    /// the cell, and whether another cell follows.
    fn quoted(
        &mut self,
        row: Option<u64>,
        mut at: usize,
        line: &mut CsvLine,
    ) -> Result<(usize, bool), ReadError> {
        let begin = at - 1;
        loop {
            let text = self.window.rest().get(at..line.end).unwrap_or_default();
            if let Some(quote) = memchr::memchr(b'"', text) {
                let (cell, after) = text.split_at(quote);
                let after = after.get(1..).unwrap_or_default();
                self.cells.extend_from_slice(cell);
                at += quote + 1;
                match after.first() {
                    None => return Ok((at, false)),
                    Some(b'"') => {
                        self.cells.push(b'"');
                        at += 1;
                    }
                    Some(_) if after.starts_with(&self.separator) => {
                        return Ok((at + self.separator.len(), true));
                    }
                    Some(_) => {
                        self.length = line.next;
                        return Err(self.refuse(
                            row,
                            at,
                            "text after the closing quote of a cell, with which Milvus refuses the file or loses rows; \
                             double the quotes inside quotes: \"5\"\" disk\"",
                        ));
                    }
                }
                continue;
            }
            self.cells.extend_from_slice(text);
            self.cells.push(b'\n');
            let next = if line.ended {
                self.line(row, line.next)?
            } else {
                None
            };
            let Some(next) = next else {
                self.done = true;
                return Err(self.refuse(
                    row,
                    begin,
                    "a quote that is not closed before the end of the file",
                ));
            };
            *line = next;
            at = line.begin;
        }
    }

    /// Returns the error of a header row. If the header contains line ends that Go doesn't recognize, the error
    /// explains them instead.
    pub(super) fn explain(&self, error: ReadError) -> ReadError {
        let rest = self.window.rest();
        let header = match memchr::memchr(b'\n', rest) {
            Some(end) => rest.get(..end).unwrap_or(rest),
            None => rest,
        };
        // A single `\r` may belong to the line's end.
        let before = header.split_last().map_or(header, |(_, before)| before);
        if memchr::memchr(b'\r', before).is_none() || matches!(error, ReadError::Io { .. }) {
            return error;
        }
        let message = "the lines end in \\r alone, so the file is one long header row for Milvus; write \\n or \\r\\n as the \
            end of a line";
        self.refuse(None, 0, message)
    }

    /// Returns the line that begins at a byte of the window's rest, or `None` at the end of the file.
    fn line(&mut self, row: Option<u64>, begin: usize) -> Result<Option<CsvLine>, ReadError> {
        let mut searched = begin;
        loop {
            let rest = self.window.rest();
            let found = memchr::memchr(b'\n', rest.get(searched..).unwrap_or_default());
            if let Some(at) = found {
                let next = searched + at + 1;
                return Ok(Some(line_of(rest, begin, next - 1, next, true)));
            }
            searched = rest.len();
            if searched > self.max_row {
                self.done = true;
                let limit = self.max_row >> 20;
                let message = format!(
                    "the row is longer than {limit} MiB, and a row has at most that; is a quote not closed?"
                );
                return Err(self.refuse(row, 0, &message));
            }
            if !self.fill()? {
                let rest = self.window.rest();
                let line = line_of(rest, begin, rest.len(), rest.len(), false);
                return Ok((begin < rest.len()).then_some(line));
            }
        }
    }

    fn fill(&mut self) -> Result<bool, ReadError> {
        self.window.fill().inspect_err(|_| self.done = true)
    }

    /// Returns an error about the record at a byte of the window's rest.
    pub(super) fn refuse(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        self.window.syntax(row, at, message)
    }
}

/// Returns a line without the `\r` before its end, even at the end of the file.
fn line_of(rest: &[u8], begin: usize, end: usize, next: usize, ended: bool) -> CsvLine {
    let text = rest.get(begin..end).unwrap_or_default();
    let end = end - usize::from(text.last() == Some(&b'\r'));
    CsvLine {
        begin,
        end,
        next,
        ended,
    }
}
