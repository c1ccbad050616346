//! The row check: finds on this machine what an import would refuse, and what it would drop without a word.
//!
//! [`run`] reads every file once with the readers and row rules of the import job ([`crate::formats`]), so both reach the
//! same verdict. Work is divided into [`task::CheckTask`]s, each a file or a part of one, which several threads take in turn.
//! Problems are grouped as they're found ([`findings`]), and primary keys are compared over all files in bounded memory
//! ([`keys`]). The result is a [`CheckReport`].

mod error;
mod findings;
mod infer;
mod keys;
mod limits;
mod merge;
mod paths;
mod problem;
mod refused;
mod report;
mod task;
mod values;

pub(crate) use error::CheckError;
pub(crate) use infer::Inferred;
pub(crate) use paths::{StoreAccess, expand};
pub(crate) use report::CheckReport;

use crate::at_once::at_once;
use crate::formats::{CsvOptions, Schema};
use crate::interrupt::{Interrupt, ThreadError};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Paths to check, the schema to check against, and options.
pub(crate) struct CheckRequest {
    /// Paths as given: files, folders and patterns.
    pub(crate) paths: Vec<String>,
    pub(crate) schema: Schema,
    /// Names of vector fields with the metric of their index.
    pub(crate) metrics: Vec<(String, String)>,
    pub(crate) csv: CsvOptions,
    pub(crate) stores: StoreAccess,
    /// Number of rows to read of each file, spread over it.
    pub(crate) sample: Option<u64>,
    /// Number of the shard, from 0, and the number of shards.
    pub(crate) shard: Option<(u64, u64)>,
    /// File for the shard's sorted key hashes.
    pub(crate) keys_out: Option<PathBuf>,
    /// Counts warnings as errors.
    pub(crate) strict: bool,
}

/// The state of a running check.
#[derive(Debug, Default)]
pub(crate) struct CheckProgress {
    stopped: AtomicBool,
    count: Mutex<CheckCount>,
}

/// The numbers of a running check.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CheckCount {
    pub(crate) files: u64,
    pub(crate) rows: u64,
    /// Bytes read by ended tasks, and the progress of running ones.
    pub(crate) bytes: u64,
    /// Bytes to read in all; 0 until the files have been found.
    pub(crate) total: u64,
    /// The part of `total` that is read from object stores.
    pub(crate) remote: u64,
}

impl CheckProgress {
    fn count(&self) -> CheckCount {
        *self.count.lock()
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Maximum number of shards.
pub(crate) const MAX_SHARDS: u64 = 100_000;

/// Checks the files. Calls `show` several times a second. A stop ends the check at once: threads that wait for a store
/// are left behind and end on their own.
pub(crate) fn run(
    request: CheckRequest,
    interrupt: &Interrupt,
    show: impl FnMut(&CheckCount),
) -> Result<CheckReport, CheckError> {
    let is_remote = has_remote(&request.paths);
    let work = move |progress: &_| check(&request, progress);
    beside(interrupt, is_remote, show, work)
}

/// Proposes a schema for the files of these paths.
pub(crate) fn infer(
    paths: Vec<String>,
    stores: StoreAccess,
    csv: CsvOptions,
    interrupt: &Interrupt,
) -> Result<Inferred, CheckError> {
    let is_remote = has_remote(&paths);
    let work = move |progress: &_| infer::infer(&paths, &stores, &csv, progress);
    beside(interrupt, is_remote, |_| {}, work)
}

/// Returns the files of these paths, each with a text that changes when the file changes. `None` if the files can't be
/// compared with those of an earlier check.
pub(crate) fn states(
    paths: Vec<String>,
    stores: StoreAccess,
    interrupt: &Interrupt,
) -> Result<Option<Vec<[String; 3]>>, CheckError> {
    let is_remote = has_remote(&paths);
    let work = move |progress: &_| Ok(paths::states(&paths, &stores, progress));
    beside(interrupt, is_remote, |_| {}, work)
}

/// Parses `3/16` as the numbers 2 and 16. At most [`MAX_SHARDS`] shards are accepted.
pub(crate) fn parse_shard(text: &str) -> Option<(u64, u64)> {
    let (no, of) = text.split_once('/')?;
    let (no, of) = (no.trim().parse().ok()?, of.trim().parse().ok()?);
    ((1..=of).contains(&no) && of <= MAX_SHARDS).then(|| (no - 1, of))
}

/// Merges the reports of shards ([`merge::merge`]).
pub(crate) fn merge(
    paths: Vec<String>,
    strict: bool,
    interrupt: &Interrupt,
) -> Result<CheckReport, CheckError> {
    let work = move |progress: &_| merge::merge(&paths, strict, progress);
    beside(interrupt, false, |_| {}, work)
}

/// Returns true if one of the paths is in an object store.
fn has_remote(paths: &[String]) -> bool {
    paths.iter().any(|path| path.contains("://"))
}

/// Does work on a thread, so that a stop ends the wait at once and then the work. Calls `show` several times a second.
fn beside<T: Send + 'static>(
    interrupt: &Interrupt,
    is_remote: bool,
    mut show: impl FnMut(&CheckCount),
    work: impl FnOnce(&CheckProgress) -> Result<T, CheckError> + Send + 'static,
) -> Result<T, CheckError> {
    let progress = Arc::new(CheckProgress::default());
    let shared = Arc::clone(&progress);
    let pending = interrupt.pending();
    let _pending =
        is_remote.then(|| pending.begin("waiting for", "the object store".to_owned(), ""));
    let done = interrupt.on_a_thread("check", move || work(&shared), || show(&progress.count()));
    done.map_err(|error| match error {
        ThreadError::Start(error) => CheckError::Thread(error),
        ThreadError::Ended => CheckError::Ended,
        ThreadError::Stopped(stop) => {
            progress.stopped.store(true, Ordering::Relaxed);
            CheckError::Stopped(stop)
        }
    })?
}

/// Finds the files, checks them on all cores, and compares their keys.
fn check(request: &CheckRequest, progress: &CheckProgress) -> Result<CheckReport, CheckError> {
    let mut found = findings::Findings::default();
    let keys_out = request
        .keys_out
        .as_deref()
        .map(keys::KeysFile::create)
        .transpose()?;
    let files = paths::find(&request.paths, &request.stores, progress, &mut found)?;
    limits::check(&files, &mut found);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let tasks = task::plan(&files, request, cores);
    {
        let mut count = progress.count.lock();
        count.files = files.len() as u64;
        for task in &tasks {
            count.total += task.size();
            if task.file.is_remote() {
                count.remote += task.size();
            }
        }
    }
    let work = task::CheckWork {
        request,
        schema: Arc::new(request.schema.clone()),
        progress,
        found: Mutex::new(found),
        keys: keys::KeyStore::default(),
        ahead: tasks.len() < cores,
    };
    let checked = at_once(&tasks, cores, |task| work.run(task), Result::is_err);
    checked.into_iter().collect::<Result<(), _>>()?;
    let examples: Vec<_> = tasks.iter().map(task::CheckTask::example).collect();
    let mut found = work.found.into_inner();
    let keys = work.keys;
    keys.finish(&request.schema, keys_out, &examples, &mut found)?;
    Ok(CheckReport::new(request, &progress.count(), found))
}
