//! Finds the records of a CSV file by the rules of Go's `encoding/csv`, which Milvus uses
//! (`importutilv2/csv/reader.go`).
//!
//! A line ends in `\n` or `\r\n`. Inside quotes, both become `\n`. A `\r` elsewhere is data. Empty lines are skipped.
//! If Go reports an error about a quote, Milvus continues with a part of the record, or stops as at the end of the
//! file. This parser always refuses such a record, which then ends with its line.

use crate::formats::cells::{Cells, NOT_CLOSED};
use crate::formats::error::{PushError, ReadError};
use crate::formats::text_rows::FindRows;
use crate::formats::window::Window;

/// Records after a possible cut that must have as many cells as the header.
const PROBED: u64 = 4;

/// Finder of a file's records.
pub(super) struct Records {
    window: Window,
    /// Separator in UTF-8.
    separator: Vec<u8>,
    /// Offset of the first record after the header, and the number of the header's cells.
    header: (u64, usize),
}

/// The message for a file that begins with a byte order mark.
const MARKED: &str = "the file begins with a byte order mark, which Milvus takes for a part of the first column's \
    name; save it as UTF-8 without one (Python: encoding=\"utf-8\", not \"utf-8-sig\"; Excel: not \"CSV UTF-8\")";

impl Records {
    /// Returns a finder of records with cells between separators.
    pub(super) fn new(window: Window, separator: &[u8]) -> Self {
        Self {
            window,
            separator: separator.to_vec(),
            header: (0, 0),
        }
    }

    /// Reads the header row.
    pub(super) fn header(&mut self) -> Result<Vec<String>, ReadError> {
        self.window.refuse_marks(MARKED)?;
        let found = self.find(None).map_err(|error| self.explain(error))?;
        let Some(length) = found else {
            return Err(self.refuse(None, 0, "expected a header row, found an empty file"));
        };
        let record = self.window.rest().get(..length).unwrap_or_default();
        let mut cells = Cells::default();
        if let Err(error) = cells.split(record, &self.separator) {
            let at = match &error {
                PushError::Syntax { offset, .. } => *offset,
                PushError::Row(_) => 0,
            };
            return Err(self.explain(self.refuse(None, at, &error.to_string())));
        }
        let names = (0..cells.len()).map(|nth| String::from_utf8(cells.get(nth).to_vec()));
        let names: Result<Vec<String>, _> = names.collect();
        let names = names.map_err(|_| self.refuse(None, 0, "the header row is not UTF-8"))?;
        self.header = (self.window.offset() + length as u64, names.len());
        Ok(names)
    }

    /// Moves past the header row.
    pub(super) fn pass_header(&mut self) {
        let length = self.header.0 - self.window.offset();
        self.window.consume(usize::try_from(length).unwrap_or(0));
    }

    /// Finds the next record like [`FindRows::next`].
    fn find(&mut self, row: Option<u64>) -> Result<Option<usize>, ReadError> {
        if !self.skip_empty_lines()? {
            return Ok(None);
        }
        let mut scan = RecordScan::default();
        loop {
            let rest = self.window.rest();
            let length = scan.resume(rest, &self.separator);
            if length.unwrap_or(rest.len()) > self.window.max_row {
                let limit = self.window.max_row >> 20;
                let message = format!(
                    "the row is longer than {limit} MiB, and a row has at most that; is a quote not closed?"
                );
                return Err(self.refuse(row, 0, &message));
            }
            if length.is_some() {
                return Ok(length);
            }
            if !self.window.fill()? {
                let rest = self.window.rest();
                return match scan.open_quote(rest) {
                    Some(at) => Err(self.refuse(row, at, NOT_CLOSED)),
                    None => Ok(Some(rest.len())),
                };
            }
        }
    }

    /// Returns false at the end of the file.
    fn skip_empty_lines(&mut self) -> Result<bool, ReadError> {
        loop {
            match self.window.rest() {
                [b'\n', ..] => self.window.consume(1),
                [b'\r', b'\n', ..] => self.window.consume(2),
                // The line may end in the bytes that follow; at the end of the file, the line is empty.
                [] | [b'\r'] => {
                    if !self.window.fill()? {
                        return Ok(false);
                    }
                }
                _ => return Ok(true),
            }
        }
    }

    /// Returns the error of a header row. If the header contains line ends that Go doesn't recognize, the error
    /// explains them instead.
    pub(super) fn explain(&self, error: ReadError) -> ReadError {
        let rest = self.window.rest();
        let header = rest.split(|byte| *byte == b'\n').next().unwrap_or(rest);
        // A single `\r` may belong to the line's end.
        let before = header.split_last().map_or(header, |(_, before)| before);
        if memchr::memchr(b'\r', before).is_none() || matches!(error, ReadError::Io { .. }) {
            return error;
        }
        let message = "the lines end in \\r alone, so the file is one long header row for Milvus; write \\n or \\r\\n as the \
            end of a line";
        self.refuse(None, 0, message)
    }

    /// Returns an error about the record at a byte of the window's rest.
    fn refuse(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        self.window.syntax(row, at, message)
    }

    /// Returns a finder of the same file's records from a byte on.
    fn at(&self, offset: u64) -> Self {
        Self {
            separator: self.separator.clone(),
            window: self.window.at(offset),
            header: self.header,
        }
    }

