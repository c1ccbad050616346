//! The published example answers of calls about imports, collections, clusters and projects. Each is parsed, or is the
//! error that the answer contains.
//!
//! `published.json` has a row for each: the call, the published answer (the `OpenAPI` references of Milvus 2.4 to 3.0,
//! and of Zilliz Cloud), and the expected result.

use super::server::Reply;
use super::{client, cloud, import, start_answering};
use crate::api::clusters::Project;
use crate::api::description::CollectionDescription;
use crate::api::model::{Dialect, JobPage, Progress};
use crate::api::query::RowQuery;
use crate::api::{ApiError, Client, Cluster, JobFilter, Outcome};
use crate::error::Kind;
use serde_json::{Value, json};

#[test]
fn published_answers_have_the_expected_results() {
    let rows: Vec<(String, Value, String)> =
        serde_json::from_str(include_str!("published.json")).unwrap();
    let mut wrong = Vec::new();
    for (call, answer, expected) in &rows {
        let dialects: &[Dialect] = match call.split('/').nth(1) {
            Some("v1") => &[Dialect::V1],
            _ if call.contains("/vectordb/") => &[Dialect::V2, Dialect::Milvus],
            _ => &[Dialect::V2],
        };
        for dialect in dialects {
            let server = start_answering(Reply::json(answer.to_string()));
            let read = call_api(&client(cloud(*dialect, &server)), call);
            let read = read.unwrap_or_else(|error| refusal(call, &error));
            if read != *expected {
                wrong.push(format!(
                    "{call} over {dialect}:\n  answer {answer}\n  expected {expected:?}\n  read     {read:?}"
                ));
            }
        }
    }
    assert!(rows.len() > 60 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes the call and returns a short form of the result.
fn call_api(api: &Client, call: &str) -> Result<String, ApiError> {
    let name = "test_collection";
    let done = |()| "done".to_owned();
    let path = call.rsplit(' ').next().unwrap_or_default();
    match path {
        "/v1/vector/collections/import" | "/v2/vectordb/jobs/import/create" => {
            api.create(&import(&[&["a.json"]]), "k")
        }
        "/v1/vector/collections/import/get" => {
            api.progress("job-xxxxxxxxxxxxxxxxxxxxxx").map(progress)
        }
        "/v2/vectordb/jobs/import/describe" => api.progress("448761313698322011").map(progress),
        "/v1/vector/collections/import/list" | "/v2/vectordb/jobs/import/list" => {
            api.list_page(&JobFilter::default(), 1, 10).map(page)
        }
        "/v1/vector/collections" | "/v2/vectordb/collections/list" => {
            api.collections().map(|names| names.join(" "))
        }
        "/v1/vector/collections/describe" | "/v2/vectordb/collections/describe" => {
            api.describe(name).map(description)
        }
        "/v1/vector/collections/create" | "/v2/vectordb/collections/create" => api
            .create_collection(&json!({"collectionName": name, "dimension": 4}))
            .map(done),
        "/v1/vector/collections/drop" | "/v2/vectordb/collections/drop" => {
            api.drop_collection(name).map(done)
        }
        "/v2/vectordb/collections/has" => api.has_collection(name).map(|has| has.to_string()),
        "/v2/vectordb/collections/load" => api.load(name, &serde_json::Map::new()).map(done),
        "/v2/vectordb/collections/get_load_state" => api.load_state(name),
        "/v1/vector/query" | "/v2/vectordb/entities/query" => {
            let query = RowQuery {
                filter: "id > 0".to_owned(),
                ..RowQuery::default()
            };
            api.query(name, &query).map(|rows| json!(rows).to_string())
        }
        "/v2/clusters" => api.clusters().map(|found| {
            let found: Vec<String> = found.into_iter().map(cluster).collect();
            found.join("; ")
        }),
        "/v2/projects" => api.projects().map(|found| {
            let project = |project: &Project| format!("{} {:?}", project.id, project.name);
            let found: Vec<String> = found.iter().map(project).collect();
            found.join("; ")
        }),
        _ => panic!("no such call: {call}"),
    }
}

fn progress(read: Progress) -> String {
    let (files, size) = (read.details.len(), read.file_size.unwrap_or_default());
    let text = |sent: Option<String>| sent.unwrap_or_default();
    format!(
        "{} {} {} {} {} {size}, {files} file, completed {}, reason {:?}",
        read.job_id,
        read.collection,
        read.state,
        read.percent,
        read.file_name,
        text(read.complete_time),
        text(read.reason),
    )
}

fn page(read: JobPage) -> String {
    let jobs = read.jobs.iter();
    let jobs: Vec<String> = jobs
        .map(|job| format!("{} {} {}", job.job_id, job.collection, job.state))
        .collect();
    let count = read.count.unwrap_or_default();
    format!("{} of {count}, whole {}", jobs.join(", "), read.whole)
}

fn description(read: CollectionDescription) -> String {
    let fields = read.fields.iter();
    let fields: Vec<String> = fields
        .map(|field| {
            let dim = field.dim.map_or_else(String::new, |dim| format!("({dim})"));
            let key = if field.primary { " key" } else { "" };
            format!("{} {}{dim}{key}", field.name, field.data_type)
        })
        .collect();
    let indexes = read.indexes.iter();
    let indexes: Vec<String> = indexes
        .map(|index| format!("{} {}", index.field, index.metric))
        .collect();
    format!(
        "{}: {}; {}; {} {}",
        read.name,
        fields.join(", "),
        indexes.join(", "),
        read.load,
        if read.dynamic { "dynamic" } else { "fixed" }
    )
}

fn cluster(read: Cluster) -> String {
    format!(
        "{} {} {} {} {}",
        read.id, read.name, read.region, read.status, read.connect_address
    )
}

/// Returns a short form of the error, with a create call's outcome instead of the kind if the outcome is unknown.
fn refusal(call: &str, error: &ApiError) -> String {
    let create = call.ends_with("/import") || call.ends_with("/import/create");
    let word = if create && error.outcome() == Outcome::Unknown {
        assert_eq!(error.kind(), Kind::Unknown);
        "unknown"
    } else {
        error.kind().word()
    };
    format!("{word}: {error}")
}
