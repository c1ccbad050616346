//! Decides which files are sent.

use super::checksum;
use super::destination::StoreGrant;
use super::error::UploadError;
use super::files::{LocalFile, check_key};
use super::notes::PartNotes;
use super::requests::Requests;
use super::{UploadPolicy, UploadRequest};
use crate::at_once::at_once;
use crate::stores::bucket::ObjectStamp;
use crate::stores::fault::StoreFault;
use crate::text::words;
use object_store::path::Path as ObjectPath;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file with its object.
#[derive(Debug)]
pub(super) struct PlannedFile {
    pub(super) local: LocalFile,
    /// The object's whole name in the bucket.
    pub(super) key: String,
    /// The object's identity among those of all buckets.
    pub(super) identity: String,
    /// The object before the upload, if it was looked up and exists.
    pub(super) before: Option<ObjectStamp>,
    /// Whether the object was looked up.
    pub(super) is_looked_up: bool,
    pub(super) send: bool,
}

/// Looks up the objects and applies the policy.
pub(super) fn plan(
    files: Vec<LocalFile>,
    request: &UploadRequest,
    requests: &Requests,
) -> Result<Vec<PlannedFile>, UploadError> {
    let grant = requests.grant();
    let destination = &request.destination;
    if let (Some(name), [_, _, ..]) = (&destination.name, files.as_slice()) {
        return Err(UploadError::Unfit {
            problem: format!("{} files can't become the one object {name}", files.len()),
            hint: "a folder's URL ends in /: s3://bucket/folder/",
        });
    }
    let mut planned = Vec::with_capacity(files.len());
    for local in files {
        let name = destination.name.as_ref().unwrap_or(&local.name);
        let key = format!("{}{}{name}", grant.prefix, destination.folder);
        check_key(&key)?;
        ObjectPath::parse(&key).map_err(|error| UploadError::Store {
            object: requests.object(&key),
            fault: StoreFault::from(error),
        })?;
        planned.push(PlannedFile {
            identity: format!("{} {key}", grant.bucket.identity()),
            local,
            key,
            before: None,
            is_looked_up: request.policy != UploadPolicy::Overwrite,
            send: true,
        });
    }
    if request.policy == UploadPolicy::Overwrite {
        return Ok(planned);
    }
    let keys: Vec<_> = planned.iter().map(|file| file.key.as_str()).collect();
    let mut stamps = requests.stamps(&keys)?;
    for file in &mut planned {
        file.before = stamps.remove(&file.key);
    }
    let equal = same(&planned, request, requests)?;
    for (file, equal) in planned.iter_mut().zip(equal) {
        file.send = !equal;
    }
    Ok(planned)
}

/// Returns for each file whether its object may be left alone.
fn same(
    planned: &[PlannedFile],
    request: &UploadRequest,
    requests: &Requests,
) -> Result<Vec<bool>, UploadError> {
    let of_policy = |file: &PlannedFile| {
        let Some(before) = &file.before else {
            return Ok(false);
        };
        let is_same_size = before.size == file.local.state.size;
        let is_unfinished = PartNotes::exist(&request.notes, &file.identity);
        Ok(match request.policy {
            UploadPolicy::Overwrite => false,
            UploadPolicy::Exists => !is_unfinished,
            UploadPolicy::SameSize => is_same_size && !is_unfinished,
            UploadPolicy::Unchanged if !is_newer(file, before) => is_same_size && !is_unfinished,
            UploadPolicy::SameChecksum | UploadPolicy::Unchanged => {
                let part_size = request.part_size(file.local.state.size);
                let tag = before.tag.as_deref().filter(|_| is_same_size);
                tag.map_or(Ok(false), |tag| {
                    checksum::is_of_file(tag, &file.local, part_size, &|| requests.check())
                })?
            }
        })
    };
    let threads = match request.policy {
        // Files are read on all cores.
        UploadPolicy::SameChecksum | UploadPolicy::Unchanged => {
            thread::available_parallelism().map_or(1, usize::from)
        }
        _ => 1,
    };
    let equal = at_once(planned, threads, of_policy, Result::is_err);
    equal.into_iter().collect()
}

/// Returns true if the file was written after the object. Some stores round down to seconds.
fn is_newer(file: &PlannedFile, object: &ObjectStamp) -> bool {
    let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let file = file.local.state.modified.map(since);
    file.zip(object.changed())
        .is_none_or(|(file, object)| file.as_secs() > object.as_secs())
}

/// Compares what will be sent with the limits of the volume.
pub(super) fn check_limits(planned: &[PlannedFile], grant: &StoreGrant) -> Result<(), UploadError> {
    let to_send = planned.iter().filter(|file| file.send);
    let (files, bytes) = to_send.fold((0, 0), |(files, bytes), file| {
        (files + 1, bytes + file.local.state.size)
    });
    let problem = match (grant.max_files, grant.max_bytes) {
        (Some(limit), _) if files > limit => format!(
            "the volume takes at most {} an upload, these are {}",
            words::count(limit, "file"),
            words::number(files)
        ),
        (_, Some(limit)) if bytes > limit => format!(
            "the volume takes at most {} an upload, these files have {}",
            words::bytes(limit),
            words::bytes(bytes)
        ),
        _ => return Ok(()),
    };
    Err(UploadError::Limit { problem })
}
