//! The line that remains after a wait.

use std::time::Duration;

use console::truncate_str;

use crate::api::model::Progress;
use crate::render::jobs;
use crate::render::reasons::grouped;
use crate::render::style::Screen;
use crate::text::words;

/// Returns the rows that all jobs have imported so far.
pub(super) fn rows(jobs: &[Progress]) -> u64 {
    jobs.iter()
        .filter_map(|job| job.rows)
        .fold(0, u64::saturating_add)
}

/// Returns the result of the wait: one job by its id, several by their states, then rows, elapsed time and rate. The
/// rate counts only rows beyond `before`, those imported during the wait.
pub(super) fn of(
    jobs: &[Progress],
    before: u64,
    elapsed: Duration,
    width: usize,
    screen: &Screen,
) -> String {
    let (name, states) = match jobs {
        [job] => (
            words::safe_line(&job.job_id).into_owned(),
            vec![(job.state.kind, 1)],
        ),
        jobs => (
            words::count(jobs.len() as u64, "job"),
            jobs::by_state(jobs.iter().map(|job| job.state.kind)),
        ),
    };
    let alone = states.len() == 1;
    let states = states.into_iter().map(|(kind, count)| {
        let word = if alone {
            kind.word().to_owned()
        } else {
            format!("{} {kind}", words::number(count))
        };
        screen.paint(jobs::state_tone(kind), &word)
    });
    let states = states.collect::<Vec<_>>().join(", ");
    let rows = rows(jobs);
    let mut measured = format!("waited {}", words::duration(elapsed));
    if rows > 0 {
        measured = format!("{}  {measured}", words::count(rows, "row"));
        let seconds = elapsed.as_secs_f64();
        if rows > before && seconds >= 1.0 {
            measured.push_str(", ");
            measured.push_str(&words::rate((rows - before) as f64 / seconds, "rows"));
        }
    }
    truncate_str(&format!("{name}  {states}  {measured}"), width, "").into_owned()
}

/// Maximum number of warnings shown for all jobs together.
const MAX_WARNINGS: usize = 20;

/// Returns one line per warning. If there are several jobs, the jobs that share a warning are in front of it.
pub(super) fn warnings(jobs: &[Progress]) -> Vec<String> {
    let several = jobs.len() > 1;
    let all = jobs.iter().flat_map(|job| {
        let warnings = job.warnings.iter();
        warnings.map(|warning| (&*job.job_id, warning.as_str()))
    });
    let groups = grouped(all);
    let mut lines: Vec<String> = Vec::new();
    for group in groups.iter().take(MAX_WARNINGS) {
        let line = if several {
            format!("warning: {}", group.line())
        } else {
            format!("warning: {}", group.reason)
        };
        lines.push(words::safe_line(&line).into_owned());
    }
    if groups.len() > MAX_WARNINGS {
        let more = words::count((groups.len() - MAX_WARNINGS) as u64, "more warning");
        lines.push(format!(
            "warning: {more}: progress(job).warnings has all of a job"
        ));
    }
    lines
}
