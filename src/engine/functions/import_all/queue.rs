//! The queue of a batch: a few jobs at a time, until each has ended.
//!
//! A job holds one of `max_running` places from the moment its submission begins until it has ended. A submission whose
//! answer was lost gives its place back while it is looked for. A service that takes no further jobs for now is asked
//! again after a pause, or as soon as a job has ended.

mod submitting;
mod watching;

use super::entry::Entry;
use super::plan::{Before, Task};
use super::view::{Count, View};
use super::{BUSY_WAIT, How};
use crate::api::model::JobState;
use crate::connection::Connection;
use crate::engine::functions::wait::ask::Pace;
use crate::engine::values::Job;
use crate::error::{Failure, Kind};
use crate::render::words;
use crate::session::Session;
use crate::submission::{Found, Open, Parked, Sent, SubmitError, Submitter};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// When a job that was just submitted is read first; a job of the local service sooner, since that costs nobody anything.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const FIRST_LOCAL: Duration = Duration::from_millis(5);
/// The shortest time between two readings of a job, and the longest.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);
/// The first pause after a busy answer, and the longest; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often in a row the service may fail to answer, and for how many times a call's deadline, before the batch gives up.
const MISSES: u32 = 5;
const PATIENCE: u32 = 4;
/// Submissions that are looked for at the same time, for each place of the queue.
const LOOKED_FOR: usize = 4;
/// How long the queue sleeps at most.
const TICK: Duration = Duration::from_millis(250);
/// How often the batch is drawn at most.
const REDRAW: Duration = Duration::from_millis(100);

/// A job that is watched.
struct Running {
    at: usize,
    since: Instant,
    due: Instant,
}

/// A batch under way.
pub(super) struct Queue<'a> {
    session: &'a Session,
    connection: &'a Rc<Connection>,
    submitter: Submitter<'a>,
    view: &'a View<'a>,
    /// What is to be done.
    pub(super) tasks: &'a [Task],
    /// How it stands, task by task.
    pub(super) entries: Vec<Entry>,
    max_running: usize,
    /// How long a busy service is asked again for one job.
    busy_wait: Duration,
    /// True: all or nothing.
    atomic: bool,
    /// False: after a failure nothing more is submitted.
    goes_on: bool,
    pending: VecDeque<usize>,
    parked: Vec<(usize, Parked)>,
    running: Vec<Running>,
    /// Nothing is submitted before.
    pause: Option<Instant>,
    busy: u32,
    /// Since when the service has been too busy for a job, and none has ended.
    busy_since: Option<Instant>,
    misses: u32,
    /// When the service last answered.
    answered: Instant,
    /// Jobs that were known by their keys.
    known: u64,
    /// Jobs that have ended, or never will.
    done: u64,
    has_failed: bool,
    /// True once something was submitted.
    begun: bool,
    /// When the batch was drawn last.
    drawn: Option<Instant>,
    pace: Pace,
    /// What waits for its commit has been committed: it is on its way.
    committing: bool,
}

impl<'a> Queue<'a> {
    /// A queue of these tasks, nothing done yet.
    pub(super) fn new(
        session: &'a Session,
        connection: &'a Rc<Connection>,
        submitter: Submitter<'a>,
        view: &'a View<'a>,
        tasks: &'a [Task],
        how: &How,
    ) -> Self {
        let given = how.busy_wait.or(connection.client.settings().busy_wait);
        Self {
            session,
            connection,
            submitter,
            view,
            tasks,
            entries: vec![Entry::default(); tasks.len()],
            max_running: how.max_running,
            atomic: how.atomic,
            goes_on: how.goes_on && !how.atomic,
            busy_wait: given.unwrap_or(BUSY_WAIT),
            pending: (0..tasks.len()).collect(),
            parked: Vec::new(),
            running: Vec::new(),
            pause: None,
            busy: 0,
            busy_since: None,
            misses: 0,
            answered: Instant::now(),
            known: 0,
            done: 0,
            has_failed: false,
            begun: false,
            drawn: None,
            pace: Pace::default(),
            committing: false,
        }
    }

