//! `wait`: watches jobs until every one has ended.

mod ask;

use super::jobs::known_reading;
use crate::api::model::Progress;
use crate::engine::call::Call;
use crate::engine::registry::{Family, Function, Gives, Opt, Takes, opt};
use crate::engine::values::{Job, ProgressValue};
use crate::error::{Failure, Kind};
use crate::render::{Explanation, Screen, WaitView, explain_failure, words};
use crate::session::Session;
use crate::session::log::{Level, LogFormat};
use ask::{Question, ask};
use rhai::{Array, Dynamic};
use serde_json::json;
use std::time::{Duration, Instant};

/// The shortest time between two readings of a job.
const SHORTEST: Duration = Duration::from_millis(500);
/// The longest, unless told otherwise.
const LONGEST: Duration = Duration::from_secs(10);
/// How many rounds of readings in a row may fail because the service is away; each has been tried for the call's whole deadline.
const MISSES: u32 = 5;
/// How often the bars are drawn again between readings.
const REDRAW: Duration = Duration::from_millis(250);
/// Readings a second of all jobs together, well below the 20 requests a second that the cloud allows a key (reference:
/// limits).
const A_SECOND: u32 = 15;
/// How many failed jobs are explained; the error names all of them.
const EXPLAINED: usize = 20;

const OPTIONS: &[Opt] = &[
    opt("timeout", "gives up after this time"),
    opt(
        "interval",
        "time between two readings of a job, at least 0.5s; otherwise 0.5s to 10s, longer for long jobs",
    ),
];

/// This family's table.
pub const FUNCTIONS: &[Function] = &[Function::new(
    Family::Jobs,
    "wait",
    &[
        "wait(job)",
        "wait([job, …])",
        "wait(job, #{timeout, interval})",
    ],
    "watches until every job has ended; throws once, after all have, if any failed",
    "wait(\"job-…\", #{timeout: \"2h\"})",
    wait,
)
.arity(1, 2)
.takes(&[Takes::Job, Takes::Options])
.options(OPTIONS)
.gives(Gives::Readings)
.related(&["import", "progress", "jobs"])
.method()];

fn wait(call: &Call) -> Result<Dynamic, Failure> {
    let given = call.arg(0, "the job")?;
    let many = given.is_array();
    let options = call.options(1)?;
    let interval = options.duration("interval")?;
    if interval.is_some_and(|interval| interval < SHORTEST) {
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
        misses: 0,
    };
    watch.run()?;
    watch.verdict()?;
    let mut values = watch.readings.into_iter().flatten().map(Dynamic::from);
    Ok(match values.next() {
        Some(only) if !many => only,
        first => first.into_iter().chain(values).collect::<Array>().into(),
    })
}

/// Jobs under watch and their last readings, in the same order.
struct Watch<'a> {
    session: &'a Session,
    jobs: Vec<Job>,
    readings: Vec<Option<ProgressValue>>,
    interval: Option<Duration>,
    began: Instant,
    limit: Option<Duration>,
    /// Rounds in a row in which no job could be read.
    misses: u32,
}

/// What became of reading every open job once.
#[derive(Default)]
struct Round {
    answered: bool,
    /// A failure that may pass.
    missed: Option<Failure>,
    /// A failure that ends the wait.
    failed: Option<Failure>,
}

