//! Writing of the script's file: completely or not at all, and never over an existing file without permission.

use crate::engine::functions::write;
use crate::error::Failure;
use crate::fsutil::{FileMode, write_new};
use std::io::ErrorKind;
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
        write_new(file, text.as_bytes(), FileMode::Default)
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::refused(format!("{name} is there already"))
            .with_hint(format!(":save! {name} overwrites it")),
        ErrorKind::NotFound => {
            Failure::refused(format!("cannot write {name}: there is no such folder"))
        }
        _ => Failure::refused(format!("cannot write {name}: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn another_file_is_replaced_only_by_force() {
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
