//! The differences between the forms of the API: the import calls, and what a service can do. Each dialect implements
//! [`DialectApi`] in its own file; [`super::model::Dialect::api`] chooses the implementation.

use super::JobFilter;
use super::envelope::Data;
use super::error::ApiError;
use super::model::{ImportRequest, Progress};
use super::request::Outgoing;
use super::settings::Settings;

/// The import calls of one dialect. A call that the dialect can't express is an error.
pub(super) trait DialectApi: Sync {
    /// Builds the create call.
    fn create(&self, settings: &Settings, request: &ImportRequest) -> Result<Outgoing, ApiError>;

    /// Returns the paths of the progress call, the most common one first.
    fn progress_paths(&self) -> &'static [&'static str];

    /// Builds the progress call with one of its paths.
    fn progress(&self, settings: &Settings, path: &str, job_id: &str)
    -> Result<Outgoing, ApiError>;

    /// Reads a progress answer.
    fn read_progress(&self, data: &Data<'_>, job_id: &str) -> Result<Progress, ApiError>;

    /// Builds the call for one page of the job list, counted from 1.
    fn list(
        &self,
        settings: &Settings,
        filter: &JobFilter,
        page: u64,
        page_size: u64,
    ) -> Result<Outgoing, ApiError>;

    /// Builds the commit call.
    fn commit(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError>;

    /// Builds the abort call.
    fn abort(&self, settings: &Settings, job_id: &str) -> Result<Outgoing, ApiError>;

    /// Returns true if jobs can wait for a commit.
    fn has_commit(&self) -> bool {
        true
    }

    /// Returns true if the job list has pages, false if it has all jobs at once.
    fn has_pages(&self) -> bool {
        true
    }

    /// Returns true if the job list is filtered by collection, and its count with it.
    fn filters_jobs(&self) -> bool {
        true
    }

    /// Returns true if the address of import calls also serves collection calls.
    fn has_collections(&self) -> bool {
        false
    }

    /// Returns true if the service lists clusters and projects.
    fn has_clusters(&self) -> bool {
        false
    }

    /// Returns the environment variable of the API key, for hints.
    fn key_variable(&self) -> &'static str {
        "ZILLIZ_API_KEY"
    }
}
