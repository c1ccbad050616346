//! A sliding window over a file: bytes that have been read but haven't become rows yet.

use super::error::ReadError;
use std::io::{self, ErrorKind, Read};

/// Bytes requested from the file at a time.
pub(super) const CHUNK: usize = 1 << 20;

/// Bytes requested first. A batch of many files consists mostly of small ones.
const FIRST: usize = 64 << 10;

/// Part of the stream between the last consumed byte and the last byte read.
pub(super) struct Window {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    chunk: usize,
    ended: bool,
    offset: u64,
    line: u64,
}

impl Window {
    pub(super) fn new(source: Box<dyn Read + Send>, chunk: usize) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            chunk: chunk.max(1),
            ended: false,
            offset: 0,
            line: 1,
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

    /// Returns the line on which [`Window::rest`] begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Consumes the first `bytes` bytes of [`Window::rest`].
    pub(super) fn consume(&mut self, bytes: usize) {
        let rest = self.rest();
        let done = rest.get(..bytes).unwrap_or(rest);
        let lines = memchr::memchr_iter(b'\n', done).count();
        let bytes = done.len();
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines as u64;
    }

    /// Reads more bytes and appends them to [`Window::rest`]. Returns false at the end of the file.
    pub(super) fn fill(&mut self) -> Result<bool, ReadError> {
        self.read().map_err(|source| ReadError::Io {
            offset: self.offset + self.rest().len() as u64,
            source,
        })
    }

    fn read(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.end == self.buffer.len() {
            self.make_room();
        }
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.source.read(free) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(bytes) => {
                    self.end = (self.end + bytes).min(self.buffer.len());
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns a syntax error at a position in [`Window::rest`].
    pub(super) fn syntax(&self, row: Option<u64>, at: usize, message: &str) -> ReadError {
        let rest = self.rest();
        let before = rest.get(..at).unwrap_or(rest);
        ReadError::Syntax {
            row,
            line: self.line + memchr::memchr_iter(b'\n', before).count() as u64,
            offset: self.offset + at as u64,
            message: message.to_owned(),
        }
    }

    /// Moves the rest to the beginning of the buffer. Doubles the buffer if the rest fills more than half of it, or if
    /// the buffer is smaller than a chunk.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let size = self.buffer.len();
        if self.end > size / 2 || size < self.chunk {
            self.buffer
                .resize(size.saturating_mul(2).max(FIRST.min(self.chunk)), 0);
        }
    }
}
