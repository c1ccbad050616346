//! Import calls that all dialects have in common: submitting jobs, finding them, and listing them by page.

use super::{App, Result, ServiceCall, ServiceError, Value, json, lookup, options};
use crate::api::model::{Dialect, JobState};
use crate::local::source::{JobInput, MAX_FILES, PathOrigin, SourceError};
use crate::local::storage::collections::{Collection, DEFAULT_PARTITION};
use crate::local::storage::jobs::{JobCreation, NewJob, StoredJob, StoredProgress, Whole};
use crate::local::storage::signed;
use crate::secret::{Secret, StorageKeys};
use std::time::Duration;

/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// Most jobs in one list answer.
const MAX_LIST: u64 = 10_000;

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
    let missing = || ServiceError::no_collection(dialect, &database, &collection);
    let found = found.ok_or_else(missing)?;
    options::refuse_backup(call, dialect, partition.as_deref())?;
    if let Some(partition) = &partition {
        check_partition(app, dialect, &found, partition)?;
    }
    let mut source = source(app, dialect, lists, origin)?;
    let options = options::read(call, dialect)?;
    let keys = keys(call, &source).map_err(|error| ServiceError::path(dialect, &error))?;
    (source.csv, source.bad_csv) = (options.csv, options.bad_csv);
    source.keyed = keys.is_some();
    let job = NewJob {
        id: store.new_job_id()?,
        database,
        collection,
        partition,
        key,
        two_phase: options.two_phase,
        deadline: options.timeout.map(deadline),
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
    partition: &str,
) -> Result<()> {
    if collection.schema()?.has_partition_key() {
        let why = "not allow to set partition name for collection with partition key";
        return Err(ServiceError::import(why));
    }
    match app.store.partition(collection.id, Some(partition))? {
        Some(_) => Ok(()),
        None => Err(ServiceError::no_import_partition(dialect, partition)),
    }
}

/// Parses the paths of a create call.
fn source(
    app: &App,
    dialect: Dialect,
    lists: &[Vec<String>],
    origin: PathOrigin<'_>,
) -> Result<JobInput> {
    if lists.is_empty() {
        return Err(ServiceError::parameter(dialect, "import request is empty"));
    }
    let found = lists.len();
    if found > MAX_FILES {
        return Err(ServiceError::import(format!(
            "The max number of import files should not exceed {MAX_FILES}, but got {found}"
        )));
    }
    JobInput::parse(lists, &app.rules, origin).map_err(|error| ServiceError::path(dialect, &error))
}

/// Returns the storage keys of a request, if it has some and its files are in an object store: `accessKey` and
/// `secretKey` in every dialect, and `token`, the session token of temporary credentials.
fn keys(call: &ServiceCall, source: &JobInput) -> Result<Option<StorageKeys>, SourceError> {
    let value = |names: &[&str]| call.text(names).map(Secret::new);
    let access = value(&["accessKey"]);
    let session = value(&["token", "sessionToken"]).filter(|_| access.is_some());
    let keys = StorageKeys {
        access,
        secret: value(&["secretKey"]),
        session,
    };
    if keys.is_empty() || !source.is_remote() {
        Ok(None)
    } else if keys.is_whole() {
        Ok(Some(keys))
    } else {
        Err(SourceError::HalfKeys)
    }
}

/// Returns the time `timeout` from now, in Unix milliseconds.
fn deadline(timeout: Duration) -> i64 {
    let now = jiff::Timestamp::now().as_millisecond();
    now.saturating_add(signed(timeout.as_millis()))
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
    /// A commit or an abort.
    End,
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
        (Dialect::Milvus, Ok(number), Action::End) => {
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

/// The page of a list in the cloud's dialects.
pub(crate) struct ListPage {
    /// The page's number, from 1.
    number: u64,
    /// Items per page.
    pub(crate) size: u64,
    /// Items before the page.
    pub(crate) skip: u64,
}

impl ListPage {
    /// Returns the page that `pageSize` (`min` to 100) and `currentPage` ask for.
    pub(crate) fn read(call: &ServiceCall, min: i64) -> Result<Self> {
        let size = call.integer("pageSize", 10);
        let size = size.filter(|size| (min..=100).contains(size));
        let wrong = || format!("pageSize must be a number from {min} to 100");
        let size = size.ok_or_else(|| ServiceError::new(80003, wrong()))?;
        let number = call.integer("currentPage", 1).filter(|number| *number >= 1);
        let wrong = || ServiceError::new(80004, "currentPage must be a number from 1 on");
        let number = number.ok_or_else(wrong)?.unsigned_abs();
        let size = size.unsigned_abs();
        let skip = (number - 1).saturating_mul(size);
        Ok(Self { number, size, skip })
    }

    /// Returns the answer with these items of the page, under each of these names. `count` is the number of all items.
    pub(crate) fn answer(&self, count: u64, names: &[&str], items: Vec<Value>) -> Value {
        let mut answer =
            json!({ "count": count, "currentPage": self.number, "pageSize": self.size });
        for name in names {
            answer[*name] = json!(items);
        }
        answer
    }
}

/// Returns the page of jobs that a call asks for, with its records under each of these names; its size is at least
/// `min`.
pub(crate) fn page(
    app: &App,
    call: &ServiceCall,
    (min, names): (i64, &[&str]),
    record: fn(&StoredJob) -> Value,
) -> Result<Value> {
    let page = ListPage::read(call, min)?;
    let database = lookup::database(app, call)?;
    // Jobs are stored under their collection's name, even if they were submitted to an alias.
    let collection = match call.text(&["collectionName"]) {
        Some(name) => Some(app.store.alias(&database, &name)?.unwrap_or(name)),
        None => None,
    };
    let named = (Some(database.as_str()), collection.as_deref());
    let (count, jobs) = jobs(app, named, page.skip, page.size)?;
    Ok(page.answer(count, names, jobs.iter().map(record).collect()))
}

/// Returns the number of jobs of a collection, or of all databases if the call names no collection, and the newest
/// [`MAX_LIST`] of them (Milvus: `internal/proxy/impl.go`, `ListImports`). A collection that doesn't exist is error 100.
pub(crate) fn whole_list(app: &App, call: &ServiceCall) -> Result<(u64, Vec<StoredJob>)> {
    let database = lookup::database(app, call)?;
    if call.get(&["collectionName"]).is_none() {
        return jobs(app, (None, None), 0, MAX_LIST);
    }
    let collection = lookup::find(app, call)?.name;
    jobs(app, (Some(&database), Some(&collection)), 0, MAX_LIST)
}

/// Returns the number of jobs of a database and collection, and at most `limit` of them without the first `skip`.
fn jobs(
    app: &App,
    (database, collection): (Option<&str>, Option<&str>),
    skip: u64,
    limit: u64,
) -> Result<(u64, Vec<StoredJob>)> {
    let (count, mut jobs) = app.store.jobs(database, collection, skip, limit)?;
    for job in &mut jobs {
        explain(app, job);
    }
    Ok((count, jobs))
}

/// Returns the share of bytes that were read, in whole percent; 100 only once the rows are in the collection.
pub(crate) fn percent(standing: &StoredProgress) -> u64 {
    if standing.state == JobState::Completed {
        return 100;
    }
    let done = standing.bytes.saturating_mul(100);
    done.checked_div(standing.size).unwrap_or(0).min(99)
}
