//! Files that can be read at any offset, as needed for Parquet and `NumPy` files. They may be on disk, in memory, or
//! elsewhere through an implementation of [`ReadAt`], e.g. with range requests to an object store.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

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
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::of(open_regular(path)?)
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

/// Opens a regular file for reading. Returns an error for a pipe or device, which would block the reader or never end.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NO_WAIT);
    regular(options.open(path)?)
}

/// Flags with which opening a pipe doesn't wait for a writer. They change nothing for a regular file.
#[cfg(unix)]
pub(crate) const NO_WAIT: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// Returns the file if it's a regular file. Call this after opening, because the path may lead to another file by then.
pub(crate) fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(not_regular())
}

/// Returns the error for a pipe, device or folder in place of a file.
pub(crate) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
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
