//! The input of a job: the paths of its create call, and the files that they name.

mod places;

pub(super) use places::Rules;
pub(crate) use places::{OwnBucket, Places};

use crate::formats::CsvOptions;
use crate::formats::source::{FilesError, SourceFile, SourcePath};
use crate::location::{Location, LocationError, PathFault};
use crate::secret::StorageKeys;
use crate::stores::root::Root;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(super) use crate::formats::source::MAX_FILES;

/// Longest path of a create call, in bytes: the limit of object stores.
const MAX_PATH: usize = 1024;

/// The place that the paths of a create call are looked up in.
#[derive(Clone, Copy, Debug)]
pub(super) enum PathOrigin<'a> {
    /// Disk and object stores, as in the cloud's form of the call.
    Cloud,
    /// Milvus' form: plain paths are relative to the server's bucket, and each names a file.
    ServerBucket,
    /// The folder of a volume's objects.
    Volume(&'a Path),
}

/// The input of a job, as stored with the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobInput {
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

impl JobInput {
    /// Parses the paths of a create call; each inner list is one entry.
    pub(super) fn parse(
        lists: &[Vec<String>],
        rules: &Rules,
        origin: PathOrigin<'_>,
    ) -> Result<Self, SourceError> {
        let in_bucket = matches!(origin, PathOrigin::ServerBucket);
        let path = |given: &String| {
            if given.len() > MAX_PATH {
                return Err(SourceError::TooLong(given.len()));
            }
            if let PathOrigin::Volume(folder) = origin {
                let location = Location::parse_volume(given)?;
                let root = Root::Below(folder.to_owned());
                return Ok((SourcePath::new(given, &location, root), location));
            }
            match rules.parse(given, in_bucket) {
                Ok((path, _)) if in_bucket && !path.is_file() => Err(SourceError::folder(given)),
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
        Ok(Self {
            entries: lists
                .iter()
                .map(entry)
                .collect::<Result<_, SourceError>>()?,
            ..Self::default()
        })
    }

    /// Returns true if the job reads from an object store, so storage keys have a use.
    pub(super) fn is_remote(&self) -> bool {
        let mut paths = self.entries.iter().flatten();
        paths.any(SourcePath::is_remote)
    }

    /// Returns the files and sets that the paths name, found with these storage keys.
    pub(super) fn files(&self, keys: Option<StorageKeys>) -> Result<Vec<SourceFile>, SourceError> {
        if self.keyed && keys.is_none() {
            return Err(SourceError::KeysGone);
        }
        let keys = keys.unwrap_or_default();
        let mut files = Vec::new();
        for own in SourcePath::find(&self.entries, &keys, || false) {
            files.append(&mut own?);
        }
        let found = files.len();
        if found > MAX_FILES {
            let why = format!("a job takes at most {MAX_FILES} files, found {found}");
            return Err(FilesError::Count(why).into());
        }
        Ok(files)
    }

    /// Returns the paths of the whole job as given by the caller.
    pub(super) fn name(&self) -> String {
        let entries = self.entries.iter();
        let names = entries.map(|entry| SourcePath::entry_name(entry));
        names.collect::<Vec<_>>().join(",")
    }
}

/// The reason why a path can't be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A path or URL that can't be parsed. The message never repeats a part that might be a secret.
    #[error("the object path is not valid: {0}; {hint}", hint = .0.hint())]
    Invalid(#[from] LocationError),
    /// A path longer than an object's path can be.
    #[error("the object path is not valid: it has {0} bytes, and at most {MAX_PATH} are accepted")]
    TooLong(usize),
    /// The files of a path can't be found.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A path without the extension of a file that Milvus imports.
    #[error("unexpected file type, files=[{path}]: {why}")]
    FileType {
        path: String,
        /// The reason, and what to do.
        why: String,
    },
    /// A path on disk outside the folders that may be read.
    #[error(
        "{path:?}: outside the folders that this service may read; start it with --bucket-dir or --allow-dir to widen them"
    )]
    Outside { path: String },
    /// One of two storage keys without the other.
    #[error("storage keys come in pairs: give accessKey and secretKey, or neither")]
    HalfKeys,
    /// Storage keys that were in the memory of a process that has ended.
    #[error(
        "the storage keys of this job are gone: they are kept in memory only, and the service that had them has ended; submit the import again"
    )]
    KeysGone,
}

impl SourceError {
    /// Returns the error in Milvus' own form, which checks the extension first (importutilv2/util.go, `GetFileType`).
    pub(super) fn of_milvus(path: &str, error: LocationError) -> Self {
        match error.fault() {
            PathFault::Extension | PathFault::NoExtension => Self::FileType {
                path: path.to_owned(),
                why: format!("{error}; {}", error.hint()),
            },
            PathFault::NoKey | PathFault::Other => Self::Invalid(error),
        }
    }

    /// Returns the error for a folder in Milvus' own form.
    pub(super) fn folder(path: &str) -> Self {
        Self::FileType {
            path: path.to_owned(),
            why: "Milvus imports files only, each named in files; Zilliz Cloud (objectUrls) takes folders".to_owned(),
        }
    }
}
