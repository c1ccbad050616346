//! Readings of a batch's running jobs.

use super::Queue;
use crate::engine::functions::jobs::{known_reading, read_progress};
use crate::engine::functions::watch::interval;
use crate::engine::functions::watch::requests::read_jobs;
use crate::engine::types::{Job, ProgressValue};
use crate::error::{Failure, Kind};
use std::rc::Rc;
use std::time::Instant;

impl Queue<'_> {
    /// Reads the jobs that are due, several at once.
    pub(super) fn read(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let due = self.running.iter().filter(|it| it.due <= now);
        let due = due.filter_map(|it| Some((it.at, self.job(it.at)?)));
        let due: Vec<(usize, Job)> = due.collect();
        if self.session.dry_run().is_some() {
            // The answers are local, so threads would only cost time.
            for (at, job) in due {
                self.take(at, read_progress(self.session, &job))?;
            }
            return Ok(());
        }
        let mut answers = Vec::with_capacity(due.len());
        read_jobs(&due, &self.pace, |answer| {
            answers.extend(answer);
            true
        });
        for (at, answer) in answers {
            if let Some(job) = self.job(at) {
                self.take(at, known_reading(self.session, &job, answer))?;
            }
        }
        Ok(())
    }

    /// Reads a known job's end from the journal, which saves a request. If it isn't there, the job is due at once.
    pub(super) fn recall(&mut self, at: usize) -> Result<(), Failure> {
        let Some(job) = self.job(at) else {
            return Ok(());
        };
        let settings = job.connection.client.settings();
        if let Some(progress) = self.session.desk.remembered(settings, &job.id) {
            let reading = ProgressValue::new(progress, &job.connection);
            return self.take(at, Ok(reading));
        }
        if let Some(running) = self.running.iter_mut().find(|it| it.at == at) {
            running.due = Instant::now();
        }
        Ok(())
    }

    fn take(&mut self, at: usize, reading: Result<ProgressValue, Failure>) -> Result<(), Failure> {
        let progress = match reading {
            Ok(reading) => reading.progress,
            Err(failure) if failure.is_transient() && !self.is_lasting() => {
                self.later(at);
                return Ok(());
            }
            // The service has forgotten the job, so its result is unknown.
            Err(failure) if failure.kind == Kind::Unknown => {
                self.give_up(at, failure);
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        self.contact.answered();
        let state = progress.state.kind;
        let has_ended = state.is_final() || (state.ends_wait() && !self.committing);
        self.entries[at].progress = Some(Rc::clone(&progress));
        if has_ended {
            self.running.retain(|it| it.at != at);
            // The ended job has made room at the service.
            self.pause = None;
            self.busy_since = None;
            self.done += u64::from(!self.committing);
            self.has_failed |= self.entries[at].has_failed();
            let (files, all) = (self.tasks[at].files, self.tasks.len() as u64);
            self.view.ended(&progress, files, self.done, all);
        } else {
            self.later(at);
        }
        Ok(())
    }

    fn later(&mut self, at: usize) {
        let local = self.connection.client.is_local_service();
        if let Some(running) = self.running.iter_mut().find(|it| it.at == at) {
            running.due = Instant::now() + interval(running.since.elapsed(), local);
        }
    }
}
