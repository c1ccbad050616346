//! The store that an upload writes to, with credentials that are renewed before they expire.

use super::error::UploadError;
use crate::error::Failure;
use crate::location::Location;
use crate::secret::StorageKeys;
use crate::stores::bucket::{Bucket, Remote, RequestLimits};
use crate::stores::fault::StoreFault;
use parking_lot::Mutex;
use std::fmt;
use std::time::{Duration, SystemTime};

/// The time before credentials expire at which they're renewed.
const MARGIN: Duration = Duration::from_mins(5);

/// Access to a bucket, and what may be written to it.
#[derive(Clone, Debug)]
pub(crate) struct StoreGrant {
    pub(crate) bucket: Bucket,
    pub(crate) keys: StorageKeys,
    /// Beginning of the objects' names: empty, or the volume's own folder.
    pub(crate) prefix: String,
    /// Time at which the credentials expire.
    pub(crate) expires: Option<SystemTime>,
    /// Maximum number of bytes of an upload.
    pub(crate) max_bytes: Option<u64>,
    /// Maximum number of files of an upload.
    pub(crate) max_files: Option<u64>,
}

/// Where grants come from.
pub(crate) enum GrantSource {
    /// A bucket with fixed credentials.
    Fixed(Box<StoreGrant>),
    /// A volume, whose service gives temporary credentials.
    Renewed(Box<dyn Fn() -> Result<StoreGrant, Failure> + Send + Sync>),
}

/// The destination of an upload.
pub(crate) struct UploadDestination {
    /// The destination in a bucket; `None` for a volume.
    pub(crate) location: Option<Location>,
    /// The folder below the bucket or volume: empty, or ends in `/`.
    pub(crate) folder: String,
    /// The object's name, if the destination is one object.
    pub(crate) name: Option<String>,
    /// The volume's name.
    pub(crate) volume: Option<String>,
    pub(crate) source: GrantSource,
}

impl fmt::Debug for UploadDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("UploadDestination");
        shown
            .field("location", &self.location)
            .field("folder", &self.folder);
        shown.finish_non_exhaustive()
    }
}

impl UploadDestination {
    fn grant(&self) -> Result<StoreGrant, UploadError> {
        match &self.source {
            GrantSource::Fixed(grant) => Ok((**grant).clone()),
            GrantSource::Renewed(apply) => apply().map_err(UploadError::Grant),
        }
    }

    /// Returns the destination as the user wrote it.
    pub(crate) fn text(&self) -> String {
        if let Some(location) = &self.location {
            return location.text().to_owned();
        }
        let volume = self.volume.as_deref().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_default();
        format!("volume://{volume}/{}{name}", self.folder)
    }
}

/// An open destination. Threads share it.
pub(super) struct OpenDestination<'a> {
    destination: &'a UploadDestination,
    limits: RequestLimits,
    current: Mutex<CurrentGrant>,
}

struct CurrentGrant {
    remote: Remote,
    grant: StoreGrant,
    /// Time from which the credentials are renewed.
    renew: Option<SystemTime>,
    /// Number of renewals.
    number: u64,
}

impl<'a> OpenDestination<'a> {
    /// Gets the first grant and opens the bucket.
    pub(super) fn open(
        destination: &'a UploadDestination,
        limits: RequestLimits,
    ) -> Result<Self, UploadError> {
        let current = Mutex::new(open(destination, limits, 0)?);
        Ok(Self {
            destination,
            limits,
            current,
        })
    }

    /// Returns the bucket with valid credentials, and the number of their grant.
    pub(super) fn remote(&self) -> Result<(Remote, u64), UploadError> {
        let mut current = self.current.lock();
        if current.renew.is_some_and(|at| SystemTime::now() >= at) {
            self.renew(&mut current)?;
        }
        Ok((current.remote.clone(), current.number))
    }

    /// Gets new credentials after a request with those of this grant failed. Returns false if they can't be renewed.
    pub(super) fn renew_after(&self, number: u64) -> Result<bool, UploadError> {
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

    /// Returns the current grant.
    pub(super) fn grant(&self) -> StoreGrant {
        let current = self.current.lock();
        current.grant.clone()
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
    pub(super) fn error(&self, key: &str, fault: StoreFault) -> UploadError {
        let object = self.object(key);
        let object = match &self.destination.volume {
            Some(volume) => format!("volume://{volume}/{object}"),
            None => object,
        };
        UploadError::Store { object, fault }
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
