//! The progress view of `wait`: bars on a terminal, one line per change of state elsewhere.
//!
//! The view is decoration on standard error, so a closed or full stream isn't an error here.

mod line;
mod rate;
mod single;
mod stall;
mod summary;

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::block::LineBlock;
use super::jobs;
use super::status::Drawing;
use super::style::{Screen, Tone};
use super::wrap::hanging;
use crate::api::model::{JobState, Progress};
use crate::text::words;
use line::{BarLine, LineLayout};
use rate::Rate;
use single::no_answer;
pub(crate) use single::{BatchBar, BatchCount, CheckBar};
use stall::Stalls;

/// The number of jobs from which on a line shows all of them together.
const MANY: usize = 4;

/// Lines of the screen that bars leave free for earlier output and for the prompt below.
const KEPT_LINES: usize = 4;

/// Time without an answer before the bars say so. Readings of slow services take a second or two.
const SILENCE: Duration = Duration::from_secs(2);

/// The view of one `wait`. Create it before the first reading, update it with each reading, and finish it before the
/// result is shown.
pub(crate) struct WaitView {
    screen: Screen,
    display: Display,
    stalls: Stalls,
    /// The time of the first readings, and the rows that were already imported then.
    began: Option<(Instant, u64)>,
    /// True once there was a job to wait for.
    waited: bool,
    /// The start of the time without an answer.
    unanswered: Option<Instant>,
}

/// Receives each line, and the job whose state changed. A line without a job is a warning.
pub(crate) type Tell = Box<dyn FnMut(Option<&Progress>, &str) + Send>;

enum Display {
    /// Writes one plain line when a job changes its state.
    Lines {
        tell: Tell,
        states: HashMap<String, String>,
    },
    /// Redraws bars.
    Bars(Box<Bars>),
}

struct Bars {
    /// Present from the first frame until the bars are removed.
    drawing: Option<Drawing>,
    block: LineBlock,
    rates: HashMap<String, Rate>,
    latest: Vec<Progress>,
    /// The mean percentage of the first readings.
    before: Option<f64>,
}

impl WaitView {
    /// Returns a view on standard error, which follows the terminal's size.
    pub(crate) fn stderr(screen: Screen) -> Self {
        if screen.redraw {
            let block = LineBlock::stderr(&screen);
            return Self::drawn(screen, block);
        }
        Self::written(screen, std::io::stderr())
    }

    /// Returns a view without bars that passes each change of state to `tell` as a line.
    pub(crate) fn told(screen: Screen, tell: Tell) -> Self {
        let states = HashMap::new();
        Self::on(screen, Display::Lines { tell, states })
    }

    fn drawn(screen: Screen, block: LineBlock) -> Self {
        let bars = Bars {
            drawing: None,
            block,
            rates: HashMap::new(),
            latest: Vec::new(),
            before: None,
        };
        Self::on(screen, Display::Bars(Box::new(bars)))
    }

    /// Returns a view that writes lines.
    fn written(screen: Screen, mut stream: impl Write + Send + 'static) -> Self {
        let tty = screen.tty;
        let tell = move |job: Option<&Progress>, line: &str| {
            // A line about a state is for a log, so it carries the time.
            let time = job
                .filter(|_| !tty)
                .map(|_| format!("{:.3} ", Timestamp::now()));
            // The line is decoration: standard error may be closed.
            let _ = writeln!(stream, "{}{line}", time.unwrap_or_default());
            let _ = stream.flush();
        };
        Self::told(screen, Box::new(tell))
    }

    fn on(screen: Screen, display: Display) -> Self {
        Self {
            screen,
            display,
            stalls: Stalls::new(stall::LONG),
            began: None,
            waited: false,
            unanswered: None,
        }
    }

    /// Shows the latest readings: one per job, always of all jobs that are waited for. Rates and remaining times refer to
    /// `now`.
    pub(crate) fn update(&mut self, jobs: &[Progress], now: Instant) {
        self.began.get_or_insert_with(|| (now, summary::rows(jobs)));
        self.waited |= jobs.iter().any(|job| !job.state.kind.ends_wait());
        self.stalls.record(jobs, now);
        match &mut self.display {
            Display::Lines { tell, states } => announce(tell, states, jobs),
            Display::Bars(bars) => {
                for job in jobs {
                    bars.rates
                        .entry(job.job_id.clone())
                        .or_default()
                        .record(job, now);
                }
                bars.before
                    .get_or_insert_with(|| line::overall_percent(jobs));
                bars.latest = jobs.to_vec();
            }
        }
        self.tick(now);
    }

    /// Sets the time since which the service hasn't answered. The next frame shows it.
    pub(crate) fn set_unanswered(&mut self, since: Option<Instant>) {
        self.unanswered = since;
    }