impl Watch<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let mut view = (!self.session.choices().quiet).then(|| view(self.session));
        let result = self.watch(&mut view);
        if let Some(view) = &mut view {
            match &result {
                Ok(()) => view.finish_with(&self.known()),
                Err(_) => view.finish(),
            }
        }
        result
    }

    fn watch(&mut self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        loop {
            self.read(view)?;
            if let Some(view) = view {
                view.update(&self.known());
            }
            if self.open().next().is_none() {
                return Ok(());
            }
            self.pause(view)?;
        }
    }

    /// The readings there are.
    fn known(&self) -> Vec<Progress> {
        let known = self.readings.iter().flatten();
        known.map(|it| (*it.progress).clone()).collect()
    }

    /// The jobs that have not ended, as far as known, with their places.
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

    /// Reads every job that has not ended, several at once.
    fn read(&mut self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        let deadline = self.limit.and_then(|limit| self.began.checked_add(limit));
        let questions: Vec<Question> = self
            .open()
            .map(|(place, job)| Question::new(place, job, deadline))
            .collect();
        let mut round = Round::default();
        let mut drawn = Instant::now();
        ask(&questions, |answer| {
            if let Some((place, answer)) = answer {
                self.take(&mut round, place, answer);
            }
            if let Some(view) = view
                && drawn.elapsed() >= REDRAW
            {
                drawn = Instant::now();
                view.update(&self.known());
            }
            round.failed.is_none()
        });
        if round.answered {
            self.misses = 0;
        } else if round.missed.is_some() {
            self.misses += 1;
        }
        let lasting = round.missed.filter(|_| self.misses > MISSES);
        match round.failed.or(lasting) {
            Some(failure) => Err(self.detached(failure)),
            None => Ok(()),
        }
    }

    fn take(&mut self, round: &mut Round, place: usize, answer: Result<Progress, Failure>) {
        let (Some(job), Some(slot)) = (self.jobs.get(place), self.readings.get_mut(place)) else {
            return;
        };
        match known_reading(self.session, job, answer) {
            Ok(reading) => {
                *slot = Some(reading);
                round.answered = true;
            }
            // The service is away for a while, but the job was there: it goes on without us.
            Err(failure) if is_passing(&failure) && slot.is_some() => round.missed = Some(failure),
            Err(failure) => {
                round.failed.get_or_insert(failure);
            }
        }
    }

    /// Sleeps until the next reading, drawing the bars now and then.
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
                view.tick();
            }
        }
        Ok(())
    }

    /// Quick at first, slower for long jobs: a twentieth of the time waited so far. Many jobs are asked for less often,
    /// so that together they stay within what the service allows a key; a service of one's own has no such limit.
    fn next_interval(&self) -> Duration {
        let wanted = self
            .interval
            .unwrap_or_else(|| (self.began.elapsed() / 20).clamp(SHORTEST, LONGEST));
        let limited = self
            .open()
            .filter(|(_, job)| !job.connection.client.is_local_service());
        let polite = Duration::from_secs(limited.count() as u64) / A_SECOND;
        wanted.max(SHORTEST).max(polite)
    }

    fn open_jobs(&self) -> Vec<String> {
        self.open().map(|(_, job)| job.id.clone()).collect()
    }

    /// The failure with the jobs that go on without us, and how to come back to them.
    fn detached(&self, failure: Failure) -> Failure {
        let open = self.open_jobs();
        match (failure.kind, self.limit) {
            (Kind::Timeout, Some(limit)) if self.began.elapsed() >= limit => self.timed_out(limit),
            (Kind::Interrupted | Kind::Terminated | Kind::Timeout, _) => {
                failure.with_hint(come_back(&open)).with_jobs(open)
            }
            _ => failure.or_hint(&come_back(&open)).with_jobs(open),
        }
    }

    fn timed_out(&self, limit: Duration) -> Failure {
        let open = self.open_jobs();
        let jobs = words::count(open.len() as u64, "job");
        Failure::new(
            Kind::Timeout,
            format!("{jobs} not ended after {}", words::duration(limit)),
        )
        .with_hint(come_back(&open))
        .with_jobs(open)
    }

    /// A failure that explains the jobs that failed or were aborted.
    fn verdict(&self) -> Result<(), Failure> {
        let failed: Vec<(String, Explanation)> = self
            .readings
            .iter()
            .flatten()
            .filter_map(|it| Some((it.progress.job_id.clone(), explain_failure(&it.progress)?)))
            .collect();
        let Some((_, first)) = failed.first() else {
            return Ok(());
        };
        let hint = first.advice();
        let mut texts: Vec<String> = failed
            .iter()
            .take(EXPLAINED)
            .map(|(_, why)| why.message())
            .collect();
        if failed.len() > EXPLAINED {
            let more = (failed.len() - EXPLAINED) as u64;
            texts.push(format!("and {}", words::count(more, "more failed job")));
        }
        let ids = failed.into_iter().map(|(id, _)| id).collect();
        Err(Failure::new(Kind::JobFailed, texts.join("\n"))
            .with_hint(hint)
            .with_jobs(ids))
    }
}

/// Bars or lines on standard error; with `--log-format json` a JSON line a change of state.
fn view(session: &Session) -> WaitView {
    let log = session.log();
    if log.format == LogFormat::Text {
        return WaitView::stderr(session.err());
    }
    let tell = move |job: Option<&Progress>, line: &str| {
        let Some(job) = job else {
            let warning = line.strip_prefix("warning: ").unwrap_or(line);
            log.line(Level::Warn, warning);
            return;
        };
        let fields = [
            ("jobs", json!([job.job_id])),
            ("collection", json!(job.collection)),
            ("state", json!(job.state.to_string())),
            ("percent", json!(job.percent)),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        log.json(Level::Info, line, fields.into_iter().collect());
    };
    WaitView::told(Screen::plain(), Box::new(tell))
}

/// True for what may pass: the service is not there, or busy.
fn is_passing(failure: &Failure) -> bool {
    matches!(failure.kind, Kind::Connect | Kind::Busy)
}

/// The line that comes back to jobs; more than a few are found again by their state.
fn come_back(jobs: &[String]) -> String {
    const NAMED: usize = 8;
    let quoted: Vec<String> = jobs.iter().map(|id| words::quote(id)).collect();
    match quoted.as_slice() {
        [only] => format!("the job goes on; come back with wait({only})"),
        few if few.len() <= NAMED => {
            format!("the jobs go on; come back with wait([{}])", few.join(", "))
        }
        many => format!(
            "the {} jobs go on; come back with wait(jobs(#{{state: \"active\", limit: \"all\"}}))",
            many.len()
        ),
    }
}
