//! The data files that a path names: a file, a folder, or a set of `NumPy` files, on disk or in a bucket.
//!
//! The import job and the row check find the same files by the same rules.

use super::{CsvOptions, Input, ReadError, Reader, Schema};
use crate::at_once::at_once;
use crate::location::{Format, Location, PathTarget};
use crate::secret::StorageKeys;
use crate::stores::object::Blocks;
use crate::stores::read_at::ReadAt;
use crate::stores::root::{Opened, Root, RootedFile};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Maximum number of files of one job (Milvus: `dataCoord.import.maxImportFileNumPerReq`).
pub(crate) const MAX_FILES: usize = 1024;

/// Maximum number of paths in object stores that are looked up at once.
const LOOKUPS: usize = 16;

/// The readable formats, for messages.
const FORMATS: &str = "json, jsonl, ndjson, csv, parquet or npy";

/// The files of a `NumPy` set, each with its name.
pub(super) type NumpyFiles = Vec<(String, Arc<dyn ReadAt>)>;

/// Reason why the files of a path can't be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// A file that isn't a data file.
    #[error(
        "{path:?}: importing other files is not supported by the local service yet; it reads {FORMATS} files"
    )]
    Unsupported { path: String },
    /// A file or folder that can't be read (83001 of the real service).
    #[error("{path}: could not be read (83001): {source}")]
    Unreadable {
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// Nothing to import, or too many files.
    #[error("{0}")]
    Count(String),
}

impl FilesError {
    fn is_unreadable<T>(found: &Result<T, Self>) -> bool {
        matches!(found, Err(Self::Unreadable { .. }))
    }
}

/// A path that has been looked up.
enum LookedUp {
    /// The files and sets of an entry's only path.
    Files(Vec<SourceFile>),
    /// A file of a `NumPy` set whose files are listed one by one.
    Part(RootedFile),
}

/// The roots of one call's paths, each opened once.
struct Roots<'k> {
    keys: &'k StorageKeys,
    open: Mutex<Vec<(Root, Opened)>>,
}

impl Roots<'_> {
    fn open(&self, root: &Root) -> io::Result<Opened> {
        let mut open = self.open.lock();
        if let Some((_, opened)) = open.iter().find(|(known, _)| known == root) {
            return Ok(opened.clone());
        }
        let opened = root.open(self.keys)?;
        open.push((root.clone(), opened.clone()));
        Ok(opened)
    }
}

/// One path of a create call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourcePath {
    /// The path as the caller wrote it.
    given: String,
    /// The absolute path, since a process with another working directory may continue the job; or the path within its
    /// root.
    path: PathBuf,
    names: PathTarget,
    #[serde(default)]
    root: Root,
}

/// One file to read, or one set of `NumPy` files.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// The name in answers and failure reasons.
    pub(crate) name: String,
    /// The file itself, or the files of a set.
    pub(crate) parts: Vec<RootedFile>,
    pub(crate) format: Format,
    /// Size in bytes; for a set, the sum of its files.
    pub(crate) size: u64,
}

impl SourcePath {
    /// Returns the path of a location, looked up in a root.
    pub(crate) fn new(given: &str, location: &Location, root: Root) -> Self {
        let (names, path) = (location.kind(), Path::new(location.key()));
        let folder = path.parent().filter(|_| names == PathTarget::NumpySet);
        Self {
            given: given.to_owned(),
            path: folder.unwrap_or(path).to_owned(),
            names,
            root,
        }
    }

    /// Restricts a path on disk to the first of these folders that it's in by its name. Returns `None` if it's in none.
    pub(crate) fn confine(&mut self, below: &[(PathBuf, PathBuf)]) -> Option<()> {
        let (inner, real) = below.iter().find_map(|(given, real)| {
            let inner = self.path.strip_prefix(given);
            let inner = inner.or_else(|_| self.path.strip_prefix(real)).ok()?;
            Some((inner.to_owned(), real))
        })?;
        self.root = Root::Below(real.clone());
        self.path = inner;
        Some(())
    }

    /// Returns true if the path names one file, not a folder or a set.
    pub(crate) fn is_file(&self) -> bool {
        self.names == PathTarget::File
    }

