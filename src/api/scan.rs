//! A scan: the whole job list, with the proof that it is whole.
//!
//! Pages shift while a list is read. A scan counts only if every page was read, as many jobs were met as the service
//! counts, and the first page, read once more, shows nothing new.

use super::error::ApiError;
use super::{Client, JobFilter, JobWalk};

/// The page that is read again.
const FIRST_PAGE: u64 = 100;

/// What a scan saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Ids of the jobs that match the filter, each once, in the service's order.
    pub jobs: Vec<String>,
    /// True where the list was whole, so that a job's absence says something.
    pub whole: bool,
}

impl Client {
    /// Reads the whole job list once.
    pub fn scan(&self, filter: &JobFilter) -> Result<Scan, ApiError> {
        let mut walk = JobWalk::new(self.clone(), filter.clone(), None);
        let mut jobs = Vec::new();
        for job in walk.by_ref() {
            jobs.push(job?.job_id);
        }
        let short = walk.fell_short();
        let seen = walk.into_seen();
        let again = self.list_page(filter, 1, FIRST_PAGE)?;
        // v1 filters nothing: what others import elsewhere is no reason to begin anew.
        let wanted = |name: &str| {
            let filter = filter.collection.as_deref();
            name.is_empty() || filter.is_none_or(|filter| filter == name)
        };
        let mut fresh = again.jobs.iter().filter(|job| wanted(&job.collection));
        let whole = !short && fresh.all(|job| seen.contains(&job.job_id));
        Ok(Scan { jobs, whole })
    }
}
