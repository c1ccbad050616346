//! `wait`: watches jobs until every one has ended.
//!
//! Each round reads the open jobs (`round`): a few with one call per job, many from the job list. The result, also of an
//! interrupted wait, comes from `ending`.

pub(crate) mod ending;
mod round;

use super::watch::lists::Lists;
use super::watch::requests::Pace;
use super::watch::{Contact, MIN_INTERVAL, REDRAW, REQUESTS_PER_SECOND, interval};
use crate::api::model::Progress;
use crate::engine::call::{Call, Function, learn_jobs};
use crate::engine::describe::{Family, Opt, Takes, opt};
use crate::engine::types::{Gives, Job, ProgressValue, ScriptType, list_of};
use crate::error::Failure;
use crate::render::{Screen, WaitView};
use crate::session::Session;
use crate::session::log::{Log, LogFormat, LogLevel};
use rhai::{Array, Dynamic};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

const OPTIONS: &[Opt] = &[
    opt("timeout", "gives up after this time").of(Takes::Duration),
    opt(
        "interval",
        "time between two progress calls for a job, at least 0.5s; without it 0.5s to 10s, longer for long jobs",
    )
    .of(Takes::Duration),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Jobs.table([Function::new(
    &[
        "wait(job)",
        "wait([job, …])",
        "wait(job, #{timeout, interval})",
    ],
    "waits until all jobs have ended; an error if any failed",
    "wait(jobs()[0], #{timeout: \"2h\"})",
    wait,
)
.takes(&[Takes::Job, Takes::Options])
.options(OPTIONS)
.gives(Gives::Each(ProgressValue::TYPE))
.related(&["import", "progress", "jobs"])]);

fn wait(call: &Call) -> Result<Dynamic, Failure> {
    let given = call.arg(0, "the job")?;
    let many = list_of(given).is_some();
    let options = call.options(1)?;
    let interval = options.duration("interval")?;
    if interval.is_some_and(|interval| interval < MIN_INTERVAL) {
        call.session
            .notice("wait: a job is read no more than twice a second, so interval is 0.5s");
    }
    let jobs = call.jobs(given)?;
    let mut watch = Watch {
        session: call.session,
        readings: vec![None; jobs.len()],
        jobs,
        interval,
        began: Instant::now(),
        limit: options.duration("timeout")?,
        unanswered: None,
        contact: Contact::new(),
        ours: call.session.known.submitted().into_iter().collect(),
        lists: Lists::default(),
        asked: 0,
        pace: Rc::default(),
    };
    let result = watch.run();
    for reading in watch.readings.iter().flatten() {
        learn_jobs(call.session, &Dynamic::from(reading.clone()));
    }
    result?;
    watch.verdict()?;
    let mut values = watch.readings.into_iter().flatten().map(Dynamic::from);
    Ok(match values.next() {
        Some(only) if !many => only,
        first => first.into_iter().chain(values).collect::<Array>().into(),
    })
}

/// Watched jobs and their last readings, in the same order.
struct Watch<'a> {
    session: &'a Session,
    jobs: Vec<Job>,
    readings: Vec<Option<ProgressValue>>,
    interval: Option<Duration>,
    began: Instant,
    limit: Option<Duration>,
    /// The start of the time without an answer, if an answer is missing.
    unanswered: Option<Instant>,
    /// Whether any job could be read lately.
    contact: Contact,
    /// The jobs that this run submitted. They exist, even if they couldn't be read yet.
    ours: HashSet<String>,
    /// The state of reading from job lists.
    lists: Lists,
    /// Number of the latest round's requests to services with a rate limit.
    asked: u32,
    pace: Rc<Pace>,
}

impl Watch<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let mut view = (!self.session.choices().quiet).then(|| view(self.session));
        let result = self.watch(&mut view);
        if let Some(view) = &mut view {
            match &result {
                Ok(()) => view.finish_with(&self.known(), Instant::now()),
                Err(_) => view.finish(),
            }
        }
        result
    }

    fn watch(&mut self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        loop {
            self.read(view)?;
            if let Some(view) = view {
                view.update(&self.known(), Instant::now());
            }
            if self.open().next().is_none() {
                return Ok(());
            }
            self.pause(view)?;
        }
    }

    /// Returns the readings so far.
    fn known(&self) -> Vec<Progress> {
        let known = self.readings.iter().flatten();
        known.map(|it| (*it.progress).clone()).collect()
    }

    /// Returns the jobs that aren't known to have ended, with their indexes.
    fn open(&self) -> impl Iterator<Item = (usize, &Job)> {
        let is_open = |reading: &Option<ProgressValue>| {
            reading
                .as_ref()
                .is_none_or(|it| !it.progress.state.kind.ends_wait())
        };
        let jobs = self.jobs.iter().enumerate().zip(&self.readings);
        jobs.filter(move |(_, reading)| is_open(reading))
            .map(|(job, _)| job)
    }

    /// Sleeps until the next reading, and redraws the bars meanwhile.
    fn pause(&self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        let mut left = self.next_interval();
        if let Some(limit) = self.limit {
            let remaining = limit.saturating_sub(self.began.elapsed());
            if remaining.is_zero() {
                return Err(self.timed_out(limit));
            }
            left = left.min(remaining);
        }
        while !left.is_zero() {
            let step = left.min(REDRAW);
            self.session
                .interrupt
                .sleep(step)
                .map_err(|stop| self.detached(Failure::from(stop)))?;
            left -= step;
            if let Some(view) = view {
                view.tick(Instant::now());
            }
        }
        Ok(())
    }

    /// Returns the time until the next round. With many jobs it's longer, so that all requests stay within the service's
    /// limit for an API key. The local service has no such limit.
    fn next_interval(&self) -> Duration {
        let is_local = |job: &Job| job.connection.client.is_local_service();
        let all_local = self.jobs.iter().all(is_local);
        let wanted = match self.interval {
            Some(interval) => interval.max(MIN_INTERVAL),
            None => interval(self.began.elapsed(), all_local),
        };
        let polite = Duration::from_secs(u64::from(self.asked)) / REQUESTS_PER_SECOND;
        wanted.max(polite)
    }
}

/// Returns bars or lines on standard error, or one JSON line per change of state with `--log-format json`.
fn view(session: &Session) -> WaitView {
    let log = session.log();
    if log.format == LogFormat::Text {
        return WaitView::stderr(session.err());
    }
    let tell = move |job: Option<&Progress>, line: &str| {
        let Some(job) = job else {
            let warning = line.strip_prefix("warning: ").unwrap_or(line);
            log.line(LogLevel::Warn, warning);
            return;
        };
        Log::job(line, job);
    };
    WaitView::told(Screen::plain(), Box::new(tell))
}
