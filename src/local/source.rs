//! What a job reads: the paths of its create call, and the files they stand for.

use crate::location::{Format, Kind, Location, LocationError, Place, Store};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The most files one job takes (reference: limits).
pub(super) const MAX_FILES: usize = 1024;

/// The longest path of a create call, in bytes, as object stores have it.
const MAX_PATH: usize = 1024;

/// Which form of the API a request used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `/v1/vector/…`.
    V1,
    /// `/v2/vectordb/jobs/import/…` as Zilliz Cloud's clients use it.
    V2,
    /// The same paths as clients of a Milvus server use them.
    Milvus,
}

/// What a job reads, as it is kept with the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    /// In the order of the create call.
    pub(super) paths: Vec<SourcePath>,
}

/// One path of a create call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourcePath {
    /// As the caller wrote it.
    pub(super) given: String,
    /// Absolute, since a process with another current folder may carry the job on.
    pub(super) path: PathBuf,
    /// True where every file inside is meant.
    pub(super) folder: bool,
}

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// As answers and reasons name it.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its format.
    pub(super) format: Format,
    /// Bytes.
    pub(super) size: u64,
}

/// Why a path cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    /// Not a path or URL we understand. Never repeats what might be a secret.
    #[error("the object path is not valid: {0}; {hint}", hint = .0.hint())]
    Invalid(#[from] LocationError),
    /// Longer than any object's path.
    #[error("the object path is not valid: it has {0} bytes, and at most {MAX_PATH} are accepted")]
    TooLong(usize),
    /// A store or format that this service does not read.
    #[error(
        "{path:?}: {what} not supported by the local service yet; it reads json, jsonl and ndjson files from disk"
    )]
    Unsupported {
        /// As given.
        path: String,
        /// e.g. `importing Parquet files is`.
        what: String,
    },
    /// The file or folder cannot be read (83001 of the real service).
    #[error("{path}: could not be read (83001): {source}")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing to import, or too much.
    #[error("{0}")]
    Count(String),
}

impl SourcePath {
    /// Understands one path of a create call. Whether the file exists is found out when the job runs, as on the
    /// real service.
    pub(super) fn parse(given: &str) -> Result<Self, SourceError> {
        if given.len() > MAX_PATH {
            return Err(SourceError::TooLong(given.len()));
        }
        let location = Location::parse(given, &Place::Disk)?;
        let unsupported = |what: String| SourceError::Unsupported {
            path: given.to_owned(),
            what,
        };
        if location.store() != Store::Disk {
            return Err(unsupported(format!("reading from {} is", location.store())));
        }
        match location.format() {
            None | Some(Format::Json | Format::JsonLines) => Ok(Self {
                given: given.to_owned(),
                path: PathBuf::from(location.key()),
                folder: location.kind() == Kind::Folder,
            }),
            Some(format) => Err(unsupported(format!("importing {format} files is"))),
        }
    }

    fn files(&self) -> Result<Vec<SourceFile>, SourceError> {
        if !self.folder {
            return file(self.given.clone(), self.path.clone()).map(|file| vec![file]);
        }
        let unreadable = |source| SourceError::Unreadable {
            path: self.given.clone(),
            source,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if Format::of_path(&path).is_some() && path.is_file() {
                names.push(path);
            }
        }
        names.sort();
        if names.is_empty() {
            return Err(SourceError::Count(format!(
                "{}: the folder holds no json, jsonl or ndjson file",
                self.given
            )));
        }
        let entry = |path: PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            file(format!("{}{name}", self.given), path)
        };
        names.into_iter().map(entry).collect()
    }
}

impl Source {
    /// The files the paths stand for: a folder is every data file directly inside, sorted by name.
    pub(super) fn files(&self) -> Result<Vec<SourceFile>, SourceError> {
        let mut files = Vec::new();
        for path in &self.paths {
            files.append(&mut path.files()?);
        }
        if files.len() > MAX_FILES {
            let found = files.len();
            return Err(SourceError::Count(format!(
                "a job takes at most {MAX_FILES} files, found {found}"
            )));
        }
        Ok(files)
    }

    /// The paths as given, for the whole job.
    pub(super) fn name(&self) -> String {
        let given: Vec<_> = self.paths.iter().map(|path| path.given.as_str()).collect();
        given.join(",")
    }
}

impl Dialect {
    /// A file's name in this dialect's answers: a Milvus server brackets the set a file belongs to.
    pub(super) fn detail_name(self, name: &str) -> String {
        self.choose(name.to_owned(), format!("[{name}]"))
    }
}

fn file(name: String, path: PathBuf) -> Result<SourceFile, SourceError> {
    let format = match Format::of_path(&path) {
        Some(format @ (Format::Json | Format::JsonLines)) => format,
        other => {
            let what = other.map_or("other", Format::name);
            return Err(SourceError::Unsupported {
                path: name,
                what: format!("importing {what} files is"),
            });
        }
    };
    match size(&path) {
        Ok(size) => Ok(SourceFile {
            name,
            path,
            format,
            size,
        }),
        Err(source) => Err(SourceError::Unreadable { path: name, source }),
    }
}

/// The file's bytes; only regular files, since a pipe or device would block a worker or never end.
fn size(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ))
    }
}
