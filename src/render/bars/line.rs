//! One line of the waiting view: the text before the bar, the bar's width, and the text after it.

use std::collections::HashSet;
use std::time::Duration;

use console::truncate_str;
use unicode_width::UnicodeWidthStr;

use super::rate::{Rate, known_total};
use super::{drawn, summary};
use crate::api::model::{JobState, Progress};
use crate::render::failure;
use crate::render::jobs;
use crate::render::style::Screen;
use crate::render::wrap::without_start;
use crate::text::words;

/// Minimum and maximum width of a bar, in columns.
const NARROWEST: usize = 10;
const WIDEST: usize = 30;

/// Minimum number of columns for a job's id.
const SHORTEST_ID: usize = 6;

/// Maximum number of columns for a collection's name.
const COLLECTION: usize = 20;

/// Maximum number of columns for a file's name.
const FILE: usize = 30;

/// Returns true if each job has files with a name that no other job has.
fn have_own_files(jobs: &[(&Progress, Option<&Rate>)]) -> bool {
    let mut names = HashSet::new();
    let mut labels = jobs.iter().map(|(job, _)| jobs::files_label(job));
    labels.all(|label| !label.is_empty() && names.insert(label))
}

/// A line to draw, at most as wide as the width it was made for.
#[derive(Debug)]
pub(super) struct BarLine {
    /// The text before the bar.
    pub(super) before: String,
    /// Columns of the bar; 0 if there's no bar.
    pub(super) bar: usize,
    /// Progress in percent.
    pub(super) percent: f64,
    /// The text after the bar.
    pub(super) after: String,
    /// True if the collection's name didn't fit.
    pub(super) unnamed: bool,
}

/// Layout of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineLayout<'a> {
    /// The terminal.
    pub(super) screen: &'a Screen,
    /// The time since the first reading.
    pub(super) elapsed: Duration,
    /// Maximum number of columns.
    pub(super) width: usize,
    /// True if the collection's name is shown.
    pub(super) named: bool,
    /// True if the job is named by its files instead of its id.
    pub(super) by_file: bool,
}

/// A piece of a line with its importance. If the line is too long, the least important pieces are dropped first.
type Piece = (u8, String);

/// The importance of a collection's name, which no other piece has.
const NAME: u8 = 2;

impl BarLine {
    /// Returns one job's line. If it's too long, pieces are dropped in this order: rate, collection, time, rows,
    /// remaining time.
    pub(super) fn job(job: &Progress, rate: Option<&Rate>, layout: LineLayout<'_>) -> Self {
        let (screen, width) = (layout.screen, layout.width);
        let mut pieces = pieces(job, rate, layout.elapsed);
        if layout.named && !job.collection.is_empty() {
            let name = words::safe_line(&job.collection);
            pieces.push((NAME, shortened(&name, COLLECTION, screen)));
        }
        let word = match job.state.kind {
            JobState::Importing => format!("{:>4}", words::percent(job.percent.trunc())),
            _ => words::safe_line(&jobs::state_text(&job.state)).into_owned(),
        };
        let word = shortened(&word, width.saturating_sub(SHORTEST_ID + 1), screen);
        let id = if layout.by_file {
            let name = jobs::files_label(job);
            shortened(&words::safe_line(&name), FILE, screen)
        } else {
            words::safe_line(&job.job_id).into_owned()
        };
        // An id that's too short to copy is worse than a missing bar.
        let needed = word.width() + NARROWEST + id.width() + 2;
        let has_bar = !job.state.kind.ends_wait() && width >= needed;
        let bar_room = if has_bar { NARROWEST + 1 } else { 0 };
        let fixed = word.width() + bar_room + 1;
        // Ids of jobs created together differ at their ends.
        let id = without_start(&id, width.saturating_sub(fixed), screen.mark());
        let used = |pieces: &[Piece]| {
            let widths = pieces.iter().map(|(_, text)| text.width() + 2);
            id.width() + fixed + widths.sum::<usize>()
        };
        while used(&pieces) > width && !pieces.is_empty() {
            let least = pieces.iter().map(|(importance, _)| *importance).min();
            pieces.retain(|(importance, _)| Some(*importance) != least);
        }
        let bar = match bar_room {
            0 => 0,
            _ => (NARROWEST + width.saturating_sub(used(&pieces))).min(WIDEST),
        };
        let name = pieces.pop_if(|(importance, _)| *importance == NAME);
        let before = match &name {
            Some((_, name)) => format!("{id}  {name} "),
            None => format!("{id} "),
        };
        let mut after = screen.paint(jobs::state_tone(job.state.kind), &word);
        if bar > 0 {
            after.insert(0, ' ');
        }
        for (_, text) in &pieces {
            after.extend(["  ", text]);
        }
        Self {
            before,
            bar,
            percent: job.percent,
            after,
            unnamed: name.is_none(),
        }
    }

