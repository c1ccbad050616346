//! Requests of an upload: they're repeated if they fail for a passing reason, with renewed credentials if need be, and
//! broken off if the run is stopped.

use super::destination::{OpenDestination, StoreGrant, UploadDestination};
use super::error::UploadError;
use crate::stores::bucket::{ObjectStamp, Remote, RequestLimits, without_last};
use crate::stores::fault::StoreFault;
use crate::stores::object::runtime;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Maximum number of times that a request is sent.
const ATTEMPTS: u32 = 6;

/// The wait before the first repetition. Each further wait is twice as long.
const WAIT: Duration = Duration::from_millis(250);

/// Deadline of a request, beside the time for its bytes.
const DEADLINE: Duration = Duration::from_mins(1);

/// Slowest connection on which a part still arrives in time, in bytes a second.
const SLOWEST: u64 = 64 << 10;

/// Number of objects up to which each is looked up by a list of its own.
const FEW: usize = 4;

/// Sends requests to the destination. Threads share it.
pub(super) struct Requests<'a> {
    target: OpenDestination<'a>,
    runtime: &'static Runtime,
    stopped: watch::Receiver<bool>,
}

impl<'a> Requests<'a> {
    /// Opens the destination for requests of at most `largest` bytes.
    pub(super) fn open(
        destination: &'a UploadDestination,
        largest: u64,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, UploadError> {
        let limits = RequestLimits {
            timeout: DEADLINE + Duration::from_secs(largest / SLOWEST),
            retries: 0,
        };
        Ok(Self {
            target: OpenDestination::open(destination, limits)?,
            runtime: runtime().map_err(|error| UploadError::Thread(error.to_string()))?,
            stopped,
        })
    }

    /// Returns the current grant.
    pub(super) fn grant(&self) -> StoreGrant {
        self.target.grant()
    }

    /// Returns the object's path as an import takes it.
    pub(super) fn object(&self, key: &str) -> String {
        self.target.object(key)
    }

    /// Returns an error if the run was stopped.
    pub(super) fn check(&self) -> Result<(), UploadError> {
        if *self.stopped.borrow() {
            return Err(UploadError::Stopped);
        }
        Ok(())
    }

    /// Sends a request about an object until it succeeds, fails for good, or was sent [`ATTEMPTS`] times. `send` gets the
    /// number of the attempt, from 0.
    pub(super) fn send<T>(
        &self,
        key: &str,
        send: impl AsyncFn(&Remote, u32) -> Result<T, StoreFault>,
    ) -> Result<T, UploadError> {
        let mut attempt = 0;
        loop {
            let (remote, number) = self.target.remote()?;
            let fault = match self.stoppable(send(&remote, attempt))? {
                Ok(result) => return Ok(result),
                Err(fault) => fault,
            };
            attempt += 1;
            let is_denied = matches!(fault, StoreFault::Denied(_)) && attempt < 3;
            if attempt >= ATTEMPTS || !(is_denied || fault.is_transient()) {
                return Err(self.target.error(key, fault));
            }
            // A timer can only be made inside the runtime.
            self.stoppable(async { tokio::time::sleep(WAIT * 2_u32.pow(attempt - 1)).await })?;
            let is_renewed = self.target.renew_after(number)?;
            if is_denied && !is_renewed {
                return Err(self.target.error(key, fault));
            }
        }
    }

    /// Waits for an operation, or for a stop.
    fn stoppable<T>(&self, operation: impl Future<Output = T>) -> Result<T, UploadError> {
        let mut stopped = self.stopped.clone();
        self.runtime.block_on(async {
            tokio::select! {
                result = operation => Ok(result),
                _ = stopped.wait_for(|stopped| *stopped) => Err(UploadError::Stopped),
            }
        })
    }

    /// Returns the stamps of those objects that exist. Many are found by one list of their common prefix.
    pub(super) fn stamps(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, ObjectStamp>, UploadError> {
        if keys.len() > FEW {
            match self.listed(keys) {
                // The library lists no page with an object whose name has an empty part, such as `a//b`.
                Err(UploadError::Store {
                    fault: StoreFault::Name(_),
                    ..
                }) => {}
                listed => return listed,
            }
        }
        let mut found = HashMap::new();
        for key in keys {
            let stamp = self.send(key, async |remote, _| remote.find(key).await)?;
            found.extend(stamp.map(|stamp| ((*key).to_owned(), stamp)));
        }
        Ok(found)
    }

    fn listed(&self, keys: &[&str]) -> Result<HashMap<String, ObjectStamp>, UploadError> {
        let mut found = HashMap::new();
        let wanted: HashSet<&str> = keys.iter().copied().collect();
        let mut prefix = common_prefix(keys);
        if keys.contains(&prefix) {
            prefix = without_last(prefix);
        }
        let mut token = None;
        loop {
            let next = token.as_ref();
            let page = self.send(prefix, async |remote, _| {
                remote.page(prefix, next.cloned(), false).await
            })?;
            let objects = page.objects.into_iter();
            found.extend(objects.filter(|(key, _)| wanted.contains(key.as_str())));
            token = page.next;
            if token.is_none() || found.len() == wanted.len() {
                return Ok(found);
            }
        }
    }
}

/// Returns the longest text that all keys begin with.
fn common_prefix<'k>(keys: &[&'k str]) -> &'k str {
    let Some(first) = keys.first() else {
        return "";
    };
    let mut length = first.len();
    for key in keys {
        let same = first.bytes().zip(key.bytes()).take_while(|(a, b)| a == b);
        length = length.min(same.count());
    }
    while !first.is_char_boundary(length) {
        length -= 1;
    }
    first.get(..length).unwrap_or_default()
}
