//! The input of a job: the paths of its create call, and the files that they name.

mod error;
mod places;

pub(super) use error::SourceError;
pub(super) use places::Rules;
pub(crate) use places::{OwnBucket, Places};

use crate::formats::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::location::{Format, Kind, Location};
use crate::stores::StorageKeys;
use crate::stores::object::Blocks;
use crate::stores::root::{Held, Opened, Part, Root};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most files of one job (reference: limits).
pub(super) const MAX_FILES: usize = 1024;

/// Longest path of a create call, in bytes: the limit of object stores.
const MAX_PATH: usize = 1024;

/// The readable formats, for messages.
const FORMATS: &str = "json, jsonl, ndjson, csv, parquet or npy";

/// The input of a job, as stored with the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    /// The entries in the create call's order. Each inner list is one entry: one path, or one set of `NumPy` files.
    pub(super) entries: Vec<Vec<SourcePath>>,
    /// The format of CSV files.
    pub(super) csv: CsvOptions,
    /// The reason why CSV files can't be read, e.g. an invalid option `sep`. Milvus only reports this when it reads a
    /// CSV file.
    #[serde(default)]
    pub(super) bad_csv: Option<String>,
    /// True if the request had storage keys, which are never written to disk.
    #[serde(default)]
    pub(super) keyed: bool,
}

/// One path of a create call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourcePath {
    /// The path as the caller wrote it.
    given: String,
    /// The absolute path, since a process with another working directory may continue the job; or the path within its
    /// root.
    path: PathBuf,
    names: Names,
    #[serde(default)]
    root: Root,
}

/// The kind of thing a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Names {
    /// One file.
    File,
    /// All data files in a folder.
    Folder,
    /// The `NumPy` files in a folder, as one set.
    NumpySet,
}

/// One file to read, or one set of `NumPy` files.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    /// The name in answers and failure reasons.
    pub(super) name: String,
    /// The file itself, or the files of a set.
    pub(super) parts: Vec<Part>,
    pub(super) format: Format,
    /// Size in bytes; for a set, the sum of its files.
    pub(super) size: u64,
}

impl SourcePath {
    fn new(given: &str, location: &Location, root: Root) -> Self {
        let path = Path::new(location.key());
        let (names, path) = match location.kind() {
            Kind::File => (Names::File, path),
            Kind::Folder => (Names::Folder, path),
            Kind::NumpySet => (Names::NumpySet, path.parent().unwrap_or(path)),
        };
        Self {
            given: given.to_owned(),
            path: path.to_owned(),
            names,
            root,
        }
    }

    /// Restricts a path on disk to the first of these folders that it's in by its name. Returns `None` if it's in none.
    fn confine(&mut self, below: &[(PathBuf, PathBuf)]) -> Option<()> {
        let (inner, real) = below.iter().find_map(|(given, real)| {
            let inner = self.path.strip_prefix(given);
            let inner = inner.or_else(|_| self.path.strip_prefix(real)).ok()?;
            Some((inner.to_owned(), real))
        })?;
        self.root = Root::Below(real.clone());
        self.path = inner;
        Some(())
    }

    fn files(&self, keys: &StorageKeys) -> Result<Vec<SourceFile>, SourceError> {
        let unreadable = SourceError::unreadable(&self.given);
        let root = self.root.open(keys).map_err(&unreadable)?;
        match self.names {
            Names::File => {
                let part = root.file(&self.path).map_err(&unreadable)?;
                SourceFile::new(self.given.clone(), vec![part]).map(|file| vec![file])
            }
            Names::Folder => self.folder(&root),
            Names::NumpySet => {
                let held = root.list(&self.path).map_err(&unreadable)?;
                match Listing::of(held).set(self.given.clone())? {
                    Some(set) => Ok(vec![set]),
                    None => Err(SourceError::Count(format!(
                        "{}: the folder holds no npy file",
                        self.given
                    ))),
                }
            }
        }
    }

