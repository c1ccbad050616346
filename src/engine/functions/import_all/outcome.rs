//! The result of a batch: the value for the script, and the error if jobs failed.

use super::entry::BatchEntry;
use super::plan::BatchTask;
use super::queue::Queue;
use crate::engine::types::{BatchTotals, List, ordered};
use crate::error::{Failure, Kind};
use crate::render::{FailedJob, explain_failure, merged};
use crate::text::words;
use serde_json::json;
use std::time::Instant;

/// Adds the batch's progress to the failure of an interrupted run, and a hint that the batch can be continued.
pub(super) fn cut_off(queue: &Queue<'_>, failure: Failure) -> Failure {
    let count = queue.count();
    let open = queue.open_jobs();
    let known = queue.entries.iter().filter(|it| it.job.is_some()).count() as u64;
    let message = format!(
        "{}; {} of {} ended, {} under way, {} not submitted",
        failure.message,
        words::number(count.done),
        words::count(count.jobs, "job"),
        words::number(open.len() as u64),
        words::number(count.jobs.saturating_sub(known)),
    );
    Failure { message, ..failure }
        .with_hint("run the same again: it continues, and submits nothing twice")
        .with_jobs(open)
}

/// Returns an error with the failed jobs and the reasons.
pub(super) fn failure_of(failed: &[&BatchEntry], queue: &Queue<'_>, atomic: bool) -> Failure {
    let mut jobs = Vec::new();
    let mut hint = None;
    for entry in failed {
        if let Some(failure) = &entry.failure {
            jobs.push(FailedJob {
                id: entry.job.clone(),
                cause: failure.message.clone(),
                message: failure.message.clone(),
            });
            hint = hint.or_else(|| failure.hint.clone());
        } else if let Some(why) = entry.progress.as_ref().and_then(|it| explain_failure(it)) {
            let id = entry.job.as_deref().unwrap_or_default();
            jobs.push(FailedJob::new(id, &why));
            hint = hint.or_else(|| Some(why.advice()));
        }
    }
    // A single job's message says everything.
    let is_alone = queue.tasks.len() == 1;
    let tally = (!is_alone).then(|| format!("{}\n", tally(failed, queue, atomic)));
    let message = format!("{}{}", tally.unwrap_or_default(), merged(&jobs));
    let kind = if failed.iter().any(|it| it.is_in_doubt()) {
        Kind::Unknown
    } else if failed.iter().all(|it| it.progress.is_none()) {
        let failure = failed.iter().find_map(|it| it.failure.as_ref());
        failure.map_or(Kind::Refused, |it| it.kind)
    } else {
        Kind::JobFailed
    };
    let ids = failed.iter().filter_map(|it| it.job.clone()).collect();
    let again = "the next run submits the failed jobs again, and leaves out the finished ones";
    // Jobs in doubt aren't submitted again.
    let again = (!failed.iter().all(|it| it.is_in_doubt())).then(|| again.to_owned());
    let hints: Vec<String> = hint.into_iter().chain(again).collect();
    let code = failed.first().and_then(|it| it.failure.as_ref()?.code);
    let mut failure = Failure::new(kind, message.trim_end());
    failure.code = code.filter(|_| is_alone);
    failure.with_hint(hints.join("; ")).with_jobs(ids)
}

/// Returns the numbers of jobs that failed, are in doubt, or weren't submitted.
fn tally(failed: &[&BatchEntry], queue: &Queue<'_>, atomic: bool) -> String {
    let jobs = words::count(queue.tasks.len() as u64, "job");
    let doubtful = failed.iter().filter(|it| it.is_in_doubt()).count();
    let left = queue.entries.iter().filter(|it| it.is_left()).count();
    let counts = [
        (failed.len() - doubtful, format!(" of {jobs} failed")),
        (doubtful, format!(" of {jobs} in doubt")),
        (left, " not submitted".to_owned()),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, what)| format!("{}{what}", words::number(count as u64)));
    let none = match doubtful {
        0 => "so none was committed",
        _ => "so nothing more was committed",
    };
    let none = atomic.then(|| none.to_owned());
    counts.chain(none).collect::<Vec<_>>().join(", ")
}

/// Returns the value for the script.
pub(super) fn batch(queue: &Queue<'_>, began: Instant) -> BatchTotals {
    let job = |(task, entry): (&BatchTask, &BatchEntry)| {
        let reason = entry.failure.as_ref().map(|it| it.message.clone());
        let reason = reason.or_else(|| entry.progress.as_ref().and_then(|it| it.reason.clone()));
        ordered(json!({
            "job": entry.job,
            "key": task.key,
            "state": entry.word(),
            "files": task.files,
            "rows": entry.progress.as_ref().and_then(|it| it.rows),
            "reason": reason,
        }))
    };
    let count = queue.count();
    let jobs = queue.tasks.iter().zip(&queue.entries).map(job);
    let submitted = queue.entries.iter().filter(|it| it.progress.is_some());
    BatchTotals {
        ok: submitted.filter(|it| !it.has_failed()).count() as u64,
        failed: count.failed,
        jobs: List::of("job", jobs.collect()),
        files: count.files,
        rows: count.rows,
        elapsed: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        steps: List::of("step", Vec::new()),
    }
}