    /// The run's shared state.
    pub(super) fn session(&self) -> &'a Session {
        self.session
    }

    /// Fails where the run is to stop.
    pub(super) fn check(&self) -> Result<(), Failure> {
        Ok(self.session.interrupt.check()?)
    }

    /// How many jobs an earlier run had submitted.
    pub(super) fn known_before(&self) -> u64 {
        self.known
    }

    /// Submits and watches until every job has ended, or, unless the batch goes on, until the jobs submitted before the
    /// first failure have. An error is one that ends it all: a stop, a key that is refused, a service that stays away.
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        self.take_up()?;
        if self.atomic {
            // What cannot become a whole is not begun.
            self.read()?;
            if self.halted() {
                self.pending.clear();
            }
        }
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
            self.session.interrupt.sleep(self.nap())?;
        }
    }

    /// Takes up what earlier runs have made.
    fn take_up(&mut self) -> Result<(), Failure> {
        let tasks = self.tasks;
        let pending = std::mem::take(&mut self.pending);
        for at in pending {
            match tasks.get(at).map(|task| &task.before) {
                Some(Before::Job(job)) => {
                    self.known += 1;
                    self.made(at, job.clone());
                    self.recall(at)?;
                }
                Some(Before::Doubt(failure)) => self.give_up(at, failure.clone()),
                _ => self.pending.push_back(at),
            }
        }
        Ok(())
    }

    /// Watches jobs again that have moved on: commits that the service is still carrying out.
    pub(super) fn watch_again(&mut self, places: &[usize]) -> Result<(), Failure> {
        if self.session.dry_run().is_some() {
            // Nothing was sent that they could move on by.
            return Ok(());
        }
        self.committing = true;
        for at in places {
            self.watch(*at);
        }
        self.run()
    }

    /// Journals that a job was given up.
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

    /// How far the batch is.
    pub(super) fn count(&self) -> Count {
        let done = |entry: &&Entry| entry.has_ended();
        let files = self.entries.iter().zip(self.tasks);
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
            rows: self.entries.iter().map(Entry::rows).sum(),
        }
    }

    /// The jobs that are not known to have ended.
    pub(super) fn open_jobs(&self) -> Vec<String> {
        let open = self.entries.iter().filter(|it| !it.has_ended());
        open.filter_map(|it| it.job.clone()).collect()
    }

    fn halted(&self) -> bool {
        !self.goes_on && self.has_failed
    }

    /// Draws the batch, now and then: it is counted anew each time, and there may be many jobs.
    fn draw(&mut self) {
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            self.view.update(&self.count());
            self.drawn = Some(Instant::now());
        }
    }

    /// Looks for the submissions whose answers were lost and whose time has come.
    fn look(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.parked)
            .into_iter()
            .partition(|(_, parked)| parked.due() <= now);
        self.parked = rest;
        let due: Vec<(usize, Parked)> = due;
        let (places, parked): (Vec<usize>, Vec<Parked>) = due.into_iter().unzip();
        let looked = self.submitter.look(parked);
        for (at, found) in places.into_iter().zip(looked) {
            match found {
                Ok(Found::Made(job)) => self.made(at, job),
                Ok(Found::Parked(parked)) => self.parked.push((at, parked)),
                Ok(Found::Again(open)) => self.send(at, open)?,
                Ok(Found::Next) => self.pending.push_front(at),
                Err(error) => self.refused(at, error)?,
            }
        }
        Ok(())
    }

    fn send(&mut self, at: usize, open: Open) -> Result<(), Failure> {
        match self.submitter.send(open) {
            Ok(Sent::Made(job)) => self.made(at, job),
            Ok(Sent::Parked(parked)) => self.parked.push((at, parked)),
            Ok(Sent::Next) => self.pending.push_front(at),
            Err(error) => self.refused(at, error)?,
        }
        Ok(())
    }

    fn made(&mut self, at: usize, job: String) {
        self.busy = 0;
        self.busy_since = None;
        self.heard();
        self.pause = None;
        if let Some(entry) = self.entries.get_mut(at) {
            entry.job = Some(job);
        }
        self.watch(at);
    }

    fn watch(&mut self, at: usize) {
        let since = Instant::now();
        let local = self.connection.client.is_local_service();
        let first = if local { FIRST_LOCAL } else { FIRST_LOOK };
        self.running.push(Running {
            at,
            since,
            due: since + first,
        });
    }

    /// No job: for now, for ever, or nobody knows.
    fn refused(&mut self, at: usize, error: SubmitError) -> Result<(), Failure> {
        let retry_after = error.retry_after();
        let failure = Failure::from(error);
        match failure.kind {
            Kind::Busy => self.busy(at, failure, retry_after),
            // Nothing was sent: the service is not there, or could not say how an earlier job stands.
            _ if failure.may_pass() && !self.is_lasting() => {
                self.put_off(at, self.backoff());
                Ok(())
            }
            Kind::Connect
            | Kind::Auth
            | Kind::Interrupted
            | Kind::Terminated
            | Kind::Timeout
            | Kind::ClosedPipe => Err(failure),
            _ => {
                self.give_up(at, failure);
                Ok(())
            }
        }
    }

    /// Nothing more can be done about a task. A doubt is no failure: the others go on, unless it is all or nothing.
    fn give_up(&mut self, at: usize, failure: Failure) {
        let doubtful = failure.kind == Kind::Unknown;
        self.has_failed |= !doubtful || self.atomic;
        let text = failure.to_string();
        self.view.say(&if doubtful {
            text
        } else {
            format!("not submitted: {text}")
        });
        self.running.retain(|it| it.at != at);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.failure = Some(failure);
        }
        self.done += 1;
    }

    /// The service has answered.
    fn heard(&mut self) {
        self.misses = 0;
        self.answered = Instant::now();
    }

    /// The service has not answered once more; true where that lasts too long to be waited for.
    fn is_lasting(&mut self) -> bool {
        self.misses += 1;
        let timeout = self.connection.client.settings().read_timeout;
        let patience = timeout.saturating_mul(PATIENCE);
        self.misses > MISSES && self.answered.elapsed() >= patience
    }

    /// The service is too busy for this job: it is asked again, as long as that takes no more than `busy_wait`. A place
    /// that becomes free, or a job that the service takes, begins the wait again.
    fn busy(
        &mut self,
        at: usize,
        failure: Failure,
        retry_after: Option<Duration>,
    ) -> Result<(), Failure> {
        let pause = retry_after.unwrap_or_else(|| self.backoff());
        let since = self.busy_since.unwrap_or_else(Instant::now);
        let waited = since.elapsed();
        if waited.saturating_add(pause) > self.busy_wait {
            let message = format!(
                "{}: still busy after {}",
                failure.message,
                words::duration(waited)
            );
            return Err(Failure { message, ..failure });
        }
        if self.busy_since.is_none() {
            let text = format!("{}; the batch waits and goes on", failure.message);
            self.view.say(&text);
        }
        self.busy_since = Some(since);
        self.put_off(at, pause);
        Ok(())
    }

    /// The pause that is chosen here: that under way, else one twice as long as the last.
    fn backoff(&self) -> Duration {
        let left = self
            .pause
            .map(|until| until.saturating_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero()).unwrap_or_else(|| {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.busy.min(16));
            pause.min(LONGEST_PAUSE)
        })
    }

    /// Submits nothing for a while; then this first.
    fn put_off(&mut self, at: usize, pause: Duration) {
        self.pending.push_front(at);
        let now = Instant::now();
        let paused = self.pause.is_some_and(|until| now < until);
        self.busy += u32::from(!paused);
        self.pause = self.pause.max(now.checked_add(pause));
    }

    /// The job of a task, with where it runs.
    pub(super) fn job(&self, at: usize) -> Option<Job> {
        Some(Job {
            id: self.entries.get(at)?.job.clone()?,
            collection: self.tasks.get(at)?.request.collection.clone(),
            connection: Rc::clone(self.connection),
        })
    }

    /// Until the next thing is due.
    fn nap(&self) -> Duration {
        let now = Instant::now();
        let has_place = self.running.len() < self.max_running && !self.pending.is_empty();
        let submits = has_place.then(|| self.pause.unwrap_or(now + FIRST_LOOK));
        let next = self
            .running
            .iter()
            .map(|it| it.due)
            .chain(self.parked.iter().map(|(_, parked)| parked.due()))
            .chain(submits)
            .min();
        let left = next.map_or(TICK, |next| next.saturating_duration_since(now));
        left.clamp(Duration::from_millis(5), TICK)
    }
}
