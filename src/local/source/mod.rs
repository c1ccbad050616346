//! The input of a job: the paths of its create call, and the files that they name.

mod error;
mod places;

pub(super) use error::SourceError;
pub(super) use places::Rules;
pub(crate) use places::{OwnBucket, Places};

use crate::formats::CsvOptions;
use crate::formats::source::{FilesError, SourceFile, SourcePath};
use crate::location::Location;
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
        if files.len() > MAX_FILES {
            let found = files.len();
            return Err(FilesError::Count(format!(
                "a job takes at most {MAX_FILES} files, found {found}"
            ))
            .into());
        }
        Ok(files)
    }

    /// Returns the paths of the whole job as given by the caller.
    pub(super) fn name(&self) -> String {
        let entries = self
            .entries
            .iter()
            .map(|entry| SourcePath::entry_name(entry));
        let entries: Vec<_> = entries.collect();
        entries.join(",")
    }
}
