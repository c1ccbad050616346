//! Writing of the script's file: completely or not at all, and never over an existing file without permission.

use crate::engine::functions::write;
use crate::error::{Failure, Kind};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes the file. An existing file is replaced only with `overwrite`.
pub(in crate::repl) fn write(file: &Path, text: &str, overwrite: bool) -> Result<(), Failure> {
    let name = file.display();
    if file.is_dir() {
        return Err(
            Failure::usage(format!("{name} is a folder")).with_hint(":save takes a file's name")
        );
    }
    let written = if overwrite {
        write::replace(file, text)
    } else {
        create(file, text)
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(Kind::Refused, format!("{name} is there already"))
            .with_hint(format!(":save! {name} overwrites it")),
        ErrorKind::NotFound => Failure::new(
            Kind::Refused,
            format!("cannot write {name}: there is no such folder"),
        ),
        _ => Failure::new(Kind::Refused, format!("cannot write {name}: {error}")),
    })
}

/// Writes a new file, or nothing.
fn create(file: &Path, text: &str) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).open(file)?;
    let written = new.write_all(text.as_bytes()).and_then(|()| new.sync_all());
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(file);
    }
    written
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
