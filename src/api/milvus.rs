//! The `milvus` dialect: a self-hosted server, 2.4 and later (reference: the column `milvus`).
//!
//! Paths and answers are v2's. Bodies name no cluster, and files are in the server's own bucket.

use super::bodies::ImportBody;
use super::dialect::{CREATE, DialectApi, post};
use super::error::ApiError;
use super::model::{Dialect, ImportRequest, Source};
use super::request::Outgoing;
use super::settings::Settings;

/// Paths of the progress call; the first is the one that every release has.
const PROGRESS: [&str; 3] = [
    "/v2/vectordb/jobs/import/get_progress",
    "/v2/vectordb/jobs/import/describe",
    "/v2/vectordb/jobs/import/getProgress",
];

/// The `milvus` dialect.
pub(super) struct Milvus;

impl DialectApi for Milvus {
    fn progress_paths(&self) -> &'static [&'static str] {
        &PROGRESS
    }

    fn body<'a>(&self, settings: &'a Settings) -> ImportBody<'a> {
        ImportBody {
            db_name: settings.database.as_deref(),
            ..ImportBody::default()
        }
    }

    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
        let Source::Files(files) = &request.source else {
            return Err(beyond(
                "a volume",
                "volumes belong to Zilliz Cloud: connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\", api: \"v2\"})",
            ));
        };
        if request.keys.secrets().next().is_some() {
            return Err(beyond(
                "a storage key",
                "the server reads its own bucket with its own key: leave out access_key, secret_key and session_token, e.g. import(\"collection\", \"folder/file.parquet\")",
            ));
        }
        let body = ImportBody {
            files: Some(files),
            db_name: request.database.as_deref().or(settings.database.as_deref()),
            ..ImportBody::default().of(request)
        };
        post(settings, CREATE, &body)
    }
}

fn beyond(what: &str, instead: &str) -> ApiError {
    ApiError::NotInDialect {
        what: what.to_owned(),
        dialect: Dialect::Milvus,
        instead: instead.to_owned(),
    }
}
