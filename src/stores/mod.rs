//! Places that files are read from: the disk, one folder of the disk, and buckets of object stores.
//!
//! A [`root::Root`] is opened with [`StorageKeys`]; it looks up files and lists folders. A file is read from start to
//! end, or at any position ([`read_at::ReadAt`]) by requests for ranges ([`object`]). [`bucket`] turns a location into a
//! store's client. Nothing here depends on what the files hold or who asks for them. Start with [`root`].

pub(crate) mod bucket;
mod fault;
pub(crate) mod glob;
pub(crate) mod object;
pub(crate) mod read_at;
pub(crate) mod root;
pub(crate) mod upload;

use crate::secret::Secret;

/// Storage credentials; on Azure the account's name and key.
#[derive(Clone, Debug, Default)]
pub(crate) struct StorageKeys {
    pub(crate) access: Option<Secret>,
    pub(crate) secret: Option<Secret>,
    pub(crate) session: Option<Secret>,
}

impl StorageKeys {
    /// Returns the credentials from this process' environment, under the names that AWS' own tools use.
    pub(crate) fn own() -> Self {
        let value = |name: &str| crate::config::set(name).map(Secret::new);
        Self {
            access: value("AWS_ACCESS_KEY_ID"),
            secret: value("AWS_SECRET_ACCESS_KEY"),
            session: value("AWS_SESSION_TOKEN"),
        }
    }

    /// Returns true if both the access key id and the secret access key are given.
    pub(crate) fn is_whole(&self) -> bool {
        self.access.is_some() && self.secret.is_some()
    }

    /// Returns true if no credentials are given.
    pub(crate) fn is_empty(&self) -> bool {
        self.access.is_none() && self.secret.is_none()
    }
}