    /// Redraws the bars with the elapsed time and the terminal's current size, and warns of jobs that don't move. Call
    /// this regularly between readings.
    pub(crate) fn tick(&mut self, now: Instant) {
        let since = |at: Instant| now.saturating_duration_since(at);
        let elapsed = self.began.map_or(Duration::ZERO, |(began, _)| since(began));
        let silence = self.unanswered.map(since).filter(|time| *time >= SILENCE);
        if let Display::Bars(bars) = &mut self.display
            && !bars.latest.is_empty()
        {
            bars.draw(&self.screen, elapsed, silence, now);
        }
        for warning in self.stalls.warnings(now, self.screen.now()) {
            let warning = self.screen.paint(Tone::Warn, &warning);
            self.say(&warning);
        }
    }

    /// Removes the bars, and leaves one line with the result of the wait and the jobs' warnings. Off a terminal, or if
    /// there was nothing to wait for, only the warnings are written.
    pub(crate) fn finish_with(&mut self, jobs: &[Progress], now: Instant) {
        self.finish();
        if let Some((began, before)) = self.began.filter(|_| self.waited && self.screen.redraw) {
            let elapsed = now.saturating_duration_since(began);
            let width = self.screen.width.unwrap_or(usize::MAX);
            self.say(&summary::of(jobs, before, elapsed, width, &self.screen));
        }
        for warning in summary::warnings(jobs) {
            let warning = hanging("", 2, &warning, &self.screen);
            let warning = self.screen.paint(Tone::Warn, warning.trim_end());
            self.say(&warning);
        }
    }

    /// Removes the bars, so the next output starts in their place. Can be called more than once.
    pub(crate) fn finish(&mut self) {
        if let Display::Bars(bars) = &mut self.display {
            bars.block.clear();
            bars.drawing = None;
        }
    }

    /// Writes a line of its own, above the bars.
    fn say(&mut self, line: &str) {
        match &mut self.display {
            Display::Lines { tell, .. } => tell(None, line),
            Display::Bars(bars) => bars.block.say(line),
        }
    }
}

impl Drop for WaitView {
    fn drop(&mut self) {
        self.finish();
    }
}

fn announce(tell: &mut Tell, states: &mut HashMap<String, String>, jobs: &[Progress]) {
    for job in jobs {
        let state = jobs::state_text(&job.state);
        if states.get(&job.job_id) == Some(&state) {
            continue;
        }
        let gap = if job.collection.is_empty() { "" } else { " " };
        let (id, collection) = (&job.job_id, &job.collection);
        let percent = words::percent(job.percent);
        let line = format!("{id}{gap}{collection} {state} {percent}");
        states.insert(job.job_id.clone(), state);
        tell(Some(job), &words::safe_line(&line));
    }
}

impl Bars {
    fn draw(
        &mut self,
        screen: &Screen,
        elapsed: Duration,
        silence: Option<Duration>,
        now: Instant,
    ) {
        let drawing = self.drawing.get_or_insert_with(|| Drawing::begin(None));
        drawing.percent(line::overall_percent(&self.latest));
        let Some((width, height)) = self.block.room(now) else {
            return;
        };
        let room = height.saturating_sub(KEPT_LINES).max(1);
        let shown = choose(&self.latest, room);
        let rate = |job: &&'_ Progress| self.rates.get(&job.job_id);
        let jobs: Vec<_> = shown.iter().map(|job| (*job, rate(job))).collect();
        let layout = LineLayout {
            screen,
            elapsed,
            width,
            named: true,
            by_file: false,
        };
        let lines = line::lines(&jobs, layout);
        let mut lines: Vec<String> = lines.iter().map(|line| line.drawn(screen)).collect();
        if self.latest.len() >= MANY || shown.len() < self.latest.len() {
            let before = self.before.unwrap_or(0.0);
            let overall = BarLine::overall(&self.latest, before, layout);
            lines.push(overall.drawn(screen));
        }
        lines.extend(silence.map(|silence| no_answer(silence, screen)));
        self.block.draw(lines);
    }
}

/// Returns the jobs that get a line. Many jobs also have a line for all. If there isn't room for every job, running jobs
/// come first, in the order given: a screen full of unmoving bars is no help.
fn choose(jobs: &[Progress], room: usize) -> Vec<&Progress> {
    if jobs.len() + usize::from(jobs.len() >= MANY) <= room {
        return jobs.iter().collect();
    }
    let runs = |job: &&Progress| job.state.kind == JobState::Importing;
    let running = jobs.iter().filter(runs);
    running.take(room.saturating_sub(1)).collect()
}

/// Returns a bar: the filled part in the tone of a running job, the rest dim.
fn drawn(percent: f64, width: usize, screen: &Screen) -> String {
    let (filled, empty) = screen.bar(percent, width);
    let filled = screen.paint(Tone::Busy, &filled);
    format!("{filled}{}", screen.paint(Tone::Dim, &empty))
}

#[cfg(test)]
mod tests;
