//! Requests of an upload: they're repeated if they fail for a passing reason, with credentials that are renewed before
//! they expire or if need be, and broken off if the run is stopped.

use super::destination::{GrantSource, StoreGrant, UploadDestination};
use super::error::UploadError;
use crate::stores::bucket::{ObjectStamp, Remote, RequestLimits, without_last};
use crate::stores::fault::StoreFault;
use crate::stores::object::runtime;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};
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

/// The time before credentials expire at which they're renewed.
const MARGIN: Duration = Duration::from_mins(5);

/// Number of objects up to which each is looked up by a list of its own.
const FEW: usize = 4;

/// Sends requests to the destination. Threads share it.
pub(super) struct Requests<'a> {
    destination: &'a UploadDestination,
    limits: RequestLimits,
    current: Mutex<CurrentGrant>,
    runtime: &'static Runtime,
    stopped: watch::Receiver<bool>,
}

struct CurrentGrant {
    remote: Remote,
    grant: StoreGrant,
    /// Time from which the credentials are renewed.
    renew: Option<SystemTime>,
    /// Number of renewals.
    number: u64,
}

impl<'a> Requests<'a> {
    /// Gets the first grant and opens the destination for requests of at most `largest` bytes.
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
            destination,
            limits,
            current: Mutex::new(open(destination, limits, 0)?),
            runtime: runtime().map_err(|error| UploadError::Thread(error.to_string()))?,
            stopped,
        })
    }

    /// Returns the current grant.
    pub(super) fn grant(&self) -> StoreGrant {
        self.current.lock().grant.clone()
    }

    /// Returns the bucket with valid credentials, and the number of their grant.
    fn remote(&self) -> Result<(Remote, u64), UploadError> {
        let mut current = self.current.lock();
        if current.renew.is_some_and(|at| SystemTime::now() >= at) {
            self.renew(&mut current)?;
        }
        Ok((current.remote.clone(), current.number))
    }

    /// Gets new credentials after a request with those of this grant failed. Returns false if they can't be renewed.
    fn renew_after(&self, number: u64) -> Result<bool, UploadError> {
        if matches!(self.destination.source, GrantSource::Fixed(_)) {
            return Ok(false);
        }
        let mut current = self.current.lock();
        if current.number == number {
            self.renew(&mut current)?;
        }
        Ok(true)
    }

    fn renew(&self, current: &mut CurrentGrant) -> Result<(), UploadError> {
        let new = open(self.destination, self.limits, current.number + 1)?;
        let same = |a: &StoreGrant, b: &StoreGrant| a.bucket == b.bucket && a.prefix == b.prefix;
        if !same(&new.grant, &current.grant) {
            return Err(UploadError::Moved);
        }
        *current = new;
        Ok(())
    }

    /// Returns the object's path as an import takes it: a URL, or a path in the volume. `key` is its whole name.
    pub(super) fn object(&self, key: &str) -> String {
        if let Some(location) = &self.destination.location {
            return location.text_of(key);
        }
        let prefix = self.grant().prefix;
        key.strip_prefix(prefix.as_str()).unwrap_or(key).to_owned()
    }

    /// Returns an error about an object.
    fn error(&self, key: &str, fault: StoreFault) -> UploadError {
        let object = self.object(key);
        let object = match &self.destination.volume {
            Some(volume) => format!("volume://{volume}/{object}"),
            None => object,
        };
        UploadError::Store { object, fault }
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
            let (remote, number) = self.remote()?;
            let fault = match self.stoppable(send(&remote, attempt))? {
                Ok(result) => return Ok(result),
                Err(fault) => fault,
            };
            attempt += 1;
            let is_denied = matches!(fault, StoreFault::Denied(_)) && attempt < 3;
            if attempt >= ATTEMPTS || !(is_denied || fault.is_transient()) {
                return Err(self.error(key, fault));
            }
            // A timer can only be made inside the runtime.
            self.stoppable(async { tokio::time::sleep(WAIT * 2_u32.pow(attempt - 1)).await })?;
            let is_renewed = self.renew_after(number)?;
            if is_denied && !is_renewed {
                return Err(self.error(key, fault));
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

fn open(
    destination: &UploadDestination,
    limits: RequestLimits,
    number: u64,
) -> Result<CurrentGrant, UploadError> {
    let grant = destination.grant()?;
    let remote = grant.bucket.open_with(&grant.keys, limits);
    let remote = remote.map_err(|error| UploadError::Unfit {
        problem: format!("{}: {error}", destination.text()),
        hint: "check the address and the storage keys",
    })?;
    let now = SystemTime::now();
    let renew = grant.expires.map(|end| {
        // Credentials of a short life aren't renewed at each request.
        let life = end.duration_since(now).unwrap_or_default();
        now + life.saturating_sub(MARGIN.min(life / 2))
    });
    Ok(CurrentGrant {
        remote,
        grant,
        renew,
        number,
    })
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
