//! The walk over a job list, page after page.

use super::error::ApiError;
use super::model::{Dialect, JobPage, JobSummary};
use super::{Client, JobFilter};
use std::collections::{HashSet, VecDeque};

/// The largest page that the cloud gives.
const PAGE: u64 = 100;
/// The smallest page that the cloud gives.
const SMALLEST_PAGE: u64 = 5;
/// A list of more pages does not end: the server is making it up.
const PAGES: u64 = 50_000;

/// All jobs that match a filter, in the service's order, each once; ends after an error.
///
/// Pages are asked for as the walk reaches them, so it can be left at any time. New jobs push others from page to
/// page while it goes on: a job met twice is given once.
#[derive(Debug)]
pub struct JobWalk {
    client: Client,
    filter: JobFilter,
    /// True where jobs are given by whatever name the service tells of their collection.
    any_name: bool,
    page_size: u64,
    next_page: Option<u64>,
    ready: VecDeque<JobSummary>,
    seen: HashSet<String>,
    /// The service's latest count, of all the jobs that it lists.
    count: Option<u64>,
    matched: u64,
    ended: bool,
    /// False once a page could not be read whole, or was one too many.
    readable: bool,
    pages: u64,
}

impl JobWalk {
    /// A walk; one that is known to be left after `limit` jobs asks for a smaller page.
    pub(super) fn new(client: Client, filter: JobFilter, limit: Option<usize>) -> Self {
        let page_size = limit
            .filter(|_| filter.collection.is_none())
            .and_then(|limit| u64::try_from(limit).ok())
            .map_or(PAGE, |limit| limit.clamp(SMALLEST_PAGE, PAGE));
        Self {
            client,
            filter,
            any_name: false,
            page_size,
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

    /// The same walk, of all jobs that the service gives to its filter.
    pub(super) fn by_any_name(mut self) -> Self {
        self.any_name = true;
        self
    }

    /// Returns how many jobs match in all, if the service has said so by now or every page has been read.
    pub fn total(&self) -> Option<u64> {
        if self.ended {
            return Some(self.matched);
        }
        // The count of v1, which filters nothing, is not that of the filter.
        let v1 = self.client.settings().dialect == Dialect::V1;
        let unfiltered = v1 && self.filter.collection.is_some();
        self.count.filter(|_| !unfiltered)
    }

    /// Returns false if the walk has ended without having read the whole list: fewer jobs than the service counts, or
    /// something that could not be read as a job. Jobs made meanwhile push others from page to page, and some servers
    /// don't give all their pages.
    pub fn is_whole(&self) -> bool {
        let read = self.seen.len() as u64;
        !self.ended || (self.readable && self.count.is_none_or(|count| read >= count))
    }

    /// Returns how many jobs the walk has met so far, and how many the service counts.
    pub fn read_and_counted(&self) -> (u64, Option<u64>) {
        (self.seen.len() as u64, self.count)
    }

    /// How many pages were asked for so far.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// True unless the next job takes a request beyond this many.
    pub fn may_read(&self, pages: u64) -> bool {
        !self.ready.is_empty() || self.pages < pages
    }

    /// The ids met so far, of every job the service gave.
    pub(super) fn into_seen(self) -> HashSet<String> {
        self.seen
    }

    /// Takes in one page; decides whether there is a further one.
    ///
    /// The list ends when as many jobs are read as the service counts, or with a page that is empty or repeats others: a
    /// service may give smaller pages than it was asked for, or not page at all. Milvus has no pages.
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
        self.ended = counted || fresh == 0 || dialect == Dialect::Milvus || endless;
        self.next_page = (!self.ended).then_some(page_number + 1);
    }

    /// v1 knows no filter; and one that a server ignored must not go unnoticed.
    fn wants(&self, dialect: Dialect, job: &JobSummary) -> bool {
        let unnamed = job.collection.is_empty() && dialect != Dialect::V1;
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
            match self
                .client
                .list_page(&self.filter, page_number, self.page_size)
            {
                Ok(page) => self.take_in(page_number, page),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
