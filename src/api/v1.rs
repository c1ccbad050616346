//! The `v1` dialect: Zilliz Cloud's older, per-region controller (reference: the column `v1`).

use super::bodies::ImportBody;
use super::dialect::{DialectApi, PostCall, post};
use super::envelope::AnswerData;
use super::error::ApiError;
use super::fields::{self, Fields};
use super::model::{
    Dialect, Effect, FileProgress, ImportRequest, JobState, Progress, Source, State,
};
use super::request::Outgoing;
use super::settings::Settings;
use super::{JobFilter, answers};
use crate::secret::Secret;

const CREATE: PostCall<'_> = (
    "create the import job",
    Effect::Create,
    "/v1/vector/collections/import",
);
const PROGRESS: [&str; 1] = ["/v1/vector/collections/import/get"];
const LIST: &str = "/v1/vector/collections/import/list";

/// The `v1` dialect.
pub(super) struct V1;

impl DialectApi for V1 {
    fn progress_paths(&self) -> &'static [&'static str] {
        &PROGRESS
    }

    fn body<'a>(&self, settings: &'a Settings) -> ImportBody<'a> {
        ImportBody {
            cluster_id: settings.cluster_id.as_deref(),
            ..ImportBody::default()
        }
    }

    /// Builds the create call. Returns an error for anything but one path, such as a database, options or a session token.
    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError> {
        let database = request.database.as_deref().or(settings.database.as_deref());
        refuse_database(settings, database)?;
        if request.keys.session.is_some() {
            return Err(beyond(settings, "a session token"));
        }
        if !request.options.is_empty() {
            return Err(beyond(settings, "options"));
        }
        let Source::Files(files) = &request.source else {
            return Err(beyond(settings, "a volume"));
        };
        let [file] = files.as_slice() else {
            return Err(beyond(settings, "several files in one job"));
        };
        let [object_url] = file.as_slice() else {
            return Err(beyond(settings, "a list of NumPy files"));
        };
        let body = ImportBody {
            object_url: Some(object_url),
            access_key: request.keys.access.as_ref().map(Secret::expose),
            secret_key: request.keys.secret.as_ref().map(Secret::expose),
            ..self.body(settings).of(request)
        };
        post(settings, CREATE, &body)
    }

    fn progress(
        &self,
        settings: &Settings,
        path: &str,
        job_id: &str,
    ) -> Result<Outgoing, ApiError> {
        let mut query = vec![("jobId", job_id)];
        query.extend(settings.cluster_id.as_deref().map(|id| ("clusterId", id)));
        let base = &settings.import_base;
        Outgoing::get(settings, "read the job's progress", base, path, &query)
    }

    /// Builds the list call. v1 has no filters.
    fn list(
        &self,
        settings: &Settings,
        filter: &JobFilter,
        page: u64,
        page_size: u64,
    ) -> Result<Outgoing, ApiError> {
        let database = filter.database.as_deref().or(settings.database.as_deref());
        refuse_database(settings, database)?;
        let (page, page_size) = (page.to_string(), page_size.to_string());
        let mut query = Vec::new();
        query.extend(settings.cluster_id.as_deref().map(|id| ("clusterId", id)));
        query.extend([
            ("pageSize", page_size.as_str()),
            ("currentPage", page.as_str()),
        ]);
        let base = &settings.import_base;
        Outgoing::get(settings, "list the jobs", base, LIST, &query)
    }

    /// Reads a progress answer. v1 sends no state, so it's derived from the other fields.
    fn read_progress(&self, data: &AnswerData<'_>, job_id: &str) -> Result<Progress, ApiError> {
        let signs = ["readyPercentage", "errorMessage", "completeTime", "details"];
        answers::progress(data, job_id, &signs, read_file)
    }

    fn commit(&self, settings: &Settings, _: &str) -> Result<Outgoing, ApiError> {
        Err(beyond(settings, "a commit"))
    }

    fn abort(&self, settings: &Settings, _: &str) -> Result<Outgoing, ApiError> {
        Err(beyond(settings, "an abort"))
    }
}

/// Reads the five fields that a job and each of its files share.
fn read_file(object: &Fields<'_>) -> FileProgress {
    let reason = object.text(&["errorMessage", "reason"]);
    let complete_time = object.text(&["completeTime"]);
    let sent = object
        .number(&["readyPercentage", "progress"])
        .unwrap_or(0.0);
    // Some releases send a fraction: only that can be strictly between 0 and 1.
    let percent = if sent > 0.0 && sent < 1.0 {
        sent * 100.0
    } else {
        sent
    };
    let percent = fields::percent(percent);
    let state = match object.text(&["state"]) {
        Some(word) => State::parse(&word),
        None if reason.is_some() => State::derived(JobState::Failed),
        None if complete_time.is_some() => State::derived(JobState::Completed),
        None if percent <= 0.0 => State::derived(JobState::Pending),
        None => State::derived(JobState::Importing),
    };
    FileProgress {
        file_name: object.text_or_empty(&["fileName"]),
        file_size: object.count(&["fileSize"]),
        percent: answers::whole(&state, percent),
        state,
        rows: object.count(&["importedRows"]),
        total_rows: object.count(&["totalRows"]),
        complete_time,
        reason,
    }
}

/// Returns an error for any database but the default one, since v1 has no others.
pub(super) fn refuse_database(settings: &Settings, database: Option<&str>) -> Result<(), ApiError> {
    match database {
        None | Some("" | "default") => Ok(()),
        Some(name) => Err(beyond(settings, &format!("the database {name:?}"))),
    }
}

/// Returns the error for a request that only v2 can express, with the line that connects to v2.
pub(super) fn beyond(settings: &Settings, what: &str) -> ApiError {
    ApiError::NotInDialect {
        what: what.to_owned(),
        dialect: Dialect::V1,
        instead: format!("use the newer API: {}", connect_newer(settings)),
    }
}

/// Returns a `connect` line for the newer API of the same cluster or server.
fn connect_newer(settings: &Settings) -> String {
    let host = settings.import_base.host_str().unwrap_or_default();
    let endpoint = if host.ends_with(".zilliz.com.cn") {
        "https://api.cloud.zilliz.com.cn".to_owned()
    } else if host.ends_with(".zillizcloud.com") {
        "https://api.cloud.zilliz.com".to_owned()
    } else {
        super::outcome::origin(settings.import_base.as_str())
    };
    let cluster = settings
        .cluster_id
        .as_ref()
        .map_or_else(String::new, |id| format!(", cluster_id: {id:?}"));
    let api = match super::endpoint::Endpoint::parse(&endpoint) {
        Ok(endpoint) if !endpoint.is_zilliz() && cluster.is_empty() => Dialect::Milvus,
        _ => Dialect::V2,
    };
    format!("connect(#{{endpoint: {endpoint:?}{cluster}, api: \"{api}\"}})")
}
