//! Answers that arrive after the run was stopped.
//!
//! A create call that's ended by Ctrl-C continues in its own thread. Its outcome is journalled there, and the identity
//! stays locked until then. At the end of a run such threads get a short time to finish.

use super::Open;
use crate::api;
use crate::journal::Journal;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counter of the answers that haven't arrived yet. Clones share one counter.
#[derive(Clone, Debug, Default)]
pub struct LateAnswers(Arc<(Mutex<usize>, Condvar)>);

/// An answer that hasn't arrived, counted until this value is dropped.
struct Out(LateAnswers);

impl LateAnswers {
    /// Returns the callback that journals a late answer to this submission. A failure is journalled only if this is the
    /// first send.
    pub(super) fn journalling(
        &self,
        journal: &Arc<Journal>,
        open: &Open,
        first: bool,
    ) -> api::Late<String> {
        let out = self.one();
        let (journal, lock) = (Arc::clone(journal), Arc::clone(&open.lock));
        let id = open.intent.id.clone();
        Box::new(move |answer| {
            if first || answer.is_ok() {
                // If the journal can't be written, the submission stays open.
                let _ = journal.note_with(|fold| {
                    let own = fold.submission(&id);
                    let foreign = answer
                        .as_ref()
                        .is_ok_and(|job| own.is_some_and(|own| fold.excludes(own, job)));
                    let entries = super::outcome_entries(&id, &answer, true);
                    (if foreign { Vec::new() } else { entries }, ())
                });
            }
            drop(lock);
            drop(out);
        })
    }

    fn one(&self) -> Out {
        *self.0.0.lock() += 1;
        Out(self.clone())
    }

    /// Returns the number of answers that haven't arrived.
    pub fn count(&self) -> usize {
        *self.0.0.lock()
    }

    /// Waits until every answer has arrived, but at most `longest`.
    pub fn wait(&self, longest: Duration) {
        let end = Instant::now() + longest;
        let (lock, condvar) = &*self.0;
        let mut count = lock.lock();
        while *count > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            condvar.wait_for(&mut count, left);
        }
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        let (lock, condvar) = &*self.0.0;
        *lock.lock() -= 1;
        condvar.notify_all();
    }
}
