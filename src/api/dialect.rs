//! The differences between the forms of the API: the import calls, and what a service can do. Each dialect implements
//! [`DialectApi`] in its own file; [`super::model::Dialect::api`] chooses the implementation.

use super::bodies::ImportBody;
use super::envelope::AnswerData;
use super::error::ApiError;
use super::model::{Dialect, Effect, ImportRequest, Progress};
use super::request::Outgoing;
use super::settings::Settings;
use super::{JobFilter, answers};

/// The create call.
pub(super) const CREATE: PostCall<'_> = (
    "create the import job",
    Effect::Create,
    "/v2/vectordb/jobs/import/create",
);

const LIST: &str = "/v2/vectordb/jobs/import/list";
const COMMIT: &str = "/v2/vectordb/jobs/import/commit";
const ABORT: &str = "/v2/vectordb/jobs/import/abort";

/// The import calls of one dialect. A call that the dialect can't express is an error. The provided calls are those of
/// `v2` and `milvus`.
pub(super) trait DialectApi: Sync {
    /// Builds the create call.
    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError>;

    /// Returns the paths of the progress call, the most common one first.
    fn progress_paths(&self) -> &'static [&'static str];

    /// Returns the fields that every body has.
    fn body<'a>(&self, settings: &'a Settings) -> ImportBody<'a>;

    /// Builds the progress call with one of its paths.
    fn progress(
        &self,
        settings: &Settings,
        path: &str,
        job_id: &str,
    ) -> Result<Outgoing, ApiError> {
        let what = "read the job's progress";
        self.job(settings, (what, Effect::Read, path), job_id)
    }

    /// Reads a progress answer.
    fn read_progress(&self, data: &AnswerData<'_>, job_id: &str) -> Result<Progress, ApiError> {
        let signs = ["state", "progress", "details"];
        answers::progress(data, job_id, &signs, answers::read_file)
    }

    /// Builds the call for one page of the job list, counted from 1.
    fn list(
        &self,
        settings: &Settings,
        filter: &JobFilter,
        page: u64,
        page_size: u64,
    ) -> Result<Outgoing, ApiError> {
        let body = ImportBody {
            collection_name: filter.collection.as_deref(),
            db_name: filter.database.as_deref().or(settings.database.as_deref()),
            page_size: settings.dialect.has_pages().then_some(page_size),
            current_page: settings.dialect.has_pages().then_some(page),
            ..self.body(settings)
        };
        post(settings, ("list the jobs", Effect::Read, LIST), &body)
    }

    /// Builds the commit call.
    fn commit(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError> {
        self.job(settings, ("commit the job", Effect::Change, COMMIT), job_id)
    }

    /// Builds the abort call.
    fn abort(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError> {
        self.job(settings, ("abort the job", Effect::Change, ABORT), job_id)
    }

    /// Builds a call about one job.
    fn job(&self, settings: &Settings, call: PostCall<'_>, id: &str) -> Result<Outgoing, ApiError> {
        let body = ImportBody {
            job_id: Some(id),
            ..self.body(settings)
        };
        post(settings, call, &body)
    }
}

/// The differences between the dialects' services.
impl Dialect {
    /// Returns true if jobs can wait for a commit.
    pub(super) const fn has_commit(self) -> bool {
        match self {
            Self::V1 => false,
            Self::V2 | Self::Milvus => true,
        }
    }

    /// Returns true if the job list has pages, false if it has all jobs at once.
    pub(super) const fn has_pages(self) -> bool {
        match self {
            Self::V1 | Self::V2 => true,
            Self::Milvus => false,
        }
    }

    /// Returns true if the job list is filtered by collection, and its count with it.
    pub(super) const fn filters_jobs(self) -> bool {
        match self {
            Self::V1 => false,
            Self::V2 | Self::Milvus => true,
        }
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

/// A call's purpose, effect and path.
pub(super) type PostCall<'a> = (&'static str, Effect, &'a str);

/// Builds a POST call to the address of import calls. Milvus gets the database as a header too.
pub(super) fn post(
    settings: &Settings,
    (what, effect, path): PostCall<'_>,
    body: &ImportBody<'_>,
) -> Result<Outgoing, ApiError> {
    let outgoing = Outgoing::post(settings, what, effect, &settings.import_base, path, body)?;
    let is_milvus = settings.dialect == Dialect::Milvus;
    outgoing.with_database(body.db_name.filter(|_| is_milvus))
}
