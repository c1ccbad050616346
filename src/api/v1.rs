//! The `v1` dialect: Zilliz Cloud's older, per-region controller.

use super::answers;
use super::error::{self, ApiError};
use super::fields::{self, Fields};
use super::model::{Dialect, FileProgress, ImportRequest, JobState, Source, State};
use super::request::{CallForm, Outgoing};
use super::settings::Settings;

pub(super) const CREATE: &str = "/v1/vector/collections/import";

/// Fields of which a progress answer has at least one. v1 sends no state, so it's derived from the others.
pub(super) const PROGRESS_SIGNS: [&str; 4] =
    ["readyPercentage", "errorMessage", "completeTime", "details"];

/// Returns the path of a request with only one. Returns an error for anything else, such as a database, options or a
/// session token.
pub(super) fn only_path<'a>(
    settings: &Settings,
    request: &'a ImportRequest,
) -> Result<&'a str, ApiError> {
    let database = request.database.as_deref().or(settings.database.as_deref());
    refuse_database(settings, database)?;
    let what = match &request.source {
        _ if request.keys.session.is_some() => "a session token",
        _ if !request.options.is_empty() => "options",
        Source::Volume { .. } => "a volume",
        Source::Files(files) => match files.as_slice() {
            [file] => match file.as_slice() {
                [path] => return Ok(path),
                _ => "a list of NumPy files",
            },
            _ => "several files in one job",
        },
    };
    Err(beyond(settings, what))
}

/// Builds the progress call.
pub(super) fn progress(
    settings: &Settings,
    call: CallForm,
    job_id: &str,
) -> Result<Outgoing, ApiError> {
    let mut query = vec![("jobId", job_id)];
    query.extend(settings.cluster_id.as_deref().map(|id| ("clusterId", id)));
    Outgoing::get(settings, call, &settings.import_base, &query)
}

/// Builds the list call. v1 has no filters.
pub(super) fn list(
    settings: &Settings,
    what: &'static str,
    database: Option<&str>,
    page: u64,
    page_size: u64,
) -> Result<Outgoing, ApiError> {
    refuse_database(settings, database)?;
    let (page, page_size) = (page.to_string(), page_size.to_string());
    let mut query = Vec::new();
    query.extend(settings.cluster_id.as_deref().map(|id| ("clusterId", id)));
    query.extend([
        ("pageSize", page_size.as_str()),
        ("currentPage", page.as_str()),
    ]);
    let call = CallForm::read(what, "/v1/vector/collections/import/list");
    Outgoing::get(settings, call, &settings.import_base, &query)
}

/// Reads the fields that a job and each of its files share.
pub(super) fn read_file(object: &Fields<'_>) -> FileProgress {
    let reason = object.text(&["errorMessage", "reason"]);
    let complete_time = object.text(&["completeTime"]);
    let sent = object
        .number(&["readyPercentage", "progress"])
        .unwrap_or(0.0);
    // Some releases send a fraction of 1. Percentages between 0 and 1 are too rare to matter.
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
    let instead = format!("use the newer API: {}", connect_newer(settings));
    error::beyond(Dialect::V1, what, instead)
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
