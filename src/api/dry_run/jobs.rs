//! The placeholder jobs of a dry run. `dry-run-1` is the first job, and `job_1` its variable in the script.

use super::script;
use crate::api::dialect;
use crate::api::error::ApiError;
use crate::api::model::JobState;
use crate::api::request::Outgoing;
use crate::api::settings::{PlaceholderJob, PlaceholderJobs, Settings};

const PLACEHOLDER: &str = "dry-run-";

impl PlaceholderJobs {
    /// Returns the number of the next job.
    pub(super) fn next(&self) -> usize {
        self.0.len() + 1
    }

    /// Adds a job, which counts as completed, and returns its id.
    pub(super) fn add(&mut self, settings: &Settings) -> Result<String, ApiError> {
        let number = self.next();
        let id = format!("{PLACEHOLDER}{number}");
        let variable = |text: &str| (text == id).then(|| script::variable(number));
        let wait =
            progress(settings, &id)?.map(|it| script::wait(settings, &it, number, &variable));
        self.0.push(PlaceholderJob {
            state: JobState::Completed,
            asked: false,
            wait,
        });
        Ok(id)
    }

    /// Returns the variable of a job's id; `None` for any other text.
    pub(super) fn variable(&self, text: &str) -> Option<String> {
        let number = number(text)?;
        (1..self.next())
            .contains(&number)
            .then(|| script::variable(number))
    }

    pub(super) fn set(&mut self, id: &str, state: JobState) {
        if let Some(job) = self.find(id) {
            job.state = state;
        }
    }

    /// Returns a placeholder job's state, and records that the script has requested it.
    pub(super) fn ask(&mut self, id: &str) -> Option<JobState> {
        let job = self.find(id)?;
        job.asked = true;
        Some(job.state)
    }

    /// Returns the waits for jobs whose state the script has requested. Each is returned once, and all of them before
    /// the first commit.
    pub(super) fn waits(&mut self) -> String {
        let open = |job: &&mut PlaceholderJob| job.asked && job.state == JobState::Uncommitted;
        let waited = self.0.iter_mut().filter(open);
        waited.filter_map(|job| job.wait.take()).collect()
    }

    fn find(&mut self, id: &str) -> Option<&mut PlaceholderJob> {
        self.0.get_mut(number(id)?.checked_sub(1)?)
    }
}

/// Returns the number in a placeholder id.
fn number(id: &str) -> Option<usize> {
    let number = id.strip_prefix(PLACEHOLDER)?;
    // Another spelling of the number, such as `01`, is no placeholder's.
    let canonical = number.starts_with(|first| matches!(first, '1'..='9'));
    number.parse().ok().filter(|_| canonical)
}

/// Returns the progress call if the dialect has a commit.
fn progress(settings: &Settings, id: &str) -> Result<Option<Outgoing>, ApiError> {
    let path = settings.dialect.progress_paths().first();
    let path = path.filter(|_| settings.dialect.has_commit());
    path.map(|path| dialect::progress(settings, path, id))
        .transpose()
}
