//! The calls to services and object stores that a run waits for, so a view can show them.

use parking_lot::Mutex;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A call that a thread waits for. A call may wait for calls of its own, such as those of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingCall {
    /// The action, as it reads before the place: `waiting for`.
    pub(crate) doing: &'static str,
    /// The service's host and port, or a bucket.
    pub(crate) place: String,
    /// The purpose, as it reads after the place: `list the jobs`. May be empty.
    pub(crate) purpose: &'static str,
    /// The start of the first attempt.
    pub(crate) since: Instant,
    /// The number of attempts so far, with those of inner calls.
    pub(crate) tries: u32,
}

/// Shows pending calls. It's called several times a second by the threads that wait, with the outermost call.
type Observer = Box<dyn Fn(&PendingCall) + Send + Sync>;

/// The pending calls of a run. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct PendingCalls(Arc<PendingState>);

#[derive(Default)]
struct PendingState {
    /// The calls in the order of their start, with their ids.
    calls: Mutex<Vec<(u64, PendingCall)>>,
    next: AtomicU64,
    observer: OnceLock<Observer>,
}

impl PendingCalls {
    /// Sets the observer. Only the first one counts.
    pub(crate) fn observe(&self, observer: impl Fn(&PendingCall) + Send + Sync + 'static) {
        // A second observer is left out.
        let _ = self.0.observer.set(Box::new(observer));
    }

    /// Returns true if calls are shown.
    pub(crate) fn is_observed(&self) -> bool {
        self.0.observer.get().is_some()
    }

    /// Registers a call until the returned value is dropped.
    pub(crate) fn begin(
        &self,
        doing: &'static str,
        place: String,
        purpose: &'static str,
    ) -> PendingGuard<'_> {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let call = PendingCall {
            doing,
            place,
            purpose,
            since: Instant::now(),
            tries: 1,
        };
        self.with(|calls| calls.push((id, call)));
        PendingGuard {
            calls: self,
            id,
            tries: AtomicU32::new(1),
        }
    }

    /// Shows the outermost call, if there's one.
    pub(crate) fn tick(&self) {
        let Some(observer) = self.0.observer.get() else {
            return;
        };
        let first = self.with(|calls| {
            let tries = calls.iter().map(|(_, call)| call.tries).max();
            let (_, call) = calls.first()?;
            Some(PendingCall {
                tries: tries.unwrap_or(call.tries),
                ..call.clone()
            })
        });
        if let Some(call) = first {
            observer(&call);
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<(u64, PendingCall)>) -> T) -> T {
        act(&mut self.0.calls.lock())
    }
}

impl fmt::Debug for PendingCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCalls").finish_non_exhaustive()
    }
}

/// A registered call.
pub(crate) struct PendingGuard<'a> {
    calls: &'a PendingCalls,
    id: u64,
    tries: AtomicU32,
}

impl PendingGuard<'_> {
    /// Records another attempt.
    pub(crate) fn again(&self) {
        let tries = self.tries.fetch_add(1, Ordering::Relaxed) + 1;
        self.calls.with(|calls| {
            if let Some((_, call)) = calls.iter_mut().find(|(id, _)| *id == self.id) {
                call.tries = tries;
            }
        });
    }
}

impl Drop for PendingGuard<'_> {
    fn drop(&mut self) {
        self.calls
            .with(|calls| calls.retain(|(id, _)| *id != self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::PendingCalls;
    use parking_lot::Mutex;
    use std::sync::Arc;

    #[test]
    fn the_outermost_call_is_shown_with_all_attempts() {
        let calls = PendingCalls::default();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shown = Arc::clone(&seen);
        calls.observe(move |call| {
            let line = format!("{} {} {}", call.doing, call.place, call.tries);
            shown.lock().push(line);
        });
        calls.tick();
        let outer = calls.begin("submitting to", "a".to_owned(), "");
        {
            let inner = calls.begin("waiting for", "b".to_owned(), "list the jobs");
            inner.again();
            calls.tick();
        }
        calls.tick();
        drop(outer);
        calls.tick();
        assert_eq!(*seen.lock(), ["submitting to a 2", "submitting to a 1"]);
    }
}
