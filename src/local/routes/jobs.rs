//! Import calls that all dialects have in common: submitting jobs, finding them, and listing them by page.

use super::options::{self, JobOptions};
use super::{App, Result, ServiceCall, ServiceError, Value, json, lookup};
use crate::api::model::{Dialect, JobState};
use crate::local::jobs::now;
use crate::local::source::{JobInput, MAX_FILES, PathOrigin, SourceError};
use crate::local::storage::collections::{Collection, DEFAULT_PARTITION};
use crate::local::storage::jobs::{JobCreation, NewJob, StoredJob, StoredProgress, Whole};
use crate::secret::Secret;
use crate::secret::StorageKeys;
use std::time::Duration;

/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// Most jobs in one list answer.
const MAX_LIST: i64 = 10_000;

/// Creates a job for these lists of paths (each is one file, or one set of `NumPy` files) and returns its id. If a job
/// was made earlier with the same idempotency key, returns that job's id instead. The paths are looked up in `origin`.
///
/// The checks are in Milvus' order (`internal/proxy/task_import.go`).
pub(crate) fn submit(
    app: &App,
    call: &ServiceCall,
    dialect: Dialect,
    lists: &[Vec<String>],
    origin: PathOrigin<'_>,
) -> Result<String> {
    options::check_auto_commit(call, dialect)?;
    let database = lookup::database(app, call)?;
    let collection = call.required(dialect, &["collectionName"])?;
    let partition = call.text(&["partitionName"]);
    let key = key(call, dialect)?;
    let store = &app.store;
    let found = store.collection(&database, &collection)?;
    let found =
        found.ok_or_else(|| ServiceError::no_collection(dialect, &database, &collection))?;
    options::refuse_backup(call, dialect, partition.as_deref())?;
    check_partition(app, dialect, &found, partition.as_deref())?;
    let (source, keys, options) = source(app, call, dialect, lists, origin)?;
    let job = NewJob {
        id: store.new_job_id()?,
        database,
        collection,
        partition,
        key,
        two_phase: options.two_phase,
        deadline: options.timeout.map(deadline),
        create_time: now(),
        source,
    };
    if let Some(keys) = keys {
        app.shared.keep_keys(&job.id, keys)?;
    }
    let created = store.create_job(&job);
    if !matches!(created, Ok(JobCreation::New)) {
        app.shared.key_store.forget(&job.id);
    }
    match created? {
        JobCreation::New => {
            app.shared.key_store.made(&job.id);
            app.shared.submit(&job.id);
            Ok(job.id)
        }
        JobCreation::Before(id) => Ok(id),
        JobCreation::NoCollection => Err(ServiceError::no_collection(
            dialect,
            &job.database,
            &job.collection,
        )),
        JobCreation::NoPartition => Err(ServiceError::no_import_partition(
            dialect,
            job.partition.as_deref().unwrap_or(DEFAULT_PARTITION),
        )),
    }
}

fn check_partition(
    app: &App,
    dialect: Dialect,
    collection: &Collection,
    partition: Option<&str>,
) -> Result<()> {
    let Some(partition) = partition else {
        return Ok(());
    };
    if collection.schema()?.has_partition_key() {
        return Err(ServiceError::import(
            "not allow to set partition name for collection with partition key",
        ));
    }
    if app.store.partition(collection.id, partition)?.is_none() {
        return Err(ServiceError::no_import_partition(dialect, partition));
    }
    Ok(())
}

/// Parses the paths and options of a create call.
fn source(
    app: &App,
    call: &ServiceCall,
    dialect: Dialect,
    lists: &[Vec<String>],
    origin: PathOrigin<'_>,
) -> Result<(JobInput, Option<StorageKeys>, JobOptions)> {
    if lists.is_empty() {
        return Err(ServiceError::parameter(dialect, "import request is empty"));
    }
    if lists.len() > MAX_FILES {
        let found = lists.len();
        return Err(ServiceError::import(format!(
            "The max number of import files should not exceed {MAX_FILES}, but got {found}"
        )));
    }
    let path = |error| ServiceError::path(dialect, &error);
    let mut source = JobInput::parse(lists, &app.rules, origin).map_err(path)?;
    let options = options::read(call, dialect)?;
    source.csv = options.csv.clone();
    source.bad_csv.clone_from(&options.bad_csv);
    let keys = keys(call, &source).map_err(path)?;
    source.keyed = keys.is_some();
    Ok((source, keys, options))
}

