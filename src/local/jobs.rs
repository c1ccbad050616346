//! What the import routes of all dialects have in common: submitting, looking up, paging.

use super::call::Call;
use super::databases;
use super::error::ServiceError;
use super::options;
use super::remote::Keys;
use super::server::App;
use super::source::{Dialect, MAX_FILES, Source, SourceError};
use super::store::collections::DEFAULT_PARTITION;
use super::store::jobs::{Created, Job, JobState, NewJob, Standing, Whole};
use std::time::Duration;

/// The longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// The most jobs one answer lists.
const MAX_LIST: i64 = 10_000;

/// Makes a job for these lists of paths (each one file, or one set of `NumPy` files) and answers its id, or that of the job made earlier under the same key.
pub(super) fn submit(
    app: &App,
    call: &Call,
    dialect: Dialect,
    lists: &[Vec<String>],
) -> Result<String, ServiceError> {
    let database = databases::of(app, call)?;
    let collection = call.required(dialect, &["collectionName"])?;
    let partition = call.text(&["partitionName"]);
    let key = key(call, dialect)?;
    let options = options::read(call, dialect)?;
    if lists.len() > MAX_FILES {
        let found = lists.len();
        return Err(ServiceError::import(format!(
            "a request takes at most {MAX_FILES} files, found {found}"
        )));
    }
    let mut source = Source::parse(lists, options.csv, &app.rules, dialect == Dialect::Milvus)?;
    let keys = keys(call, &source)?;
    source.keyed = keys.is_some();
    let store = app.store();
    if partition.is_some()
        && let Some(found) = store.collection(&database, &collection)?
        && found.schema()?.has_partition_key()
    {
        return Err(ServiceError::import(
            "not allow to set partition name for collection with partition key",
        ));
    }
    let job = NewJob {
        id: format!(
            "job-{}",
            ulid::Ulid::generate().to_string().to_ascii_lowercase()
        ),
        database,
        collection,
        partition,
        key,
        two_phase: options.two_phase,
        deadline: options.timeout.map(deadline),
        source,
    };
    if let Some(keys) = keys {
        app.shared().keep_keys(&job.id, keys)?;
    }
    let created = store.create_job(&job);
    if !matches!(created, Ok(Created::New)) {
        app.shared().vault().forget(&job.id);
    }
    match created? {
        Created::New => {
            app.shared().vault().made(&job.id);
            app.shared().submit(&job.id);
            Ok(job.id)
        }
        Created::Before(id) => Ok(id),
        Created::NoCollection => Err(ServiceError::no_collection(
            dialect,
            &job.database,
            &job.collection,
        )),
        Created::NoPartition => Err(ServiceError::no_import_partition(
            dialect,
            job.partition.as_deref().unwrap_or(DEFAULT_PARTITION),
        )),
    }
}

/// The storage keys of a request, where its files are in an object store and it has some.
fn keys(call: &Call, source: &Source) -> Result<Option<Keys>, SourceError> {
    let keys = Keys::of(call);
    match (keys.is_empty(), keys.is_whole()) {
        _ if !source.is_remote() => Ok(None),
        (true, _) => Ok(None),
        (false, true) => Ok(Some(keys)),
        (false, false) => Err(SourceError::HalfKeys),
    }
}

/// So long from now, in Unix milliseconds.
fn deadline(timeout: Duration) -> i64 {
    let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::now()
        .as_millisecond()
        .saturating_add(millis)
}

/// The key of an idempotent create: printable ASCII, at most 256 bytes.
fn key(call: &Call, dialect: Dialect) -> Result<Option<String>, ServiceError> {
    let Some(key) = &call.key else {
        return Ok(None);
    };
    let printable = key.iter().all(|byte| (b' '..=b'~').contains(byte));
    match std::str::from_utf8(key) {
        Ok(key) if printable && (1..=MAX_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ServiceError::parameter(
            dialect,
            format!("Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters"),
        )),
    }
}

