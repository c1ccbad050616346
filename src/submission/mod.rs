//! From a request to exactly one job.
//!
//! Creating a job is not idempotent on most servers, a lost answer does not say whether the job exists, and job lists
//! carry neither files nor times. So a submission goes through states that the [`journal`](crate::journal) keeps:
//!
//! 1. **Begin** ([`Submitter::begin`]): take the identity's lock, look what is known of the key, take a baseline (a scan of
//!    the job list), and write the intent.
//! 2. **Send** ([`Submitter::send`]): the answer says *made*, *refused* or *never sent*, and that is the end; or nothing
//!    certain, and the submission is [`Parked`].
//! 3. **Look** ([`Submitter::look`]): ask again under the same `Idempotency-Key` where the server honours it; else scan the
//!    list, compare the files of new jobs, and claim the job, find it absent and send again, or say that it is not known.
//!
//! [`Submitter::submit`] does all of it for one request. The steps are public for batches: parked items hold no slot, and
//! one scan serves all of a collection's.
//!
//! # Why this is sound
//!
//! - *Two submitters of the same*: the identity's lock is held from before the intent until the outcome is known, by
//!   threads that wait for a late answer too. The second finds the first's result under the key; without a key it was
//!   asked to import twice, and does.
//! - *Two submitters of different things* cannot take each other's job: a job that a scan finds is claimed under the
//!   journal's lock, if no submission has it, and if no other unresolved one that may own it has the same files. Then
//!   both wait for each other's resolution.
//! - *A job that was there before* is in a `seen` entry that precedes the intent. A scan of another process that already
//!   shows our job is journalled after our intent, for our intent is written before we send.
//! - *List lag*: a job counts as absent only after two whole scans that both began after the send plus `settle`. After a
//!   crash the time of the send is not known for certain, since clocks jump: then `settle` counts from the restart.
//! - *Crashes*: before the intent nothing was sent; after it the submission is open, and whoever comes under the same key
//!   takes up at step 3 with the old baseline. Between the answer and its entry is the same. What has no key is
//!   reported and never sent again by itself.
//! - *A stale keep-alive connection* breaks before or after the server acted; nobody can tell, so it is *unknown*.
//! - *Refusals*: the answer to a repeat under an honoured key speaks for the first send too, since the server would
//!   have answered with the job; but not one about the API key or about load, which it gives before it looks.
//!
//! The assumption is that list lag and server delay stay below `settle`, and that nobody else submits the same files to the
//! same collection meanwhile.

mod admit;
mod baseline;
mod begin;
mod ends;
mod error;
mod files;
mod late;
mod look;
mod parked;
mod rehearse;
mod send;
mod verdict;

pub use begin::Begun;
pub use ends::Shown;
pub use error::{Doubt, SubmitError};
pub use late::LateAnswers;
pub use look::{Found, Looked};
pub use parked::{Open, Parked};
pub use send::Sent;

use crate::api::model::ImportRequest;
use crate::api::{ApiError, Client, Outcome};
use crate::interrupt::{Interrupt, TICK};
use crate::journal::{Closed, Entry, How, Journal, JournalError, Made, Refused, Scope, now};
use baseline::Baseline;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long we wait in silence for another submitter of the same.
const SILENCE: Duration = Duration::from_secs(1);

/// What submissions of one run share.
#[derive(Debug)]
pub struct Desk {
    /// The data folder's journal.
    pub journal: Arc<Journal>,
    /// Answers that are still out.
    pub late: LateAnswers,
    /// By scope; `None` if the service refuses to list.
    baselines: Mutex<HashMap<Scope, Option<Arc<Baseline>>>>,
}

impl Desk {
    /// The desk of this data folder, with what tells of a damaged journal; does no I/O.
    pub fn new(data_dir: &Path, warn: fn(&str), interrupt: Interrupt) -> Self {
        let journal = Journal::new(data_dir)
            .warning(warn)
            .interruptible(interrupt);
        Self {
            journal: Arc::new(journal),
            late: LateAnswers::default(),
            baselines: Mutex::default(),
        }
    }
}

/// Submits over one connection.
#[derive(Clone, Copy)]
pub struct Submitter<'a> {
    /// What the run's submissions share.
    pub desk: &'a Desk,
    /// The connection.
    pub client: &'a Client,
    /// Its name, for people.
    pub connection: &'a str,
    /// Takes lines for the person at the terminal.
    pub tell: &'a dyn Fn(&str),
    /// How long a busy service is asked again.
    pub busy_wait: Duration,
}

impl Submitter<'_> {
    /// Submits one job and answers its id, or that of the job made earlier under the key. Waits for whatever has to be
    /// waited for; the client's interrupt ends the wait.
    pub fn submit(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
    ) -> Result<String, SubmitError> {
        if self.client.settings().dry_run.is_some() {
            return self.rehearse(request, key);
        }
        let mut attempts = 0;
        let mut next = self.await_turn(request, key)?;
        loop {
            next = match next {
                Found::Made(job) => return Ok(job),
                Found::Again(open) => match self.send(open.after(attempts))? {
                    Sent::Made(job) => Found::Made(job),
                    Sent::Parked(parked) => Found::Parked(parked),
                    Sent::Next => Found::Next,
                },
                Found::Next => {
                    attempts += 1;
                    self.await_turn(request, key)?
                }
                Found::Parked(parked) => {
                    let pause = parked.due().saturating_duration_since(Instant::now());
                    let stopped = self.client.interrupt().sleep(pause);
                    stopped.map_err(|stop| parked.stopped(stop))?;
                    self.look_at(parked)?
                }
            };
        }
    }

    /// Begins a submission once no other one of the same is under way.
    fn await_turn(&self, request: &ImportRequest, key: Option<&str>) -> Result<Found, SubmitError> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            match self.begin(request, key, &[])? {
                Begun::Known(job) => return Ok(Found::Made(job)),
                Begun::Open(open) => return Ok(Found::Again(open)),
                Begun::Parked(parked) => return Ok(Found::Parked(parked)),
                Begun::Busy => self
                    .client
                    .interrupt()
                    .sleep(TICK)
                    .map_err(|stop| SubmitError::Waiting { stop })?,
            }
            if !told && begun.elapsed() > SILENCE {
                told = true;
                (self.tell)("the same files are being submitted already: waiting for that to end");
            }
        }
    }

    /// Writes entries about what has happened on the server. Where that fails nothing can be undone: it is told, and the
    /// submission stays open in the journal, to be reconciled.
    fn note(&self, entries: Vec<Entry>) {
        if let Err(error) = self.desk.journal.note(entries) {
            self.tell_unwritten(&error);
        }
    }

    fn tell_unwritten(&self, error: &JournalError) {
        (self.tell)(&format!("warning: {error}"));
    }
}

/// What is journalled of the answer to a create call; nothing where that says nothing certain.
fn outcome_entries(id: &str, answer: &Result<String, ApiError>, late: bool) -> Vec<Entry> {
    let (id, at) = (id.to_owned(), now());
    match answer {
        Ok(job) => vec![Entry::Made(Made {
            id,
            at,
            job: job.clone(),
            how: if late { How::LateAnswer } else { How::Answer },
        })],
        Err(error) => match error.outcome() {
            Outcome::Refused | Outcome::Busy => vec![Entry::Refused(Refused {
                id,
                at,
                code: error.code(),
                status: error.status(),
            })],
            Outcome::NeverSent => vec![Entry::Unsent(Closed { id, at })],
            Outcome::Unknown => Vec::new(),
        },
    }
}
