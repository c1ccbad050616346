//! The queue of a batch: a few jobs at a time, until each has ended.
//!
//! A job holds one of `max_running` places from the start of its submission until it has ended. A submission whose
//! answer was lost releases its place while it's searched for. If the service accepts no more jobs for now, the queue
//! retries after a pause, or as soon as a job has ended.

mod pause;
mod submitting;
mod watching;

use super::QueueOptions;
use super::entry::BatchEntry;
use super::plan::{BatchTask, Before};
use super::view::{BatchView, Count};
use crate::api::model::JobState;
use crate::connection::Connection;
use crate::engine::functions::watch::Contact;
use crate::engine::functions::watch::requests::Pace;
use crate::engine::types::Job;
use crate::error::{Failure, Kind};
use crate::session::Session;
use crate::submission::{Submitter, Unresolved};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Delay before a new job is first read. Shorter for the local service, because its requests are cheap.
const FIRST_LOOK: Duration = Duration::from_millis(50);
/// Minimum time that the queue sleeps. A dry run sends nothing, so it doesn't sleep.
const MIN_TICK: Duration = Duration::from_millis(5);
/// The time for which a busy service is retried for one job, unless the connection or the call sets another.
const BUSY_WAIT: Duration = Duration::from_mins(2);
/// Maximum number of unanswered submissions that are searched for, per place of the queue.
const LOOKED_FOR: usize = 4;
/// Maximum time that the queue sleeps.
const TICK: Duration = Duration::from_millis(250);
/// Minimum time between two updates of the display.
const REDRAW: Duration = Duration::from_millis(100);

/// A job that's watched.
struct WatchedJob {
    at: usize,
    since: Instant,
    due: Instant,
}

/// A running batch.
pub(super) struct Queue<'a> {
    /// The run's shared state.
    pub(super) session: &'a Session,
    connection: &'a Rc<Connection>,
    submitter: Submitter<'a>,
    view: &'a BatchView<'a>,
    how: &'a QueueOptions,
    /// The jobs of the plan.
    pub(super) tasks: &'a [BatchTask],
    /// The status of each job, in the order of `tasks`.
    pub(super) entries: Vec<BatchEntry>,
    /// The time for which a busy service is retried for one job.
    busy_wait: Duration,
    pending: VecDeque<usize>,
    parked: Vec<(usize, Unresolved)>,
    running: Vec<WatchedJob>,
    /// The earliest time of the next submission.
    pause: Option<Instant>,
    busy: u32,
    /// The start of the current wait for a busy service. Reset when a job is accepted or ends.
    busy_since: Option<Instant>,
    contact: Contact,
    /// Number of jobs that earlier runs submitted, found by their keys.
    pub(super) known: u64,
    /// Number of jobs that have ended, or never will.
    done: u64,
    has_failed: bool,
    /// True once a job was submitted.
    begun: bool,
    /// The time of the last update of the display.
    drawn: Option<Instant>,
    pace: Pace,
    /// True if waiting jobs were committed and the service is still carrying out the commits.
    committing: bool,
}

impl<'a> Queue<'a> {
    /// Returns a queue of these tasks, all of them pending.
    pub(super) fn new(
        session: &'a Session,
        connection: &'a Rc<Connection>,
        submitter: Submitter<'a>,
        view: &'a BatchView<'a>,
        tasks: &'a [BatchTask],
        how: &'a QueueOptions,
    ) -> Self {
        let given = how.busy_wait.or(connection.client.settings().busy_wait);
        Self {
            session,
            connection,
            submitter,
            view,
            tasks,
            entries: vec![BatchEntry::default(); tasks.len()],
            how,
            busy_wait: given.unwrap_or(BUSY_WAIT),
            pending: VecDeque::new(),
            parked: Vec::new(),
            running: Vec::new(),
            pause: None,
            busy: 0,
            busy_since: None,
            contact: Contact::new(),
            known: 0,
            done: 0,
            has_failed: false,
            begun: false,
            drawn: None,
            pace: Pace::default(),
            committing: false,
        }
    }

