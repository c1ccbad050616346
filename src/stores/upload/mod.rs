//! Uploads local files to a bucket or a volume: several at once, large ones in parts.
//!
//! [`run`] finds the files ([`files`]), lists which objects exist and decides by the policy which files to send
//! ([`plan`]), sends them on several threads ([`send`]), and lists them again to verify their sizes. A second run skips
//! finished files and continues large ones after the last finished part ([`notes`]). Requests that fail for a passing
//! reason are repeated, with new credentials if those of a volume may have expired ([`requests`]). The result is an
//! [`UploadReport`].

pub(crate) mod checksum;
mod destination;
mod error;
mod files;
mod notes;
mod plan;
mod requests;
mod send;

pub(crate) use destination::{GrantSource, StoreGrant, UploadDestination};
pub(crate) use error::UploadError;

use crate::error::Failure;
use crate::interrupt::{Interrupt, ThreadError};
use notes::PartNotes;
use parking_lot::Mutex;
use requests::Requests;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Default number of requests at the same time.
pub(crate) const PARALLEL: u64 = 8;
/// Maximum number of requests at the same time.
pub(crate) const MAX_PARALLEL: u64 = 64;
/// Default size of a part, and of the largest file that's sent whole, in bytes.
pub(crate) const PART_SIZE: u64 = 8 << 20;
/// Smallest part that stores accept.
pub(crate) const MIN_PART_SIZE: u64 = 5 << 20;
/// Maximum number of bytes in memory: parts of this size times the number of requests at the same time.
pub(crate) const MAX_IN_MEMORY: u64 = 2 << 30;
/// Maximum number of parts of an object (S3).
const MAX_PARTS: u64 = 10_000;

/// Which existing objects are left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum UploadPolicy {
    /// Objects of the file's size.
    #[default]
    SameSize,
    /// Objects of the file's size that are newer than the file, or have its checksum.
    #[strum(disabled)]
    Unchanged,
    /// Objects with the checksum of the file's content.
    SameChecksum,
    /// All existing objects.
    Exists,
    /// None.
    Overwrite,
}

impl UploadPolicy {
    /// The words for the policies.
    pub(crate) const WORDS: [&'static str; 4] =
        ["same-size", "same-checksum", "exists", "overwrite"];
}

/// Files, destination and options of an upload.
#[derive(Debug)]
pub(crate) struct UploadRequest {
    /// Local paths: files, folders and patterns.
    pub(crate) paths: Vec<String>,
    pub(crate) destination: UploadDestination,
    pub(crate) policy: UploadPolicy,
    /// Number of requests at the same time.
    pub(crate) parallel: u64,
    /// Size of a part in bytes, if it isn't [`PART_SIZE`].
    pub(crate) part_size: Option<u64>,
    /// Folder for the notes about objects that are sent in parts.
    pub(crate) notes: PathBuf,
    /// Only looks for files and objects.
    pub(crate) dry_run: bool,
}

/// One file of an upload.
#[derive(Clone, Debug)]
pub(crate) struct UploadedFile {
    /// The local path.
    pub(crate) path: String,
    /// The object's path: an URL, or a path in the volume.
    pub(crate) object: String,
    pub(crate) size: u64,
    /// Whether the file was sent, or would be in a dry run. Other files were skipped.
    pub(crate) sent: bool,
    /// MD5 sum of the content in hexadecimal digits, if the file was read as a whole.
    pub(crate) md5: Option<String>,
    /// The object's tag at the store, if it's known.
    pub(crate) tag: Option<String>,
}

/// The result of an upload.
#[derive(Clone, Debug)]
pub(crate) struct UploadReport {
    /// The destination as the user wrote it.
    pub(crate) to: String,
    /// The volume's name.
    pub(crate) volume: Option<String>,
    /// All files, in the order of their paths.
    pub(crate) files: Vec<UploadedFile>,
    /// Why nothing was sent.
    pub(crate) note: Option<&'static str>,
    pub(crate) dry_run: bool,
    /// Time of the upload.
    pub(crate) seconds: f64,
}

/// The progress of an upload.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UploadCount {
    /// Bytes to send, without skipped files; 0 until the files have been found.
    pub(crate) total: u64,
    pub(crate) bytes: u64,
    /// Number of files to send.
    pub(crate) files: u64,
    /// Number of files sent.
    pub(crate) done: u64,
}

