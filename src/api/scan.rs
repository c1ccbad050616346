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
        let jobs = jobs.iter().filter(wanted);
        Ok(Scan {
            jobs: jobs.map(|job| job.job_id.clone()).collect(),
            whole,
        })
    }
}

/// The name that a filtered list gives the collection. Where that was asked for by an alias it may be another one: then
/// all jobs have it. A list of several names was not filtered at all.
fn listed_as<'a>(filter: &'a JobFilter, jobs: &'a [JobSummary]) -> Option<&'a str> {
    let asked = filter.collection.as_deref()?;
    let names = jobs.iter().map(|job| job.collection.as_str());
    let mut names = names.filter(|name| !name.is_empty());
    let Some(first) = names.next() else {
        return Some(asked);
    };
    let same = first == asked || names.all(|name| name == first);
    Some(if same { first } else { asked })
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
            (vec![], "alias"),
            (vec!["", ""], "alias"),
            (vec!["alias", "other"], "alias"),
            (vec!["books", "", "books"], "books"),
            (vec!["books", "other"], "alias"),
            (vec!["other", "alias"], "alias"),
        ] {
            let jobs: Vec<JobSummary> = names.iter().map(|name| job(name)).collect();
            assert_eq!(listed_as(&filter, &jobs), Some(expected), "{names:?}");
        }
        assert_eq!(listed_as(&JobFilter::default(), &[job("a")]), None);
    }
}
