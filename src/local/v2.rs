//! The import routes that Zilliz Cloud and Milvus share, and the cloud's form of the create call.
//!
//! One answer serves both: it holds the fields of either.

use super::call::Call;
use super::error::ServiceError;
use super::import::now;
use super::jobs::{self, percent};
use super::milvus;
use super::server::{App, Envelope, Routes};
use super::source::Dialect;
use super::store::ending::Ending;
use super::store::jobs::{Job, JobState, Standing, Whole};
use super::store::{Store, StoreError};
use serde_json::{Map, Value, json};

/// Adds the routes below `/v2/vectordb/jobs/import`.
pub(super) fn routes(routes: Routes) -> Routes {
    let import = |route: &str| format!("/v2/vectordb/jobs/import/{route}");
    routes
        .write(Envelope::V2, &import("create"), create)
        .post(Envelope::V2, &import("getProgress"), progress)
        .post(Envelope::V2, &import("get_progress"), progress)
        .post(Envelope::V2, &import("describe"), progress)
        .post(Envelope::V2, &import("list"), list)
        .post(Envelope::V2, &import("commit"), commit)
        .post(Envelope::V2, &import("abort"), abort)
}

/// Which of the two a request is, whatever else it holds: only the cloud's clients name a cluster, or a project and
/// region.
pub(super) fn dialect(call: &Call) -> Dialect {
    match call.get(&["clusterId", "projectId", "regionId"]) {
        Some(_) => Dialect::V2,
        None => Dialect::Milvus,
    }
}

fn create(app: &App, call: &Call) -> Result<Value, ServiceError> {
    if call.get(&["volumeName", "dataPaths"]).is_some() {
        return Err(ServiceError::unsupported("importing from a volume is"));
    }
    let cloud = call.get(&["objectUrl", "objectUrls"]);
    let dialect = if cloud.is_some() {
        Dialect::V2
    } else {
        dialect(call)
    };
    let paths = match (call.get(&["files"]), cloud) {
        (Some(_), Some(_)) => {
            return Err(ServiceError::parameter(
                self::dialect(call),
                "give either files or objectUrl / objectUrls, not both",
            ));
        }
        (Some(files), None) => milvus::paths(dialect, "files", files)?,
        (None, Some(_)) => urls(call)?,
        (None, None) => Vec::new(),
    };
    if paths.is_empty() {
        return Err(ServiceError::new(
            90145,
            "no object URL given: objectUrls (or files) must name at least one",
        ));
    }
    let id = jobs::submit(app, call, dialect, &paths)?;
    Ok(json!({ "jobId": id }))
}

fn urls(call: &Call) -> Result<Vec<Vec<String>>, ServiceError> {
    let single = call.text(&["objectUrl"]).into_iter();
    let mut paths: Vec<_> = single.map(|url| vec![url]).collect();
    if let Some(urls) = call.get(&["objectUrls"]) {
        paths.append(&mut milvus::paths(Dialect::V2, "objectUrls", urls)?);
    }
    Ok(paths)
}

fn progress(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let dialect = dialect(call);
    let Whole {
        job,
        source,
        files,
        warnings,
        ..
    } = jobs::find(app, call, dialect)?;
    let mut data = Map::new();
    data.insert("jobId".to_owned(), Value::from(job.id.as_str()));
    data.insert(
        "collectionName".to_owned(),
        Value::from(job.collection.as_str()),
    );
    data.extend(standing(&source.name(), &job.standing));
    let details = files.iter().map(|file| {
        let name = dialect.detail_name(&file.name);
        Value::Object(standing(&name, &file.standing))
    });
    data.insert("details".to_owned(), details.collect());
    jobs::add_warnings(&mut data, warnings);
    Ok(Value::Object(data))
}

/// The fields that describe a job or a file. `totalRows` is there once it is known: a client that shows rows done of
/// rows in all must not show 100 percent all along.
fn standing(name: &str, standing: &Standing) -> Map<String, Value> {
    let imported = match standing.state {
        JobState::Failed | JobState::Aborted => 0,
        _ => standing.rows,
    };
    let all = matches!(standing.state, JobState::Completed | JobState::Uncommitted);
    let total = all.then(|| Value::from(standing.rows));
    let fields = [
        ("fileName", Value::from(name)),
        ("fileSize", Value::from(standing.size)),
        ("state", Value::from(standing.state.word())),
        ("progress", Value::from(percent(standing))),
        ("importedRows", Value::from(imported)),
        ("totalRows", total.unwrap_or_default()),
        (
            "completeTime",
            Value::from(standing.complete_time.clone().unwrap_or_default()),
        ),
        (
            "reason",
            Value::from(standing.reason.clone().unwrap_or_default()),
        ),
    ];
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn list(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let page = match dialect(call) {
        Dialect::Milvus => jobs::lenient_page(app, call)?,
        _ => jobs::page(app, call, 1)?,
    };
    let record = |job: &Job| {
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "state": job.standing.state.word(),
            "progress": percent(&job.standing),
            "reason": job.standing.reason.as_deref().unwrap_or_default(),
        })
    };
    let records: Vec<_> = page.jobs.iter().map(record).collect();
    Ok(json!({
        "count": page.count,
        "currentPage": page.number,
        "pageSize": page.size,
        "records": records,
    }))
}

fn commit(app: &App, call: &Call) -> Result<Value, ServiceError> {
    end(app, call, "commit", Store::commit)
}

fn abort(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let answer = end(app, call, "abort", Store::abort)?;
    // The rows of an aborted job are to be swept.
    app.shared().nudge();
    Ok(answer)
}

/// Ends a two-phase job; others, and those in another state than they would have to be in, cannot be.
fn end(
    app: &App,
    call: &Call,
    action: &str,
    act: impl Fn(&Store, &str, &str) -> Result<Ending, StoreError>,
) -> Result<Value, ServiceError> {
    let dialect = dialect(call);
    let Whole { job, .. } = jobs::find(app, call, dialect)?;
    if act(app.store(), &job.id, &now())? == Ending::Done {
        return Ok(json!({ "jobId": job.id }));
    }
    // Read anew, since a worker may have moved it on.
    let Whole { job, two_phase, .. } = jobs::find(app, call, dialect)?;
    let state = job.standing.state.word();
    let why = if two_phase {
        format!("it is {state}")
    } else {
        format!("it is {state} and was not created with options.auto_commit \"false\"")
    };
    let message = format!("cannot {action} job {}: {why}", job.id);
    Err(dialect.choose(
        ServiceError::parameter(dialect, &message),
        ServiceError::import(&message),
    ))
}
