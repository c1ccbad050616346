//! Files that can be read at any offset, as needed for Parquet and `NumPy` files. They may be on disk, in memory, or
//! elsewhere through an implementation of [`ReadAt`], e.g. with range requests to an object store.

use std::fs::File;
use std::io;

/// A file of known size whose bytes can be read in any order, from several threads.
pub(crate) trait ReadAt: Send + Sync {
    /// Returns the size in bytes.
    fn size(&self) -> u64;

    /// Fills the buffer with the bytes from `offset` on. Fails with [`io::ErrorKind::UnexpectedEof`] if the file ends
    /// before the buffer is full.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// A file on disk.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    size: u64,
}

impl DiskFile {
    /// Opens a regular file.
    #[cfg(test)]
    pub(crate) fn open(path: &std::path::Path) -> io::Result<Self> {
        Self::of(crate::fsutil::open_regular(path)?)
    }

    /// Wraps an open file.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl ReadAt for DiskFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = buffer.get_mut(read..).unwrap_or_default();
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A file in memory.
impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.get(offset..)?.get(..buffer.len()));
        let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}
