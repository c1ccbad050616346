//! Finds the files of the given paths, by the rules of an import.

use super::findings::{Example, FindingLevel, Findings};
use super::{CheckError, CheckProgress};
use crate::formats::source::{FilesError, SourceFile, SourcePath};
use crate::location::{Format, Location, LocationError, PathScope, Store};
use crate::secret::StorageKeys;
use crate::stores::bucket::{Bucket, Endpoints};
use crate::stores::fault::StoreFault;
use crate::stores::root::{Root, RootedFile};
use std::path::Path;

/// Endpoints, region and credentials of object stores.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoreAccess {
    pub(crate) endpoints: Endpoints,
    /// Region of buckets whose address has none.
    pub(crate) region: Option<String>,
    /// Storage credentials. If empty, those of the AWS environment are used.
    pub(crate) keys: StorageKeys,
}

/// Returns the files and sets that the paths name. A path that an import refuses becomes a finding.
pub(super) fn find(
    given: &[String],
    stores: &StoreAccess,
    progress: &CheckProgress,
    found: &mut Findings,
) -> Result<Vec<SourceFile>, CheckError> {
    let mut entries: Vec<(Option<&Path>, Vec<SourcePath>)> = Vec::new();
    let given = expand(given)?;
    for path in &given {
        let source = match locate(path, stores) {
            Ok(source) => source,
            Err(error) => {
                let group = found.error("", &error.to_string(), error.hint());
                group.add(0, Example::of_file(0, path));
                continue;
            }
        };
        if path.ends_with('/') && !source.is_remote() {
            warn_of_skipped(path, found);
        }
        // NumPy files of one folder are one set.
        let is_numpy = Format::of_path(Path::new(path)) == Some(Format::Numpy) && source.is_file();
        let folder = is_numpy.then(|| Path::new(path).parent()).flatten();
        let set = entries
            .iter_mut()
            .find(|(of, _)| folder.is_some() && *of == folder);
        match set {
            Some((_, set)) => set.push(source),
            None => entries.push((folder, vec![source])),
        }
    }
    let mut files = Vec::new();
    let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    let looked_up = SourcePath::find(&entries, &stores.keys, || progress.is_stopped());
    for (entry, own) in entries.iter().zip(looked_up) {
        match own {
            Ok(mut own) => files.append(&mut own),
            Err(FilesError::Unreadable { path, source }) => {
                return Err(match source.downcast::<StoreFault>() {
                    Ok(fault) => CheckError::Store { path, fault },
                    Err(error) => CheckError::unreadable(&path, error),
                });
            }
            Err(error) => {
                let hint = "name the files, or a folder that holds them";
                let example = Example::of_file(0, &SourcePath::entry_name(entry));
                found.error("", &error.to_string(), hint).add(0, example);
            }
        }
    }
    Ok(files)
}

/// Returns the files that the paths name, each with a text that changes when the file changes. `None` if a path can't be
/// read or an import refuses it.
pub(super) fn states(
    given: &[String],
    stores: &StoreAccess,
    progress: &CheckProgress,
) -> Option<Vec<[String; 3]>> {
    let mut found = Findings::default();
    let files = find(given, stores, progress, &mut found).ok()?;
    if !found.list(FindingLevel::Error).is_empty() {
        return None;
    }
    let states = files.iter().flat_map(|file| {
        // The path of an object doesn't name the bucket.
        let name = if file.is_remote() { &file.name } else { "" };
        let state = |part: &RootedFile| {
            let path = part.path().to_string_lossy().into_owned();
            Some([name.to_owned(), path, part.state().ok()?])
        };
        file.parts.iter().map(state).collect::<Vec<_>>()
    });
    states.collect()
}

/// Warns about files of a folder that an import of the folder skips without a word.
fn warn_of_skipped(folder: &str, found: &mut Findings) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || !path.is_file() || Format::of_path(&path).is_some() {
            continue;
        }
        let problem = "files of the folder that are not imported, by their extension";
        let hint = "an import takes .json, .jsonl, .ndjson, .csv, .parquet and .npy in lower case, not compressed: rename or \
            unpack the files, or move them elsewhere";
        let example = Example::of_file(0, &format!("{folder}{name}"));
        found.warn("", problem, hint).add(0, example);
    }
}

fn locate(path: &str, stores: &StoreAccess) -> Result<SourcePath, LocationError> {
    let location = Location::parse(path, &PathScope::Disk)?;
    if location.store() == Store::Disk {
        return Ok(SourcePath::new(path, &location, Root::Disk));
    }
    let bucket = Bucket::of(&location, &stores.endpoints, false).map(|bucket| {
        let region = stores.region.clone();
        Root::Remote(bucket.in_region(region))
    });
    Ok(SourcePath::new(path, &location, bucket.unwrap_or_default()))
}

/// Expands patterns of local paths, and adds the slash that ends a folder's path.
pub(crate) fn expand(paths: &[String]) -> Result<Vec<String>, CheckError> {
    let mut all = Vec::new();
    for path in paths {
        let is_pattern = path.contains(['*', '?', '[']);
        let on_disk = Path::new(path);
        if path.contains("://") || on_disk.is_file() || path.ends_with("*.npy") {
            all.push(path.clone());
        } else if on_disk.is_dir() {
            let slash = if path.ends_with('/') { "" } else { "/" };
            all.push(format!("{path}{slash}"));
        } else if is_pattern {
            let before = all.len();
            let found = glob::glob(path).map_err(|error| CheckError::Pattern {
                pattern: path.clone(),
                why: error.to_string(),
            })?;
            let files = found.flatten().filter(|path| path.is_file());
            all.extend(files.map(|path| path.to_string_lossy().into_owned()));
            if all.len() == before {
                return Err(CheckError::unreadable(path, "no file matches"));
            }
        } else if path.starts_with("~/") || path.starts_with("file:") {
            all.push(path.clone());
        } else {
            let why = std::fs::metadata(path).map_or_else(
                |error| error.to_string(),
                |_| "not a regular file".to_owned(),
            );
            return Err(CheckError::unreadable(path, why));
        }
    }
    Ok(all)
}
