//! Writing of the script's file: completely or not at all, and never over an existing file without permission.

use crate::error::{Failure, Kind};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes the file. An existing file is replaced only with `overwrite`.
pub(in crate::repl) fn write(file: &Path, text: &str, overwrite: bool) -> Result<(), Failure> {
    if file.is_dir() {
        let message = format!("{} is a folder", file.display());
        return Err(Failure::usage(message).with_hint(":save takes a file's name"));
    }
    if !overwrite && file.symlink_metadata().is_ok() {
        return Err(exists(file));
    }
    // Symbolic links are resolved, since the link itself would be replaced otherwise.
    let place = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", ulid::Ulid::generate()));
    let draft = place.with_file_name(name);
    let written = fill(&draft, text).and_then(|()| put(&draft, &place, overwrite));
    if written.is_err() || !overwrite {
        // If the draft was put in place by a hard link, it still exists under its first name.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(file),
        ErrorKind::NotFound => Failure::new(
            Kind::Refused,
            format!("cannot write {}: there is no such folder", file.display()),
        ),
        _ => Failure::new(
            Kind::Refused,
            format!("cannot write {}: {error}", file.display()),
        ),
    })
}

fn exists(file: &Path) -> Failure {
    let name = file.display();
    Failure::new(Kind::Refused, format!("{name} is there already"))
        .with_hint(format!(":save! {name} overwrites it"))
}

fn fill(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn put(draft: &Path, file: &Path, overwrite: bool) -> io::Result<()> {
    if overwrite {
        if let Ok(about) = fs::metadata(file) {
            fs::set_permissions(draft, about.permissions())?;
        }
        return fs::rename(draft, file);
    }
    // Creates a hard link to the draft: unlike a rename, this fails if another process has created the file in the
    // meantime.
    match fs::hard_link(draft, file) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            fs::rename(draft, file)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn another_file_is_only_replaced_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a b.rhai");
        write(&file, "1", false).expect("written");
        let refused = write(&file, "2", false).expect_err("is there");
        assert!(refused.hint.is_some_and(|hint| hint.contains(":save! ")));
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "1");
        write(&file, "2", true).expect("replaced");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "2");
        assert!(write(folder.path(), "3", true).is_err());
        let nowhere = folder.path().join("none/a");
        let refused = write(&nowhere, "3", false).expect_err("no folder");
        assert!(refused.message.contains("no such folder"), "{refused}");
        let names = std::fs::read_dir(folder.path()).expect("list").count();
        assert_eq!(names, 1, "no draft is left");
    }
}
