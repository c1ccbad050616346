//! `write_text`: a file that is replaced as a whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// Writes beside the file and renames: whoever reads sees the old text or the new one, never half of it. A link is
/// followed, so that it stays one; what is no file (a pipe, a device) is written to as it is.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        // Also a link that leads nowhere: writing through it would create a file in a place nobody named.
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
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Adds to the end of a file, which is created if need be.
pub(super) fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// A name in the same folder that nobody can guess.
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
    // Never through something that lies there already, which may be somebody's link.
    let mut file = File::create_new(temporary)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
