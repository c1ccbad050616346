//! A sliding window over a file: bytes that have been read but haven't become rows yet.

use super::error::ReadError;
use crate::stores::read_at::ReadAt;
use std::io;
use std::sync::Arc;

/// Maximum size of a row in bytes, in every format.
pub(super) const MAX_ROW: usize = 16 << 20;

/// Bytes requested from the file at a time.
pub(super) const CHUNK: usize = 1 << 20;

/// Bytes requested first. A batch of many files consists mostly of small ones.
const FIRST: usize = 64 << 10;

/// Part of the stream between the last consumed byte and the last byte read.
pub(super) struct Window {
    file: Arc<dyn ReadAt>,
    /// Offset of the next byte to read.
    next: u64,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    chunk: usize,
    offset: u64,
    /// Line on which the rest begins, from 1; 0 if unknown.
    line: u64,
    /// Maximum size of a row in bytes.
    pub(super) max_row: usize,
}

impl Window {
    pub(super) fn new(file: Arc<dyn ReadAt>, chunk: usize) -> Self {
        Self {
            file,
            next: 0,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            chunk: chunk.max(1),
            offset: 0,
            line: 1,
            max_row: MAX_ROW,
        }
    }

    /// Returns a window over the same file from a byte on. Its lines aren't counted.
    pub(super) fn at(&self, offset: u64) -> Self {
        let mut window = Self::new(Arc::clone(&self.file), self.chunk);
        (window.next, window.offset, window.max_row) = (offset, offset, self.max_row);
        window.line = u64::from(offset == 0);
        window
    }

    /// Puts a byte before the rest of a new window.
    pub(super) fn put_back(&mut self, byte: u8) {
        self.buffer = vec![byte];
        self.end = 1;
        self.offset = self.offset.saturating_sub(1);
    }

    /// Returns the size of the file in bytes.
    pub(super) fn size(&self) -> u64 {
        self.file.size()
    }

    /// Reads until the rest has as many bytes as `text`, and returns true if the rest begins with it.
    pub(super) fn starts_with(&mut self, text: &[u8]) -> Result<bool, ReadError> {
        while self.rest().len() < text.len() && self.fill()? {}
        Ok(self.rest().starts_with(text))
    }

    /// Returns an error if the file is UTF-16, or if it begins with a byte order mark, of which `marked` says what to do.
    pub(super) fn refuse_marks(&mut self, marked: &str) -> Result<(), ReadError> {
        let utf_16 = "the file is UTF-16; save it as UTF-8";
        let marks: [(&[u8], &str); 3] = [
            (&[0xFF, 0xFE], utf_16),
            (&[0xFE, 0xFF], utf_16),
            (&[0xEF, 0xBB, 0xBF], marked),
        ];
        for (mark, message) in marks {
            if self.starts_with(mark)? {
                return Err(self.syntax(None, 0, message));
            }
        }
        Ok(())
    }

    /// Moves to the next line, or to the end of the file, and returns its offset.
    pub(super) fn next_line(&mut self) -> Result<u64, ReadError> {
        loop {
            let rest = self.rest();
            match memchr::memchr(b'\n', rest) {
                Some(end) => {
                    self.consume(end + 1);
                    return Ok(self.offset);
                }
                None => self.consume(rest.len()),
            }
            if !self.fill()? {
                return Ok(self.offset);
            }
        }
    }

    /// Returns the bytes that have been read but not consumed.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns the number of bytes of the file before [`Window::rest`].
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the line on which [`Window::rest`] begins, from 1; 0 if unknown.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Consumes the first `bytes` bytes of [`Window::rest`].
    pub(super) fn consume(&mut self, bytes: usize) {
        let rest = self.rest();
        let done = rest.get(..bytes).unwrap_or(rest);
        let (bytes, line) = (done.len(), line_after(self.line, done));
        self.line = line;
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads more bytes and appends them to [`Window::rest`]. Returns false at the end of the file.
    pub(super) fn fill(&mut self) -> Result<bool, ReadError> {
        self.read().map_err(|source| ReadError::Io {
            offset: self.offset + self.rest().len() as u64,
            source,
        })
    }

    fn read(&mut self) -> io::Result<bool> {
        let left = self.file.size().saturating_sub(self.next);
        if left == 0 {
            return Ok(false);
        }
        if self.end == self.buffer.len() {
            self.make_room();
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let bytes = usize::try_from(left).map_or(free.len(), |left| left.min(free.len()));
        let free = free.get_mut(..bytes).unwrap_or_default();
        self.file.read_at(self.next, free)?;
        self.next += bytes as u64;
        self.end += bytes;
        Ok(true)
    }

    /// Returns a syntax error at a position in [`Window::rest`].
    pub(super) fn syntax(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        let rest = self.rest();
        let before = rest.get(..at).unwrap_or(rest);
        ReadError::Syntax {
            row,
            line: line_after(self.line, before),
            offset: self.offset + at as u64,
            message: message.to_owned(),
        }
    }

    /// Moves the rest to the beginning of the buffer. Doubles the buffer if the rest fills more than half of it, or if
    /// the buffer is smaller than a chunk. A buffer of one large row and a chunk is only enlarged if it's full.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let size = self.buffer.len();
        if self.end > size / 2 || size < self.chunk {
            let doubled = size.saturating_mul(2).max(FIRST.min(self.chunk));
            let enough = MAX_ROW + self.chunk;
            let size = match size {
                size if self.end == size || doubled <= enough => doubled,
                size => size.max(enough),
            };
            self.buffer.reserve_exact(size - self.buffer.len());
            self.buffer.resize(size, 0);
        }
    }
}

/// Returns the line after a text that begins on a line; 0 if the line is unknown.
pub(super) fn line_after(line: u64, text: &[u8]) -> u64 {
    match line {
        0 => 0,
        line => line + memchr::memchr_iter(b'\n', text).count() as u64,
    }
}
