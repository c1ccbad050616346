//! The jobs and collections that a session has seen, for completion and "did you mean". The only request made for them
//! is one for a connection's collections, in the background.

use crate::api::model::JobState;
use crate::connection::Connection;
use crate::interrupt::Interrupt;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of remembered jobs.
const JOBS: usize = 200;
/// Timeout of the background request for the collections.
const ANSWER: Duration = Duration::from_secs(30);

/// A job that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenJob {
    /// The id.
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

/// The knowledge of a connection's collections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collections {
    /// The names.
    Named(Vec<String>),
    /// The service has not answered yet.
    Asked,
    /// The request failed.
    Refused,
}

type Answer = Arc<(Mutex<Collections>, Condvar)>;

/// The jobs and collections that a session has seen.
#[derive(Default)]
pub struct Known {
    /// The latest last.
    jobs: RefCell<Vec<SeenJob>>,
    /// What has been looked at once.
    looked_at: RefCell<BTreeSet<String>>,
    collections: RefCell<BTreeMap<String, Answer>>,
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
        let ended = |job: &SeenJob| {
            let mut states = JobState::ALL.into_iter();
            states.any(|state| state.word() == job.state && state.is_final())
        };
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
    pub fn learn(&self, jobs: impl IntoIterator<Item = SeenJob>) {
        for job in jobs {
            self.learn_job(job);
        }
    }

    fn learn_job(&self, job: SeenJob) {
        let mut jobs = self.jobs.borrow_mut();
        let known = jobs
            .iter_mut()
            .find(|known| known.id == job.id && known.address == job.address);
        match known {
            Some(known) => {
                if !job.state.is_empty() {
                    known.state = job.state;
                }
                known.submitted |= job.submitted;
                if known.collection.is_empty() {
                    known.collection = job.collection;
                }
            }
            None => {
                jobs.push(job);
                let excess = jobs.len().saturating_sub(JOBS);
                jobs.drain(..excess);
            }
        }
    }

    /// Records a connection's collections.
    pub fn learn_collections(&self, connection: &Connection, names: Vec<String>) {
        let answer = Arc::new((Mutex::new(Collections::Named(names)), Condvar::new()));
        let mut known = self.collections.borrow_mut();
        known.insert(connection.address(), answer);
    }

    /// Forgets a connection's collections after a change. An answer that's still on its way is ignored.
    pub fn forget_collections(&self, connection: &Connection) {
        self.collections.borrow_mut().remove(&connection.address());
    }

    /// Returns a connection's collections, if they're known without a request.
    pub fn collections(&self, connection: &Connection) -> Option<Vec<String>> {
        let known = self.collections.borrow();
        let answer = known.get(&connection.address())?;
        match &*answer.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Collections::Named(names) => Some(names.clone()),
            _ => None,
        }
    }

    /// Returns a connection's collections. If they aren't known, requests them in the background and waits at most
    /// `patience`. A later call finds the answer, or repeats a failed request.
    pub fn ask_collections(&self, connection: &Connection, patience: Duration) -> Collections {
        let address = connection.address();
        let known = self.collections.borrow().get(&address).cloned();
        let answer = known.unwrap_or_else(|| {
            let answer = ask(connection);
            let mut known = self.collections.borrow_mut();
            known.insert(address.clone(), Arc::clone(&answer));
            answer
        });
        let state = answer.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = answer
            .1
            .wait_timeout_while(state, patience, |state| *state == Collections::Asked)
            .unwrap_or_else(PoisonError::into_inner);
        if *state == Collections::Refused {
            self.collections.borrow_mut().remove(&address);
        }
        state.clone()
    }
}

/// Requests the collections on a thread, without a line in the log, because the prompt is on the screen.
fn ask(connection: &Connection) -> Answer {
    let answer: Answer = Arc::new((Mutex::new(Collections::Asked), Condvar::new()));
    let shared = Arc::clone(&answer);
    let interrupt = Interrupt::new().until(Instant::now().checked_add(ANSWER));
    let client = connection.client.quiet(interrupt);
    let asking = std::thread::Builder::new().spawn(move || {
        let state = client
            .collections()
            .map_or(Collections::Refused, Collections::Named);
        *shared.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
        shared.1.notify_all();
    });
    if asking.is_err() {
        *answer.0.lock().unwrap_or_else(PoisonError::into_inner) = Collections::Refused;
    }
    answer
}
