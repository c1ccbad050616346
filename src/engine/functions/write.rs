//! Writing of files: replaced as a whole, or appended to.

use crate::fsutil::{FileMode, replace_file};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Writes a temporary file beside the target and renames it, so readers see the old text or the new text, never a part.
/// A link is followed and stays a link. A target that isn't a file (a pipe, a device) is written directly.
pub(crate) fn replace(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        // This includes a dangling link: writing through it would create a file in a place that the user didn't name.
        Err(_) if path.is_symlink() => {
            return Err(io::Error::other("it is a link that leads nowhere"));
        }
        Err(_) => path.to_owned(),
    };
    let old = target.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(&target)?
            .write_all(content.as_ref());
    }
    let mode = old.map_or(FileMode::Default, |old| FileMode::Like(old.permissions()));
    replace_file(&target, content.as_ref(), mode)
}

/// Appends to a file, and creates it if it doesn't exist.
pub(super) fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}
