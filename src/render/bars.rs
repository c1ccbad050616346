//! What `wait` shows while it waits: bars on a terminal, a line a change of state elsewhere.
//!
//! All of it is decoration on standard error: a stream that is closed or full is not an error here.

mod batch;
mod line;
mod rate;
mod stall;
mod summary;
mod terminal;

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::{Screen, Tone};
use super::words;
use crate::api::model::{JobState, Progress};
pub use batch::{BatchBar, BatchCount};
use line::Line;
use rate::Rate;
use stall::Stalls;
use terminal::Terminal;

/// The bars' full length: a tenth of a percent is one step.
const STEPS: u64 = 1000;

/// Lines of the screen that bars leave to what stands above and to the prompt below.
const KEPT_LINES: usize = 4;

/// The view of one `wait`: created before the first reading, updated with each, finished before the result is shown.
pub struct WaitView {
    screen: Screen,
    display: Display,
    stalls: Stalls,
    /// When the first readings came, and how many rows were imported by then.
    began: Option<(Instant, u64)>,
    /// True once there was a job to wait for.
    waited: bool,
}

/// Takes a line, and the job that changed its state where the line says so; a line about none is a warning.
pub type Tell = Box<dyn FnMut(Option<&Progress>, &str) + Send>;

enum Display {
    /// One plain line when a job changes its state.
    Lines {
        tell: Tell,
        states: HashMap<String, String>,
    },
    /// Bars drawn over again.
    Bars(Box<Bars>),
}

struct Bars {
    multi: MultiProgress,
    terminal: Terminal,
    slots: Vec<ProgressBar>,
    rates: HashMap<String, Rate>,
    latest: Vec<Progress>,
    /// Columns of the lines as they were drawn last, and of the terminal then.
    drawn: (Vec<usize>, usize),
}

impl std::fmt::Debug for WaitView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitView")
            .field("screen", &self.screen)
            .finish_non_exhaustive()
    }
}

impl WaitView {
    /// A view on this stream, whose size is the screen's and does not change.
    pub fn new(screen: Screen, stream: impl Write + Send + 'static) -> Self {
        let size = (screen.width.unwrap_or(80), screen.height.unwrap_or(24));
        Self::with_size(screen, Box::new(stream), Box::new(move || size))
    }

    /// A view on standard error, which follows the terminal's size as it changes.
    pub fn stderr(screen: Screen) -> Self {
        let first = (screen.width.unwrap_or(80), screen.height.unwrap_or(24));
        let size = move || {
            let now = terminal_size::terminal_size_of(std::io::stderr());
            now.map_or(first, |(width, height)| {
                (usize::from(width.0), usize::from(height.0))
            })
        };
        Self::with_size(screen, Box::new(std::io::stderr()), Box::new(size))
    }

    /// A view without bars that hands on each change of state as a line.
    pub fn told(screen: Screen, tell: Tell) -> Self {
        let states = HashMap::new();
        Self::on(screen, Display::Lines { tell, states })
    }

    fn with_size(screen: Screen, mut stream: Box<dyn Write + Send>, size: terminal::Size) -> Self {
        let display = if screen.redraw {
            let terminal = Terminal::new(stream, size);
            let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 20);
            Display::Bars(Box::new(Bars {
                multi: MultiProgress::with_draw_target(target),
                terminal,
                slots: Vec::new(),
                rates: HashMap::new(),
                latest: Vec::new(),
                drawn: (Vec::new(), 0),
            }))
        } else {
            let tell = move |_: Option<&Progress>, line: &str| {
                // Decoration: nobody may be reading.
                let _ = writeln!(stream, "{line}");
                let _ = stream.flush();
            };
            return Self::told(screen, Box::new(tell));
        };
        Self::on(screen, display)
    }

    fn on(screen: Screen, display: Display) -> Self {
        Self {
            screen,
            display,
            stalls: Stalls::new(stall::LONG),
            began: None,
            waited: false,
        }
    }

    /// The same view, which warns of a job that has not changed for this long instead of ten minutes.
    #[must_use]
    pub fn warning_after(mut self, still: Duration) -> Self {
        self.stalls = Stalls::new(still);
        self
    }

    /// Shows these readings, one a job, always all jobs that are waited for.
    pub fn update(&mut self, jobs: &[Progress]) {
        self.update_at(jobs, Instant::now());
    }

    /// Shows these readings as taken at this time, from which rates and remaining times are reckoned.
    pub fn update_at(&mut self, jobs: &[Progress], now: Instant) {
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
                bars.latest = jobs.to_vec();
            }
        }
        self.tick_at(now);
    }

    /// Draws the bars again with the time that has passed and the terminal's present size, and warns of jobs that do not
    /// move; to be called now and then between readings.
    pub fn tick(&mut self) {
        self.tick_at(Instant::now());
    }

    /// The same at this time.
    pub fn tick_at(&mut self, now: Instant) {
        let elapsed = self.elapsed(now);
        if let Display::Bars(bars) = &mut self.display
            && !bars.latest.is_empty()
        {
            bars.draw(&self.screen, elapsed);
        }
        for warning in self.stalls.warnings(now, self.screen.now()) {
            let warning = self.screen.paint(Tone::Warn, &warning);
            self.say(&warning);
        }
    }

    /// Takes the bars away and leaves one line in their place that says how the wait ended, and the jobs' warnings. Off a
    /// terminal, and if nothing had to be waited for, there are only the warnings.
    pub fn finish_with(&mut self, jobs: &[Progress]) {
        self.finish_at(jobs, Instant::now());
    }

    /// The same at this time.
    pub fn finish_at(&mut self, jobs: &[Progress], now: Instant) {
        self.finish();
        if let Some((began, before)) = self.began.filter(|_| self.waited && self.screen.redraw) {
            let elapsed = now.saturating_duration_since(began);
            let width = self.screen.width.unwrap_or(usize::MAX);
            self.say(&summary::of(jobs, before, elapsed, width, &self.screen));
        }
        for warning in summary::warnings(jobs) {
            let warning = self.screen.paint(Tone::Warn, &warning);
            self.say(&warning);
        }
    }

    /// Takes the bars away, so that the next output begins where they began. May be called more than once.
    pub fn finish(&mut self) {
        if let Display::Bars(bars) = &mut self.display {
            bars.forget_reflow(bars.terminal.size().0);
            for bar in bars.slots.drain(..) {
                bar.finish_and_clear();
                bars.multi.remove(&bar);
            }
            // The terminal swallows errors itself, so there is none to see.
            let _ = bars.multi.clear();
        }
    }

    fn elapsed(&self, now: Instant) -> Duration {
        self.began.map_or(Duration::ZERO, |(began, _)| {
            now.saturating_duration_since(began)
        })
    }

    /// A line of its own, above the bars.
    fn say(&mut self, line: &str) {
        match &mut self.display {
            Display::Lines { tell, .. } => tell(None, line),
            Display::Bars(bars) => bars.multi.suspend(|| bars.terminal.say(line)),
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
        let state = words::state(&job.state);
        if states.get(&job.job_id) == Some(&state) {
            continue;
        }
        let collection = if job.collection.is_empty() {
            String::new()
        } else {
            format!(" {}", job.collection)
        };
        let line = format!(
            "{}{collection} {state} {}",
            job.job_id,
            words::percent(job.percent)
        );
        states.insert(job.job_id.clone(), state);
        tell(Some(job), &words::safe_line(&line));
    }
}

