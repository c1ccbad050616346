//! The upload of a batch's files, from where the service reads them.
//!
//! The journal remembers an uploaded file by the path and the tag of its object. So a later run imports a file again
//! only if another content was sent.

use super::{AGAIN, BatchSteps};
use crate::api::model::{Dialect, ImportRequest, Source};
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::functions::import_all::plan::Unit;
use crate::engine::functions::upload::{UploadTarget, import_sets, summary};
use crate::engine::options::Options;
use crate::error::Failure;
use crate::location::{Format, Location, Store};
use crate::secret::StorageKeys;
use crate::stores::upload::{UploadPolicy, UploadReport, UploadedFile, local_files};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file that's named in place of the uploaded ones, to check a request before anything is sent.
const EXAMPLE: &str = "file.json";

/// The files of a batch.
#[derive(Default)]
pub(crate) struct BatchFiles {
    /// The units to import.
    pub(crate) units: Vec<Unit>,
    /// Files on this machine's disk by their paths in the request, without those of sets.
    pub(crate) local: HashMap<String, PathBuf>,
}

impl BatchFiles {
    /// Returns files that aren't uploaded.
    pub(crate) fn given(sets: &[Vec<Location>]) -> Self {
        let local = sets.iter().filter_map(|set| match set.as_slice() {
            [only] if only.store() == Store::Disk => {
                Some((only.text().to_owned(), PathBuf::from(only.key())))
            }
            _ => None,
        });
        Self {
            local: local.collect(),
            units: sets.iter().map(|set| Unit::of(set)).collect(),
        }
    }
}

/// Returns the destination of the batch's upload, if there is one, and makes the request one for its files. An import
/// that the service would refuse fails here, before a file is read.
pub(crate) fn upload_target(
    call: &Call,
    connection: &Connection,
    options: &Options,
    template: &mut ImportRequest,
) -> Result<Option<UploadTarget>, Failure> {
    let Some(to) = options.text("upload_to")? else {
        return Ok(None);
    };
    let target = UploadTarget::read(call, to.clone(), options)?;
    if let Some(volume) = target.volume() {
        let name = volume.to_owned();
        let paths = Vec::new();
        template.source = Source::Volume { name, paths };
    } else if !target.is_here() {
        connection.locate(&to)?;
    }
    let is_self_hosted = connection.client.settings().dialect == Dialect::Milvus;
    if target.volume().is_some() || is_self_hosted {
        // The service reads volumes and its own bucket with its own credentials.
        template.keys = StorageKeys::default();
    }
    let example = template.with_files(vec![vec![EXAMPLE.to_owned()]]);
    connection.client.check_create(&example, "check")?;
    Ok(Some(target))
}

/// Returns the files that an upload of these paths finds and that can be imported, also those of folders in folders.
pub(crate) fn importable(paths: &[String]) -> Result<Vec<String>, Failure> {
    let files = local_files(paths)?.into_iter().map(|(path, _)| path);
    let has_format = |path: &String| Format::of_path(Path::new(path)).is_some();
    let files: Vec<String> = files.filter(has_format).collect();
    if !files.is_empty() {
        return Ok(files);
    }
    let message = "import_all: none of the files has a format that can be imported";
    let hint = "an import takes .json, .jsonl, .ndjson, .csv, .parquet and .npy, in lower case";
    Err(Failure::usage(message).with_hint(hint))
}

impl BatchSteps<'_> {
    /// Uploads the files, and returns them as the service reads them.
    pub(crate) fn upload(
        &mut self,
        mut target: UploadTarget,
        files: Vec<String>,
    ) -> Result<BatchFiles, Failure> {
        target.policy = UploadPolicy::Unchanged;
        let report = target.send(self.session, files);
        let report = report.map_err(|failure| failure.and_hint(AGAIN))?;
        let is_sent = report.files.iter().any(|file| file.sent);
        let state = if is_sent { "done" } else { "skipped" };
        self.end("upload", state, summary(&report, UploadPolicy::Unchanged));
        let mut found = BatchFiles::default();
        for set in import_sets(&report) {
            let unit = self.unit(&report, &set)?;
            if let ([file], [path]) = (set.as_slice(), unit.paths.as_slice()) {
                found.local.insert(path.clone(), PathBuf::from(&file.path));
            }
            found.units.push(unit);
        }
        Ok(found)
    }

    fn unit(&self, report: &UploadReport, set: &[&UploadedFile]) -> Result<Unit, Failure> {
        let locations = set.iter().map(|file| match &report.volume {
            Some(_) => Location::parse_volume(&file.object),
            None => self.connection.locate(&file.object),
        });
        let locations: Vec<Location> = locations.collect::<Result<_, _>>()?;
        Location::check_set(&locations)?;
        let unit = Unit::of(&locations);
        if report.note.is_some() {
            return Ok(unit);
        }
        let stamps = set.iter().map(|file| {
            let tag = file.tag.as_deref().unwrap_or_default();
            format!("{} {tag}", file.size)
        });
        let stamps: Vec<String> = stamps.collect();
        // The path of an object in a volume doesn't name the volume.
        let volume = report.volume.as_deref().unwrap_or_default();
        let stamp = format!("{volume}:{}", stamps.join(","));
        Ok(unit.with_state(set.iter().map(|file| file.size).sum(), stamp))
    }
}
