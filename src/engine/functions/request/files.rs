//! The paths of an import request: files, sets of `NumPy` files, and paths in volumes.

use crate::api::model::{ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::options::Options;
use crate::engine::types::{as_text, list_of};
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
    let mut files = RequestFiles {
        connection,
        locations: Vec::new(),
    };
    let sets = files.each(call, paths, &|it, text| it.connection.locate(text))?;
    files.locations = sets.iter().flatten().cloned().collect();
    Ok((sets, files.warnings()))
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

pub(super) fn source(
    call: &Call,
    options: &Options,
    paths: Option<&Dynamic>,
    files: &mut RequestFiles<'_>,
) -> Result<Source, Failure> {
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
    Ok(match volume {
        Some(name) => volume_source(call, name, paths, files)?,
        None => match first_text(paths).and_then(|text| volume_of(&text)) {
            Some((name, _)) => volume_source(call, name, paths, files)?,
            None => Source::Files(files.sets(call, paths, &|it, text| it.connection.locate(text))?),
        },
    })
}

/// Returns paths in a volume, which may be written as `volume://NAME/path`.
fn volume_source(
    call: &Call,
    name: String,
    paths: &Dynamic,
    files: &mut RequestFiles<'_>,
) -> Result<Source, Failure> {
    let paths = files.sets(call, paths, &|_, text| match volume_of(text) {
        Some((volume, path)) if volume == name => Location::parse_volume(&path),
        _ => Location::parse_volume(text),
    })?;
    Ok(Source::Volume { name, paths })
}

/// Splits `volume://NAME/path`.
fn volume_of(text: &str) -> Option<(String, String)> {
    let (name, path) = text.strip_prefix("volume://")?.split_once('/')?;
    Some((name.to_owned(), path.to_owned()))
}

fn first_text(paths: &Dynamic) -> Option<String> {
    match list_of(paths) {
        Some(list) => first_text(list.first()?),
        None => as_text(paths),
    }
}

/// The parsed and checked paths of one request.
pub(super) struct RequestFiles<'a> {
    pub(super) connection: &'a Connection,
    pub(super) locations: Vec<Location>,
}

type Locate<'f> = &'f dyn Fn(&RequestFiles<'_>, &str) -> Result<Location, LocationError>;

impl RequestFiles<'_> {
    /// Returns the sets of paths. A text is one file. In a list, each text is one file and a nested list is one set of
    /// `NumPy` files.
    fn sets(
        &mut self,
        call: &Call,
        paths: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Vec<String>>, Failure> {
        let sets = self.each(call, paths, locate)?;
        let text = |location: &Location| location.text().to_owned();
        let texts = sets.iter().map(|set| set.iter().map(text).collect());
        let texts = texts.collect();
        self.locations.extend(sets.into_iter().flatten());
        Ok(texts)
    }

    fn each(
        &self,
        call: &Call,
        paths: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Vec<Location>>, Failure> {
        let list = match list_of(paths) {
            Some(list) => list,
            None => vec![paths.clone()],
        };
        if list.is_empty() {
            return Err(call.misused("the list of files is empty"));
        }
        list.iter()
            .map(|item| self.set(call, item, locate))
            .collect()
    }

    fn set(
        &self,
        call: &Call,
        item: &Dynamic,
        locate: Locate<'_>,
    ) -> Result<Vec<Location>, Failure> {
        let texts: Option<Vec<String>> = match list_of(item) {
            Some(list) => list.iter().map(as_text).collect(),
            None => as_text(item).map(|text| vec![text]),
        };
        let texts = texts.filter(|texts| !texts.is_empty()).ok_or_else(|| {
            call.wrong_type("a file is text, a set of NumPy files a list of texts", item)
        })?;
        let set: Vec<Location> = texts
            .iter()
            .map(|text| locate(self, text))
            .collect::<Result<_, _>>()?;
        Location::check_set(&set)?;
        Ok(set)
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let Some(region) = &self.connection.client.settings().region else {
            return Vec::new();
        };
        let mut warnings: Vec<String> = self
            .locations
            .iter()
            .filter_map(|location| cloud_mismatch(location, region))
            .collect();
        warnings.dedup();
        warnings
    }
}