    /// Submits and watches jobs until every job has ended. If failures aren't tolerated, the jobs submitted before the
    /// first failure are still watched to their end. Returns an error if the whole run must end: a stop, a refused API
    /// key, or a service that stays away.
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        self.take_up()?;
        if self.how.atomic {
            // If an atomic batch can't succeed any more, its other jobs aren't submitted.
            self.read()?;
            if self.halted() {
                self.pending.clear();
            }
        }
        self.work_off()
    }

    fn work_off(&mut self) -> Result<(), Failure> {
        loop {
            self.session.interrupt.check()?;
            self.look()?;
            self.submit()?;
            self.read()?;
            if self.halted() {
                self.pending.clear();
            }
            self.draw();
            if self.pending.is_empty() && self.parked.is_empty() && self.running.is_empty() {
                return Ok(());
            }
            let nap = self.nap();
            if !nap.is_zero() {
                self.session.interrupt.sleep(nap)?;
            }
        }
    }

    /// Adopts the results of earlier runs.
    fn take_up(&mut self) -> Result<(), Failure> {
        for (at, task) in self.tasks.iter().enumerate() {
            match &task.before {
                Before::Job(job) => self.adopt(at, job.clone())?,
                Before::Doubt(failure) => self.give_up(at, failure.clone()),
                Before::Nothing => self.pending.push_back(at),
            }
        }
        Ok(())
    }

    /// Watches committed jobs again until the service has carried out their commits.
    pub(super) fn watch_again(&mut self, places: &[usize]) -> Result<(), Failure> {
        if self.session.dry_run().is_some() {
            // A dry run sends no commit, so the jobs' states can't change.
            return Ok(());
        }
        self.committing = true;
        for at in places {
            self.watch(*at);
        }
        self.work_off()
    }

    /// Records in the journal that a job was aborted.
    pub(super) fn note_aborted(&self, job: &Job) {
        if self.session.dry_run().is_some() {
            return;
        }
        let settings = self.connection.client.settings();
        let ended = [(job.id.as_str(), JobState::Aborted, None)];
        if let Err(error) = self.session.desk.note_ends(settings, ended) {
            self.view.say(&format!("warning: {error}"));
        }
    }

    /// Returns the progress of the batch.
    pub(super) fn count(&self) -> Count {
        let done = |entry: &&BatchEntry| entry.has_ended();
        let files = self.entries.iter().zip(self.tasks);
        let thousandths = files
            .clone()
            .map(|(entry, task)| task.files * entry.thousandths());
        Count {
            jobs: self.tasks.len() as u64,
            done: self.entries.iter().filter(done).count() as u64,
            failed: self.entries.iter().filter(|it| it.has_failed()).count() as u64,
            running: self.running.len() as u64,
            files: self.tasks.iter().map(|task| task.files).sum(),
            files_done: files
                .filter(|(entry, _)| entry.has_ended() && !entry.has_failed())
                .map(|(_, task)| task.files)
                .sum(),
            rows: self.entries.iter().map(BatchEntry::rows).sum(),
            thousandths: thousandths.sum(),
        }
    }

    /// Returns the ids of jobs that aren't known to have ended.
    pub(super) fn open_jobs(&self) -> Vec<String> {
        let open = self.entries.iter().filter(|it| !it.has_ended());
        open.filter_map(|it| it.job.clone()).collect()
    }

    fn halted(&self) -> bool {
        (self.how.atomic || !self.how.continue_on_error) && self.has_failed
    }

    /// Updates the display, at most every `REDRAW`, because counting many jobs takes time.
    fn draw(&mut self) {
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            self.view.update(&self.count(), self.contact.silence());
            self.drawn = Some(Instant::now());
        }
    }

    /// Searches for the submissions whose answers were lost, when their next search is due.
    fn look(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let is_due = |parked: &mut (usize, Unresolved)| parked.1.due() <= now;
        let due = self.parked.extract_if(.., is_due);
        let (places, parked): (Vec<usize>, Vec<Unresolved>) = due.unzip();
        let looked = self.submitter.look(parked);
        for (at, step) in places.into_iter().zip(looked) {
            self.apply_step(at, step)?;
        }
        Ok(())
    }

    /// Adds an earlier run's job to the batch.
    fn adopt(&mut self, at: usize, job: String) -> Result<(), Failure> {
        self.known += 1;
        self.made(at, job);
        self.recall(at)
    }

    fn made(&mut self, at: usize, job: String) {
        self.busy = 0;
        self.busy_since = None;
        self.contact.answered();
        self.pause = None;
        self.entries[at].job = Some(job);
        self.watch(at);
    }

    fn watch(&mut self, at: usize) {
        let since = Instant::now();
        let is_local = self.connection.client.is_local_service();
        let first = if is_local {
            self.min_tick()
        } else {
            self.first_look()
        };
        self.running.push(WatchedJob {
            at,
            since,
            due: since + first,
        });
    }

    /// Gives up on a task. A doubt doesn't count as a failure, so other jobs continue, unless the batch is atomic.
    fn give_up(&mut self, at: usize, failure: Failure) {
        let doubtful = failure.kind == Kind::Unknown;
        self.has_failed |= !doubtful || self.how.atomic;
        let text = failure.to_string();
        self.view.say(&if doubtful {
            text
        } else {
            format!("not submitted: {text}")
        });
        self.running.retain(|it| it.at != at);
        self.entries[at].failure = Some(failure);
        self.done += 1;
    }

    /// Returns a task's job with its connection.
    pub(super) fn job(&self, at: usize) -> Option<Job> {
        Some(Job {
            id: self.entries[at].job.clone()?,
            collection: self.tasks[at].request.collection.clone(),
            connection: Rc::clone(self.connection),
        })
    }

    /// Returns the time until the next event is due.
    fn nap(&self) -> Duration {
        let now = Instant::now();
        let has_place = self.running.len() < self.how.max_running && !self.pending.is_empty();
        let submits = has_place.then(|| self.pause.unwrap_or(now + self.first_look()));
        let running = self.running.iter().map(|it| it.due);
        let parked = self.parked.iter().map(|(_, parked)| parked.due());
        let next = running.chain(parked).chain(submits).min();
        let left = next.map_or(TICK, |next| next.saturating_duration_since(now));
        left.clamp(self.min_tick(), TICK)
    }

    fn min_tick(&self) -> Duration {
        let is_dry = self.session.dry_run().is_some();
        if is_dry { Duration::ZERO } else { MIN_TICK }
    }

    fn first_look(&self) -> Duration {
        let is_dry = self.session.dry_run().is_some();
        if is_dry { Duration::ZERO } else { FIRST_LOOK }
    }
}
