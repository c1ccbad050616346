//! What a job reads: the paths of its create call, and the files they stand for.

use crate::formats::CsvOptions;
use crate::location::{Format, Kind, Location, LocationError, Place, Store};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The most files one job takes (reference: limits).
pub(super) const MAX_FILES: usize = 1024;

/// The longest path of a create call, in bytes, as object stores have it.
const MAX_PATH: usize = 1024;

/// What can be read, for messages.
const FORMATS: &str = "json, jsonl, ndjson, csv, parquet or npy";

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
    /// In the order of the create call, one entry an inner list: one path, or one set of `NumPy` files.
    pub(super) entries: Vec<Vec<SourcePath>>,
    /// How its CSV files are written.
    pub(super) csv: CsvOptions,
}

/// One path of a create call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourcePath {
    /// As the caller wrote it.
    given: String,
    /// Absolute, since a process with another current folder may carry the job on.
    path: PathBuf,
    names: Names,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Names {
    /// One file.
    File,
    /// Everything in a folder.
    Folder,
    /// The `NumPy` files in a folder, as one set.
    NumpySet,
}

/// One file to read, or one set of `NumPy` files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// As answers and reasons name it.
    pub(super) name: String,
    /// Where it is: one path, or those of a set.
    pub(super) paths: Vec<PathBuf>,
    /// Its format.
    pub(super) format: Format,
    /// Bytes, of a set all together.
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
    /// A store that this service does not read from.
    #[error(
        "{path:?}: {what} not supported by the local service yet; it reads {FORMATS} files from disk"
    )]
    Unsupported {
        /// As given.
        path: String,
        /// e.g. `reading from Amazon S3 is`.
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
    fn parse(given: &str) -> Result<(Self, Location), SourceError> {
        if given.len() > MAX_PATH {
            return Err(SourceError::TooLong(given.len()));
        }
        let location = Location::parse(given, &Place::Disk)?;
        if location.store() != Store::Disk {
            return Err(SourceError::Unsupported {
                path: given.to_owned(),
                what: format!("reading from {} is", location.store()),
            });
        }
        let path = Path::new(location.key());
        let (names, path) = match location.kind() {
            Kind::File => (Names::File, path),
            Kind::Folder => (Names::Folder, path),
            Kind::NumpySet => (Names::NumpySet, path.parent().unwrap_or(path)),
        };
        let path = Self {
            given: given.to_owned(),
            path: path.to_owned(),
            names,
        };
        Ok((path, location))
    }

    fn files(&self) -> Result<Vec<SourceFile>, SourceError> {
        match self.names {
            Names::File => {
                SourceFile::new(self.given.clone(), vec![self.path.clone()]).map(|file| vec![file])
            }
            Names::Folder => self.folder(),
            Names::NumpySet => {
                let set =
                    Listing::of(&self.path).and_then(|listing| listing.set(self.given.clone()));
                match set.map_err(|error| error.of(&self.given))? {
                    Some(set) => Ok(vec![set]),
                    None => Err(SourceError::Count(format!(
                        "{}: the folder holds no npy file",
                        self.given
                    ))),
                }
            }
        }
    }

    /// Every data file directly inside by name; then its `NumPy` files as one set, and those of each folder inside
    /// as one (so the official bulk writer leaves them: a folder a part).
    fn folder(&self) -> Result<Vec<SourceFile>, SourceError> {
        let named = |error: SourceError| error.of(&self.given);
        let listing = Listing::of(&self.path).map_err(named)?;
        let mut files = Vec::new();
        for path in &listing.files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push(SourceFile::new(
                format!("{}{name}", self.given),
                vec![path.clone()],
            )?);
        }
        files.extend(listing.set(format!("{}*.npy", self.given)).map_err(named)?);
        for folder in &listing.folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let inner = Listing::of(folder).map_err(named)?;
            files.extend(
                inner
                    .set(format!("{}{name}/*.npy", self.given))
                    .map_err(named)?,
            );
        }
        if files.is_empty() {
            return Err(SourceError::Count(format!(
                "{}: the folder holds no {FORMATS} file",
                self.given
            )));
        }
        Ok(files)
    }
}

