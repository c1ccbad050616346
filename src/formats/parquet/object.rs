//! Adapter from [`ReadAt`] to the Parquet library's file interface.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::stores::read_at::ReadAt;

/// Bytes read at once to parse a page's header.
const PEEK: usize = 4 << 10;

/// A file, for the Parquet library.
#[derive(Clone)]
pub(super) struct Object(pub(super) Arc<dyn ReadAt>);

impl Length for Object {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Object {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let from = From {
            object: self.clone(),
            offset: start,
        };
        Ok(BufReader::with_capacity(PEEK, from))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // The check comes before the allocation, since a damaged length may be huge.
        let left = self.len().saturating_sub(start);
        if u64::try_from(length).is_ok_and(|length| length > left) {
            let message = format!("{length} bytes at byte {start}, where the file has {left}");
            return Err(ParquetError::EOF(message));
        }
        let mut bytes = vec![0; length];
        self.0.read_at(start, &mut bytes)?;
        Ok(bytes.into())
    }
}

/// Stream of the file's bytes, beginning at an offset.
pub(super) struct From {
    object: Object,
    offset: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.object.len().saturating_sub(self.offset);
        let length = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        self.object.0.read_at(self.offset, buffer)?;
        self.offset += length as u64;
        Ok(length)
    }
}
