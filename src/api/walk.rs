//! Iterates over the job list, page by page, and scans it whole.
//!
//! Jobs move between pages while a list is read. A scan is whole only if every page was read, the number of jobs
//! matches the service's count, and a second read of the first page shows nothing new.

use super::error::ApiError;
use super::model::{Dialect, JobPage, JobSummary};
use super::{Client, JobFilter};
use std::collections::{HashSet, VecDeque};

/// Largest page size that the cloud accepts.
const PAGE: u64 = 100;
/// Most pages to read. A server with more is taken to repeat its pages without end.
const PAGES: u64 = 50_000;

/// Iterator over all jobs that match a filter, in the service's order, each once; ends after an error.
///
/// Pages are requested only when the iterator reaches them, so it can be dropped at any time. New jobs push others to
/// later pages meanwhile, so a job may be listed twice; it's returned once.
#[derive(Debug)]
pub struct JobWalk {
    client: Client,
    filter: JobFilter,
    /// Whether jobs are returned whatever collection name the service lists for them.
    any_name: bool,
    next_page: Option<u64>,
    ready: VecDeque<JobSummary>,
    seen: HashSet<String>,
    /// The service's latest count of all the jobs in its list.
    count: Option<u64>,
    matched: u64,
    ended: bool,
    /// False once a page couldn't be read whole, or the page limit was reached.
    readable: bool,
    pages: u64,
}

impl JobWalk {
    /// Returns a walk from the first page on. With `any_name`, the collection's name in a job isn't compared.
    pub(super) fn new(client: Client, filter: JobFilter, any_name: bool) -> Self {
        Self {
            client,
            filter,
            any_name,
            next_page: Some(1),
            ready: VecDeque::new(),
            seen: HashSet::new(),
            count: None,
            matched: 0,
            ended: false,
            readable: true,
            pages: 0,
        }
    }

    /// Returns the total number of matching jobs, if the service has sent it or every page has been read.
    pub fn total(&self) -> Option<u64> {
        if self.ended {
            return Some(self.matched);
        }
        // v1 filters nothing, so its count isn't the filter's.
        let filters = self.client.settings().dialect.filters_jobs();
        let unfiltered = !filters && self.filter.collection.is_some();
        self.count.filter(|_| !unfiltered)
    }

    /// Returns false if the walk ended without reading the whole list: with fewer jobs than the service counts, or an
    /// item that couldn't be read as a job. New jobs push others from page to page, and some servers don't return all
    /// their pages.
    pub fn is_whole(&self) -> bool {
        let read = self.seen.len() as u64;
        !self.ended || (self.readable && self.count.is_none_or(|count| read >= count))
    }

    /// Returns the number of jobs met so far, and the service's count.
    pub fn read_and_counted(&self) -> (u64, Option<u64>) {
        (self.seen.len() as u64, self.count)
    }

    /// Returns the number of pages requested so far.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Returns true unless the next job needs a request beyond this number.
    pub fn may_read(&self, pages: u64) -> bool {
        !self.ready.is_empty() || self.pages < pages
    }

    /// Returns the ids of all jobs that the service has sent so far.
    pub(super) fn into_seen(self) -> HashSet<String> {
        self.seen
    }

    /// Adds one page, and decides whether there is a next one.
    ///
    /// The list ends when as many jobs were read as the service counts, or with a page that is empty or repeats others.
    /// A service may send smaller pages than requested, or ignore paging. Milvus has no pages.
    fn take_in(&mut self, page_number: u64, page: JobPage) {
        let dialect = self.client.settings().dialect;
        let mut fresh = 0_u64;
        for job in page.jobs {
            if !self.seen.insert(job.job_id.clone()) {
                continue;
            }
            fresh += 1;
            if self.wants(dialect, &job) {
                self.matched += 1;
                self.ready.push_back(job);
            }
        }
        self.count = page.count.or(self.count);
        let read = self.seen.len() as u64;
        let counted = self.count.is_some_and(|count| read >= count);
        let endless = page_number >= PAGES;
        self.readable &= page.whole && !endless;
        self.ended = counted || fresh == 0 || !dialect.has_pages() || endless;
        self.next_page = (!self.ended).then_some(page_number + 1);
    }

    /// Returns true if the job matches the filter. v1 has no filters, and a server may ignore a filter, so the result
    /// is checked here.
    fn wants(&self, dialect: Dialect, job: &JobSummary) -> bool {
        let unnamed = job.collection.is_empty() && dialect.filters_jobs();
        let name = self.filter.collection.as_ref();
        self.any_name || name.is_none_or(|name| *name == job.collection || unnamed)
    }
}

impl Iterator for JobWalk {
    type Item = Result<JobSummary, ApiError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(job) = self.ready.pop_front() {
                return Some(Ok(job));
            }
            let page_number = self.next_page.take()?;
            self.pages += 1;
            match self.client.list_page(&self.filter, page_number, PAGE) {
                Ok(page) => self.take_in(page_number, page),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

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
        let again = self.list_page(filter, 1, PAGE)?;
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