    /// Returns the data files directly in the folder, sorted by name, then its `NumPy` files as one set, then one set
    /// for each folder inside. The official bulk writer writes `NumPy` files in this way, one folder for each part.
    fn folder(&self, root: &Opened) -> Result<Vec<SourceFile>, SourceError> {
        let unreadable = SourceError::unreadable(&self.given);
        let listing = Listing::of(root.list(&self.path).map_err(&unreadable)?);
        let mut files = Vec::new();
        for part in &listing.files {
            let name = format!("{}{}", self.given, part.name());
            files.push(SourceFile::new(name, vec![part.clone()])?);
        }
        files.extend(listing.set(format!("{}*.npy", self.given))?);
        for folder in &listing.folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let inner = Listing::of(root.list(folder).map_err(&unreadable)?);
            files.extend(inner.set(format!("{}{name}/*.npy", self.given))?);
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

/// The content of a folder, sorted by name.
struct Listing {
    /// Data files other than `NumPy` files.
    files: Vec<Part>,
    numpy: Vec<Part>,
    folders: Vec<PathBuf>,
}

impl Listing {
    fn of(held: Held) -> Self {
        let data =
            (held.files.into_iter()).filter_map(|part| Some((Format::of_path(part.path())?, part)));
        let (numpy, files): (Vec<_>, Vec<_>) =
            data.partition(|(format, _)| *format == Format::Numpy);
        let parts = |list: Vec<(Format, Part)>| list.into_iter().map(|(_, part)| part).collect();
        Self {
            files: parts(files),
            numpy: parts(numpy),
            folders: held.folders,
        }
    }

    /// Returns the `NumPy` files as one set, if there are any.
    fn set(&self, name: String) -> Result<Option<SourceFile>, SourceError> {
        if self.numpy.is_empty() {
            return Ok(None);
        }
        SourceFile::new(name, self.numpy.clone()).map(Some)
    }
}

impl SourceFile {
    /// Returns a file, or a set of `NumPy` files.
    fn new(name: String, parts: Vec<Part>) -> Result<Self, SourceError> {
        if parts.len() > MAX_FILES {
            let found = parts.len();
            return Err(SourceError::Count(format!(
                "{name}: a set has at most {MAX_FILES} files, found {found}"
            )));
        }
        let format = parts.first().and_then(|part| Format::of_path(part.path()));
        let Some(format) = format else {
            return Err(SourceError::Unsupported { path: name });
        };
        let size = parts
            .iter()
            .map(|part| part.size)
            .fold(0, u64::saturating_add);
        Ok(Self {
            name,
            parts,
            format,
            size,
        })
    }

    /// Opens the file or set for reading its rows.
    pub(super) fn open(&self, schema: &Arc<Schema>, csv: &CsvOptions) -> Result<Reader, ReadError> {
        let path = self.parts.first().map_or(Path::new(""), Part::path);
        let failed = |source| ReadError::Open {
            path: path.to_owned(),
            source,
        };
        let input = match (self.format, self.parts.as_slice()) {
            (Format::Numpy, parts) => {
                let open = |part: &Part| Ok((part.name(), part.object(Blocks::SET)?));
                let files = parts.iter().map(open).collect::<Result<_, _>>();
                Input::Set(files.map_err(failed)?)
            }
            (Format::Parquet, [part]) => {
                Input::Object(part.object(Blocks::COLUMNS).map_err(failed)?)
            }
            (_, [part]) => Input::Stream(part.stream().map_err(failed)?),
            (format, parts) => {
                return Err(ReadError::Unsupported {
                    format: format!("{} {format} files as one", parts.len()),
                });
            }
        };
        Reader::new(input, self.format, schema, csv)
    }
}

impl Source {
    /// Parses the paths of a create call; each inner list is one entry. `in_bucket` is set for Milvus' own form: plain
    /// paths are relative to the server's bucket, and each names a file.
    pub(super) fn parse(
        lists: &[Vec<String>],
        rules: &Rules,
        in_bucket: bool,
    ) -> Result<Self, SourceError> {
        let path = |given: &String| {
            if given.len() > MAX_PATH {
                return Err(SourceError::TooLong(given.len()));
            }
            match rules.parse(given, in_bucket) {
                Ok((path, _)) if in_bucket && path.names != Names::File => {
                    Err(SourceError::folder(given))
                }
                Err(SourceError::Invalid(error)) if in_bucket => {
                    Err(SourceError::of_milvus(given, error))
                }
                parsed => parsed,
            }
        };
        let entry = |list: &Vec<String>| {
            let parsed = list.iter().map(path);
            let (paths, locations): (Vec<_>, Vec<_>) =
                parsed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            Location::check_set(&locations)?;
            Ok(paths)
        };
        let entries = lists
            .iter()
            .map(entry)
            .collect::<Result<_, SourceError>>()?;
        Ok(Self {
            entries,
            ..Self::default()
        })
    }

    /// Returns true if the job reads from an object store, so storage keys have a use.
    pub(super) fn is_remote(&self) -> bool {
        let mut paths = self.entries.iter().flatten();
        paths.any(|path| matches!(path.root, Root::Remote(_)))
    }

    /// Returns the files and sets that the paths name, found with these storage keys.
    pub(super) fn files(&self, keys: Option<StorageKeys>) -> Result<Vec<SourceFile>, SourceError> {
        if self.keyed && keys.is_none() {
            return Err(SourceError::KeysGone);
        }
        let keys = keys.unwrap_or_default();
        let mut files = Vec::new();
        for entry in &self.entries {
            match entry.as_slice() {
                [path] => files.append(&mut path.files(&keys)?),
                set => {
                    let mut parts = Vec::new();
                    for path in set {
                        let unreadable = SourceError::unreadable(&path.given);
                        let root = path.root.open(&keys).map_err(&unreadable)?;
                        parts.push(root.file(&path.path).map_err(&unreadable)?);
                    }
                    files.push(SourceFile::new(name(set), parts)?);
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

    /// Returns the paths of the whole job as given by the caller.
    pub(super) fn name(&self) -> String {
        let entries: Vec<_> = self.entries.iter().map(|entry| name(entry)).collect();
        entries.join(",")
    }
}

/// Returns the name of an entry: a path as given, or the paths of a set in the format of a Milvus server.
fn name(entry: &[SourcePath]) -> String {
    let given: Vec<_> = entry.iter().map(|path| path.given.as_str()).collect();
    given.join(" ")
}
