//! The end of an atomic batch: all of its jobs are committed once every one is ready, or all are given up. And of any other
//! that finds jobs of an atomic run which was cut off: they are committed.
//!
//! All of it can be cut off at any place and carried on by the next run: a job that is committed counts as done, one that
//! waits is committed or aborted, and one that was aborted is submitted anew under its key.

use super::entry::Entry;
use super::plan::Before;
use super::queue::Queue;
use crate::api::model::JobState;
use crate::engine::functions::decision::Decision;
use crate::error::Failure;

/// Commits all jobs if all are ready, else aborts those that are. Where one is in doubt that may be committed already, they
/// are left as they are.
pub(super) fn end(queue: &mut Queue<'_>) -> Result<(), Failure> {
    if queue.entries.iter().any(Entry::is_in_doubt) {
        return Ok(());
    }
    let failed = queue.entries.iter().any(Entry::has_failed);
    let waiting = waiting(queue);
    let decision = if failed {
        Decision::Abort
    } else {
        Decision::Commit
    };
    for at in &waiting {
        queue.check()?;
        act(queue, *at, decision)?;
    }
    if failed {
        return Ok(());
    }
    queue.watch_again(&waiting)
}

/// Commits what an earlier run has left waiting, where this one asks for nothing of the kind.
pub(super) fn commit_left(queue: &mut Queue<'_>) -> Result<(), Failure> {
    let mut left = waiting(queue);
    left.retain(|at| {
        let task = queue.tasks.get(*at);
        task.is_some_and(|task| {
            matches!(task.before, Before::Job(_)) && !task.request.is_two_phase()
        })
    });
    if left.is_empty() {
        return Ok(());
    }
    for at in &left {
        queue.check()?;
        act(queue, *at, Decision::Commit)?;
    }
    queue.watch_again(&left)
}

/// The places of jobs that wait for their commit.
fn waiting(queue: &Queue<'_>) -> Vec<usize> {
    let waits = |entry: &Entry| entry.state() == Some(JobState::Uncommitted);
    let entries = queue.entries.iter().enumerate();
    entries
        .filter(|(_, entry)| waits(entry))
        .map(|(at, _)| at)
        .collect()
}

/// Commits or aborts one job.
fn act(queue: &mut Queue<'_>, at: usize, decision: Decision) -> Result<(), Failure> {
    let Some(job) = queue.job(at) else {
        return Ok(());
    };
    decision.carry_out(queue.session(), &job, true)?;
    if decision == Decision::Abort {
        queue.note_aborted(&job);
    }
    Ok(())
}
