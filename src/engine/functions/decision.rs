//! `commit` and `abort`: the decision about a two-phase import.
//!
//! The answer may be lost or inconclusive, so the job's state is read before the call fails. A job that's already
//! committed or aborted counts as success. The state may lag behind the decision, so the call waits for it.

use super::jobs::read_progress;
use crate::api::model::{JobState, State};
use crate::api::{ApiError, Client, backoff};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, Takes};
use crate::engine::types::{Gives, Job, ProgressValue, ScriptType};
use crate::error::{Failure, Kind};
use crate::session::Session;
use rhai::Dynamic;
use std::time::{Duration, Instant};

/// Minimum time for a job's state to show a decision; `settle` if that's longer.
const LAG: Duration = Duration::from_secs(5);

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Jobs.table([
    Function::new(
        &["commit(job)"],
        "ends a two-phase import: its rows become visible",
        "write_text(\"books.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`);\nlet job = import(\"books\", \"books.jsonl\", #{auto_commit: false});\nwait(job);\ncommit(job)",
        |call| decided(call, Decision::Commit),
    )
    .takes(&[Takes::Job])
    .gives(Gives::One(ProgressValue::TYPE))
    .related(&["abort", "import"]),
    Function::new(
        &["abort(job)"],
        "ends a two-phase import: its rows are dropped",
        "write_text(\"books.jsonl\", `{\"id\": 1, \"vector\": [0.1, 0.2, 0.3, 0.4]}`);\nlet job = import(\"books\", \"books.jsonl\", #{auto_commit: false});\nwait(job);\nabort(job)",
        |call| decided(call, Decision::Abort),
    )
    .destroys(Confirm::Yes)
    .takes(&[Takes::Job])
    .gives(Gives::One(ProgressValue::TYPE))
    .related(&["commit", "import"]),
]);

/// The decision about the rows of a two-phase import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The rows become visible.
    Commit,
    /// The rows are dropped.
    Abort,
}

fn decided(call: &Call, decision: Decision) -> Result<Dynamic, Failure> {
    let job = call.job(call.arg(0, "the job")?)?;
    decision.carry_out(call.session, &job, false)?;
    read_progress(call.session, &job).map(Dynamic::from)
}

/// The job's state after an answer that wasn't success.
enum Reading {
    /// The decision is carried out.
    Done,
    /// The job still waits for a decision, or its state lags behind.
    Waits,
    /// The job's state doesn't allow the decision, or no longer allows it.
    Other(State),
    /// The state couldn't be read for now.
    Away,
}

impl Decision {
    /// Commits or aborts a job. With `waits`, the job was seen waiting for the decision, so any other state shows that
    /// the decision is being carried out.
    pub(super) fn carry_out(
        self,
        session: &Session,
        job: &Job,
        mut waits: bool,
    ) -> Result<(), Failure> {
        let client = &job.connection.client;
        let end = Instant::now() + client.settings().settle.max(LAG);
        // The first inconclusive answer. From then on the decision may have been carried out.
        let mut lost: Option<Failure> = None;
        let mut tries = 0;
        loop {
            let Err(error) = self.send(client, &job.id) else {
                return Ok(());
            };
            if !is_answer(&error) {
                return Err(error.into());
            }
            let proves_nothing = error.may_have_acted();
            let passes = proves_nothing || matches!(error.kind(), Kind::Busy | Kind::Connect);
            let failure = Failure::from(error);
            if proves_nothing {
                lost.get_or_insert_with(|| in_doubt(&failure));
            }
            loop {
                tries += 1;
                match self.read(session, job)? {
                    Reading::Done => return Ok(()),
                    Reading::Other(state) if !passes && lost.is_none() => {
                        return Err(self.refused(failure, &state));
                    }
                    Reading::Other(state) if state.kind.is_final() => {
                        return Err(self.too_late(job, &state));
                    }
                    Reading::Other(_) if waits && self == Self::Commit => return Ok(()),
                    Reading::Other(_) if !passes => return Err(lost.unwrap_or(failure)),
                    Reading::Waits => waits = true,
                    Reading::Other(_) | Reading::Away => {}
                }
                let pause = backoff(tries);
                if Instant::now() + pause >= end {
                    return Err(lost.unwrap_or(failure));
                }
                session.interrupt.sleep(pause)?;
                // A refusal is final, so only the state can still change the result.
                if passes {
                    break;
                }
            }
        }
    }

    fn send(self, client: &Client, job_id: &str) -> Result<(), ApiError> {
        match self {
            Self::Commit => client.commit(job_id),
            Self::Abort => client.abort(job_id),
        }
    }

    fn read(self, session: &Session, job: &Job) -> Result<Reading, Failure> {
        let state = match read_progress(session, job) {
            Ok(reading) => reading.progress.state.clone(),
            Err(failure) if failure.is_transient() => return Ok(Reading::Away),
            Err(failure) => return Err(failure),
        };
        let committing = state.sent.eq_ignore_ascii_case("Committing");
        let done = match self {
            Self::Commit => committing || state.kind == JobState::Completed,
            Self::Abort => matches!(state.kind, JobState::Aborted | JobState::Failed),
        };
        Ok(if done {
            Reading::Done
        } else if state.kind == JobState::Uncommitted {
            Reading::Waits
        } else {
            Reading::Other(state)
        })
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Commit => "committed",
            Self::Abort => "aborted",
        }
    }

    /// Adds the job's state to a refusal as a hint. Services report little more than a wrong parameter.
    fn refused(self, failure: Failure, state: &State) -> Failure {
        failure.with_hint(format!(
            "the job is {}; only a two-phase import (auto_commit: false) that waits for its commit can be {}",
            state,
            self.done()
        ))
    }

    fn too_late(self, job: &Job, state: &State) -> Failure {
        let (id, done) = (&job.id, self.done());
        let text = format!("the job {id} can't be {done} any more: it is {state}");
        Failure::refused(text).with_jobs(vec![id.clone()])
    }
}

/// Returns true if the service received the call and accepted its API key, so reading the job's state is worthwhile.
fn is_answer(error: &ApiError) -> bool {
    let sent = error.call().is_some() && !matches!(error, ApiError::Stopped { .. });
    sent && error.kind() != Kind::Auth
}

fn in_doubt(failure: &Failure) -> Failure {
    let mut doubt = failure.clone();
    doubt.kind = Kind::Unknown;
    doubt.or_hint("progress(job) shows its state; the same call again is safe")
}
