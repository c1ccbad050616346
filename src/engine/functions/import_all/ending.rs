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
use crate::engine::types::Job;
use crate::error::Failure;

/// Commits all jobs if all are ready, else aborts the ready ones. If a job is in doubt, it may already be committed, so
/// all jobs are left as they are.
pub(super) fn end(queue: &mut Queue<'_>) -> Result<(), Failure> {
    if queue.entries.iter().any(BatchEntry::is_in_doubt) {
        return Ok(());
    }
    let waiting = waiting(queue);
    if !queue.entries.iter().any(BatchEntry::has_failed) {
        return commit(queue, &waiting);
    }
    for job in jobs(queue, &waiting) {
        queue.session.interrupt.check()?;
        Decision::Abort.carry_out(queue.session, &job, true)?;
        queue.note_aborted(&job);
    }
    Ok(())
}

/// Commits jobs that an earlier run left waiting, if this run isn't two-phase itself.
pub(super) fn commit_left(queue: &mut Queue<'_>) -> Result<(), Failure> {
    let mut left = waiting(queue);
    left.retain(|at| {
        let task = &queue.tasks[*at];
        matches!(task.before, Before::Job(_)) && !task.request.is_two_phase()
    });
    if left.is_empty() {
        return Ok(());
    }
    commit(queue, &left)
}

/// Returns the indexes of jobs that wait for their commit.
fn waiting(queue: &Queue<'_>) -> Vec<usize> {
    let waits = |at: &usize| queue.entries[*at].state() == Some(JobState::Uncommitted);
    (0..queue.entries.len()).filter(waits).collect()
}

fn jobs(queue: &Queue<'_>, places: &[usize]) -> Vec<Job> {
    places.iter().filter_map(|at| queue.job(*at)).collect()
}

/// Commits these jobs, and waits until the service has carried out the commits.
fn commit(queue: &mut Queue<'_>, places: &[usize]) -> Result<(), Failure> {
    for job in jobs(queue, places) {
        queue.session.interrupt.check()?;
        Decision::Commit.carry_out(queue.session, &job, true)?;
    }
    queue.watch_again(places)
}
