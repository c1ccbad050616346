//! The store that an upload writes to.

use super::error::UploadError;
use crate::error::Failure;
use crate::location::Location;
use crate::secret::StorageKeys;
use crate::stores::bucket::Bucket;
use std::fmt;
use std::time::SystemTime;

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
    pub(super) fn grant(&self) -> Result<StoreGrant, UploadError> {
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
