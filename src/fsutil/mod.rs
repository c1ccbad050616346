//! Private files, atomic replacement, and file locks whose waits can be interrupted.
//!
//! Everything zshell keeps on the disk (settings, journal, history, the local store) goes through these helpers, so files
//! are readable by their owner only and no wait for another process ignores Ctrl-C. Start with [`lock_file`].

mod lock;

pub(crate) use lock::{LockError, LockMode, lock_file};

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Creates a folder and its parents with mode 0700. An existing folder is left alone.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Returns options that create files with mode 0600. The caller adds the access it needs.
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file to read and append, and creates it with mode 0600 if it doesn't exist.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private_options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
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

/// Maximum size in bytes of a text that's read as a whole: 64 MiB.
pub(crate) const MAX_TEXT: u64 = 64 << 20;

/// Reads a text file. Unlike `std::fs::read_to_string`, it returns an error for a pipe, which would block, and for a file
/// larger than [`MAX_TEXT`].
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    read_limited(open_regular(path)?)
}

/// Reads text to its end. Returns an error if it's larger than [`MAX_TEXT`].
pub(crate) fn read_limited(input: impl Read) -> io::Result<String> {
    let mut text = String::new();
    let read = input.take(MAX_TEXT + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_TEXT {
        return Err(text_too_large());
    }
    Ok(text)
}

/// Returns the error for a text larger than [`MAX_TEXT`].
pub(crate) fn text_too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB")
}

/// Returns true if users other than the owner may read the file.
pub(crate) fn is_exposed(path: &Path) -> bool {
    has_mode(path, 0o077)
}

/// Returns true if every user may write to the file or folder.
pub(crate) fn is_world_writable(path: &Path) -> bool {
    has_mode(path, 0o002)
}

#[cfg(unix)]
fn has_mode(path: &Path, bits: u32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & bits != 0)
}

#[cfg(not(unix))]
fn has_mode(_: &Path, _: u32) -> bool {
    false
}

/// Replaces a file so that it has its old or its new content after a crash at any moment, with mode 0600.
///
/// The new content goes through a file named `<path>.new`, so concurrent writers must hold a common lock.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    // A leftover of a crash may be a link, or readable by others.
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(new, content).and_then(|()| fs::rename(new, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(new);
    }
    written?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private_options().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Flushes a folder's entries to the disk: a renamed or new file survives power loss only after this call.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Returns true if the path still names this open file, which another process may have replaced or removed.
#[cfg(unix)]
pub(crate) fn names_file(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns true: outside Unix an open file can't be replaced or removed.
#[cfg(not(unix))]
pub(crate) fn names_file(_: &Path, _: &File) -> io::Result<bool> {
    Ok(true)
}
