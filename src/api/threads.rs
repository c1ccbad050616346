//! Threads that run requests: one per concurrent request, kept for a while for later requests.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use std::{io, thread};

/// Time to keep an idle thread.
const IDLE: Duration = Duration::from_secs(5);

type Work = Box<dyn FnOnce() + Send>;

/// A pool of threads for requests; clones share the pool.
#[derive(Clone, Default)]
pub(super) struct Threads(Arc<Mutex<Idle>>);

/// The idle threads by number.
#[derive(Default)]
struct Idle {
    next: u64,
    waiting: Vec<(u64, Sender<Work>)>,
}

impl Threads {
    /// Runs the work on an idle thread, or on a new one.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut work: Work = Box::new(work);
        // The thread that was busy last: its memory is warm, and the others can end.
        while let Some((_, thread)) = self.0.lock().waiting.pop() {
            match thread.send(work) {
                Ok(()) => return Ok(()),
                // The thread has ended, because its last request panicked.
                Err(unsent) => work = unsent.0,
            }
        }
        let threads = self.clone();
        let thread = thread::Builder::new().name("http".to_owned());
        thread.spawn(move || threads.work(work)).map(drop)
    }

    fn work(&self, mut work: Work) {
        let mut idle = self.0.lock();
        idle.next += 1;
        let number = idle.next;
        drop(idle);
        loop {
            work();
            let (sender, receiver) = mpsc::channel();
            self.0.lock().waiting.push((number, sender));
            match self.next(number, &receiver) {
                Some(next) => work = next,
                None => return,
            }
        }
    }

    /// Waits for the next work of an idle thread. Returns `None` if the thread should end.
    fn next(&self, number: u64, receiver: &Receiver<Work>) -> Option<Work> {
        match receiver.recv_timeout(IDLE) {
            Ok(work) => Some(work),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let mut idle = self.0.lock();
                let at = idle.waiting.iter().position(|(it, _)| *it == number);
                if let Some(at) = at {
                    idle.waiting.remove(at);
                    return None;
                }
                drop(idle);
                // A caller has just picked this thread, so its work is about to arrive.
                receiver.recv().ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn only_consecutive_requests_share_a_thread() {
        let threads = Threads::default();
        let (sender, ids) = mpsc::channel();
        let mut seen = HashSet::new();
        for _ in 0..20 {
            let sender = sender.clone();
            threads
                .run(move || sender.send(thread::current().id()).unwrap())
                .unwrap();
            seen.insert(ids.recv().unwrap());
            while threads.0.lock().waiting.is_empty() {
                thread::yield_now();
            }
        }
        assert_eq!(seen.len(), 1);
        let barrier = Arc::new(std::sync::Barrier::new(3));
        for _ in 0..2 {
            let barrier = Arc::clone(&barrier);
            threads.run(move || _ = barrier.wait()).unwrap();
        }
        barrier.wait();
        while threads.0.lock().waiting.len() < 2 {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_of_a_request_affects_no_other_request() {
        let threads = Threads::default();
        let (sender, done) = mpsc::channel();
        for no in 0..10 {
            let sender = sender.clone();
            let work = move || {
                sender.send(no).unwrap();
                assert!(no % 2 == 0, "on purpose");
            };
            threads.run(work).unwrap();
            assert_eq!(done.recv().unwrap(), no);
        }
    }
}
