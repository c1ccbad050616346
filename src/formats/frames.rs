//! Where one row ends and the next begins, in JSON and JSON Lines files.
//!
//! Only the structure around the rows is parsed here. Within a row this looks for quotes and braces, at the
//! speed of `memchr`; parsing the row finds everything else that may be wrong with it.

use serde::de::IgnoredAny;

use super::error::ReadError;
use super::window::Window;

/// The longest row accepted, in bytes.
pub(super) const MAX_ROW: usize = 16 << 20;

/// Finds the rows of one file; the window stands at the row that was found last.
pub(super) struct Frames {
    pub(super) window: Window,
    lines: bool,
    place: Place,
    /// True within the object of `{"rows": […]}`.
    wrapped: bool,
    seen_rows: bool,
    max_row: usize,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    /// A key of the object around the list; `first` before any comma.
    Key {
        first: bool,
    },
    /// A row of the list.
    Row {
        first: bool,
    },
    Line,
    /// Nothing but blanks.
    Tail,
    Done,
}

impl Frames {
    pub(super) fn new(window: Window, lines: bool) -> Self {
        Self {
            window,
            lines,
            place: Place::Start,
            wrapped: false,
            seen_rows: false,
            max_row: MAX_ROW,
        }
    }

    #[cfg(test)]
    pub(super) fn set_max_row(&mut self, bytes: usize) {
        self.max_row = bytes;
    }

    /// Nothing more is to be found.
    pub(super) fn finish(&mut self) {
        self.place = Place::Done;
    }

    /// Finds the next row, and answers its length: the window's rest begins with it, and the caller consumes
    /// it before the next call. `None` at the end of the file. `number` is the row's, for the error.
    pub(super) fn next(&mut self, number: u64) -> Result<Option<usize>, ReadError> {
        loop {
            match self.place {
                Place::Start => self.start()?,
                Place::Key { first } => self.key(first)?,
                Place::Line => return self.line(number),
                Place::Row { first } => {
                    if self.at_row(first)? {
                        self.place = Place::Row { first: false };
                        return self.value(Some(number)).map(Some);
                    }
                    self.place = if self.wrapped {
                        Place::Key { first: false }
                    } else {
                        Place::Tail
                    };
                }
                Place::Tail => {
                    if self.peek()?.is_some() {
                        return Err(self.unexpected("nothing after the list of rows"));
                    }
                    self.place = Place::Done;
                }
                Place::Done => return Ok(None),
            }
        }
    }

