//! A scan: reads the job list and says whether it was read whole.
//!
//! Pages shift while a list is read. A scan is whole only if every page was read, as many jobs were met as the service
//! counts, and the first page, read once more, shows nothing new.

use super::error::ApiError;
use super::model::JobSummary;
use super::{Client, JobFilter, JobWalk};

/// The page that is read again.
const FIRST_PAGE: u64 = 100;

/// What a scan saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Ids of the jobs that match the filter, each once, in the service's order.
    pub jobs: Vec<String>,
    /// Ids of all jobs in the list, which may hold those of other collections.
    pub all: Vec<String>,
    /// True where the list was whole, so that a job's absence says something.
    pub whole: bool,
}

impl Client {
    /// Reads the whole job list once.
    pub fn scan(&self, filter: &JobFilter) -> Result<Scan, ApiError> {
        let mut walk = JobWalk::new(self.clone(), filter.clone(), None).by_any_name();
        let jobs = walk.by_ref().collect::<Result<Vec<_>, _>>()?;
        let read_whole = walk.is_whole();
        let seen = walk.into_seen();
        let again = self.list_page(filter, 1, FIRST_PAGE)?;
        let name = listed_as(filter, &jobs);
        // v1 filters nothing, and other servers may not: what others import elsewhere is no reason to begin anew.
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

/// The name that the jobs of the collection have in a list. A list without the name that was asked for may be that of an
/// alias, whose jobs have the name of the collection it stands for: then all jobs are looked at.
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
