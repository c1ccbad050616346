//! Scans the job list and checks that it was read whole.
//!
//! Jobs move between pages while a list is read. A scan is whole only if every page was read, the number of jobs
//! matches the service's count, and a second read of the first page shows nothing new.

use super::error::ApiError;
use super::model::JobSummary;
use super::{Client, JobFilter, JobWalk};

/// Size of the page that is read a second time.
const FIRST_PAGE: u64 = 100;

/// The result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Ids of the jobs that match the filter, each once, in the service's order.
    pub jobs: Vec<String>,
    /// Ids of all jobs in the list, which may include other collections' jobs.
    pub all: Vec<String>,
    /// Whether the list was read whole, so a missing job doesn't exist.
    pub whole: bool,
}

impl Client {
    /// Reads the whole job list once.
    pub fn scan(&self, filter: &JobFilter) -> Result<Scan, ApiError> {
        let mut walk = JobWalk::new(self.clone(), filter.clone(), true);
        let jobs = walk.by_ref().collect::<Result<Vec<_>, _>>()?;
        let read_whole = walk.is_whole();
        let seen = walk.into_seen();
        let again = self.list_page(filter, 1, FIRST_PAGE)?;
        let name = listed_as(filter, &jobs);
        // v1 and some other servers ignore the filter. New jobs of other collections are no reason to repeat the scan.
        let wanted = |job: &&JobSummary| {
            let given = job.collection.as_str();
            given.is_empty() || name.is_none_or(|name| name == given)
        };
        let mut fresh = again.jobs.iter().filter(wanted);
        let whole = read_whole && again.whole && fresh.all(|job| seen.contains(&job.job_id));
        let ids = |job: &JobSummary| job.job_id.clone();
        Ok(Scan {
            jobs: jobs.iter().filter(wanted).map(ids).collect(),
            all: jobs.iter().map(ids).collect(),
            whole,
        })
    }
}

/// Returns the collection name that the listed jobs have. If no job has the requested name, the name may be an alias,
/// and jobs are listed under the collection's own name. Then returns `None`, so all jobs count.
fn listed_as<'a>(filter: &'a JobFilter, jobs: &'a [JobSummary]) -> Option<&'a str> {
    let asked = filter.collection.as_deref()?;
    let names = jobs.iter().map(|job| job.collection.as_str());
    let mut names = names.filter(|name| !name.is_empty()).peekable();
    let is_listed = names.peek().is_none() || names.any(|name| name == asked);
    is_listed.then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::model::State;

    #[test]
    fn an_alias_is_listed_by_its_collections_name() {
        let job = |name: &str| JobSummary {
            job_id: "job-1".to_owned(),
            collection: name.to_owned(),
            state: State::parse("Pending"),
            percent: None,
            file: String::new(),
            create_time: None,
            reason: None,
        };
        let filter = JobFilter {
            collection: Some("alias".to_owned()),
            database: None,
        };
        for (names, expected) in [
            (vec![], Some("alias")),
            (vec!["", ""], Some("alias")),
            (vec!["alias", "other"], Some("alias")),
            (vec!["books", "", "books"], None),
            (vec!["books", "other"], None),
            (vec!["other", "alias"], Some("alias")),
        ] {
            let jobs: Vec<JobSummary> = names.iter().map(|name| job(name)).collect();
            assert_eq!(listed_as(&filter, &jobs), expected, "{names:?}");
        }
        assert_eq!(listed_as(&JobFilter::default(), &[job("a")]), None);
    }
}