    /// Returns true if the path is in an object store.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.root, Root::Remote(_))
    }

    /// Returns the files and sets of each entry of a create call: one path, or the files of one `NumPy` set. Paths in
    /// object stores are looked up [`LOOKUPS`] at once.
    ///
    /// The list ends with the first entry that can't be read, or earlier if `is_stopped` returns true.
    pub(crate) fn find(
        entries: &[Vec<Self>],
        keys: &StorageKeys,
        is_stopped: impl Fn() -> bool + Sync,
    ) -> Vec<Result<Vec<SourceFile>, FilesError>> {
        let roots = Roots {
            keys,
            open: Mutex::default(),
        };
        let all = entries.iter().flat_map(|entry| {
            let is_alone = entry.len() == 1;
            entry.iter().map(move |path| (path, is_alone))
        });
        let all: Vec<_> = all.collect();
        let remote = all.iter().filter(|(path, _)| path.is_remote()).count();
        let threads = remote.clamp(1, LOOKUPS);
        let look_up = |(path, is_alone): &(&Self, bool)| {
            if is_stopped() {
                return Err(path.unreadable(io::ErrorKind::Interrupted.into()));
            }
            let root = roots.open(&path.root);
            let root = root.map_err(|error| path.unreadable(error))?;
            if *is_alone {
                return path.files(&root).map(LookedUp::Files);
            }
            path.part(&root).map(LookedUp::Part)
        };
        let mut found = at_once(&all, threads, look_up, FilesError::is_unreadable).into_iter();
        let mut files = Vec::new();
        for entry in entries {
            let own: Result<Vec<_>, _> = found.by_ref().take(entry.len()).collect();
            files.push(own.and_then(|own| Self::joined(entry, own)));
            if files.last().is_some_and(FilesError::is_unreadable) {
                break;
            }
        }
        files
    }

    /// Returns the files of an entry whose paths have been looked up.
    fn joined(entry: &[Self], found: Vec<LookedUp>) -> Result<Vec<SourceFile>, FilesError> {
        let mut parts = Vec::new();
        for found in found {
            match found {
                LookedUp::Files(files) => return Ok(files),
                LookedUp::Part(part) => parts.push(part),
            }
        }
        SourceFile::new(Self::entry_name(entry), parts).map(|file| vec![file])
    }

    /// Returns the name of an entry: a path as given, or the paths of a set in the format of a Milvus server.
    pub(crate) fn entry_name(entry: &[Self]) -> String {
        let given: Vec<_> = entry.iter().map(|path| path.given.as_str()).collect();
        given.join(" ")
    }

    fn files(&self, root: &Opened) -> Result<Vec<SourceFile>, FilesError> {
        let given = self.given.clone();
        match self.names {
            PathTarget::File => Ok(vec![SourceFile::new(given, vec![self.part(root)?])?]),
            PathTarget::Folder => self.folder(root),
            PathTarget::NumpySet => {
                let set = self.list(root, &self.path)?.set(given)?;
                let none =
                    || FilesError::Count(format!("{}: the folder holds no npy file", self.given));
                Ok(vec![set.ok_or_else(none)?])
            }
        }
    }

    /// Returns the file with the path.
    fn part(&self, root: &Opened) -> Result<RootedFile, FilesError> {
        let part = root.file(&self.path);
        part.map_err(|error| self.unreadable(error))
    }

    /// Returns the content of a folder, sorted by name.
    fn list(&self, root: &Opened, folder: &Path) -> Result<Listing, FilesError> {
        let held = root.list(folder).map_err(|error| self.unreadable(error))?;
        let format = |part: &RootedFile| Format::of_path(part.path());
        let data = held.files.into_iter().filter(|part| format(part).is_some());
        let (numpy, files) = data.partition(|part| format(part) == Some(Format::Numpy));
        Ok(Listing {
            files,
            numpy,
            folders: held.folders,
        })
    }

    fn unreadable(&self, source: io::Error) -> FilesError {
        FilesError::Unreadable {
            path: self.given.clone(),
            source,
        }
    }

    /// Returns the data files directly in the folder, sorted by name, then its `NumPy` files as one set, then one set
    /// for each folder inside. The official bulk writer writes `NumPy` files in this way, one folder for each part.
    fn folder(&self, root: &Opened) -> Result<Vec<SourceFile>, FilesError> {
        let listing = self.list(root, &self.path)?;
        let mut files = Vec::new();
        for part in &listing.files {
            let name = format!("{}{}", self.given, part.name());
            files.push(SourceFile::new(name, vec![part.clone()])?);
        }
        files.extend(listing.set(format!("{}*.npy", self.given))?);
        for folder in &listing.folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let inner = self.list(root, folder)?;
            files.extend(inner.set(format!("{}{name}/*.npy", self.given))?);
        }
        if files.is_empty() {
            let problem = format!("{}: the folder holds no {FORMATS} file", self.given);
            return Err(FilesError::Count(problem));
        }
        Ok(files)
    }
}

