//! The import routes that Zilliz Cloud and Milvus share, and the cloud's form of the create call.
//!
//! An answer has the fields of both, so one form serves both.

use super::jobs::{self, Action, percent};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys, milvus, volumes};
use crate::api::model::{Dialect, JobState};
use crate::local::source::PathOrigin;
use crate::local::storage::jobs::{Ending, StoredProgress};
use crate::local::storage::{DataStore, StoreError};
use crate::local::volumes::folder::objects_path;

/// Adds the routes below `/v2/vectordb/jobs/import`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .write("jobs/import/create", keys::IMPORT, create)
        .post("jobs/import/getProgress", keys::JOB, progress)
        .post("jobs/import/get_progress", keys::JOB, progress)
        .post("jobs/import/describe", keys::JOB, progress)
        .post("jobs/import/list", keys::ONE_OR_ALL, list)
        .post("jobs/import/commit", keys::JOB, commit)
        .post("jobs/import/abort", keys::JOB, abort)
}

/// Returns the dialect of a request. Only the cloud's clients name a cluster, or a project and region.
pub(crate) fn dialect(call: &ServiceCall) -> Dialect {
    match call.get(&["clusterId", "projectId", "regionId"]) {
        Some(_) => Dialect::V2,
        None => Dialect::Milvus,
    }
}

fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    if call.get(&["volumeName", "dataPaths"]).is_some() {
        return create_from_volume(app, call);
    }
    let files = call.object.params.get("files");
    let cloud = call.get(&["objectUrl", "objectUrls"]);
    let dialect = match cloud {
        Some(_) => Dialect::V2,
        None => dialect(call),
    };
    let given = call.get(&["files"]).is_some();
    let paths = match (files, cloud) {
        (Some(_), Some(_)) if given => {
            let message = "give either files or objectUrl / objectUrls, not both";
            return Err(ServiceError::parameter(self::dialect(call), message));
        }
        (_, Some(_)) => urls(call)?,
        (Some(files), None) if !files.is_null() => milvus::paths(dialect, "files", files)?,
        _ => Vec::new(),
    };
    if dialect == Dialect::V2 && paths.is_empty() {
        let message = "no object URL given: objectUrls (or files) must name at least one";
        return Err(ServiceError::new(90145, message));
    }
    let origin = dialect.choose(PathOrigin::Cloud, PathOrigin::ServerBucket);
    let id = jobs::submit(app, call, dialect, &paths, origin)?;
    Ok(json!({ "jobId": id }))
}

/// Creates a job that reads the files `dataPaths` of the volume `volumeName`.
fn create_from_volume(app: &App, call: &ServiceCall) -> Result<Value> {
    if call.get(&["files", "objectUrl", "objectUrls"]).is_some() {
        let message = "give either volumeName with dataPaths, or objectUrl / objectUrls / files";
        return Err(ServiceError::parameter(Dialect::V2, message));
    }
    let volume = volumes::find(app, call)?;
    let missing = || ServiceError::missing(Dialect::V2, "dataPaths");
    let paths = call.get(&["dataPaths"]).ok_or_else(missing)?;
    let paths = milvus::paths(Dialect::V2, "dataPaths", paths)?;
    let folder = objects_path(&app.volumes, volume.id);
    let origin = PathOrigin::Volume(&folder);
    let id = jobs::submit(app, call, Dialect::V2, &paths, origin)?;
    Ok(json!({ "jobId": id }))
}

fn urls(call: &ServiceCall) -> Result<Vec<Vec<String>>> {
    let single = call.text(&["objectUrl"]).into_iter();
    let mut paths: Vec<_> = single.map(|url| vec![url]).collect();
    if let Some(urls) = call.get(&["objectUrls"]) {
        paths.append(&mut milvus::paths(Dialect::V2, "objectUrls", urls)?);
    }
    Ok(paths)
}

fn progress(app: &App, call: &ServiceCall) -> Result<Value> {
    let dialect = dialect(call);
    let whole = jobs::find(app, call, dialect, Action::Progress)?;
    if dialect == Dialect::Milvus {
        return Ok(milvus::progress(&whole));
    }
    Ok(jobs::progress(&whole, dialect, standing))
}

/// Returns the fields that describe a job or a file. `totalRows` is left out until it's known, since a client that
/// shows imported rows as a share of all rows would show 100 percent throughout.
fn standing(name: &str, standing: &StoredProgress) -> Value {
    let mut fields = json!({
        "fileName": name,
        "fileSize": standing.size,
        "state": standing.state.word(),
        "progress": percent(standing),
        "importedRows": milvus::imported(standing),
        "totalRows": standing.rows,
        "completeTime": standing.complete_time.as_deref().unwrap_or_default(),
        "reason": standing.reason.as_deref().unwrap_or_default(),
    });
    let all = matches!(standing.state, JobState::Completed | JobState::Uncommitted);
    if let Some(fields) = fields.as_object_mut().filter(|_| !all) {
        fields.shift_remove("totalRows");
    }
    fields
}

fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    if dialect(call) == Dialect::Milvus {
        return milvus_list(app, call);
    }
    jobs::page(app, call, (1, &["records"]), |job| {
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "state": job.standing.state.word(),
            "progress": percent(&job.standing),
            "reason": job.standing.reason.as_deref().unwrap_or_default(),
        })
    })
}

/// Returns all jobs at once, since a Milvus server's list has no pages. The answer has their number only if it isn't
/// whole.
fn milvus_list(app: &App, call: &ServiceCall) -> Result<Value> {
    let (count, jobs) = jobs::whole_list(app, call)?;
    let records: Vec<_> = jobs.iter().map(milvus::record).collect();
    let mut data = json!({ "records": records });
    if count > jobs.len() as u64 {
        data["count"] = json!(count);
    }
    Ok(data)
}

fn commit(app: &App, call: &ServiceCall) -> Result<Value> {
    end(app, call, DataStore::commit, |id, state| {
        format!("job {id} is in state {state}, expected Uncommitted")
    })
}

fn abort(app: &App, call: &ServiceCall) -> Result<Value> {
    let answer = end(app, call, DataStore::abort, |id, state| {
        format!("job {id} is in terminal/committed state {state}, abort not allowed")
    })?;
    // An aborted job's rows have to be removed.
    app.shared.nudge();
    Ok(answer)
}

/// Commits or aborts a job. `wrong_state` makes the message for a job in another state.
fn end(
    app: &App,
    call: &ServiceCall,
    act: fn(&DataStore, &str) -> Result<Ending, StoreError>,
    wrong_state: fn(&str, &str) -> String,
) -> Result<Value> {
    let dialect = dialect(call);
    let id = jobs::find(app, call, dialect, Action::End)?.job.id;
    let why = match act(&app.store, &id)? {
        Ending::Done => return Ok(dialect.choose(json!({ "jobId": id }), json!({}))),
        Ending::WrongState(state) => {
            wrong_state(&id, dialect.choose(state.word(), milvus::word(state)))
        }
        Ending::AutoCommit => format!("job {id} is auto-commit, manual commit/abort not allowed"),
    };
    Err(dialect.choose(
        ServiceError::parameter(dialect, &why),
        ServiceError::import(&why),
    ))
}