/// The job that `jobId` names, with its files.
pub(super) fn find(app: &App, call: &Call, dialect: Dialect) -> Result<Whole, ServiceError> {
    _ = databases::of(app, call)?;
    let id = call.required(dialect, &["jobId", "jobID", "job_id"])?;
    let found = app.store().job(&id)?;
    let mut whole = found.ok_or_else(|| ServiceError::no_job(dialect, &id))?;
    explain(app, &mut whole.job);
    Ok(whole)
}

/// Adds to a job that waits for the store to work again why it does so.
fn explain(app: &App, job: &mut Job) {
    let open = matches!(job.standing.state, JobState::Pending | JobState::Importing);
    if open && job.standing.reason.is_none() {
        job.standing.reason = app.shared().trouble(&job.id);
    }
}

/// One page of the job list.
#[derive(Debug)]
pub(super) struct Page {
    /// How many jobs there are in all.
    pub(super) count: u64,
    /// The page's number, from 1.
    pub(super) number: i64,
    /// Jobs a page.
    pub(super) size: i64,
    /// The page's jobs, newest first.
    pub(super) jobs: Vec<Job>,
}

/// The page that `pageSize` (`least` to 100) and `currentPage` ask for.
pub(super) fn page(app: &App, call: &Call, least: i64) -> Result<Page, ServiceError> {
    let size = call
        .integer("pageSize", 10)
        .filter(|size| (least..=100).contains(size));
    let size = size.ok_or_else(|| {
        ServiceError::new(
            80003,
            format!("pageSize must be a number from {least} to 100"),
        )
    })?;
    let number = call.integer("currentPage", 1).filter(|number| *number >= 1);
    let number =
        number.ok_or_else(|| ServiceError::new(80004, "currentPage must be a number from 1 on"))?;
    let skip = number.saturating_sub(1).saturating_mul(size);
    list(app, call, number, size, skip)
}

/// The page that `pageSize` and `currentPage` ask for, or else the newest [`MAX_LIST`] jobs as one page.
///
/// A Milvus server's list has no pages and looks at neither parameter, so no value of them is refused.
pub(super) fn lenient_page(app: &App, call: &Call) -> Result<Page, ServiceError> {
    // A client that has no page size to give may send 0.
    let size = call.integer("pageSize", 0).unwrap_or(0);
    if size <= 0 && call.get(&["currentPage"]).is_none() {
        let mut page = list(app, call, 1, MAX_LIST, 0)?;
        page.size = i64::try_from(page.jobs.len()).unwrap_or(MAX_LIST);
        return Ok(page);
    }
    let size = if size <= 0 { 10 } else { size.min(MAX_LIST) };
    let number = call.integer("currentPage", 1).unwrap_or(1).max(1);
    let skip = number.saturating_sub(1).saturating_mul(size);
    list(app, call, number, size, skip)
}

fn list(app: &App, call: &Call, number: i64, size: i64, skip: i64) -> Result<Page, ServiceError> {
    let database = databases::of(app, call)?;
    // Jobs are kept under their collection's name, also where they were submitted to an alias.
    let collection = match call.text(&["collectionName"]) {
        Some(name) => Some(app.store().alias(&database, &name)?.unwrap_or(name)),
        None => None,
    };
    let (count, mut jobs) = app.store().jobs(
        Some(&database),
        collection.as_deref(),
        skip.unsigned_abs(),
        size.unsigned_abs(),
    )?;
    for job in &mut jobs {
        explain(app, job);
    }
    Ok(Page {
        count,
        number,
        size,
        jobs,
    })
}

/// Percent of the bytes read, whole; 100 only once the rows are in the collection.
pub(super) fn percent(standing: &Standing) -> u64 {
    if standing.state == JobState::Completed {
        return 100;
    }
    let done = standing
        .bytes
        .saturating_mul(100)
        .checked_div(standing.size);
    done.unwrap_or(0).min(99)
}