/// Returns the storage credentials of a request: `accessKey` and `secretKey` in every dialect, and `token`, the session
/// token of temporary credentials.
fn storage_keys(call: &ServiceCall) -> StorageKeys {
    let value = |names: &[&str]| call.text(names).map(Secret::new);
    let access = value(&["accessKey"]);
    StorageKeys {
        session: access
            .as_ref()
            .and_then(|_| value(&["token", "sessionToken"])),
        secret: value(&["secretKey"]),
        access,
    }
}

/// Returns the storage keys of a request, if it has some and its files are in an object store.
fn keys(call: &ServiceCall, source: &JobInput) -> Result<Option<StorageKeys>, SourceError> {
    let keys = storage_keys(call);
    match (keys.is_empty(), keys.is_whole()) {
        _ if !source.is_remote() => Ok(None),
        (true, _) => Ok(None),
        (false, true) => Ok(Some(keys)),
        (false, false) => Err(SourceError::HalfKeys),
    }
}

/// Returns the time `timeout` from now, in Unix milliseconds.
fn deadline(timeout: Duration) -> i64 {
    let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::now()
        .as_millisecond()
        .saturating_add(millis)
}

/// Returns the idempotency key of a create call: printable ASCII, at most 256 bytes.
fn key(call: &ServiceCall, dialect: Dialect) -> Result<Option<String>> {
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

/// A call about one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A call for the job's progress.
    Progress,
    /// A commit, which makes the job's rows visible.
    Commit,
    /// An abort, which gives up the job.
    Abort,
}

/// Returns the job that `jobId` names, with its files.
pub(crate) fn find(
    app: &App,
    call: &ServiceCall,
    dialect: Dialect,
    action: Action,
) -> Result<Whole> {
    _ = lookup::database(app, call)?;
    let id = call.required(dialect, &["jobId", "jobID", "job_id"])?;
    // Another spelling of a number, e.g. "+7", names the same job. Jobs of earlier versions have other ids.
    let number = id.parse::<i64>();
    let mut found = app.store.job(&id)?;
    if let (None, Ok(number)) = (&found, &number) {
        found = app.store.job(&number.to_string())?;
    }
    let mut whole = found.ok_or_else(|| match (dialect, number, action) {
        (Dialect::V1 | Dialect::V2, ..) => ServiceError::no_cloud_job(&id),
        (Dialect::Milvus, Err(_), _) => ServiceError::parameter(
            dialect,
            format!("parse job id failed: {id:?} is not a 64-bit integer"),
        ),
        (Dialect::Milvus, Ok(number), Action::Progress) => {
            ServiceError::import_system(format!("import job does not exist, jobID={number}"))
        }
        (Dialect::Milvus, Ok(number), Action::Commit | Action::Abort) => {
            ServiceError::import_system(format!("job {number} not found"))
        }
    })?;
    explain(app, &mut whole.job);
    Ok(whole)
}

/// Returns a job's progress in the cloud's dialects; `fields` makes the fields of the job and of each file.
pub(crate) fn progress(
    whole: &Whole,
    dialect: Dialect,
    fields: fn(&str, &StoredProgress) -> Value,
) -> Value {
    let Whole { job, files, .. } = whole;
    let details = files.iter().map(|file| {
        let name = dialect.detail_name(&file.name);
        fields(&name, &file.standing)
    });
    merged([
        json!({ "jobId": job.id, "collectionName": job.collection }),
        fields(&whole.source.name(), &job.standing),
        json!({ "details": details.collect::<Vec<_>>() }),
        warnings(whole),
    ])
}