    fn start(&mut self) -> Result<(), ReadError> {
        while self.window.rest().len() < 3 && self.fill()? {}
        let rest = self.window.rest();
        if rest.starts_with(&[0xFE, 0xFF]) || rest.starts_with(&[0xFF, 0xFE]) {
            return Err(self.error(None, 0, "the file is UTF-16; save it as UTF-8"));
        }
        if rest.starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.window.consume(3);
        }
        if self.lines {
            self.place = Place::Line;
            return Ok(());
        }
        self.place = match self.peek()? {
            Some(b'[') => Place::Row { first: true },
            Some(b'{') => {
                self.wrapped = true;
                Place::Key { first: true }
            }
            Some(_) => return Err(self.unexpected(SHAPE)),
            None => {
                return Err(self.error(None, 0, &format!("expected {SHAPE}, found an empty file")));
            }
        };
        self.window.consume(1);
        Ok(())
    }

    /// Reads a key of the object around the list, with its value where it is not `rows`.
    fn key(&mut self, first: bool) -> Result<(), ReadError> {
        match self.peek()? {
            Some(b'}') => {
                if !self.seen_rows {
                    let message = format!(
                        "expected {SHAPE}, found an object without that key (is it JSON Lines? then name it .jsonl)"
                    );
                    return Err(self.error(None, 0, &message));
                }
                self.window.consume(1);
                self.place = Place::Tail;
                return Ok(());
            }
            Some(b',') if !first => self.window.consume(1),
            _ if first => {}
            _ => return Err(self.unexpected("a comma or the end of the object")),
        }
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a key"));
        }
        let length = self.value(None)?;
        let text = self.window.rest().get(..length).unwrap_or_default();
        let key: Result<String, _> = serde_json::from_slice(text);
        let key = key.map_err(|_| self.unexpected("a key"))?;
        self.window.consume(length);
        if self.peek()? != Some(b':') {
            return Err(self.unexpected("a colon"));
        }
        self.window.consume(1);
        if key == "rows" {
            return self.rows();
        }
        self.peek()?;
        let length = self.value(None)?;
        let text = self.window.rest().get(..length).unwrap_or_default();
        if serde_json::from_slice::<IgnoredAny>(text).is_err() {
            return Err(self.unexpected(&format!("a JSON value for the key {key:?}")));
        }
        self.window.consume(length);
        self.place = Place::Key { first: false };
        Ok(())
    }

    /// Enters the list of `rows`.
    fn rows(&mut self) -> Result<(), ReadError> {
        if self.seen_rows {
            return Err(self.error(None, 0, "the key \"rows\" comes twice"));
        }
        if self.peek()? != Some(b'[') {
            return Err(self.unexpected("the key \"rows\" to hold a list"));
        }
        self.window.consume(1);
        self.seen_rows = true;
        self.place = Place::Row { first: true };
        Ok(())
    }

    /// Moves to the next row of the list; false past its end.
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

    /// The next line that is not blank, without its end.
    fn line(&mut self, number: u64) -> Result<Option<usize>, ReadError> {
        if self.peek()?.is_none() {
            self.place = Place::Done;
            return Ok(None);
        }
        let mut searched = 0;
        loop {
            let rest = self.window.rest();
            let fresh = rest.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', fresh) {
                let line = rest.get(..searched + at).unwrap_or_default();
                return Ok(Some(line.trim_ascii_end().len()));
            }
            searched = rest.len();
            self.room(Some(number))?;
            if !self.fill()? {
                return Ok(Some(self.window.rest().trim_ascii_end().len()));
            }
        }
    }

    /// The length of the JSON value that the rest begins with: a list or object to its closing bracket (what
    /// is inside may be anything), other values to the next delimiter.
    fn value(&mut self, row: Option<u64>) -> Result<usize, ReadError> {
        let mut scan = Scan::new(self.window.rest().first().copied());
        loop {
            if let Some(length) = scan.go_on(self.window.rest()) {
                return Ok(length);
            }
            self.room(row)?;
            if !self.fill()? {
                return if scan.ends_with_file() {
                    Ok(self.window.rest().len())
                } else {
                    Err(self.error(row, 0, "the file ends within what begins here"))
                };
            }
        }
    }

    /// Makes sure that the value at hand may grow.
    fn room(&self, row: Option<u64>) -> Result<(), ReadError> {
        if self.window.rest().len() <= self.max_row {
            return Ok(());
        }
        let limit = self.max_row >> 20;
        Err(self.error(
            row,
            0,
            &format!("what begins here is longer than {limit} MiB"),
        ))
    }

    /// Skips blanks; the byte that follows, `None` at the end of the file.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let rest = self.window.rest();
            let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
            if let Some(byte) = rest.get(blanks).copied() {
                self.window.consume(blanks);
                return Ok(Some(byte));
            }
            self.window.consume(blanks);
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> Result<bool, ReadError> {
        self.window.fill().map_err(|source| ReadError::Io {
            offset: self.window.offset() + self.window.rest().len() as u64,
            source,
        })
    }

    /// An error at so many bytes into the rest.
    pub(super) fn error(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        let rest = self.window.rest();
        let before = rest.get(..at).unwrap_or(rest);
        ReadError::Syntax {
            row,
            line: self.window.line() + memchr::memchr_iter(b'\n', before).count() as u64,
            offset: self.window.offset() + at as u64,
            message: message.to_owned(),
        }
    }

    fn unexpected(&self, expected: &str) -> ReadError {
        let rest = self.window.rest();
        let text = String::from_utf8_lossy(rest.get(..20).unwrap_or(rest));
        let found = match text.lines().next() {
            None => "the end of the file".to_owned(),
            Some(line) => format!("{line:?}"),
        };
        self.error(None, 0, &format!("expected {expected}, found {found}"))
    }
}

const SHAPE: &str = "a list of row objects, or an object whose key \"rows\" holds one";

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Finds the end of a value that comes in pieces.
struct Scan {
    kind: Kind,
    depth: usize,
    in_text: bool,
    /// Bytes of the value done with; may lie one past what has come, after a backslash.
    at: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Brackets(u8, u8),
    Word,
}

impl Scan {
    fn new(first: Option<u8>) -> Self {
        Self {
            kind: match first {
                Some(b'"') => Kind::Text,
                Some(b'{') => Kind::Brackets(b'{', b'}'),
                Some(b'[') => Kind::Brackets(b'[', b']'),
                _ => Kind::Word,
            },
            depth: 0,
            in_text: false,
            at: 0,
        }
    }

    /// The value's length, once its end is in `value` (which begins with the value and only grows).
    fn go_on(&mut self, value: &[u8]) -> Option<usize> {
        let (open, close) = match self.kind {
            Kind::Brackets(open, close) => (open, close),
            Kind::Text => (b'"', b'"'),
            Kind::Word => return self.word(value),
        };
        loop {
            let rest = value.get(self.at..)?;
            let found = if self.in_text {
                memchr::memchr2(b'"', b'\\', rest)
            } else {
                memchr::memchr3(b'"', open, close, rest)
            };
            let Some(at) = found else {
                self.at = value.len();
                return None;
            };
            let byte = rest.get(at).copied()?;
            self.at += at + 1;
            match (self.in_text, byte) {
                (true, b'\\') => self.at += 1,
                (true, _) => self.in_text = false,
                (false, b'"') => self.in_text = true,
                (false, byte) if byte == open => self.depth += 1,
                (false, _) => self.depth = self.depth.saturating_sub(1),
            }
            if !self.in_text && self.depth == 0 {
                return Some(self.at);
            }
        }
    }

    fn word(&mut self, value: &[u8]) -> Option<usize> {
        let fresh = value.get(self.at..)?;
        let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b']' | b'}');
        let Some(at) = fresh.iter().position(ends) else {
            self.at = value.len();
            return None;
        };
        Some(self.at + at)
    }

    /// True where the end of the file ends the value too.
    fn ends_with_file(&self) -> bool {
        matches!(self.kind, Kind::Word)
    }
}
