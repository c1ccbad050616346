//! Finds the start and end of each row in JSON and JSON Lines files.
//!
//! Only the structure around the rows is parsed here. Within a row, the scan only looks for quotes and brackets, at the
//! speed of `memchr`. All other errors in a row are found when the row is parsed.

mod value_scan;

use super::batch::Batch;
use super::block::RowSyntax;
use super::error::{PushError, ReadError};
use super::text_rows::FindRows;
use super::window::{MAX_ROW, Window};
use value_scan::{ValueScan, is_blank};

/// The syntax of a JSON object as a row.
pub(super) struct JsonSyntax;

impl RowSyntax for JsonSyntax {
    fn push(&self, batch: &mut Batch, row: &[u8], number: u64) -> Result<(), PushError> {
        batch.push_json(row, number)
    }
}

/// Scanner that finds the rows of one file. The window begins with the row found last.
pub(super) struct Frames {
    window: Window,
    lines: bool,
    place: ExpectedToken,
    /// True inside the object of `{"rows": […]}`.
    wrapped: bool,
    /// Bytes that were scanned for the ends of values that never end.
    endless: usize,
}

/// Kind of token expected next.
#[derive(Clone, Copy, PartialEq)]
enum ExpectedToken {
    Start,
    /// A row.
    Row {
        first: bool,
    },
    /// Only blanks.
    Tail,
}

impl Frames {
    pub(super) fn new(window: Window, lines: bool) -> Self {
        Self {
            window,
            lines,
            place: ExpectedToken::Start,
            wrapped: false,
            endless: 0,
        }
    }

    fn start(&mut self) -> Result<(), ReadError> {
        self.window.refuse_marks(
            "the file begins with a byte order mark, which Milvus refuses; save it as UTF-8 without one (Python: \
             encoding=\"utf-8\", not \"utf-8-sig\")",
        )?;
        if self.lines {
            self.place = ExpectedToken::Row { first: true };
            return Ok(());
        }
        match self.peek()? {
            Some(b'[') => self.window.consume(1),
            Some(b'{') => {
                self.window.consume(1);
                self.wrapped = true;
                self.key()?;
            }
            Some(_) => return Err(self.unexpected(SHAPE)),
            None => {
                return Err(self.error(None, &format!("expected {SHAPE}, found an empty file")));
            }
        }
        self.place = ExpectedToken::Row { first: true };
        Ok(())
    }

    /// Reads the object's first key and moves to the beginning of its list. The key must be `rows`, in upper or lower
    /// case (Milvus: `importutilv2/json/reader.go`, `readNormalJSON`).
    fn key(&mut self) -> Result<(), ReadError> {
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected(SHAPE));
        }
        let length = self.value(None)?;
        let text = self.window.rest().get(..length).unwrap_or_default();
        let key: Result<String, _> = serde_json::from_slice(text);
        let key = key.map_err(|_| self.unexpected("a key"))?;
        if key.to_lowercase() != "rows" {
            let shown: String = key.chars().take(SHOWN_KEY).collect();
            let message = format!(
                "expected {SHAPE}, found an object whose first key is {shown:?} (is it JSON Lines? then name it .jsonl)"
            );
            return Err(self.error(None, &message));
        }
        self.window.consume(length);
        self.pass(b':', "a colon")?;
        self.pass(b'[', "the key \"rows\" to hold a list")
    }

    /// Moves past a byte, which is the next one after blanks.
    fn pass(&mut self, byte: u8, expected: &str) -> Result<(), ReadError> {
        if self.peek()? != Some(byte) {
            return Err(self.unexpected(expected));
        }
        self.window.consume(1);
        Ok(())
    }

    /// Moves to the next row of JSON Lines. Returns false at the end of the file. A row may begin anywhere after the
    /// previous row, even on the same line, because Milvus decodes value after value (`importutilv2/json/reader.go`,
    /// `readJSONLines`).
    fn at_value(&mut self, first: bool) -> Result<bool, ReadError> {
        let message = match self.peek()? {
            None => return Ok(false),
            Some(b',') if !first => {
                "a comma between two rows: the rows of JSON Lines follow each other without one; a list of rows is a .json \
                 file"
            }
            Some(b']' | b'}') => {
                "a closing bracket behind a row, at which Milvus stops without an error and loses the rest"
            }
            Some(_) => return Ok(true),
        };
        Err(self.error(None, message))
    }

    /// Moves to the next row of the list. Returns false after the last row.
    fn at_row(&mut self, first: bool) -> Result<bool, ReadError> {
        match (self.peek()?, first) {
            (Some(b']'), _) => {
                self.window.consume(1);
                Ok(false)
            }
            (Some(b','), false) => {
                self.window.consume(1);
                match self.peek()? {
                    Some(b']' | b'}' | b',' | b':') | None => Err(self.unexpected("a row object")),
                    Some(_) => Ok(true),
                }
            }
            (Some(b'}' | b',' | b':') | None, true) => {
                Err(self.unexpected("a row object or the end of the list"))
            }
            (Some(_), true) => Ok(true),
            (_, false) => Err(self.unexpected("a comma or the end of the list")),
        }
    }

    /// Returns the length of the JSON value at the start of the rest. A list or object ends at its closing bracket,
    /// whatever is inside; other values end at the next delimiter.
    fn value(&mut self, row: Option<u64>) -> Result<usize, ReadError> {
        let mut scan = ValueScan::new(self.window.rest().first().copied());
        let one_line = self.lines && self.endless > MAX_ENDLESS;
        loop {
            let rest = self.window.rest();
            let line = if one_line {
                memchr::memchr(b'\n', rest)
            } else {
                None
            };
            let value = line.and_then(|line| rest.get(..line)).unwrap_or(rest);
            if let Some(length) = scan.resume(value).or(line) {
                return Ok(length);
            }
            let full = self.window.rest().len() > self.window.max_row;
            if full || !self.window.fill()? {
                let rest = self.window.rest();
                self.endless = self.endless.saturating_add(rest.len());
                // If a JSON Lines value never ends, only its first line is returned. The parser then reports the error
                // in that line, and the rows after it are still found.
                let line = memchr::memchr(b'\n', rest).filter(|_| self.lines);
                return match line {
                    Some(line) => Ok(line),
                    None if full => {
                        let limit = self.window.max_row >> 20;
                        let message = format!(
                            "what begins here is longer than {limit} MiB, and a row has at most that; shorten its values, \
                             or split it into several rows"
                        );
                        Err(self.error(row, &message))
                    }
                    None if scan.ends_with_file() || self.lines => Ok(rest.len()),
                    None => Err(self.error(row, "the file ends within what begins here")),
                };
            }
        }
    }

    /// Skips blanks and returns the byte after them, or `None` at the end of the file.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let rest = self.window.rest();
            let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
            let byte = rest.get(blanks).copied();
            self.window.consume(blanks);
            if byte.is_some() || !self.window.fill()? {
                return Ok(byte);
            }
        }
    }

    /// Returns an error at the beginning of the rest.
    fn error(&self, row: Option<u64>, message: &str) -> ReadError {
        self.window.syntax(row, 0, message)
    }

    fn unexpected(&self, expected: &str) -> ReadError {
        let rest = self.window.rest();
        let text = String::from_utf8_lossy(rest.get(..20).unwrap_or(rest));
        let found = match text.lines().next() {
            None => "the end of the file".to_owned(),
            Some(line) => format!("{line:?}"),
        };
        self.error(None, &format!("expected {expected}, found {found}"))
    }
}

