//! Finds the local files of an upload and the names that their objects get.

use super::error::UploadError;
use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Maximum number of files of an upload.
const MAX_FILES: usize = 1_000_000;

/// Maximum depth of folders in a folder, which also ends a cycle of links.
const MAX_DEPTH: usize = 64;

/// Longest name of an object, in bytes (S3, GCS and Azure).
const MAX_KEY: usize = 1024;

/// A local file with the state it had when the upload began.
#[derive(Clone, Debug)]
pub(crate) struct LocalFile {
    pub(crate) path: PathBuf,
    /// The object's name below the destination's folder.
    pub(crate) name: String,
    pub(crate) state: FileState,
}

/// Size and time of a file, which change when the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileState {
    pub(crate) size: u64,
    pub(crate) modified: Option<SystemTime>,
}

impl FileState {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl LocalFile {
    /// Returns the path as text. Every path was checked to be UTF-8.
    pub(crate) fn text(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Returns an error if the file isn't what it was when the upload began.
    pub(super) fn check(&self) -> Result<(), UploadError> {
        let metadata = std::fs::metadata(&self.path).map_err(UploadError::file)?;
        if FileState::of(&metadata) == self.state {
            Ok(())
        } else {
            Err(UploadError::Changed)
        }
    }
}

/// Returns the files of paths, folders and patterns, in order. A file of a folder or pattern keeps its path below that
/// folder, or below the pattern's part before the first wildcard.
pub(super) fn find(given: &[String]) -> Result<Vec<LocalFile>, UploadError> {
    let mut files = Vec::new();
    for path in given {
        add(path, &mut files)?;
    }
    let mut known: HashMap<&str, &Path> = HashMap::new();
    let mut twice = Vec::new();
    for (at, file) in files.iter().enumerate() {
        match known.insert(&file.name, &file.path) {
            Some(other) if absolute(other) != absolute(&file.path) => {
                return Err(same_name(other, file));
            }
            Some(_) => twice.push(at),
            None => {}
        }
    }
    for at in twice.into_iter().rev() {
        files.remove(at);
    }
    Ok(files)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn same_name(other: &Path, file: &LocalFile) -> UploadError {
    UploadError::Unfit {
        problem: format!(
            "{} and {} would both become {}",
            other.display(),
            file.path.display(),
            file.name
        ),
        hint: "upload their common folder, which keeps the folders' names, or upload them to two folders",
    }
}

fn add(given: &str, files: &mut Vec<LocalFile>) -> Result<(), UploadError> {
    if let Some((scheme, _)) = given.split_once("://") {
        return Err(UploadError::Unfit {
            problem: format!("{scheme}:// paths are not uploaded, only files of this machine"),
            hint: "download the file first, or import it from where it is",
        });
    }
    let path = home(given);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => return walk(&path, &path, 0, files),
        Ok(_) => return push(&path, path.parent().unwrap_or(Path::new("")), files),
        Err(error) if !given.contains(['*', '?', '[']) => {
            return Err(unreadable(&path, error));
        }
        Err(_) => {}
    }
    let text = path.to_string_lossy();
    let found = glob::glob(&text).map_err(|error| unreadable(&path, error))?;
    let before = files.len();
    let wild =
        |part: &std::path::Component| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let base: PathBuf = path.components().take_while(|part| !wild(part)).collect();
    for found in found {
        let found = found.map_err(|error| unreadable(error.path(), error.error()))?;
        if found.is_file() && !is_hidden(&found) {
            push(&found, &base, files)?;
        }
    }
    if files.len() == before {
        return Err(unreadable(&path, "no file matches"));
    }
    Ok(())
}

fn home(given: &str) -> PathBuf {
    let inner = given.strip_prefix("~/").zip(dirs::home_dir());
    inner.map_or_else(
        || PathBuf::from(given),
        |(inner, home)| home.join(inner.trim_start_matches('/')),
    )
}

fn unreadable(path: &Path, why: impl ToString) -> UploadError {
    UploadError::Unreadable {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

/// Adds the files of a folder and of the folders in it, sorted, without hidden ones.
fn walk(
    folder: &Path,
    base: &Path,
    depth: usize,
    files: &mut Vec<LocalFile>,
) -> Result<(), UploadError> {
    if depth > MAX_DEPTH {
        let why = format!("more than {MAX_DEPTH} folders in each other");
        return Err(unreadable(folder, why));
    }
    let failed = |error: std::io::Error| unreadable(folder, error);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(failed)?;
    entries.sort();
    for path in entries.iter().filter(|path| !is_hidden(path)) {
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if metadata.is_dir() {
            walk(path, base, depth + 1, files)?;
        } else {
            push(path, base, files)?;
        }
    }
    if depth == 0 && files.is_empty() {
        return Err(unreadable(folder, "the folder has no files"));
    }
    Ok(())
}

fn push(path: &Path, base: &Path, files: &mut Vec<LocalFile>) -> Result<(), UploadError> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !metadata.is_file() {
        return Err(unreadable(path, "not a regular file"));
    }
    if files.len() >= MAX_FILES {
        return Err(UploadError::Unfit {
            problem: format!("more than {MAX_FILES} files"),
            hint: "upload a part of them at a time",
        });
    }
    let inner = path.strip_prefix(base).unwrap_or(path);
    let parts = inner.components().map(|part| part.as_os_str().to_str());
    let parts: Option<Vec<_>> = parts.collect();
    let name = parts.map(|parts| parts.join("/"));
    let Some(name) = name.filter(|_| path.to_str().is_some()) else {
        return Err(unreadable(path, "its name is not UTF-8"));
    };
    if name.chars().any(char::is_control) {
        return Err(unreadable(path, "its name has control characters"));
    }
    files.push(LocalFile {
        path: path.to_owned(),
        name,
        state: FileState::of(&metadata),
    });
    Ok(())
}

/// Returns an error if an object's name is too long.
pub(super) fn check_key(key: &str) -> Result<(), UploadError> {
    if key.len() <= MAX_KEY {
        return Ok(());
    }
    Err(UploadError::Unfit {
        problem: format!(
            "{key}: an object's name has at most {MAX_KEY} bytes, this one has {}",
            key.len()
        ),
        hint: "use a shorter folder or file name",
    })
}
