//! The time limit of a call, and its cancellation when the client leaves.

use super::error::{Result, ServiceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Ends the work on a call after a time limit, or when its client has left. Clones share the cancellation.
#[derive(Clone, Debug)]
pub(crate) struct CallLimit {
    end: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl CallLimit {
    /// Returns a limit that starts now.
    pub(crate) fn starting(time: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(time),
            cancelled: Arc::default(),
        }
    }

    /// Ends the work on the call at its next check.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns an error if the work on the call should end. Loops over rows call it every few rows.
    pub(crate) fn check(&self) -> Result<()> {
        let late = self.end.is_some_and(|end| Instant::now() >= end);
        if late || self.cancelled.load(Ordering::Relaxed) {
            return Err(ServiceError::timeout());
        }
        Ok(())
    }
}

/// Cancels a call when it's dropped, which happens when its connection ends.
pub(crate) struct CancelOnDrop(pub(crate) CallLimit);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
