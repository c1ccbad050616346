//! Requests about many jobs at once, within the services' rate limits.

use super::lists::{ListQuestion, Listed};
use super::{REDRAW, REQUESTS_PER_SECOND, until};
use crate::api::model::Progress;
use crate::api::{ApiError, Client};
use crate::engine::types::Job;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of simultaneous requests.
const AT_ONCE: usize = 8;

/// The average time between two requests.
const GAP: Duration = Duration::from_millis(1000 / REQUESTS_PER_SECOND as u64);

/// The time of the next request to a service with a rate limit. A burst of one second's requests is allowed.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits until the next request is due. A stop ends the wait, and then the request too.
    fn keep(&self, client: &Client) {
        if client.is_local_service() {
            return;
        }
        let now = Instant::now();
        let earliest = now.checked_sub(GAP * REQUESTS_PER_SECOND).unwrap_or(now);
        let due = {
            let mut next = self.0.lock();
            let due = next.unwrap_or(earliest).max(earliest);
            *next = due.checked_add(GAP);
            due
        };
        let _ = client.interrupt().sleep(due.saturating_duration_since(now));
    }
}

/// A request about jobs.
pub(crate) enum Question {
    /// One job's progress.
    Job {
        /// The job's index in the caller's list.
        place: usize,
        /// The job's id.
        id: String,
        /// The client for the job's service.
        client: Client,
    },
    /// The states of many jobs.
    List(ListQuestion),
}

impl Question {
    /// Returns a question about the job at this index of the caller's list. The request is cancelled at the deadline.
    pub(crate) fn job(place: usize, job: &Job, deadline: Option<Instant>) -> Self {
        Self::Job {
            place,
            id: job.id.clone(),
            client: until(&job.connection.client, deadline),
        }
    }

    fn put(&self, pace: &Pace) -> Answer {
        match self {
            Self::Job { place, id, client } => {
                pace.keep(client);
                Answer::Job(*place, client.progress(id))
            }
            Self::List(question) => Answer::List(question.put()),
        }
    }
}

/// The result of a question.
pub(crate) enum Answer {
    /// The job at this index of the caller's list.
    Job(usize, Result<Progress, ApiError>),
    /// The states from a job list.
    List(Listed),
}

/// Sends every question once and passes each answer to `see` as it arrives, in any order. While no answer arrives,
/// `see` is called with `None` every `REDRAW`. If `see` returns false, no further question is sent.
///
/// A raised stop flag ends every request within 100 ms, and thereby this function.
pub(crate) fn ask(
    questions: &[Question],
    pace: &Pace,
    mut see: impl FnMut(Option<Answer>) -> bool,
) {
    let next = AtomicUsize::new(0);
    let (done, answers) = mpsc::channel();
    thread::scope(|scope| {
        let start = |_: &usize| {
            let (next, done) = (&next, done.clone());
            let thread = thread::Builder::new().name("wait".to_owned());
            let started = thread.spawn_scoped(scope, move || work(questions, pace, next, &done));
            started.is_ok()
        };
        let threads = AT_ONCE.min(questions.len());
        if (0..threads).filter(start).count() == 0 {
            // If no thread can be started, the questions are sent one after the other.
            work(questions, pace, &next, &done);
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

/// Sends one question after the other until none is left.
fn work(questions: &[Question], pace: &Pace, next: &AtomicUsize, done: &Sender<Answer>) {
    while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
        // The receiver is open until every thread has ended.
        if done.send(question.put(pace)).is_err() {
            return;
        }
    }
}