/// What lies in a folder, each by name.
struct Listing {
    /// Data files but those of `NumPy`.
    files: Vec<PathBuf>,
    numpy: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Listing {
    fn of(folder: &Path) -> Result<Self, SourceError> {
        let unreadable = |source| SourceError::Unreadable {
            path: String::new(),
            source,
        };
        let mut listing = Self {
            files: Vec::new(),
            numpy: Vec::new(),
            folders: Vec::new(),
        };
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            match Format::of_path(&path) {
                Some(Format::Numpy) if path.is_file() => listing.numpy.push(path),
                Some(_) if path.is_file() => listing.files.push(path),
                _ if path.is_dir() => listing.folders.push(path),
                _ => {}
            }
        }
        let Self {
            files,
            numpy,
            folders,
        } = &mut listing;
        for paths in [files, numpy, folders] {
            paths.sort();
        }
        Ok(listing)
    }

    /// The `NumPy` files as one set, where there are any.
    fn set(&self, name: String) -> Result<Option<SourceFile>, SourceError> {
        if self.numpy.is_empty() {
            return Ok(None);
        }
        SourceFile::new(name, self.numpy.clone()).map(Some)
    }
}

impl SourceFile {
    /// A file, or a set of `NumPy` files.
    fn new(name: String, paths: Vec<PathBuf>) -> Result<Self, SourceError> {
        if paths.len() > MAX_FILES {
            let found = paths.len();
            return Err(SourceError::Count(format!(
                "{name}: a set has at most {MAX_FILES} files, found {found}"
            )));
        }
        let format = paths.first().and_then(|path| Format::of_path(path));
        let Some(format) = format else {
            return Err(SourceError::Unsupported {
                path: name,
                what: "importing other files is".to_owned(),
            });
        };
        let sizes = paths.iter().map(|path| size(path));
        match sizes.sum::<io::Result<u64>>() {
            Ok(size) => Ok(Self {
                name,
                paths,
                format,
                size,
            }),
            Err(source) => Err(SourceError::Unreadable { path: name, source }),
        }
    }
}

impl SourceError {
    /// With the path as given, where the error does not know it.
    fn of(self, given: &str) -> Self {
        match self {
            Self::Unreadable { path, source } if path.is_empty() => Self::Unreadable {
                path: given.to_owned(),
                source,
            },
            other => other,
        }
    }
}

impl Source {
    /// Understands the paths of a create call, one inner list an entry.
    pub(super) fn parse(lists: &[Vec<String>], csv: CsvOptions) -> Result<Self, SourceError> {
        let entry = |list: &Vec<String>| {
            let parsed = list.iter().map(|path| SourcePath::parse(path));
            let (paths, locations): (Vec<_>, Vec<_>) =
                parsed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            Location::check_set(&locations)?;
            Ok(paths)
        };
        let entries = lists
            .iter()
            .map(entry)
            .collect::<Result<_, SourceError>>()?;
        Ok(Self { entries, csv })
    }

    /// The files and sets the paths stand for.
    pub(super) fn files(&self) -> Result<Vec<SourceFile>, SourceError> {
        let mut files = Vec::new();
        for entry in &self.entries {
            match entry.as_slice() {
                [path] => files.append(&mut path.files()?),
                set => {
                    let paths = set.iter().map(|path| path.path.clone()).collect();
                    files.push(SourceFile::new(name(set), paths)?);
                }
            }
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
        let entries: Vec<_> = self.entries.iter().map(|entry| name(entry)).collect();
        entries.join(",")
    }
}

/// The name of an entry: a path as given, those of a set as a Milvus server lists them.
fn name(entry: &[SourcePath]) -> String {
    let given: Vec<_> = entry.iter().map(|path| path.given.as_str()).collect();
    given.join(" ")
}

impl Dialect {
    /// A file's name in this dialect's answers: a Milvus server brackets the set a file belongs to.
    pub(super) fn detail_name(self, name: &str) -> String {
        self.choose(name.to_owned(), format!("[{name}]"))
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
