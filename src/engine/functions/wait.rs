//! `wait`: watches jobs until every one has ended.

use super::jobs::read_progress_until;
use crate::api::model::Progress;
use crate::engine::call::Call;
use crate::engine::registry::{Family, Function, Gives, Opt, Takes, opt};
use crate::engine::values::{Job, ProgressValue};
use crate::error::{Failure, Kind};
use crate::render::{Explanation, WaitView, explain_failure, words};
use crate::session::Session;
use rhai::{Array, Dynamic};
use std::time::{Duration, Instant};

/// The shortest time between two readings of a job.
const SHORTEST: Duration = Duration::from_millis(500);
/// The longest, unless told otherwise.
const LONGEST: Duration = Duration::from_secs(10);
/// How many readings in a row may fail because the service is away; each has been tried for the call's whole deadline.
const MISSES: u32 = 5;
/// How often the bars are drawn again between readings.
const REDRAW: Duration = Duration::from_millis(250);

const OPTIONS: &[Opt] = &[
    opt("timeout", "gives up after this time"),
    opt(
        "interval",
        "time between two readings of a job; otherwise 0.5s to 10s, longer for long jobs",
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
    let interval = options
        .duration("interval")?
        .map(|time| time.max(Duration::from_millis(10)));
    let mut watch = Watch {
        session: call.session,
        jobs: call.jobs(given)?,
        readings: Vec::new(),
        interval,
        began: Instant::now(),
        limit: options.duration("timeout")?,
        misses: 0,
    };
    watch.run()?;
    watch.verdict()?;
    let mut values = watch.readings.into_iter().map(Dynamic::from);
    Ok(match values.next() {
        Some(only) if !many => only,
        first => first.into_iter().chain(values).collect::<Array>().into(),
    })
}

/// Jobs under watch and their last readings, in the same order.
struct Watch<'a> {
    session: &'a Session,
    jobs: Vec<Job>,
    readings: Vec<ProgressValue>,
    interval: Option<Duration>,
    began: Instant,
    limit: Option<Duration>,
    /// Readings that failed in a row.
    misses: u32,
}

impl Watch<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let mut view =
            (!self.session.choices().quiet).then(|| WaitView::stderr(self.session.err()));
        let result = self.watch(&mut view);
        if let Some(view) = &mut view {
            view.finish();
        }
        result
    }

    fn watch(&mut self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        loop {
            self.read()?;
            if let Some(view) = view {
                let readings: Vec<Progress> = self
                    .readings
                    .iter()
                    .map(|it| (*it.progress).clone())
                    .collect();
                view.update(&readings);
            }
            if self.readings.iter().all(|it| ended(&it.progress)) {
                return Ok(());
            }
            self.pause(view)?;
        }
    }

    /// Reads every job that has not ended.
    fn read(&mut self) -> Result<(), Failure> {
        let deadline = self.limit.and_then(|limit| self.began.checked_add(limit));
        for (index, job) in self.jobs.iter().enumerate() {
            let known = self.readings.get(index);
            if known.is_some_and(|it| ended(&it.progress)) {
                continue;
            }
            match (
                read_progress_until(job, deadline),
                self.readings.get_mut(index),
            ) {
                (Ok(reading), slot) => {
                    self.misses = 0;
                    match slot {
                        Some(slot) => *slot = reading,
                        None => self.readings.push(reading),
                    }
                }
                // The service is away for a while, but the job was there: it goes on without us.
                (Err(failure), Some(_)) if is_passing(&failure) && self.misses < MISSES => {
                    self.misses += 1;
                }
                (Err(failure), _) => return Err(self.detached(failure)),
            }
        }
        Ok(())
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

    /// Quick at first, slower for long jobs: a twentieth of the time waited so far.
    fn next_interval(&self) -> Duration {
        self.interval
            .unwrap_or_else(|| (self.began.elapsed() / 20).clamp(SHORTEST, LONGEST))
    }

    fn open_jobs(&self) -> Vec<String> {
        let is_open = |index: usize| {
            self.readings
                .get(index)
                .is_none_or(|it| !ended(&it.progress))
        };
        let open = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(index, _)| is_open(*index));
        open.map(|(_, job)| job.id.clone()).collect()
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

    /// A failure that explains every job that failed or was aborted.
    fn verdict(&self) -> Result<(), Failure> {
        let failed: Vec<(String, Explanation)> = self
            .readings
            .iter()
            .filter_map(|it| Some((it.progress.job_id.clone(), explain_failure(&it.progress)?)))
            .collect();
        let Some((_, first)) = failed.first() else {
            return Ok(());
        };
        let hint = first.next.clone();
        let texts: Vec<String> = failed.iter().map(|(_, why)| why.message()).collect();
        let ids = failed.into_iter().map(|(id, _)| id).collect();
        Err(Failure::new(Kind::JobFailed, texts.join("\n"))
            .with_hint(hint)
            .with_jobs(ids))
    }
}

/// True for what may pass: the service is not there, or busy.
fn is_passing(failure: &Failure) -> bool {
    matches!(failure.kind, Kind::Connect | Kind::Busy)
}

/// True once nothing more will happen by itself: `Uncommitted` needs the user's decision.
fn ended(progress: &Progress) -> bool {
    progress.state.kind.ends_wait()
}

fn come_back(jobs: &[String]) -> String {
    let quoted: Vec<String> = jobs.iter().map(|id| format!("{id:?}")).collect();
    match quoted.as_slice() {
        [only] => format!("the job goes on; come back with wait({only})"),
        many => format!("the jobs go on; come back with wait([{}])", many.join(", ")),
    }
}
