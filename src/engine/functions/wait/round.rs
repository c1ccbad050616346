//! One round of a wait: every open job is read once.

use super::Watch;
use crate::api::model::{JobState, JobSummary, Progress};
use crate::engine::functions::jobs::known_reading;
use crate::engine::functions::watch::REDRAW;
use crate::engine::functions::watch::lists::{ListQuestion, Listed, tells};
use crate::engine::functions::watch::requests::{JobAnswer, ProgressRequest, run_requests};
use crate::engine::types::{Job, ProgressValue};
use crate::error::Failure;
use crate::render::WaitView;
use std::rc::Rc;
use std::time::Instant;

/// The result of a round.
#[derive(Default)]
struct Round {
    answered: bool,
    /// A transient failure.
    missed: Option<Failure>,
    /// A failure that ends the wait.
    failed: Option<Failure>,
    /// The indexes of jobs that need no reading of their own: the list was enough, or couldn't be read for now.
    settled: Vec<usize>,
    /// The indexes of running jobs among `settled`.
    running: Vec<usize>,
    /// Number of requests to services with a rate limit.
    requests: u64,
}

impl Watch<'_> {
    /// Reads every open job, several at once.
    pub(super) fn read(&mut self, view: &mut Option<WaitView>) -> Result<(), Failure> {
        let deadline = self.limit.and_then(|limit| self.began.checked_add(limit));
        let mut round = Round::default();
        let open = self.open().map(|(place, job)| (place, job.clone()));
        let open: Vec<(usize, Job)> = open.collect();
        let lists = self.lists.questions(&open, deadline);
        self.send_all(&lists, ListQuestion::put, Self::take_list, &mut round, view);
        if round.failed.is_none() {
            round.settled.sort_unstable();
            round.running.sort_unstable();
            let fresh = self.lists.freshen(&round.running);
            let single = open.iter().filter(|(place, _)| {
                round.settled.binary_search(place).is_err() || fresh.contains(place)
            });
            let requests = ProgressRequest::list(single, deadline);
            let pace = Rc::clone(&self.pace);
            let pace = &*pace;
            let send = |request: &ProgressRequest| request.send(pace);
            self.send_all(&requests, send, Self::take, &mut round, view);
        }
        self.close(round)
    }

    /// Sends the requests, records each answer, and redraws meanwhile.
    fn send_all<Q: Sync, A: Send>(
        &mut self,
        requests: &[Q],
        send: impl Fn(&Q) -> A + Sync,
        take: fn(&mut Self, &mut Round, A),
        round: &mut Round,
        view: &mut Option<WaitView>,
    ) {
        let mut drawn = Instant::now();
        if !requests.is_empty() {
            self.unanswered.get_or_insert(drawn);
        }
        run_requests(requests, send, |answer| {
            if let Some(answer) = answer {
                take(self, round, answer);
            }
            if let Some(view) = view
                && drawn.elapsed() >= REDRAW
            {
                drawn = Instant::now();
                view.set_unanswered(self.unanswered);
                view.update(&self.known(), drawn);
            }
            round.failed.is_none()
        });
        if round.answered {
            self.unanswered = None;
        }
        if let Some(view) = view {
            view.set_unanswered(self.unanswered);
        }
    }

    /// Ends the round. Returns an error if the wait must end.
    fn close(&mut self, round: Round) -> Result<(), Failure> {
        self.asked = u32::try_from(round.requests).unwrap_or(u32::MAX);
        let missed = round.missed.filter(|_| !round.answered);
        if round.answered {
            self.contact.answered();
        }
        let timeouts = self.jobs.iter();
        let timeouts = timeouts.map(|job| job.connection.client.settings().read_timeout);
        let timeout = timeouts.max().unwrap_or_default();
        let lasting = missed.filter(|_| self.contact.missed(timeout));
        match round.failed.or(lasting) {
            Some(failure) => Err(self.detached(failure)),
            None => Ok(()),
        }
    }

    fn take(&mut self, round: &mut Round, (place, answer): JobAnswer) {
        let (job, slot) = (&self.jobs[place], &mut self.readings[place]);
        round.requests += u64::from(!job.connection.client.is_local_service());
        match known_reading(self.session, job, answer) {
            Ok(reading) => {
                *slot = Some(reading);
                round.answered = true;
                // The other questions of the round still wait.
                self.unanswered = Some(Instant::now());
            }
            // The service is temporarily unavailable, but the job exists and continues there.
            Err(failure)
                if failure.is_transient() && (slot.is_some() || self.ours.contains(&job.id)) =>
            {
                round.missed = Some(failure);
            }
            Err(failure) => {
                round.failed.get_or_insert(failure);
            }
        }
    }

    /// Records a list's answer. Jobs without enough detail are then read on their own.
    fn take_list(&mut self, round: &mut Round, listed: Listed) {
        let is_limited = |place: &usize| !self.jobs[*place].connection.client.is_local_service();
        if listed.asked.first().is_some_and(is_limited) {
            round.requests += listed.requests;
        }
        if !listed.found.is_empty() {
            round.answered = true;
            self.unanswered = Some(Instant::now());
        }
        for (place, summary) in &listed.found {
            if tells(&summary.state) {
                round.settled.push(*place);
                if summary.state.kind == JobState::Importing {
                    round.running.push(*place);
                }
                let slot = &mut self.readings[*place];
                *slot = Some(moved(slot.take(), &self.jobs[*place], summary));
            }
        }
        match listed.failure {
            None => self.lists.learn(&listed),
            Some(failure) if failure.is_transient() => {
                // The service is unavailable, so no single calls either, except for jobs that were never read.
                let seen = |place: &&usize| self.readings[**place].is_some();
                round
                    .settled
                    .extend(listed.asked.iter().filter(seen).copied());
                round.missed = Some(failure);
            }
            Some(failure) if failure.is_stop() => {
                round.failed.get_or_insert(failure);
            }
            // The service has no such list, or doesn't allow this API key to read it.
            Some(_) => self.lists.learn(&Listed {
                found: Vec::new(),
                ..listed
            }),
        }
    }
}

/// Returns a reading updated with the list's state of the job.
fn moved(last: Option<ProgressValue>, job: &Job, summary: &JobSummary) -> ProgressValue {
    let state = summary.state.clone();
    let mut progress = match last {
        Some(last) => (*last.progress).clone(),
        None => Progress::of_state(&job.id, &job.collection, state.clone()),
    };
    progress.state = state;
    progress.percent = summary.percent.unwrap_or(progress.percent);
    if progress.collection.is_empty() {
        progress.collection.clone_from(&summary.collection);
    }
    ProgressValue::new(progress, &job.connection)
}
