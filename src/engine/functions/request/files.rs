//! The paths of an import request: files, sets of `NumPy` files, and paths in volumes.

use crate::api::model::{ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::options::Options;
use crate::engine::types::{as_text, as_texts, list_of};
use crate::error::Failure;
use crate::location::{Location, LocationError, cloud_mismatch};
use crate::text::words;
use rhai::Dynamic;
use std::path::Path;

/// Maximum number of files of a folder that are compared with a missing file's name.
const MAX_NEAR_FILES: usize = 1000;

/// Returns the files of a list, each a file or a set of `NumPy` files, and warnings for the caller.
pub(crate) fn located(
    call: &Call,
    connection: &Connection,
    paths: &Dynamic,
) -> Result<(Vec<Vec<Location>>, Vec<String>), Failure> {
    let sets = sets(call, paths, &|text| connection.locate(text))?;
    let warnings = warnings(connection, &sets);
    Ok((sets, warnings))
}

/// Returns an error for the first file of these requests that doesn't exist, if the service in this process reads it
/// from disk. Under `--dry-run`, an earlier step that would write the file was only simulated.
pub(crate) fn check_local_files<'a>(
    call: &Call,
    connection: &Connection,
    requests: impl IntoIterator<Item = &'a ImportRequest>,
) -> Result<(), Failure> {
    if connection.name != "local" || call.session.dry_run().is_some() {
        return Ok(());
    }
    let files = requests
        .into_iter()
        .filter_map(|request| match &request.source {
            Source::Files(sets) => Some(sets.iter().flatten()),
            Source::Volume { .. } => None,
        });
    for file in files.flatten().filter(|file| !file.contains("://")) {
        // `folder/*.npy` is a set of NumPy files.
        let path = Path::new(file.strip_suffix("/*.npy").unwrap_or(file));
        if let Err(error) = path.metadata() {
            let message = format!("cannot read {file}: {error}; nothing was sent");
            let failure = Failure::refused(message);
            return Err(failure.with_any_hint(near_file(path)));
        }
    }
    Ok(())
}

/// Returns files of the same folder with a similar name.
fn near_file(path: &Path) -> Option<String> {
    let entries = path.parent()?.read_dir().ok()?.take(MAX_NEAR_FILES);
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = names.collect();
    let name = path.file_name()?.to_str()?;
    words::did_you_mean(name, names.iter().map(String::as_str))
}

/// Returns the source that the options or the argument name, with its parsed and checked paths.
pub(super) fn source(
    call: &Call,
    connection: &Connection,
    options: &Options,
    paths: Option<&Dynamic>,
) -> Result<(Source, Vec<Vec<Location>>), Failure> {
    let volume = options.text("volume")?;
    let named = ["url", "urls", "files", "paths"].into_iter();
    let given: Vec<&Dynamic> = paths
        .into_iter()
        .chain(named.filter_map(|name| options.get(name)))
        .collect();
    let [paths] = given.as_slice() else {
        return Err(call.misused(match (given.is_empty(), volume) {
            (true, None) => "the files are missing: give url, urls, files, or volume with paths",
            (true, Some(_)) => "paths, the paths inside the volume, are missing",
            _ => "give the files once: as url, urls, files, or volume with paths",
        }));
    };
    let of_path = || Some(volume_of(&first_text(paths)?)?.0.to_owned());
    let volume = volume.or_else(of_path);
    // Paths in a volume may be written as `volume://NAME/path`.
    let sets = sets(call, paths, &|text| match (&volume, volume_of(text)) {
        (Some(name), Some((volume, path))) if volume == name => Location::parse_volume(path),
        (Some(_), _) => Location::parse_volume(text),
        (None, _) => connection.locate(text),
    })?;
    let texts = |set: &Vec<Location>| set.iter().map(|path| path.text().to_owned()).collect();
    let paths = sets.iter().map(texts).collect();
    let source = match volume {
        Some(name) => Source::Volume { name, paths },
        None => Source::Files(paths),
    };
    Ok((source, sets))
}

/// Splits `volume://NAME/path`.
fn volume_of(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("volume://")?.split_once('/')
}

fn first_text(paths: &Dynamic) -> Option<String> {
    match list_of(paths) {
        Some(list) => first_text(list.first()?),
        None => as_text(paths),
    }
}

/// Returns the sets of paths. A text is one file. In a list, each text is one file and a nested list is one set of
/// `NumPy` files.
fn sets(
    call: &Call,
    paths: &Dynamic,
    locate: &dyn Fn(&str) -> Result<Location, LocationError>,
) -> Result<Vec<Vec<Location>>, Failure> {
    let list = list_of(paths).unwrap_or_else(|| vec![paths.clone()]);
    if list.is_empty() {
        return Err(call.misused("the list of files is empty"));
    }
    let set = |item: &Dynamic| {
        let texts = as_texts(item)
            .filter(|texts| !texts.is_empty())
            .ok_or_else(|| {
                call.wrong_type("a file is text, a set of NumPy files a list of texts", item)
            })?;
        let set = texts.iter().map(|text| locate(text));
        let set: Vec<Location> = set.collect::<Result<_, _>>()?;
        Location::check_set(&set)?;
        Ok(set)
    };
    list.iter().map(set).collect()
}

/// Returns a warning for each path on another cloud or in another region than the connection's cluster.
pub(super) fn warnings(connection: &Connection, sets: &[Vec<Location>]) -> Vec<String> {
    let Some(region) = &connection.client.settings().region else {
        return Vec::new();
    };
    let locations = sets.iter().flatten();
    let warnings = locations.filter_map(|location| cloud_mismatch(location, region));
    let mut warnings: Vec<String> = warnings.collect();
    warnings.dedup();
    warnings
}
