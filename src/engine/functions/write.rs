//! Writing of files: replaced as a whole, or appended to.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// Writes a temporary file beside the target and renames it, so readers see the old text or the new text, never a part.
/// A link is followed and stays a link. A target that isn't a file (a pipe, a device) is written directly.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
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
            .write_all(text.as_bytes());
    }
    let temporary = beside(&target)?;
    let result = fill(&temporary, text, old.map(|old| old.permissions()))
        .and_then(|()| fs::rename(&temporary, &target));
    if result.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Appends to a file, and creates it if it doesn't exist.
pub(super) fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Returns an unpredictable name in the target's folder.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::other("it names no file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", Ulid::generate()));
    Ok(target.with_file_name(hidden))
}

fn fill(temporary: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    // Never write through an existing file, which may be another user's link.
    let mut file = File::create_new(temporary)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
