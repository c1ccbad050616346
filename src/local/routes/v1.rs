//! The first API: GET with query parameters, one object URL per job, success code 200.

use super::jobs::{self, Action, percent};
use super::{
    App, Result, Routes, ServiceCall, ServiceError, Value, collections, entities, json, keys, rows,
    upsert,
};
use crate::api::model::{Dialect, JobState};
use crate::local::source::PathOrigin;
use crate::local::storage::jobs::StoredProgress;

const DIALECT: Dialect = Dialect::V1;

/// Adds the routes below `/v1`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .write("/v1/vector/collections/import", keys::UNCHECKED, create)
        .get("/v1/vector/collections/import/get", progress)
        .get("/v1/vector/collections/import/list", list)
        .get("/v1/vector/collections", collections::list)
        .get("/v1/vector/collections/describe", describe)
        .write(
            "/v1/vector/collections/create",
            keys::UNCHECKED,
            create_collection,
        )
        .write(
            "/v1/vector/collections/drop",
            keys::UNCHECKED,
            drop_collection,
        )
        .query("/v1/vector/query", keys::UNCHECKED, entities::query)
        .query("/v1/vector/get", keys::UNCHECKED, entities::get)
        .rows("/v1/vector/insert", keys::UNCHECKED, rows::insert)
        .rows("/v1/vector/upsert", keys::UNCHECKED, upsert::upsert)
        .write("/v1/vector/delete", keys::UNCHECKED, rows::delete)
}

fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    let missing = || ServiceError::new(90142, "no object URL given: objectUrl is required");
    let url = call.text(&["objectUrl"]).ok_or_else(missing)?;
    let id = jobs::submit(app, call, DIALECT, &[vec![url]], PathOrigin::Cloud)?;
    Ok(json!({ "jobId": id }))
}

fn progress(app: &App, call: &ServiceCall) -> Result<Value> {
    let whole = jobs::find(app, call, DIALECT, Action::Progress)?;
    Ok(jobs::progress(&whole, DIALECT, standing))
}

/// Returns the five fields that describe a job or a file.
fn standing(name: &str, standing: &StoredProgress) -> Value {
    json!({
        "fileName": name,
        "fileSize": standing.size,
        "readyPercentage": percent(standing),
        "completeTime": standing.complete_time,
        "errorMessage": standing.reason,
    })
}

fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    jobs::page(app, call, (5, &["tasks", "records"]), |job| {
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "state": list_word(job.standing.state),
        })
    })
}

/// Returns a job's state in the list, which has three names for states. The published example has the
/// jobs under `tasks`, the older schema under `records`, so the service sends both.
const fn list_word(state: JobState) -> &'static str {
    match state {
        JobState::Pending | JobState::Importing | JobState::Uncommitted => "ImportRunning",
        JobState::Completed => "ImportCompleted",
        JobState::Failed | JobState::Aborted => "ImportFailed",
    }
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let mut data = collections::describe(app, call)?;
    // This API appends a type's parameter to its name.
    let fields = data.get_mut("fields").and_then(Value::as_array_mut);
    let fields = fields.into_iter().flatten();
    for field in fields.filter_map(Value::as_object_mut) {
        let params = field.remove("params").unwrap_or_default();
        let param = params.pointer("/0/value").and_then(Value::as_str);
        let kind = field.get("type").and_then(Value::as_str);
        if let (Some(param), Some(kind)) = (param, kind) {
            let kind = format!("{kind}({param})");
            field.insert("type".to_owned(), Value::from(kind));
        }
    }
    Ok(data)
}

fn create_collection(app: &App, call: &ServiceCall) -> Result<Value> {
    let mut params = call.object.params.clone();
    for (old, new) in [
        ("primaryField", "primaryFieldName"),
        ("vectorField", "vectorFieldName"),
    ] {
        if let Some(value) = params.remove(old) {
            params.insert(new.to_owned(), value);
        }
    }
    collections::create_from(app, call, params)
}

/// Drops a collection. Unlike in the later API, a missing collection is an error.
fn drop_collection(app: &App, call: &ServiceCall) -> Result<Value> {
    collections::describe(app, call)?;
    collections::drop(app, call)
}