    /// Returns the line for all jobs together: a bar, the jobs by state, rows, and the remaining and elapsed time. Pieces
    /// that don't fit are dropped from the end.
    pub(super) fn overall(jobs: &[Progress], before: f64, layout: LineLayout<'_>) -> Self {
        let (elapsed, width) = (layout.elapsed, layout.width);
        let percent = overall_percent(jobs);
        let states = jobs::by_state(jobs.iter().map(|job| job.state.kind)).into_iter();
        let counts = states.map(|(kind, count)| format!("{} {kind}", words::number(count)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let mut pieces = vec![format!(
            "{}: {counts}",
            words::count(jobs.len() as u64, "job")
        )];
        let left = (100.0 - percent) / (percent - before) * elapsed.as_secs_f64();
        if percent > before
            && elapsed.as_secs() >= 1
            && let Ok(left) = Duration::try_from_secs_f64(left.ceil().max(1.0))
        {
            pieces.push(format!("~{} left", words::duration(left)));
        }
        pieces.push(format!("{} elapsed", words::duration(elapsed)));
        pieces.push(words::count(summary::rows(jobs), "row"));
        let mut text = String::new();
        for piece in pieces {
            let longer = format!("{text}  {piece}");
            if !text.is_empty() && longer.width() + OVERALL_BAR + 6 > width {
                break;
            }
            text = longer;
        }
        let has_bar = text.width() + OVERALL_BAR + 5 <= width;
        let (bar, after) = if has_bar {
            let percent = words::percent(percent.trunc());
            (OVERALL_BAR, format!(" {percent:>4}{text}"))
        } else {
            (0, shortened(text.trim_start(), width, layout.screen))
        };
        Self {
            before: String::new(),
            bar,
            percent,
            after,
            unnamed: false,
        }
    }

    /// Returns the line with its bar drawn.
    pub(super) fn drawn(&self, screen: &Screen) -> String {
        let bar = drawn(self.percent, self.bar, screen);
        format!("{}{bar}{}", self.before, self.after)
    }
}

/// Columns of the bar for all jobs.
const OVERALL_BAR: usize = 20;

/// Returns the mean of the jobs' percentages; jobs that have ended count as done.
pub(super) fn overall_percent(jobs: &[Progress]) -> f64 {
    let done = |job: &Progress| match job.state.kind.ends_wait() {
        true => 100.0,
        false if job.percent.is_finite() => job.percent.clamp(0.0, 100.0),
        false => 0.0,
    };
    let sum: f64 = jobs.iter().map(done).sum();
    sum / jobs.len().max(1) as f64
}

/// Returns the lines of these jobs. Either all lines name the collection or none does, so their columns line up.
pub(super) fn lines(jobs: &[(&Progress, Option<&Rate>)], layout: LineLayout<'_>) -> Vec<BarLine> {
    let by_file = have_own_files(jobs);
    let with = |named: bool| {
        let layout = LineLayout {
            named,
            by_file,
            ..layout
        };
        let lines = jobs
            .iter()
            .map(|(job, rate)| BarLine::job(job, *rate, layout));
        lines.collect::<Vec<_>>()
    };
    let mut lines = with(true);
    if lines.iter().any(|line| line.unnamed) {
        lines = with(false);
    }
    align(&mut lines);
    lines
}

/// Makes all bars start and end in the same columns, if the bars stay long enough to read.
fn align(lines: &mut [BarLine]) {
    let barred = || lines.iter().filter(|line| line.bar > 0);
    let start = barred().map(|line| line.before.width()).max().unwrap_or(0);
    let room = barred().map(|line| (line.before.width() + line.bar).saturating_sub(start));
    let bar = room.min().unwrap_or(0);
    if bar < NARROWEST {
        return;
    }
    for line in lines.iter_mut().filter(|line| line.bar > 0) {
        let padding = start.saturating_sub(line.before.width());
        line.before.push_str(&" ".repeat(padding));
        line.bar = bar;
    }
}

/// Returns the rows done of the total. A total that the service doesn't know yet is estimated from the percentage.
fn rows(job: &Progress) -> Option<String> {
    /// Below this percentage, an estimate would be a guess.
    const ENOUGH: f64 = 5.0;
    if let (Some(done), None) = (job.rows.filter(|rows| *rows > 0), known_total(job))
        && job.state.kind == JobState::Importing
        && (ENOUGH..100.0).contains(&job.percent)
    {
        let total = done as f64 * 100.0 / job.percent;
        let scale = 10_f64.powf(total.log10().floor() - 1.0).max(1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positive and finite
        let total = ((total / scale).round() * scale) as u64;
        return Some(format!("{}/~{}", words::number(done), words::number(total)));
    }
    words::rows(job.rows, known_total(job), words::number)
}

/// Returns the pieces after the percentage: rows, rate, remaining and elapsed time.
fn pieces(job: &Progress, rate: Option<&Rate>, elapsed: Duration) -> Vec<Piece> {
    let running = job.state.kind == JobState::Importing;
    let mut pieces = Vec::new();
    let mut piece = |text: String, importance: u8| pieces.push((importance, text));
    if let Some(rows) = rows(job) {
        piece(format!("{rows} rows"), 4);
    }
    if failure::files_done(job) {
        piece("files done, server finishing".to_owned(), 6);
    } else if running {
        if let Some(rows) = rate.and_then(Rate::rows_per_second) {
            piece(words::rate(rows, "rows"), 1);
        }
        if let Some(left) = rate.and_then(|rate| rate.remaining(job)) {
            piece(format!("{} left", words::duration(left)), 5);
        }
    }
    if matches!(job.state.kind, JobState::Importing | JobState::Pending) {
        piece(format!("{} elapsed", words::duration(elapsed)), 3);
    }
    pieces
}

/// Returns the start of the text, with a mark if it was cut.
fn shortened(text: &str, width: usize, screen: &Screen) -> String {
    truncate_str(text, width, screen.mark()).into_owned()
}
