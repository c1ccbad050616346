//! Requests about many jobs at once, within the services' rate limits.

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
pub(crate) const AT_ONCE: usize = 8;

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

/// The answer about a job, with the job's index in the caller's list.
pub(crate) type JobAnswer = (usize, Result<Progress, ApiError>);

/// A request for one job's progress.
pub(crate) struct ProgressRequest {
    /// The job's index in the caller's list.
    place: usize,
    id: String,
    client: Client,
}

impl ProgressRequest {
    /// Returns requests for jobs with their indexes in the caller's list. The requests are cancelled at the deadline.
    pub(crate) fn list<'j>(
        jobs: impl IntoIterator<Item = &'j (usize, Job)>,
        deadline: Option<Instant>,
    ) -> Vec<Self> {
        let jobs = jobs.into_iter();
        let request = |(place, job): &(usize, Job)| Self {
            place: *place,
            id: job.id.clone(),
            client: until(&job.connection.client, deadline),
        };
        jobs.map(request).collect()
    }

    /// Sends the request when it's due.
    pub(crate) fn send(&self, pace: &Pace) -> JobAnswer {
        pace.keep(&self.client);
        (self.place, self.client.progress(&self.id))
    }
}

/// Reads the progress of each of these jobs once, like [`run_requests`].
pub(crate) fn read_jobs(
    jobs: &[(usize, Job)],
    pace: &Pace,
    on_result: impl FnMut(Option<JobAnswer>) -> bool,
) {
    let send = |request: &ProgressRequest| request.send(pace);
    run_requests(&ProgressRequest::list(jobs, None), send, on_result);
}

/// Sends every request once, at most [`AT_ONCE`] at the same time, and passes each answer to `on_result` as it arrives,
/// in any order. While no answer arrives, `on_result` is called with `None` every `REDRAW`. After `on_result` has
/// returned false, no further request is sent.
///
/// A raised stop flag ends every request within 100 ms, and thereby this function.
pub(crate) fn run_requests<Q: Sync, A: Send>(
    requests: &[Q],
    send: impl Fn(&Q) -> A + Sync,
    mut on_result: impl FnMut(Option<A>) -> bool,
) {
    let next = AtomicUsize::new(0);
    let (done, answers) = mpsc::channel();
    let work = |done: &Sender<A>| {
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            // The receiver is open until every thread has ended.
            if done.send(send(request)).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let work = &work;
        let start = |_: &usize| {
            let done = done.clone();
            let thread = thread::Builder::new().name("request".to_owned());
            thread.spawn_scoped(scope, move || work(&done)).is_ok()
        };
        let threads = AT_ONCE.min(requests.len());
        if (0..threads).filter(start).count() == 0 {
            // If no thread can be started, the requests are sent one after the other.
            work(&done);
        }
        drop(done);
        loop {
            let continues = match answers.recv_timeout(REDRAW) {
                Ok(answer) => on_result(Some(answer)),
                Err(RecvTimeoutError::Timeout) => on_result(None),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if !continues {
                next.store(requests.len(), Ordering::Relaxed);
            }
        }
    });
}
