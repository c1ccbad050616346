//! The end of an atomic batch: all of its jobs are committed once every one is ready, or all are given up. And of any other
//! that finds jobs of an atomic run which was cut off: they are committed.
//!
//! All of it can be cut off at any place and carried on by the next run: a job that is committed counts as done, one that
//! waits is committed or aborted, and one that was aborted is submitted anew under its key.

use super::entry::Entry;
use super::plan::Before;
use super::queue::Queue;
use crate::api::model::JobState;
use crate::engine::functions::jobs::read_progress;
use crate::error::{Failure, Kind};
use std::time::Duration;

/// How often a commit or abort whose answer was lost is repeated.
const TRIES: u32 = 8;

/// Commits all jobs if all are ready, else aborts those that are. Where one is in doubt that may be committed already, they
/// are left as they are.
pub(super) fn end(queue: &mut Queue<'_>) -> Result<(), Failure> {
    if queue.entries.iter().any(Entry::is_in_doubt) {
        return Ok(());
    }
    let failed = queue.entries.iter().any(Entry::has_failed);
    let waiting = waiting(queue);
    for at in &waiting {
        queue.check()?;
        act(queue, *at, !failed)?;
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
        act(queue, *at, true)?;
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

/// Commits or aborts one job. Where the answer is lost the job's state tells whether it has to be done again.
fn act(queue: &mut Queue<'_>, at: usize, commit: bool) -> Result<(), Failure> {
    let Some(job) = queue.job(at) else {
        return Ok(());
    };
    let client = &job.connection.client;
    let mut tries = 0;
    loop {
        let answer = if commit {
            client.commit(&job.id)
        } else {
            client.abort(&job.id)
        };
        let Err(error) = answer.map_err(Failure::from) else {
            if !commit {
                queue.note_aborted(&job);
            }
            return Ok(());
        };
        tries += 1;
        let passing = matches!(error.kind, Kind::Unknown | Kind::Connect | Kind::Busy);
        if passing && tries < TRIES {
            queue.sleep(Duration::from_millis(100 << tries.min(6)))?;
        }
        match read_progress(queue.session(), &job) {
            // It was done, or somebody else has done it.
            Ok(reading) if reading.progress.state.kind != JobState::Uncommitted => return Ok(()),
            Ok(_) if passing && tries < TRIES => {}
            Err(failure) if passing && tries < TRIES && failure.kind == Kind::Connect => {}
            _ => return Err(error),
        }
    }
}
