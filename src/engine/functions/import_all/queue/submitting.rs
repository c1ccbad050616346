//! Submission of several jobs at a time, because each submission waits for the disk and for the service.

use super::{LOOKED_FOR, Queue};
use crate::at_once::at_once;
use crate::engine::functions::import_all::plan::BatchTask;
use crate::engine::functions::watch::requests::AT_ONCE;
use crate::error::Failure;
use crate::submission::{FileMarks, SubmissionStep, SubmitError, Submitter};
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Submits the job of a task: begins, and sends unless an earlier run has.
fn submitted(submitter: &Submitter<'_>, task: &BatchTask) -> Result<SubmissionStep, SubmitError> {
    if submitter.client.settings().dry_run.is_some() {
        let job = submitter.submit(&task.request, Some(&task.key))?;
        return Ok(SubmissionStep::Made(job));
    }
    let marks = FileMarks {
        stamps: &task.stamps,
        contents: &task.contents,
    };
    let mut attempts = 0;
    loop {
        let step = match submitter.begin(&task.request, Some(&task.key), marks)? {
            SubmissionStep::Open(open) => submitter.send(open.after(attempts))?,
            step => step,
        };
        match step {
            SubmissionStep::Next => attempts += 1,
            step => return Ok(step),
        }
    }
}

impl Queue<'_> {
    /// Submits jobs until the places are filled.
    pub(super) fn submit(&mut self) -> Result<(), Failure> {
        let mut waiting_for_others = 0;
        while waiting_for_others < self.pending.len() && !self.halted() {
            let paused = self.pause.is_some_and(|until| Instant::now() < until);
            let parked = self.how.max_running.saturating_mul(LOOKED_FOR);
            let places = self.how.max_running.saturating_sub(self.running.len());
            if paused || places == 0 || self.parked.len() >= parked {
                break;
            }
            self.session.interrupt.check()?;
            // The first job is submitted alone, because the others use its findings about the service. A dry run shows
            // the jobs one after the other.
            let alone = !self.begun || self.session.dry_run().is_some();
            let max = if alone { 1 } else { AT_ONCE.min(places) };
            let taken: Vec<usize> = self.pending.drain(..max.min(self.pending.len())).collect();
            self.begun = true;
            waiting_for_others += self.submit_some(&taken)?;
            self.draw();
        }
        Ok(())
    }

    /// Submits these jobs at the same time. Returns how many of them another process is submitting.
    fn submit_some(&mut self, places: &[usize]) -> Result<usize, Failure> {
        let tasks = self.tasks;
        let (desk, connection) = (&self.session.desk, &self.connection.name);
        let client = &self.connection.client;
        let notices = Mutex::new(Vec::new());
        let submit = |at: &usize| {
            let submitter = Submitter {
                desk,
                client,
                connection,
                notify: &|notice| notices.lock().push(notice),
                busy_wait: Duration::ZERO,
            };
            submitted(&submitter, &tasks[*at])
        };
        let steps = at_once(places, AT_ONCE, submit, |_| false);
        for notice in notices.into_inner() {
            self.view.notice(&notice);
        }
        let (mut busy, mut result) = (0, Ok(()));
        for (at, step) in places.iter().zip(steps) {
            busy += usize::from(matches!(step, Ok(SubmissionStep::Busy)));
            // After a failure, the results of the other submissions are still recorded.
            result = result.and(self.apply_step(*at, step));
        }
        result.map(|()| busy)
    }

    /// Records the result of a step of the submission of the job at `at`, and sends it if that's the next step.
    pub(super) fn apply_step(
        &mut self,
        at: usize,
        step: Result<SubmissionStep, SubmitError>,
    ) -> Result<(), Failure> {
        match step {
            Ok(SubmissionStep::Known(job)) => return self.adopt(at, job),
            Ok(SubmissionStep::Made(job)) => self.made(at, job),
            Ok(SubmissionStep::Open(open)) => {
                let sent = self.submitter.send(open);
                return self.apply_step(at, sent);
            }
            Ok(SubmissionStep::Unresolved(parked)) => self.parked.push((at, parked)),
            Ok(SubmissionStep::Next) => self.pending.push_front(at),
            // The other process' job is found later, under the key.
            Ok(SubmissionStep::Busy) => self.pending.push_back(at),
            Err(error) => return self.refused(at, error),
        }
        Ok(())
    }
}
