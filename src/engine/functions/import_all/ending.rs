//! The end of a batch. An atomic batch commits all of its jobs once every job is ready, or aborts them all. Any other
//! batch commits jobs that an interrupted atomic run has left waiting.
//!
//! This can be interrupted at any point, and the next run continues. A committed job counts as done, a waiting job is
//! committed or aborted, and an aborted job is submitted again under its idempotency key.

use super::entry::BatchEntry;
use super::plan::Before;
use super::queue::Queue;
use crate::api::model::JobState;
use crate::engine::functions::decision::Decision;
use crate::error::Failure;

/// Commits all jobs if all are ready, else aborts the ready ones. If a job is in doubt, it may already be committed, so
/// all jobs are left as they are.
pub(super) fn end(queue: &mut Queue<'_>) -> Result<(), Failure> {
    if queue.entries.iter().any(BatchEntry::is_in_doubt) {
        return Ok(());
    }
    let failed = queue.entries.iter().any(BatchEntry::has_failed);
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

/// Commits jobs that an earlier run left waiting, if this run isn't two-phase itself.
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

/// Returns the indexes of jobs that wait for their commit.
fn waiting(queue: &Queue<'_>) -> Vec<usize> {
    let waits = |entry: &BatchEntry| entry.state() == Some(JobState::Uncommitted);
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
