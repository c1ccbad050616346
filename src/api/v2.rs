//! The `v2` dialect: Zilliz Cloud's control plane (reference: the column `v2`).
//!
//! Bodies name the cluster by `clusterId`, or by `projectId` with `regionId` if no cluster is given.

use super::dialect::DialectApi;
use super::envelope::Data;
use super::error::ApiError;
use super::fields::{self, Fields};
use super::model::{FileProgress, ImportRequest, Progress, Source, State};
use super::outcome::Effect;
use super::request::Outgoing;
use super::settings::Settings;
use super::{JobFilter, answers};
use crate::secret::Secret;
use serde::Serialize;
use std::collections::BTreeMap;

const CREATE: &str = "/v2/vectordb/jobs/import/create";
const LIST: &str = "/v2/vectordb/jobs/import/list";
const COMMIT: &str = "/v2/vectordb/jobs/import/commit";
const ABORT: &str = "/v2/vectordb/jobs/import/abort";

/// Paths of the progress call, the most common one first.
const PROGRESS: [&str; 3] = [
    "/v2/vectordb/jobs/import/getProgress",
    "/v2/vectordb/jobs/import/describe",
    "/v2/vectordb/jobs/import/get_progress",
];

/// The keys that name the cluster in every body.
#[derive(Serialize)]
struct Place<'a> {
    #[serde(rename = "clusterId", skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(rename = "projectId", skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(rename = "regionId", skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(settings: &'a Settings) -> Self {
        let cluster = settings.cluster_id.as_deref();
        let otherwise = |text: &'a Option<String>| text.as_deref().filter(|_| cluster.is_none());
        Self {
            cluster,
            project: otherwise(&settings.project_id),
            region: otherwise(&settings.region),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateBody<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    collection_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_urls: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_paths: Option<&'a [Vec<String>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<BTreeMap<&'a str, &'a str>>,
}

/// Returns the request's options as an object; `None` if there are none.
pub(super) fn options(request: &ImportRequest) -> Option<BTreeMap<&str, &str>> {
    let pairs = request.options.iter();
    let options: BTreeMap<_, _> = pairs
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    (!options.is_empty()).then_some(options)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobBody<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    job_id: &'a str,
}

fn job(
    settings: &Settings,
    what: &'static str,
    effect: Effect,
    path: &str,
    job_id: &str,
) -> Result<Outgoing, ApiError> {
    let place = Place::of(settings);
    let body = JobBody { place, job_id };
    Outgoing::post(settings, what, effect, &settings.import_base, path, &body)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
    page_size: u64,
    current_page: u64,
}

/// The `v2` dialect.
pub(super) struct V2;

impl DialectApi for V2 {
    fn progress_paths(&self) -> &'static [&'static str] {
        &PROGRESS
    }

    /// Builds the create call. One path is sent as `objectUrl`, which all releases of the service accept; several paths, or
    /// a list of `NumPy` files, as `objectUrls`, which newer releases accept.
    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
        let (single, files, volume) = match &request.source {
            Source::Files(files) => match files.as_slice() {
                [file] if file.len() == 1 => (file.first().map(String::as_str), None, None),
                files => (None, Some(files), None),
            },
            Source::Volume { name, paths } => (None, None, Some((name.as_str(), paths.as_slice()))),
        };
        let body = CreateBody {
            place: Place::of(settings),
            collection_name: &request.collection,
            object_url: single,
            object_urls: files,
            volume_name: volume.map(|(name, _)| name),
            data_paths: volume.map(|(_, paths)| paths),
            db_name: request.database.as_deref().or(settings.database.as_deref()),
            partition_name: request.partition.as_deref(),
            access_key: request.access_key.as_ref().map(Secret::expose),
            secret_key: request.secret_key.as_ref().map(Secret::expose),
            token: request.session_token.as_ref().map(Secret::expose),
            options: options(request),
        };
        Outgoing::post(
            settings,
            "create the import job",
            Effect::Create,
            &settings.import_base,
            CREATE,
            &body,
        )
    }

    fn progress(
        &self,
        settings: &Settings,
        path: &str,
        job_id: &str,
    ) -> Result<Outgoing, ApiError> {
        let what = "read the job's progress";
        job(settings, what, Effect::Read, path, job_id)
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
        page: u64,
        page_size: u64,
    ) -> Result<Outgoing, ApiError> {
        let body = ListBody {
            place: Place::of(settings),
            collection_name: filter.collection.as_deref(),
            db_name: filter.database.as_deref().or(settings.database.as_deref()),
            page_size,
            current_page: page,
        };
        Outgoing::post(
            settings,
            "list the jobs",
            Effect::Read,
            &settings.import_base,
            LIST,
            &body,
        )
    }

    fn read_progress(&self, data: &Data<'_>, job_id: &str) -> Result<Progress, ApiError> {
        read_progress(data, job_id)
    }

    fn has_clusters(&self) -> bool {
        true
    }
}

/// Reads a progress answer of `v2` or `milvus`.
pub(super) fn read_progress(data: &Data<'_>, job_id: &str) -> Result<Progress, ApiError> {
    answers::progress(data, job_id, &["state", "progress", "details"], read_file)
}

/// Reads the fields that a job and each of its files share.
fn read_file(object: &Fields<'_>) -> FileProgress {
    let reason = object.text(&["reason", "errorMessage"]);
    let state = State::with_reason(&object.text_or_empty(&["state"]), reason.as_deref());
    let percent = fields::percent(object.number(&["progress"]).unwrap_or(0.0));
    FileProgress {
        file_name: file_name(object),
        file_size: object.count(&["fileSize"]),
        percent: answers::whole(&state, percent),
        // Milvus sends 0 until the rows are counted.
        total_rows: object
            .count(&["totalRows"])
            .filter(|total| *total > 0 || state.kind.ends_wait()),
        state,
        rows: object.count(&["importedRows"]),
        complete_time: object.text(&["completeTime"]),
        reason,
    }
}

/// Returns a file's name. Self-hosted servers write it as the list in which it was sent: `[5.parquet]`.
fn file_name(object: &Fields<'_>) -> String {
    let sent = object.text_or_empty(&["fileName"]);
    sent.strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .map_or_else(|| sent.clone(), str::to_owned)
}