impl UploadRequest {
    /// Returns the part size for a file, which has at most [`MAX_PARTS`] parts.
    fn part_size(&self, size: u64) -> u64 {
        let least = size.div_ceil(MAX_PARTS).next_multiple_of(1 << 20);
        self.part_size.unwrap_or(PART_SIZE).max(least)
    }

    fn check(&self) -> Result<(), UploadError> {
        let unfit = |problem| {
            Err(UploadError::Unfit {
                problem,
                hint: "the defaults suit most networks: parallel 8, part_size 8 MiB",
            })
        };
        if !(1..=MAX_PARALLEL).contains(&self.parallel) {
            return unfit(format!(
                "parallel is 1 to {MAX_PARALLEL}, got {}",
                self.parallel
            ));
        }
        let Some(size) = self.part_size else {
            return Ok(());
        };
        if size < MIN_PART_SIZE {
            return unfit(format!("part_size is at least 5 MiB (5242880), got {size}"));
        }
        if size.saturating_mul(self.parallel) > MAX_IN_MEMORY {
            return unfit(format!(
                "part_size times parallel is at most 2 GiB, which are kept in memory; got {size} times {}",
                self.parallel
            ));
        }
        Ok(())
    }
}

/// Uploads the files. Calls `show` several times a second. A stop ends the upload at once: requests are broken off, and
/// the same upload later continues.
pub(crate) fn run(
    request: UploadRequest,
    interrupt: &Interrupt,
    mut show: impl FnMut(&UploadCount),
) -> Result<UploadReport, Failure> {
    let progress = Arc::new(Mutex::new(UploadCount::default()));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let shared = Arc::clone(&progress);
    let pending = interrupt.pending();
    let _pending = pending.begin("uploading to", request.destination.text(), "");
    let done = interrupt.on_a_thread(
        "upload",
        move || upload(request, stopped, &shared),
        || {
            let count = *progress.lock();
            show(&count);
        },
    );
    let result = done.unwrap_or_else(|error| {
        Err(match error {
            ThreadError::Start(error) => UploadError::Thread(error.to_string()),
            ThreadError::Ended => {
                UploadError::Thread("ended without a result; this is a bug of zshell".to_owned())
            }
            ThreadError::Stopped(_) => {
                let _ = stop.send(true);
                UploadError::Stopped
            }
        })
    });
    result.map_err(|error| error.into_failure(interrupt.check().err()))
}

/// Returns the paths and sizes of the files that these paths name, as an upload finds them.
pub(crate) fn local_files(paths: &[String]) -> Result<Vec<(String, u64)>, Failure> {
    let files = files::find(paths).map_err(|error| error.into_failure(None))?;
    let found = files.into_iter();
    Ok(found.map(|file| (file.text(), file.state.size)).collect())
}

fn upload(
    request: UploadRequest,
    stopped: tokio::sync::watch::Receiver<bool>,
    progress: &Mutex<UploadCount>,
) -> Result<UploadReport, UploadError> {
    let began = Instant::now();
    request.check()?;
    let files = files::find(&request.paths)?;
    if !request.dry_run {
        PartNotes::tidy(&request.notes);
    }
    let largest = files.iter().map(|file| request.part_size(file.state.size));
    let largest = largest.max().unwrap_or(PART_SIZE);
    let requests = Requests::open(&request.destination, largest, stopped)?;
    let planned = plan::plan(files, &request, &requests)?;
    plan::check_limits(&planned, &requests.grant())?;
    let to_send = || planned.iter().filter(|file| file.send);
    *progress.lock() = UploadCount {
        total: to_send().map(|file| file.local.state.size).sum(),
        files: to_send().count() as u64,
        ..UploadCount::default()
    };
    let mut sent = if request.dry_run {
        HashMap::new()
    } else {
        send::send(&planned, &request, &requests, progress)?
    };
    let objects = planned.iter().enumerate().map(|(at, file)| {
        let kept = file.before.as_ref().filter(|_| !file.send);
        let sent = sent.remove(&at).unwrap_or_default();
        UploadedFile {
            path: file.local.text(),
            object: requests.object(&file.key),
            size: file.local.state.size,
            sent: file.send,
            md5: sent.md5,
            tag: kept.map_or(sent.tag, |kept| kept.tag.clone()),
        }
    });
    Ok(UploadReport {
        to: request.destination.text(),
        volume: request.destination.volume.clone(),
        note: None,
        dry_run: request.dry_run,
        files: objects.collect(),
        seconds: began.elapsed().as_secs_f64(),
    })
}
