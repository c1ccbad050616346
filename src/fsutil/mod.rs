//! Private files, atomic replacement, and file locks whose waits can be interrupted.
//!
//! Everything zshell keeps on the disk (settings, journal, history, the local store) goes through these helpers, so files
//! are readable by their owner only and no wait for another process ignores Ctrl-C. Start with [`lock_file`].

mod lock;

pub(crate) use lock::{LockError, LockMode, lock_file, lock_removable};

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::path::Path;
use ulid::Ulid;

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

/// The permissions of a file that's written as a whole.
pub(crate) enum FileMode {
    /// Mode 0600.
    Private,
    /// The system's default for new files.
    Default,
    /// These permissions.
    Like(Permissions),
}

/// Replaces a file so that every reader, and everyone after a crash at any moment, finds its old or its new content.
///
/// A private file's new content goes through a file named `<path>.new`, so concurrent writers must hold a common lock.
pub(crate) fn replace_file(path: &Path, content: &[u8], mode: FileMode) -> io::Result<()> {
    let name = path.file_name();
    let name = name.ok_or_else(|| io::Error::other("it names no file"))?;
    // Files that zshell keeps should also survive power loss.
    let is_kept = matches!(mode, FileMode::Private);
    let new = if is_kept {
        let mut name = name.to_owned();
        name.push(".new");
        let new = path.with_file_name(name);
        // A leftover of a crash may be a link, or readable by others.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => new,
        }
    } else {
        // An unpredictable name in the same folder.
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", Ulid::generate()));
        path.with_file_name(hidden)
    };
    write_new(&new, content, mode)?;
    if let Err(error) = fs::rename(&new, path) {
        // The first error is the one to report.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    match path.parent() {
        Some(folder) if is_kept => sync_folder(folder),
        _ => Ok(()),
    }
}

/// Writes a file that doesn't exist yet, or nothing.
pub(crate) fn write_new(path: &Path, content: &[u8], mode: FileMode) -> io::Result<()> {
    let mut options = match mode {
        FileMode::Private => private_options(),
        FileMode::Default | FileMode::Like(_) => OpenOptions::new(),
    };
    // Never writes through an existing file, which may be another user's link.
    let mut file = options.write(true).create_new(true).open(path)?;
    let permitted = match mode {
        FileMode::Like(permissions) => file.set_permissions(permissions),
        FileMode::Private | FileMode::Default => Ok(()),
    };
    let written = permitted.and_then(|()| file.write_all(content));
    let written = written.and_then(|()| file.sync_all());
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(path);
    }
    written
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