impl FindRows for Frames {
    fn next(&mut self, number: u64) -> Result<Option<usize>, ReadError> {
        loop {
            match self.place {
                ExpectedToken::Start => self.start()?,
                ExpectedToken::Row { first } => {
                    let is_row = if self.lines {
                        self.at_value(first)?
                    } else {
                        self.at_row(first)?
                    };
                    if is_row {
                        self.place = ExpectedToken::Row { first: false };
                        return self.value(Some(number)).map(Some);
                    }
                    if self.wrapped {
                        let end = "the end of the object behind the list of rows, which Milvus reads no further";
                        self.pass(b'}', end)?;
                    }
                    self.place = ExpectedToken::Tail;
                }
                ExpectedToken::Tail => {
                    return match self.peek()? {
                        None => Ok(None),
                        Some(_) => Err(self.unexpected("nothing after the list of rows")),
                    };
                }
            }
        }
    }

    fn window(&mut self) -> &mut Window {
        &mut self.window
    }

    /// Returns the start of a line from which an object follows, and then another object or the end of the file. In a row
    /// of several lines, an object is followed by a comma or a bracket.
    fn cut(&mut self, at: u64) -> Result<u64, ReadError> {
        let size = self.window.size();
        if at == 0 || at >= size {
            return Ok(at.min(size));
        }
        let mut first = None;
        let mut lines = Self::new(self.window.at(at - 1), true);
        for _ in 0..PROBED {
            let line = loop {
                let line = lines.window.next_line()?;
                match lines.peek()? {
                    None => return Ok(size),
                    Some(b'{') => break line,
                    Some(_) => {}
                }
            };
            first.get_or_insert(line);
            let mut probe = Self::new(self.window.at(line), true);
            probe.place = ExpectedToken::Row { first: false };
            if let Ok(Some(length)) = probe.next(0) {
                probe.window.consume(length);
                if matches!(probe.peek()?, None | Some(b'{')) {
                    return Ok(line);
                }
            }
        }
        Ok(first.unwrap_or(size))
    }

    fn seek(&mut self, cut: u64) -> Result<(), ReadError> {
        // A file that can't be read from its start has no good rows elsewhere.
        self.start()?;
        self.window = self.window.at(cut);
        self.place = ExpectedToken::Row { first: false };
        Ok(())
    }
}

/// Maximum number of bytes that are scanned for the ends of values that never end. After that, a row of JSON Lines ends
/// with its line: otherwise a file whose lines all begin such a value would be scanned to its end for each line.
const MAX_ENDLESS: usize = 16 * MAX_ROW;

/// Maximum number of lines that are tried as a cut. After them, the first is taken.
const PROBED: usize = 64;

const SHAPE: &str = "a list of row objects, or an object whose first key is \"rows\" and holds one";

/// Longest part of a key that a message repeats, in characters.
const SHOWN_KEY: usize = 60;