impl Bars {
    fn draw(&mut self, screen: &Screen, elapsed: Duration) {
        let (columns, height) = self.terminal.size();
        self.forget_reflow(columns);
        let room = height.saturating_sub(KEPT_LINES).max(1);
        let (shown, rest) = choose(&self.latest, room);
        // Some terminals wrap when the last column is written, and Ctrl-C leaves `^C` behind the cursor, which would take
        // it to another line than the one that is taken away.
        let width = columns.saturating_sub(3).max(1);
        let jobs: Vec<_> = shown
            .iter()
            .map(|job| (*job, self.rates.get(&job.job_id)))
            .collect();
        let mut lines = line::lines(&jobs, elapsed, width, screen);
        if !rest.is_empty() {
            lines.push(Line::summary(&rest, !shown.is_empty(), elapsed, width));
        }
        self.resize(lines.len());
        // The width that the lines were made for: the terminal may have changed it again meanwhile.
        self.drawn = (lines.iter().map(Line::columns).collect(), columns);
        for (bar, line) in self.slots.iter().zip(lines) {
            bar.set_style(style(line.bar, screen));
            bar.set_position(line.position);
            bar.set_prefix(line.before);
            bar.set_message(line.after);
        }
        if let Some(last) = self.slots.last() {
            last.force_draw();
        }
    }

    /// A terminal that got narrower has broken the lines drawn before in two or more. What is below the bars' own number
    /// of lines is taken away, so that the next frame begins where the first line does.
    ///
    /// Terminals that cut instead of breaking lose as many lines of what stood above: the lesser evil, and the rarer kind.
    fn forget_reflow(&mut self, width: usize) {
        let (columns, then) = &self.drawn;
        if width == 0 || width >= *then {
            return;
        }
        let extra: usize = columns
            .iter()
            .map(|columns| columns.div_ceil(width).saturating_sub(1))
            .sum();
        self.terminal.take_back(extra);
        self.drawn = (Vec::new(), width);
    }

    /// Has exactly this many bars.
    fn resize(&mut self, count: usize) {
        while self.slots.len() > count {
            if let Some(bar) = self.slots.pop() {
                self.multi.remove(&bar);
            }
        }
        while self.slots.len() < count {
            // Hidden until it is part of the whole: a bar of its own would draw to the real standard error.
            self.slots
                .push(self.multi.add(ProgressBar::with_draw_target(
                    Some(STEPS),
                    ProgressDrawTarget::hidden(),
                )));
        }
    }
}

/// The jobs that get a bar, and those that only count in the summary, which takes a line itself. Where not all have
/// room, those that run get one, in the order given: a screen full of bars that stand at nothing tells nothing.
fn choose(jobs: &[Progress], room: usize) -> (Vec<&Progress>, Vec<&Progress>) {
    if jobs.len() <= room {
        return (jobs.iter().collect(), Vec::new());
    }
    let runs = |job: &&Progress| job.state.kind == JobState::Importing;
    let (mut shown, waiting): (Vec<&Progress>, Vec<&Progress>) = jobs.iter().partition(runs);
    let mut rest = shown.split_off(room.saturating_sub(1).min(shown.len()));
    rest.extend(waiting);
    (shown, rest)
}

/// Text, a bar of this many columns (none for 0), text.
fn style(bar: usize, screen: &Screen) -> ProgressStyle {
    let template = if bar == 0 {
        "{prefix}{msg}".to_owned()
    } else {
        format!("{{prefix}}{{bar:{bar}}}{{msg}}")
    };
    // The template is ours, so it cannot be wrong; a plain bar would do all the same.
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars(if screen.unicode { "█▌░" } else { "=>." })
}

#[cfg(test)]
mod tests;
