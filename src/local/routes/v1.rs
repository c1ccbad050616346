//! The first API: GET with query parameters, one object URL per job, success code 200.

use super::jobs::{self, Action, percent};
use super::{collections, entities, rows, upsert};
use crate::local::http::Dialect;
use crate::local::http::body::Object;
use crate::local::http::call::Call;
use crate::local::http::error::ServiceError;
use crate::local::http::routing::{Envelope, Routes};
use crate::local::state::App;
use crate::local::storage::jobs::{Job, JobFile, JobState, Standing, Whole};
use serde_json::{Map, Value, json};

const DIALECT: Dialect = Dialect::V1;

/// Adds the routes below `/v1`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .write(Envelope::V1, "/v1/vector/collections/import", create)
        .get("/v1/vector/collections/import/get", progress)
        .get("/v1/vector/collections/import/list", list)
        .get("/v1/vector/collections", collections::list)
        .get("/v1/vector/collections/describe", describe)
        .write(
            Envelope::V1,
            "/v1/vector/collections/create",
            create_collection,
        )
        .write(Envelope::V1, "/v1/vector/collections/drop", drop_collection)
        .query(Envelope::V1, "/v1/vector/query", entities::query)
        .query(Envelope::V1, "/v1/vector/get", entities::get)
        .rows(Envelope::V1, "/v1/vector/insert", rows::insert)
        .rows(Envelope::V1, "/v1/vector/upsert", upsert::upsert)
        .write(Envelope::V1, "/v1/vector/delete", rows::delete)
}

fn create(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let url = call.text(&["objectUrl"]);
    let url =
        url.ok_or_else(|| ServiceError::new(90142, "no object URL given: objectUrl is required"))?;
    let id = jobs::submit(app, call, DIALECT, &[vec![url]])?;
    Ok(json!({ "jobId": id }))
}

fn progress(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let Whole {
        job,
        source,
        files,
        warnings,
        ..
    } = jobs::find(app, call, DIALECT, Action::Progress)?;
    let mut data = Map::new();
    data.insert("jobId".to_owned(), Value::from(job.id.as_str()));
    data.insert(
        "collectionName".to_owned(),
        Value::from(job.collection.as_str()),
    );
    data.extend(standing(&source.name(), &job.standing));
    let details = files.iter().map(|file| Value::Object(detail(file)));
    data.insert("details".to_owned(), details.collect());
    jobs::add_warnings(&mut data, &warnings);
    Ok(Value::Object(data))
}

fn detail(file: &JobFile) -> Map<String, Value> {
    standing(&DIALECT.detail_name(&file.name), &file.standing)
}

/// Returns the five fields that describe a job or a file.
fn standing(name: &str, standing: &Standing) -> Map<String, Value> {
    let fields = [
        ("fileName", Value::from(name)),
        ("fileSize", Value::from(standing.size)),
        ("readyPercentage", Value::from(percent(standing))),
        ("completeTime", Value::from(standing.complete_time.clone())),
        ("errorMessage", Value::from(standing.reason.clone())),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn list(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let page = jobs::page(app, call, 5)?;
    let record = |job: &Job| {
        json!({
            "jobId": job.id,
            "collectionName": job.collection,
            "state": list_word(job.standing.state),
        })
    };
    let records: Vec<_> = page.jobs.iter().map(record).collect();
    Ok(json!({
        "count": page.count,
        "currentPage": page.number,
        "pageSize": page.size,
        "tasks": records.clone(),
        "records": records,
    }))
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

fn describe(app: &App, call: &Call) -> Result<Value, ServiceError> {
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

fn create_collection(app: &App, call: &Call) -> Result<Value, ServiceError> {
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
        &Call {
            object: Object::of(params),
            database: call.database.clone(),
            key: None,
            texts_for_int64: false,
            limit: call.limit.clone(),
        },
    )
}

/// Drops a collection. Unlike in the later API, a missing collection is an error.
fn drop_collection(app: &App, call: &Call) -> Result<Value, ServiceError> {
    collections::describe(app, call)?;
    collections::drop(app, call)
}