/// The content of a folder, sorted by name.
struct Listing {
    /// Data files other than `NumPy` files.
    files: Vec<RootedFile>,
    numpy: Vec<RootedFile>,
    folders: Vec<PathBuf>,
}

impl Listing {
    /// Returns the `NumPy` files as one set, if there are any.
    fn set(&self, name: String) -> Result<Option<SourceFile>, FilesError> {
        if self.numpy.is_empty() {
            return Ok(None);
        }
        SourceFile::new(name, self.numpy.clone()).map(Some)
    }
}

impl SourceFile {
    /// Returns true if a part is in an object store.
    pub(crate) fn is_remote(&self) -> bool {
        self.parts.iter().any(RootedFile::is_remote)
    }

    /// Returns a file, or a set of `NumPy` files.
    fn new(name: String, parts: Vec<RootedFile>) -> Result<Self, FilesError> {
        if parts.len() > MAX_FILES {
            let found = parts.len();
            return Err(FilesError::Count(format!(
                "{name}: a set has at most {MAX_FILES} files, found {found}"
            )));
        }
        let format = parts.first().and_then(|part| Format::of_path(part.path()));
        let Some(format) = format else {
            return Err(FilesError::Unsupported { path: name });
        };
        let sizes = parts.iter().map(|part| part.size);
        let size = sizes.fold(0, u64::saturating_add);
        Ok(Self {
            name,
            parts,
            format,
            size,
        })
    }

    /// Opens the file or set for reading its rows.
    pub(crate) fn open(&self, schema: &Arc<Schema>, csv: &CsvOptions) -> Result<Reader, ReadError> {
        Reader::new(self.input(Blocks::STREAM)?, self.format, schema, csv)
    }

    /// Opens the file or set for finding all of its problems ([`Reader::collecting`]). A text file in an object store is
    /// read in `blocks`.
    pub(crate) fn open_collecting(
        &self,
        schema: &Arc<Schema>,
        csv: &CsvOptions,
        problems: &mut Vec<ReadError>,
        blocks: Blocks,
    ) -> Result<Reader, ReadError> {
        Reader::collecting(self.input(blocks)?, self.format, schema, csv, problems)
    }

    fn input(&self, blocks: Blocks) -> Result<Input, ReadError> {
        Ok(match (self.format, self.parts.as_slice()) {
            (Format::Numpy, _) => Input::Set(self.set()?),
            (Format::Parquet, [_]) => Input::Object(self.object()?),
            (_, [part]) => {
                Input::Object(part.object(blocks).map_err(|error| self.not_open(error))?)
            }
            (format, parts) => {
                return Err(ReadError::Unsupported {
                    format: format!("{} {format} files as one", parts.len()),
                });
            }
        })
    }

    /// Opens the files of a `NumPy` set.
    pub(super) fn set(&self) -> Result<NumpyFiles, ReadError> {
        let open = |part: &RootedFile| Ok((part.name(), part.object(Blocks::SET)?));
        let files = self.parts.iter().map(open).collect::<Result<_, _>>();
        files.map_err(|error| self.not_open(error))
    }

    /// Opens a file for reading at any position.
    pub(super) fn object(&self) -> Result<Arc<dyn ReadAt>, ReadError> {
        let missing = || Err(io::ErrorKind::NotFound.into());
        let first = self.parts.first();
        let object = first.map_or_else(missing, |part| part.object(Blocks::COLUMNS));
        object.map_err(|error| self.not_open(error))
    }

    fn not_open(&self, source: io::Error) -> ReadError {
        let path = self.parts.first().map_or(Path::new(""), RootedFile::path);
        ReadError::Open {
            path: path.to_owned(),
            source,
        }
    }
}
