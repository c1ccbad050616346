//! What a session has seen of the services it talks to, and what has a name at the prompt: completion and "did you
//! mean" read it. Nothing of it is asked for on their behalf but a connection's collections, once and in the background.

use crate::api::model::JobState;
use crate::connection::Connection;
use crate::engine::values::{Job, Names, ProgressValue, SummaryValue};
use crate::interrupt::Interrupt;
use jiff::Timestamp;
use rhai::{Array, Dynamic};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many jobs are remembered, and how many of one list are taken in.
const JOBS: usize = 200;
/// How long the answer to the question for the collections may take in the background.
const ANSWER: Duration = Duration::from_secs(30);

/// A job that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenJob {
    /// Its id.
    pub id: String,
    /// Its collection; empty where it is not known.
    pub collection: String,
    /// Its state when it was seen last; empty where it was only submitted.
    pub state: String,
    /// When it was seen first.
    pub since: Timestamp,
    /// The address of its connection, see [`Connection::address`].
    pub address: String,
    /// True where this run submitted it.
    pub submitted: bool,
}

/// What is known of a connection's collections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collections {
    /// These are there.
    Named(Vec<String>),
    /// The service has not answered yet.
    Asked,
    /// It cannot be asked.
    Refused,
}

type Answer = Arc<(Mutex<Collections>, Condvar)>;

/// What a session has seen.
#[derive(Default)]
pub struct Known {
    /// The latest last.
    jobs: RefCell<Vec<SeenJob>>,
    collections: RefCell<BTreeMap<String, Answer>>,
    names: RefCell<Rc<Names>>,
}

impl Known {
    /// What has a name at the prompt.
    pub fn names(&self) -> Rc<Names> {
        Rc::clone(&self.names.borrow())
    }

    /// Replaces what has a name at the prompt.
    pub fn set_names(&self, names: Names) {
        *self.names.borrow_mut() = Rc::new(names);
    }

    /// The jobs of the connection at this address, or all, the latest first.
    pub fn jobs(&self, address: Option<&str>) -> Vec<SeenJob> {
        let jobs = self.jobs.borrow();
        let here = |job: &&SeenJob| address.is_none_or(|address| job.address == address);
        jobs.iter().rev().filter(here).cloned().collect()
    }

    /// The ids of jobs that this run submitted and that have not ended as far as it knows, the first ones first.
    pub fn submitted(&self) -> Vec<String> {
        let ended = |job: &SeenJob| {
            let mut states = JobState::ALL.into_iter();
            states.any(|state| state.word() == job.state && state.is_final())
        };
        let jobs = self.jobs.borrow();
        let open = jobs.iter().filter(|job| job.submitted && !ended(job));
        open.map(|job| job.id.clone()).collect()
    }

    /// Takes in what a call gave: jobs in whatever form.
    pub fn learn(&self, value: &Dynamic) {
        if let Some(list) = value.read_lock::<Array>() {
            // A list may be long; where the first is no job, none is. The service lists the latest first.
            let is_jobs = list.first().is_some_and(|first| seen(first).is_some());
            if is_jobs {
                let latest = list.iter().take(JOBS).collect::<Vec<_>>();
                latest
                    .into_iter()
                    .rev()
                    .for_each(|item| self.learn_job(item));
            }
        } else {
            self.learn_job(value);
        }
    }

    fn learn_job(&self, value: &Dynamic) {
        let Some(job) = seen(value) else {
            return;
        };
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

    /// Takes in a connection's collections.
    pub fn learn_collections(&self, connection: &Connection, names: Vec<String>) {
        let answer = Arc::new((Mutex::new(Collections::Named(names)), Condvar::new()));
        let mut known = self.collections.borrow_mut();
        known.insert(connection.address(), answer);
    }

    /// Forgets a connection's collections: they have changed. An answer still under way no longer counts.
    pub fn forget_collections(&self, connection: &Connection) {
        self.collections.borrow_mut().remove(&connection.address());
    }

    /// A connection's collections, if they are known without asking.
    pub fn collections(&self, connection: &Connection) -> Option<Vec<String>> {
        let known = self.collections.borrow();
        let answer = known.get(&connection.address())?;
        match &*answer.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Collections::Named(names) => Some(names.clone()),
            _ => None,
        }
    }

    /// A connection's collections: asked for in the background if they are not known, and waited for no longer than
    /// `patience`. The answer is there when it is asked for again; one that failed is asked for anew.
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

/// Asks for the collections on a thread of its own, without a line in the log: the prompt is on the screen.
fn ask(connection: &Connection) -> Answer {
    let answer: Answer = Arc::new((Mutex::new(Collections::Asked), Condvar::new()));
    let told = Arc::clone(&answer);
    let interrupt = Interrupt::new().until(Instant::now().checked_add(ANSWER));
    let client = connection.client.quiet(interrupt);
    let asking = std::thread::Builder::new().spawn(move || {
        let state = client
            .collections()
            .map_or(Collections::Refused, Collections::Named);
        *told.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
        told.1.notify_all();
    });
    if asking.is_err() {
        *answer.0.lock().unwrap_or_else(PoisonError::into_inner) = Collections::Refused;
    }
    answer
}

/// The job that a value is or is about.
fn seen(value: &Dynamic) -> Option<SeenJob> {
    let (job, state) = if let Some(job) = value.read_lock::<Job>() {
        (job.clone(), "")
    } else if let Some(summary) = value.read_lock::<SummaryValue>() {
        (summary.job(), summary.summary.state.kind.word())
    } else if let Some(progress) = value.read_lock::<ProgressValue>() {
        (progress.job(), progress.progress.state.kind.word())
    } else {
        return None;
    };
    Some(SeenJob {
        id: job.id,
        collection: job.collection,
        state: state.to_owned(),
        submitted: value.is::<Job>(),
        since: Timestamp::now(),
        address: job.connection.address(),
    })
}