/// Returns one object with the fields of all these objects. Values that aren't objects are left out.
pub(crate) fn merged<const N: usize>(parts: [Value; N]) -> Value {
    let objects = parts.into_iter().filter_map(|part| match part {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(objects.flatten().collect())
}

/// Returns the field `warnings` of a progress answer if there are any warnings, `null` otherwise.
pub(crate) fn warnings(whole: &Whole) -> Value {
    if whole.warnings.is_empty() {
        return Value::Null;
    }
    json!({ "warnings": whole.warnings })
}

/// Adds the reason to a job that waits until the store works again.
fn explain(app: &App, job: &mut StoredJob) {
    let open = matches!(job.standing.state, JobState::Pending | JobState::Importing);
    if open && job.standing.reason.is_none() {
        job.standing.reason = app.shared.trouble(&job.id);
    }
}

/// One page of the job list.
#[derive(Debug)]
pub(crate) struct ListedJobs {
    /// Total number of jobs.
    pub(crate) count: u64,
    /// The page's number, from 1.
    pub(crate) number: i64,
    /// Jobs per page.
    pub(crate) size: i64,
    /// The page's jobs, newest first.
    pub(crate) jobs: Vec<StoredJob>,
}

/// Returns a page in the cloud's dialects, with its records under each of these names.
pub(crate) fn page_answer(
    page: &ListedJobs,
    names: &[&str],
    record: fn(&StoredJob) -> Value,
) -> Value {
    let records: Value = page.jobs.iter().map(record).collect();
    let mut answer = json!({
        "count": page.count,
        "currentPage": page.number,
        "pageSize": page.size,
    });
    for name in names {
        answer[*name] = records.clone();
    }
    answer
}

/// Returns the number, the size and the first item of the page that `pageSize` (`least` to 100) and `currentPage` ask
/// for.
pub(crate) fn page_bounds(call: &ServiceCall, least: i64) -> Result<(i64, i64, i64)> {
    let size = call.integer("pageSize", 10);
    let size = size.filter(|size| (least..=100).contains(size));
    let wrong = || format!("pageSize must be a number from {least} to 100");
    let size = size.ok_or_else(|| ServiceError::new(80003, wrong()))?;
    let number = call.integer("currentPage", 1).filter(|number| *number >= 1);
    let number =
        number.ok_or_else(|| ServiceError::new(80004, "currentPage must be a number from 1 on"))?;
    let skip = number.saturating_sub(1).saturating_mul(size);
    Ok((number, size, skip))
}

/// Returns the page of jobs that a call asks for; its size is at least `least`.
pub(crate) fn page(app: &App, call: &ServiceCall, least: i64) -> Result<ListedJobs> {
    let bounds = page_bounds(call, least)?;
    let database = lookup::database(app, call)?;
    // Jobs are stored under their collection's name, even if they were submitted to an alias.
    let collection = match call.text(&["collectionName"]) {
        Some(name) => Some(app.store.alias(&database, &name)?.unwrap_or(name)),
        None => None,
    };
    jobs(app, (Some(&database), collection.as_deref()), bounds)
}

/// Returns the newest [`MAX_LIST`] jobs of a collection, or of all databases if the call names no collection (Milvus:
/// `internal/proxy/impl.go`, `ListImports`). A collection that doesn't exist is error 100.
pub(crate) fn whole_list(app: &App, call: &ServiceCall) -> Result<ListedJobs> {
    let database = lookup::database(app, call)?;
    let bounds = (1, MAX_LIST, 0);
    if call.get(&["collectionName"]).is_none() {
        return jobs(app, (None, None), bounds);
    }
    let collection = lookup::find(app, call)?.name;
    jobs(app, (Some(&database), Some(&collection)), bounds)
}

/// Returns at most `size` jobs of a database and collection, without the first `skip` jobs.
fn jobs(
    app: &App,
    (database, collection): (Option<&str>, Option<&str>),
    (number, size, skip): (i64, i64, i64),
) -> Result<ListedJobs> {
    let (count, mut jobs) = app.store.jobs(
        database,
        collection,
        skip.unsigned_abs(),
        size.unsigned_abs(),
    )?;
    for job in &mut jobs {
        explain(app, job);
    }
    Ok(ListedJobs {
        count,
        number,
        size,
        jobs,
    })
}

/// Returns the share of bytes that were read, in whole percent; 100 only once the rows are in the collection.
pub(crate) fn percent(standing: &StoredProgress) -> u64 {
    if standing.state == JobState::Completed {
        return 100;
    }
    let done = standing.bytes.saturating_mul(100);
    done.checked_div(standing.size).unwrap_or(0).min(99)
}
