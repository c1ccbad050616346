//! The `milvus` dialect: a self-hosted server, 2.4 and later (reference: the column `milvus`).
//!
//! Paths and answers are v2's. Bodies name no cluster, and files are in the server's own bucket.

use super::JobFilter;
use super::dialect::DialectApi;
use super::envelope::Data;
use super::error::ApiError;
use super::model::{Dialect, ImportRequest, Progress, Source};
use super::outcome::Effect;
use super::request::Outgoing;
use super::settings::Settings;
use super::v2;
use serde::Serialize;
use std::collections::BTreeMap;

const CREATE: &str = "/v2/vectordb/jobs/import/create";
const LIST: &str = "/v2/vectordb/jobs/import/list";
const COMMIT: &str = "/v2/vectordb/jobs/import/commit";
const ABORT: &str = "/v2/vectordb/jobs/import/abort";

/// Paths of the progress call; the first is the one that every release has.
const PROGRESS: [&str; 3] = [
    "/v2/vectordb/jobs/import/get_progress",
    "/v2/vectordb/jobs/import/describe",
    "/v2/vectordb/jobs/import/getProgress",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateBody<'a> {
    collection_name: &'a str,
    files: &'a [Vec<String>],
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobBody<'a> {
    job_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
}

fn job(
    settings: &Settings,
    what: &'static str,
    effect: Effect,
    path: &str,
    job_id: &str,
) -> Result<Outgoing, ApiError> {
    let db_name = settings.database.as_deref();
    let body = JobBody { job_id, db_name };
    post(settings, what, effect, path, db_name, &body)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
}

/// The `milvus` dialect.
pub(super) struct Milvus;

impl DialectApi for Milvus {
    fn progress_paths(&self) -> &'static [&'static str] {
        &PROGRESS
    }

    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
        let Source::Files(files) = &request.source else {
            return Err(beyond(
                "a volume",
                "volumes belong to Zilliz Cloud: connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\", api: \"v2\"})",
            ));
        };
        if request.access_key.is_some()
            || request.secret_key.is_some()
            || request.session_token.is_some()
        {
            return Err(beyond(
                "a storage key",
                "the server reads its own bucket with its own key: leave out access_key, secret_key and session_token, e.g. import(\"collection\", \"folder/file.parquet\")",
            ));
        }
        let database = request.database.as_deref().or(settings.database.as_deref());
        let body = CreateBody {
            collection_name: &request.collection,
            files,
            db_name: database,
            partition_name: request.partition.as_deref(),
            options: v2::options(request),
        };
        let what = "create the import job";
        post(settings, what, Effect::Create, CREATE, database, &body)
    }

    fn progress(
        &self,
        settings: &Settings,
        path: &str,
        job_id: &str,
    ) -> Result<Outgoing, ApiError> {
        job(
            settings,
            "read the job's progress",
            Effect::Read,
            path,
            job_id,
        )
    }

    fn commit(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError> {
        job(settings, "commit the job", Effect::Change, COMMIT, job_id)
    }

    fn abort(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError> {
        job(settings, "abort the job", Effect::Change, ABORT, job_id)
    }

    fn list(
        &self,
        settings: &Settings,
        filter: &JobFilter,
        _: u64,
        _: u64,
    ) -> Result<Outgoing, ApiError> {
        let db_name = filter.database.as_deref().or(settings.database.as_deref());
        let body = ListBody {
            collection_name: filter.collection.as_deref(),
            db_name,
        };
        post(
            settings,
            "list the jobs",
            Effect::Read,
            LIST,
            db_name,
            &body,
        )
    }

    fn read_progress(&self, data: &Data<'_>, job_id: &str) -> Result<Progress, ApiError> {
        v2::read_progress(data, job_id)
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn has_collections(&self) -> bool {
        true
    }

    fn key_variable(&self) -> &'static str {
        "MILVUS_TOKEN (user:password)"
    }
}

fn post(
    settings: &Settings,
    what: &'static str,
    effect: Effect,
    path: &str,
    database: Option<&str>,
    body: &impl Serialize,
) -> Result<Outgoing, ApiError> {
    Outgoing::post(settings, what, effect, &settings.import_base, path, body)?
        .with_database(database)
}

fn beyond(what: &str, instead: &str) -> ApiError {
    ApiError::NotInDialect {
        what: what.to_owned(),
        dialect: Dialect::Milvus,
        instead: instead.to_owned(),
    }
}
