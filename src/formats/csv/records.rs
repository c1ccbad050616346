//! The records of a CSV file, as Go's `encoding/csv` finds them, with which Milvus reads (importutilv2/csv/reader.go).
//!
//! A line ends in `\n` or `\r\n`, inside quotes too, where either becomes `\n`; a `\r` elsewhere is data. Empty lines are
//! skipped. Where Go reports a quote and Milvus goes on with a part of the record, or ends as if the file did, this
//! always refuses.

use crate::formats::error::ReadError;
use crate::formats::frames::MAX_ROW;
use crate::formats::window::Window;

/// The records of one file; each replaces the one before.
pub(super) struct Records {
    window: Window,
    /// UTF-8 of one character.
    separator: Vec<u8>,
    /// The record's cells, one after the other.
    cells: Vec<u8>,
    /// The end of each cell.
    ends: Vec<usize>,
    /// Bytes of the window that the record takes.
    length: usize,
    max_row: usize,
    done: bool,
}

/// A line, in bytes of the window's rest.
#[derive(Clone, Copy)]
struct Line {
    begin: usize,
    /// Without the line's end.
    end: usize,
    /// The next line's beginning.
    next: usize,
    /// False for the file's last line without a line end.
    ended: bool,
}

/// The beginning of a file that is refused, and why.
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
    /// The records of this file, with cells between these separators.
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

    /// Refuses a byte order mark.
    pub(super) fn check_marks(&mut self) -> Result<(), ReadError> {
        while self.window.rest().len() < 3 && self.fill()? {}
        let rest = self.window.rest();
        match MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            Some((_, message)) => Err(self.refuse(None, 0, message)),
            None => Ok(()),
        }
    }

    /// The number of cells.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a cell, empty past the last one.
    pub(super) fn cell(&self, nth: usize) -> &[u8] {
        let end = self.ends.get(nth).copied().unwrap_or(0);
        let begin = match nth.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(end),
            None => 0,
        };
        self.cells.get(begin..end).unwrap_or_default()
    }

    /// Bytes of the file up to the record's end.
    pub(super) fn offset(&self) -> u64 {
        self.window.offset() + self.length as u64
    }

    /// Reads the next record; false at the end of the file. `row` is the record's number, for errors. After an error
    /// the next call goes on behind the record, if the record has an end.
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
        }
        self.length = line.next;
        Ok(true)
    }

    /// Reads a cell without quotes. Returns the place behind the cell, and whether another cell follows.
    fn plain(
        &mut self,
        row: Option<u64>,
        at: usize,
        line: Line,
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

    /// Reads a quoted cell from behind its first quote, which may go on in further lines. Returns the place behind the
    /// cell, and whether another cell follows.
    fn quoted(
        &mut self,
        row: Option<u64>,
        mut at: usize,
        line: &mut Line,
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

    /// The error of a header row, or what explains it: line ends that are none for Go.
    pub(super) fn explain(&self, error: ReadError) -> ReadError {
        let rest = self.window.rest();
        let header = match memchr::memchr(b'\n', rest) {
            Some(end) => rest.get(..end).unwrap_or(rest),
            None => rest,
        };
        // One `\r` may be a part of the line's end.
        let before = header.split_last().map_or(header, |(_, before)| before);
        if memchr::memchr(b'\r', before).is_none() || matches!(error, ReadError::Io { .. }) {
            return error;
        }
        let message = "the lines end in \\r alone, so the file is one long header row for Milvus; write \\n or \\r\\n as the \
            end of a line";
        self.refuse(None, 0, message)
    }

    /// The line that begins at this byte of the window's rest; `None` at the end of the file.
    fn line(&mut self, row: Option<u64>, begin: usize) -> Result<Option<Line>, ReadError> {
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
                let message =
                    format!("the row is longer than {limit} MiB (is a quote not closed?)");
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
        self.window.fill().map_err(|source| {
            self.done = true;
            ReadError::Io {
                offset: self.window.offset() + self.window.rest().len() as u64,
                source,
            }
        })
    }

    /// An error about the record, at this byte of the window's rest.
    pub(super) fn refuse(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        let rest = self.window.rest();
        let before = rest.get(..at).unwrap_or(rest);
        ReadError::Syntax {
            row,
            line: self.window.line() + memchr::memchr_iter(b'\n', before).count() as u64,
            offset: self.window.offset() + at as u64,
            message: message.to_owned(),
        }
    }
}

/// A line without the `\r` before its end, also at the end of the file.
fn line_of(rest: &[u8], begin: usize, end: usize, next: usize, ended: bool) -> Line {
    let text = rest.get(begin..end).unwrap_or_default();
    let end = end - usize::from(text.last() == Some(&b'\r'));
    Line {
        begin,
        end,
        next,
        ended,
    }
}
