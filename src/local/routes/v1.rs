//! The first API: GET with query parameters, one object URL per job, success code 200.

use super::jobs::{self, Action, percent};
use super::{collections, entities, rows, upsert};
use crate::api::model::Dialect;
use crate::api::model::JobState;
use crate::local::http::body::BodyObject;
use crate::local::http::call::ServiceCall;
use crate::local::http::error::ServiceError;
use crate::local::http::routing::Routes;
use crate::local::source::PathOrigin;
use crate::local::state::App;
use crate::local::storage::jobs::{StoredJob, StoredProgress};
use serde_json::{Value, json};

const DIALECT: Dialect = Dialect::V1;

/// Adds the routes below `/v1`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .write("/v1/vector/collections/import", create)
        .get("/v1/vector/collections/import/get", progress)
        .get("/v1/vector/collections/import/list", list)
        .get("/v1/vector/collections", collections::list)
        .get("/v1/vector/collections/describe", describe)
        .write("/v1/vector/collections/create", create_collection)
        .write("/v1/vector/collections/drop", drop_collection)
        .query("/v1/vector/query", entities::query)
        .query("/v1/vector/get", entities::get)
        .rows("/v1/vector/insert", rows::insert)
        .rows("/v1/vector/upsert", upsert::upsert)
        .write("/v1/vector/delete", rows::delete)
}

fn create(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
    let url = call.text(&["objectUrl"]);
    let url =
        url.ok_or_else(|| ServiceError::new(90142, "no object URL given: objectUrl is required"))?;
    let id = jobs::submit(app, call, DIALECT, &[vec![url]], PathOrigin::Cloud)?;
    Ok(json!({ "jobId": id }))
}

fn progress(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
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

fn list(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
    let page = jobs::page(app, call, 5)?;
    let record = |job: &StoredJob| {
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "state": list_word(job.standing.state),
        })
    };
    Ok(jobs::page_answer(&page, &["tasks", "records"], record))
}

/// Returns a job's state in the list, which has three names for states (reference: list). The published example has the
/// jobs under `tasks`, the older schema under `records`, so the service sends both.
const fn list_word(state: JobState) -> &'static str {
    match state {
        JobState::Pending | JobState::Importing | JobState::Uncommitted => "ImportRunning",
        JobState::Completed => "ImportCompleted",
        JobState::Failed | JobState::Aborted => "ImportFailed",
    }
}

fn describe(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
    let mut data = collections::describe(app, call)?;
    // This API appends a type's parameter to its name.
    for field in data
        .get_mut("fields")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(field) = field.as_object_mut() else {
            continue;
        };
        let params = field.remove("params");
        let param = params
            .as_ref()
            .and_then(|params| params.get(0))
            .and_then(|param| param.get("value"));
        if let (Some(param), Some(kind)) = (
            param.and_then(Value::as_str),
            field.get("type").and_then(Value::as_str),
        ) {
            let kind = format!("{kind}({param})");
            field.insert("type".to_owned(), Value::from(kind));
        }
    }
    Ok(data)
}

fn create_collection(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
    let mut params = call.object.params.clone();
    for (old, new) in [
        ("primaryField", "primaryFieldName"),
        ("vectorField", "vectorFieldName"),
    ] {
        if let Some(value) = params.remove(old) {
            params.insert(new.to_owned(), value);
        }
    }
    collections::create(
        app,
        &ServiceCall {
            object: BodyObject::of(params),
            host: call.host.clone(),
            database: call.database.clone(),
            key: None,
            texts_for_int64: false,
            limit: call.limit.clone(),
        },
    )
}

/// Drops a collection. Unlike in the later API, a missing collection is an error.
fn drop_collection(app: &App, call: &ServiceCall) -> Result<Value, ServiceError> {
    collections::describe(app, call)?;
    collections::drop(app, call)
}
