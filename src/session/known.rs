//! The jobs that a session has seen and the names that its services list, for completion and "did you mean".

use super::names::NameCache;
use crate::api::model::JobState;
use crate::connection::Connection;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Maximum number of remembered jobs.
const JOBS: usize = 200;

/// A job that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenJob {
    pub id: String,
    /// The collection; empty if it isn't known.
    pub collection: String,
    /// The state when it was seen last; empty if it was only submitted.
    pub state: String,
    /// The time when it was seen first.
    pub since: Timestamp,
    /// The address of the connection, see [`Connection::address`].
    pub address: String,
    /// The profile that makes the connection again, or `local`.
    pub profile: Option<String>,
    /// True if this run submitted it.
    pub submitted: bool,
}

impl SeenJob {
    /// Returns a job of this connection, seen now. Without a state it was just submitted.
    pub fn new(id: String, collection: String, state: &str, connection: &Connection) -> Self {
        Self {
            id,
            collection,
            state: state.to_owned(),
            since: Timestamp::now(),
            address: connection.address(),
            profile: connection.profile_word(),
            submitted: state.is_empty(),
        }
    }
}

/// The jobs and names that a session knows.
#[derive(Default)]
pub struct Known {
    /// The latest last.
    jobs: RefCell<Vec<SeenJob>>,
    /// The values that were looked at once.
    looked_at: RefCell<BTreeSet<String>>,
    /// The names that services list.
    pub(crate) names: NameCache,
}

impl Known {
    /// Returns the jobs of the connection at this address, or all, the latest first.
    pub fn jobs(&self, address: Option<&str>) -> Vec<SeenJob> {
        let jobs = self.jobs.borrow();
        let here = |job: &&SeenJob| address.is_none_or(|address| job.address == address);
        jobs.iter().rev().filter(here).cloned().collect()
    }

    /// Returns the ids of jobs that this run submitted and that aren't known to have ended, oldest first.
    pub fn submitted(&self) -> Vec<String> {
        let ended = |job: &SeenJob| job.state.parse().is_ok_and(JobState::is_final);
        let jobs = self.jobs.borrow();
        let open = jobs.iter().filter(|job| job.submitted && !ended(job));
        open.map(|job| job.id.clone()).collect()
    }

    /// Returns the profile of a job that was seen.
    pub fn profile(&self, id: &str) -> Option<String> {
        let jobs = self.jobs.borrow();
        let job = jobs.iter().rev().find(|job| job.id == id)?;
        job.profile.clone()
    }

    /// Returns true the first time that it's called for this text.
    pub(crate) fn is_first(&self, about: String) -> bool {
        self.looked_at.borrow_mut().insert(about)
    }

    /// Records jobs, the latest last.
    pub fn learn(&self, seen: impl IntoIterator<Item = SeenJob>) {
        let mut jobs = self.jobs.borrow_mut();
        for job in seen {
            let is_same = |known: &&mut SeenJob| known.id == job.id && known.address == job.address;
            let Some(known) = jobs.iter_mut().find(is_same) else {
                jobs.push(job);
                let excess = jobs.len().saturating_sub(JOBS);
                jobs.drain(..excess);
                continue;
            };
            if !job.state.is_empty() {
                known.state = job.state;
            }
            known.submitted |= job.submitted;
            if known.collection.is_empty() {
                known.collection = job.collection;
            }
        }
    }
}
