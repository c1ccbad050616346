//! Asking services about many jobs at once.

use super::REDRAW;
use super::lists::{ListQuestion, Listed};
use crate::api::Client;
use crate::api::model::Progress;
use crate::engine::values::Job;
use crate::error::Failure;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

/// Requests under way at the same time.
const AT_ONCE: usize = 8;

/// What is asked.
pub(super) enum Question {
    /// One job's progress.
    Job {
        /// The job's place in the caller's list.
        place: usize,
        /// Its id.
        id: String,
        /// Where it runs.
        client: Client,
    },
    /// Where many jobs stand.
    List(ListQuestion),
}

impl Question {
    /// The job at this place of the caller's list; the reading is given up at the deadline.
    pub(super) fn job(place: usize, job: &Job, deadline: Option<Instant>) -> Self {
        Self::Job {
            place,
            id: job.id.clone(),
            client: until(&job.connection.client, deadline),
        }
    }

    fn put(&self) -> Answer {
        match self {
            Self::Job { place, id, client } => {
                Answer::Job(*place, client.progress(id).map_err(Failure::from))
            }
            Self::List(question) => Answer::List(question.put()),
        }
    }
}

/// The same client, whose calls end at the deadline.
pub(super) fn until(client: &Client, deadline: Option<Instant>) -> Client {
    client.with_interrupt(client.interrupt().until(deadline))
}

/// What came of a question.
pub(super) enum Answer {
    /// The job at this place of the caller's list.
    Job(usize, Result<Progress, Failure>),
    /// What lists say.
    List(Listed),
}

/// Asks every question once and hands each answer on as it comes, in any order; `None` now and then while nothing does.
/// `see` answers false to end early.
///
/// A raised stop flag ends every request within 100 ms, and so all of it.
pub(super) fn ask(questions: &[Question], mut see: impl FnMut(Option<Answer>) -> bool) {
    let next = AtomicUsize::new(0);
    let (done, answers) = mpsc::channel();
    thread::scope(|scope| {
        let start = |_: &usize| {
            let (next, done) = (&next, done.clone());
            let thread = thread::Builder::new().name("wait".to_owned());
            let started = thread.spawn_scoped(scope, move || work(questions, next, &done));
            started.is_ok()
        };
        let threads = AT_ONCE.min(questions.len());
        if (0..threads).filter(start).count() == 0 {
            // Without threads the questions are put one after the other.
            work(questions, &next, &done);
        }
        drop(done);
        loop {
            let go_on = match answers.recv_timeout(REDRAW) {
                Ok(answer) => see(Some(answer)),
                Err(RecvTimeoutError::Timeout) => see(None),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if !go_on {
                next.store(questions.len(), Ordering::Relaxed);
            }
        }
    });
}

/// Takes one question after the other until there is none left.
fn work(questions: &[Question], next: &AtomicUsize, done: &Sender<Answer>) {
    while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
        // The caller listens until every thread has ended.
        if done.send(question.put()).is_err() {
            return;
        }
    }
}
