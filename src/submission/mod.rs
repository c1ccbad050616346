//! Submissions: from an import request to exactly one job.
//!
//! Creating a job isn't idempotent on most servers, a lost answer doesn't show whether the job exists, and job lists
//! contain neither files nor times. So a submission passes through states that the [`journal`](crate::journal) records:
//!
//! 1. **Begin** ([`Submitter::begin`]): lock the identity, check the import key's history, take a baseline (a scan of
//!    the job list), and write the intent.
//! 2. **Send** ([`Submitter::send`]): an answer that means *made*, *refused* or *never sent* ends the submission. After
//!    any other outcome the submission is [`Unresolved`].
//! 3. **Look** ([`Submitter::look`]): if the server honours `Idempotency-Key`, repeat the call under the same header.
//!    Otherwise scan the job list and compare the files of new jobs. Then claim the job, or find it absent and send
//!    again, or report that the outcome isn't known.
//!
//! [`Submitter::submit`] does all of this for one request. The steps are separate for batches: unresolved submissions
//! occupy no slot, and one scan serves all of a collection. Start with [`Submitter::submit`].
//!
//! # Why this is sound
//!
//! - *Two identical submissions*: the identity's lock is held from before the intent until the outcome is known, also
//!   by threads that wait for a late answer. With an import key, the second submission finds the result of the first.
//!   Without one, the user has asked for two imports, and both are made.
//! - *Two different submissions* can't claim each other's job. A job that a scan finds is claimed under the journal's
//!   lock, and only if no submission has it and no other unresolved submission that may own it has the same files. If
//!   one has, both wait until the other is resolved.
//! - *A job that existed before* is in a `seen` entry that precedes the intent. If another process scans the list and
//!   sees our job, its `seen` entry follows our intent, because our intent is written before we send.
//! - *List lag*: a job counts as absent only after two complete scans that both began after the send plus `settle`.
//!   After a crash the time of the send isn't certain, since clocks jump, so `settle` counts from the restart.
//! - *Crashes*: before the intent nothing was sent. After it the submission is open, and the next submission under the
//!   same import key continues at step 3 with the old baseline. A crash between the answer and its entry is handled in
//!   the same way. Open submissions without an import key are reported and never sent again automatically.
//! - *A stale keep-alive connection* may break before or after the server acted, and no client can distinguish the two,
//!   so the outcome is *unknown*.
//! - *Refusals*: the refusal of a repeated call under an honoured header proves nothing about the first send, since the
//!   server checks load limits and the API key before it looks up the header. So the call is repeated later, and after
//!   a few refusals the job list is scanned, or the outcome counts as not known if there's no baseline.
//!
//! The assumptions are that list lag and server delay stay below `settle`, and that no one else submits the same files
//! to the same collection in the meantime.

mod admit;
mod baseline;
mod begin;
mod ends;
mod error;
mod files;
mod late;
mod reconcile;
mod unresolved;

pub(crate) use begin::FileMarks;
pub(crate) use ends::Shown;
pub(crate) use error::{Doubt, SubmitError};
pub(crate) use late::LateAnswers;
pub(crate) use unresolved::{Open, SubmissionStep, Unresolved};

use crate::api::model::ImportRequest;
use crate::api::{ApiError, Client, Outcome, backoff};
use crate::interrupt::{Interrupt, Stop, TICK};
use crate::journal::{Entry, Journal, JournalError, KnownBy, Moment, Scope, now};
use crate::pending::PendingGuard;
use baseline::Baseline;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for which we wait for another identical submission without a message.
const SILENCE: Duration = Duration::from_secs(1);

/// State that the submissions of one run share.
#[derive(Debug)]
pub struct SubmissionContext {
    /// The data folder's journal.
    pub journal: Arc<Journal>,
    /// Answers that haven't arrived yet.
    pub late: LateAnswers,
    /// Baselines by scope; `None` if the service refuses to list jobs.
    baselines: Mutex<HashMap<Scope, Option<Arc<Baseline>>>>,
}

