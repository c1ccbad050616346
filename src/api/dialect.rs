//! The differences between the forms of the API: the import calls, and what a service can do.
//!
//! `v2` is Zilliz Cloud's control plane. `milvus` is a self-hosted server, 2.4 and later: paths and answers are v2's, but
//! bodies name no cluster, and files are in the server's own bucket. `v1` has a file of its own.

use super::answers;
use super::bodies::ImportBody;
use super::envelope::AnswerData;
use super::error::{ApiError, beyond};
use super::model::{Dialect, Effect, ImportRequest, Progress, Source};
use super::request::{CallForm, Outgoing};
use super::settings::Settings;
use super::{JobFilter, v1};

/// Builds the create call, or returns an error if the dialect can't express the request.
///
/// In `v2`, one path is sent as `objectUrl`, which all releases of the service accept; several paths, or a list of
/// `NumPy` files, as `objectUrls`, which newer releases accept.
pub(super) fn create(settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
    let mut path = "/v2/vectordb/jobs/import/create";
    let mut body = ImportBody {
        db_name: request.database.as_deref().or(settings.database.as_deref()),
        ..body(settings).of(request)
    };
    match (settings.dialect, &request.source) {
        (Dialect::V1, _) => {
            path = v1::CREATE;
            body.object_url = Some(v1::only_path(settings, request)?);
            body.db_name = None;
        }
        (Dialect::V2, Source::Files(files)) => match files.as_slice() {
            [file] if file.len() == 1 => body.object_url = file.first().map(String::as_str),
            files => body.object_urls = Some(files),
        },
        (Dialect::V2, Source::Volume { name, paths }) => {
            body.volume_name = Some(name);
            body.data_paths = Some(paths);
        }
        (Dialect::Milvus, Source::Files(files)) if request.keys.secrets().next().is_none() => {
            body.files = Some(files);
        }
        (Dialect::Milvus, Source::Files(_)) => {
            return Err(beyond(
                Dialect::Milvus,
                "storage credentials",
                "the server reads its own bucket with its own key: leave out access_key, secret_key and session_token, e.g. import(\"collection\", \"folder/file.parquet\")",
            ));
        }
        (Dialect::Milvus, Source::Volume { .. }) => {
            return Err(beyond(
                Dialect::Milvus,
                "a volume",
                "volumes belong to Zilliz Cloud: connect(#{endpoint: \"https://api.cloud.zilliz.com\", cluster_id: \"in03-…\", api: \"v2\"})",
            ));
        }
    }
    let call = CallForm {
        what: "create the import job",
        effect: Effect::Create,
        path,
    };
    post(settings, call, &body)
}

/// Builds the progress call with one of its paths.
pub(super) fn progress(
    settings: &Settings,
    path: &'static str,
    job_id: &str,
) -> Result<Outgoing, ApiError> {
    let call = CallForm::read("read the job's progress", path);
    match settings.dialect {
        Dialect::V1 => v1::progress(settings, call, job_id),
        Dialect::V2 | Dialect::Milvus => job(settings, call, job_id),
    }
}

/// Reads a progress answer.
pub(super) fn read_progress(data: &AnswerData<'_>, job_id: &str) -> Result<Progress, ApiError> {
    match data.settings.dialect {
        Dialect::V1 => answers::progress(data, job_id, &v1::PROGRESS_SIGNS, v1::read_file),
        Dialect::V2 | Dialect::Milvus => {
            let signs = ["state", "progress", "details"];
            answers::progress(data, job_id, &signs, answers::read_file)
        }
    }
}

/// Builds the call for one page of the job list, counted from 1.
pub(super) fn list(
    settings: &Settings,
    filter: &JobFilter,
    page: u64,
    page_size: u64,
) -> Result<Outgoing, ApiError> {
    let database = filter.database.as_deref().or(settings.database.as_deref());
    let what = "list the jobs";
    if settings.dialect == Dialect::V1 {
        return v1::list(settings, what, database, page, page_size);
    }
    let body = ImportBody {
        collection_name: filter.collection.as_deref(),
        db_name: database,
        page_size: settings.dialect.has_pages().then_some(page_size),
        current_page: settings.dialect.has_pages().then_some(page),
        ..body(settings)
    };
    let call = CallForm::read(what, "/v2/vectordb/jobs/import/list");
    post(settings, call, &body)
}

/// Builds a call about one job.
pub(super) fn job(settings: &Settings, call: CallForm, id: &str) -> Result<Outgoing, ApiError> {
    let body = ImportBody {
        job_id: Some(id),
        ..body(settings)
    };
    post(settings, call, &body)
}

/// Returns the fields that every body has. `v2` names the cluster by `clusterId`, or by `projectId` with `regionId` if
/// no cluster is given.
fn body(settings: &Settings) -> ImportBody<'_> {
    let mut body = ImportBody::default();
    match settings.dialect {
        Dialect::Milvus => body.db_name = settings.database.as_deref(),
        Dialect::V2 if settings.cluster_id.is_none() => {
            body.project_id = settings.project_id.as_deref();
            body.region_id = settings.region.as_deref();
        }
        Dialect::V1 | Dialect::V2 => body.cluster_id = settings.cluster_id.as_deref(),
    }
    body
}

/// Builds a POST call to the address of import calls. Milvus gets the database as a header too.
fn post(settings: &Settings, call: CallForm, body: &ImportBody<'_>) -> Result<Outgoing, ApiError> {
    let outgoing = Outgoing::post(settings, call, &settings.import_base, body)?;
    let is_milvus = settings.dialect == Dialect::Milvus;
    outgoing.with_database(body.db_name.filter(|_| is_milvus))
}

/// The differences between the dialects' services.
impl Dialect {
    /// Returns the paths of the progress call, the most common one first. On `milvus`, every release has the first.
    pub(super) const fn progress_paths(self) -> &'static [&'static str] {
        match self {
            Self::V1 => &["/v1/vector/collections/import/get"],
            Self::V2 => &[
                "/v2/vectordb/jobs/import/getProgress",
                "/v2/vectordb/jobs/import/describe",
                "/v2/vectordb/jobs/import/get_progress",
            ],
            Self::Milvus => &[
                "/v2/vectordb/jobs/import/get_progress",
                "/v2/vectordb/jobs/import/describe",
                "/v2/vectordb/jobs/import/getProgress",
            ],
        }
    }

    /// Returns true if jobs can wait for a commit.
    pub(super) const fn has_commit(self) -> bool {
        !matches!(self, Self::V1)
    }

    /// Returns true if the job list has pages, false if it has all jobs at once.
    pub(super) const fn has_pages(self) -> bool {
        !matches!(self, Self::Milvus)
    }

    /// Returns true if the job list is filtered by collection, and its count with it.
    pub(super) const fn filters_jobs(self) -> bool {
        !matches!(self, Self::V1)
    }

    /// Returns true if the address of import calls also serves collection calls.
    pub(super) const fn has_collections(self) -> bool {
        matches!(self, Self::Milvus)
    }

    /// Returns the environment variable of the API key, for hints.
    pub(super) const fn key_variable(self) -> &'static str {
        match self {
            Self::V1 | Self::V2 => "ZILLIZ_API_KEY",
            Self::Milvus => "MILVUS_TOKEN (user:password)",
        }
    }
}