    /// Finds the end of the record that begins before this finder's position, or at the position if `whole` is set.
    /// Returns the end, and the number of good ones among the next [`PROBED`] records. Returns `None` if the text up to
    /// the end isn't part of a record.
    fn probe(&mut self, whole: bool) -> Result<Option<(u64, u64)>, ReadError> {
        let mut cells = Cells::default();
        if !whole {
            let Some(length) = probed(self.find(None))? else {
                return Ok(None);
            };
            let record = self.window.rest().get(..length).unwrap_or_default();
            if cells.split(record, &self.separator).is_err() {
                return Ok(None);
            }
            self.window.consume(length);
        }
        let cut = self.window.offset();
        for good in 0..PROBED {
            let length = match self.find(None) {
                // All records up to the end of the file are good.
                Ok(None) => break,
                found => probed(found)?,
            };
            let record = length.and_then(|length| self.window.rest().get(..length));
            let split = record.map(|record| cells.split(record, &self.separator));
            if !matches!(split, Some(Ok(()))) || cells.len() != self.header.1 {
                return Ok(Some((cut, good)));
            }
            self.window.consume(length.unwrap_or(0));
        }
        Ok(Some((cut, PROBED)))
    }
}

/// Returns the length of a record that is being probed, or `None` after a syntax error.
fn probed(found: Result<Option<usize>, ReadError>) -> Result<Option<usize>, ReadError> {
    match found {
        Err(ReadError::Syntax { .. }) => Ok(None),
        found => found,
    }
}

impl FindRows for Records {
    fn next(&mut self, number: u64) -> Result<Option<usize>, ReadError> {
        self.find(Some(number))
    }

    fn window(&mut self) -> &mut Window {
        &mut self.window
    }

    /// Tries byte `at` both as inside and as outside of quotes. After a wrong guess, a closing quote is followed by text, or
    /// a quote is inside of text, within a few cells.
    fn cut(&mut self, at: u64) -> Result<u64, ReadError> {
        let size = self.window.size();
        if at <= self.header.0 || at >= size {
            return Ok(at.clamp(self.header.0.min(size), size));
        }
        let mut inside = self.at(at);
        inside.window.put_back(b'"');
        let inside = inside.probe(false)?;
        if let Some((cut, PROBED)) = inside {
            return Ok(cut);
        }
        let before = self.window.at(at - 1).starts_with(b"\n")?;
        let outside = self.at(at).probe(before)?;
        let good = |probe: Option<(u64, u64)>| probe.map_or(0, |(_, good)| good + 1);
        let best = if good(inside) > good(outside) {
            inside
        } else {
            outside.or(inside)
        };
        match best {
            Some((cut, _)) => Ok(cut),
            // Neither is a record, so no place is better than the next line.
            None => self.window.at(at).next_line(),
        }
    }

    fn seek(&mut self, cut: u64) -> Result<(), ReadError> {
        self.window = self.window.at(cut);
        Ok(())
    }
}

/// Scanner for the end of a record that arrives in pieces.
#[derive(Default)]
struct RecordScan {
    /// Number of bytes scanned.
    at: usize,
    /// Start of the current cell or of a cell before it on the same line.
    cell: usize,
    /// Position of the opening quote, inside of quotes.
    quote: Option<usize>,
    /// True after an error about a quote: the record ends with the line.
    failed: bool,
}

impl RecordScan {
    /// Continues the scan and returns the record's length with its line end if `text` has all of the record. `text` begins
    /// with the record and is longer in each call.
    fn resume(&mut self, text: &[u8], separator: &[u8]) -> Option<usize> {
        loop {
            let rest = text.get(self.at..)?;
            if self.quote.is_some() {
                let Some(quote) = memchr::memchr(b'"', rest) else {
                    self.at = text.len();
                    return None;
                };
                self.at += quote;
                let after = rest.get(quote + 1..)?;
                match after {
                    [b'"', ..] => {
                        self.at += 2;
                        continue;
                    }
                    [b'\n', ..] => return Some(self.at + 2),
                    [b'\r', b'\n', ..] => return Some(self.at + 3),
                    _ if after.starts_with(separator) => self.at += 1 + separator.len(),
                    // More bytes decide what follows the quote. At the end of the file, the cell is closed.
                    [] | [b'\r'] => return None,
                    _ if separator.starts_with(after) => return None,
                    _ => self.failed = true,
                }
                self.quote = None;
                self.cell = self.at;
                continue;
            }
            let found = if self.failed {
                memchr::memchr(b'\n', rest)
            } else {
                memchr::memchr2(b'"', b'\n', rest)
            };
            let Some(found) = found else {
                self.at = text.len();
                return None;
            };
            let begin = self.at;
            self.at += found + 1;
            if rest.get(found) == Some(&b'\n') {
                return Some(self.at);
            }
            // Only a quote at the start of a cell opens a quoted cell.
            let quote = begin + found;
            let before = text.get(self.cell..quote).unwrap_or_default();
            if before.is_empty() || before.ends_with(separator) {
                self.quote = Some(quote);
            } else {
                self.failed = true;
            }
        }
    }

    /// Returns the position of the opening quote if `text`, which is the end of the file, has no closing quote for it.
    fn open_quote(&self, text: &[u8]) -> Option<usize> {
        let rest = text.get(self.at..).unwrap_or_default();
        self.quote.filter(|_| memchr::memchr(b'"', rest).is_none())
    }
}