impl SubmissionContext {
    /// Returns the shared state for a data folder without any I/O; `warn` reports a damaged journal.
    pub fn new(data_dir: &Path, warn: fn(&str), interrupt: Interrupt) -> Self {
        Self {
            journal: Arc::new(Journal::new(data_dir, warn, interrupt)),
            late: LateAnswers::default(),
            baselines: Mutex::default(),
        }
    }
}

/// A line for the user about a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The import key is known and already has a job. A batch counts such keys and skips the line.
    KnownKey(String),
    /// Any other event.
    Event(String),
    /// A problem that doesn't prevent the import.
    Warning(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KnownKey(text) | Self::Event(text) => f.write_str(text),
            Self::Warning(text) => write!(f, "warning: {text}"),
        }
    }
}

/// Submitter of import jobs over one connection.
#[derive(Clone, Copy)]
pub struct Submitter<'a> {
    /// State that the run's submissions share.
    pub desk: &'a SubmissionContext,
    /// The connection's client.
    pub client: &'a Client,
    /// Name of the connection, for messages.
    pub connection: &'a str,
    /// Shows a notice to the user.
    pub notify: &'a dyn Fn(Notice),
    /// Time for which the create call to a busy service is repeated.
    pub busy_wait: Duration,
}

impl Submitter<'_> {
    /// Submits one job and returns its id, or the id of the job that was made earlier under the import key. Blocks
    /// until the outcome is known; the client's interrupt ends the wait.
    pub fn submit(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
    ) -> Result<String, SubmitError> {
        if self.client.settings().dry_run.is_some() {
            return self.rehearse(request, key);
        }
        let _pending = self.pending();
        let mut attempts = 0;
        let mut step = self.await_turn(request, key)?;
        loop {
            step = match step {
                SubmissionStep::Known(job) | SubmissionStep::Made(job) => return Ok(job),
                SubmissionStep::Open(open) => self.send(open.after(attempts))?,
                SubmissionStep::Next => {
                    attempts += 1;
                    self.await_turn(request, key)?
                }
                SubmissionStep::Busy => self.await_turn(request, key)?,
                SubmissionStep::Unresolved(parked) => {
                    let pause = parked.due().saturating_duration_since(Instant::now());
                    let stopped = self.client.interrupt().sleep(pause);
                    stopped.map_err(|stop| self.stopped(&parked.open, stop))?;
                    self.look_at(parked, &mut HashMap::new())?
                }
            };
        }
    }

    /// Sends a submission. A create call that never left is repeated, with growing pauses, until the read timeout is
    /// over. A call that met a busy service is repeated until `busy_wait` is over.
    pub fn send(&self, mut open: Open) -> Result<SubmissionStep, SubmitError> {
        let begun = Instant::now();
        let pending = self.pending();
        let patience = self.client.settings().read_timeout;
        let mut tries = 0;
        loop {
            open.sent = Moment::now();
            open.begun = Some(Instant::now());
            let error = match self.create(&mut open, true) {
                Ok(job) => return self.admit(open, job, KnownBy::Answer),
                Err(error) => error,
            };
            tries += 1;
            let pause = match (error.outcome(), &error) {
                (Outcome::Unknown, ApiError::Stopped { stop, .. }) => {
                    return Err(self.stopped(&open, *stop));
                }
                (Outcome::Unknown, _) => {
                    let cause = Some(Box::new(error));
                    let parked = Unresolved::new(open, cause, self.settle());
                    return Ok(SubmissionStep::Unresolved(parked));
                }
                (Outcome::NeverSent, ApiError::Unreachable { .. }) => {
                    Some(backoff(tries)).filter(|pause| begun.elapsed() + *pause < patience)
                }
                (Outcome::Busy, _) => self.busy_pause(&error, tries, begun),
                _ => None,
            };
            let slept = pause.map(|pause| self.client.interrupt().sleep(pause));
            if slept.is_some_and(|slept| slept.is_ok()) {
                pending.again();
                continue;
            }
            self.note(outcome_entries(open.id(), &Err(error.clone()), false));
            return Err(match (error.outcome(), slept) {
                // No job was made, and the run ends.
                (Outcome::Busy, Some(Err(stop))) => SubmitError::Waiting(stop),
                (Outcome::Busy, _) if tries > 1 => SubmitError::StillBusy {
                    waited: begun.elapsed(),
                    last: Box::new(error),
                },
                _ => error.into(),
            });
        }
    }

    /// Returns the pause before the call to a busy service is repeated, or `None` if `busy_wait` would be exceeded.
    fn busy_pause(&self, error: &ApiError, tries: u32, begun: Instant) -> Option<Duration> {
        let pause = error.retry_after().unwrap_or_else(|| backoff(tries));
        let waited = begun.elapsed().checked_add(pause)?;
        (waited <= self.busy_wait).then_some(pause)
    }

    /// Makes one create call. If the run is stopped, the answer is journalled when it arrives. The answer to a repeat
    /// is journalled only if it's a job, since a failure of the repeat proves nothing about the first send.
    fn create(&self, open: &mut Open, first: bool) -> Result<String, ApiError> {
        open.sends = open.sends.saturating_add(1);
        let late = self.desk.late.journalling(&self.desk.journal, open, first);
        self.client
            .create_or_late(&open.request, &open.intent.header, late)
    }

    /// Registers the submission as a call that the run waits for.
    fn pending(&self) -> PendingGuard<'_> {
        let pending = self.client.interrupt().pending();
        pending.begin("submitting to", self.client.host(), "")
    }

    /// Begins a submission as soon as no other identical one is in progress.
    fn await_turn(
        &self,
        request: &ImportRequest,
        key: Option<&str>,
    ) -> Result<SubmissionStep, SubmitError> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            let step = self.begin(request, key, FileMarks::default())?;
            if !matches!(step, SubmissionStep::Busy) {
                return Ok(step);
            }
            let stopped = self.client.interrupt().sleep(TICK);
            stopped.map_err(SubmitError::Waiting)?;
            if !told && begun.elapsed() > SILENCE {
                told = true;
                (self.notify)(Notice::Event(
                    "the same files are being submitted already: waiting for that to end"
                        .to_owned(),
                ));
            }
        }
    }

    /// Journals entries about events on the server. Those can't be undone, so a failure is only reported, and the
    /// submission stays open in the journal and is reconciled later.
    fn note(&self, entries: Vec<Entry>) {
        if let Err(error) = self.desk.journal.note(entries) {
            self.warn_unwritten(&error);
        }
    }

    /// Journals, on the disk, that the run was stopped before the outcome of a submission was known.
    fn stopped(&self, open: &Open, stop: Stop) -> SubmitError {
        let unknown = Entry::unknown(open.id(), Vec::new(), true);
        if let Err(error) = self.desk.journal.append(vec![unknown]) {
            self.warn_unwritten(&error);
        }
        SubmitError::Stopped {
            stop,
            id: open.intent.id.clone(),
            key: open.intent.key.clone(),
        }
    }

    fn warn_unwritten(&self, error: &JournalError) {
        (self.notify)(Notice::Warning(error.to_string()));
    }
}

/// Returns the journal entries for the answer to a create call; none if the answer proves nothing.
fn outcome_entries(id: &str, answer: &Result<String, ApiError>, late: bool) -> Vec<Entry> {
    let error = match answer {
        Ok(job) if late => return vec![Entry::made(id, job, KnownBy::LateAnswer)],
        Ok(job) => return vec![Entry::made(id, job, KnownBy::Answer)],
        Err(error) => error,
    };
    let (id, at) = (id.to_owned(), now());
    match error.outcome() {
        Outcome::Refused | Outcome::Busy => vec![Entry::Refused {
            id,
            at,
            code: error.code(),
            status: error.status(),
        }],
        Outcome::NeverSent => vec![Entry::Unsent { id, at }],
        Outcome::Unknown => Vec::new(),
    }
}
