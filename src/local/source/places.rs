//! The places that jobs may read from: the server's own bucket, and the folders of this machine that callers may use.

use super::{FilesError, SourceError, SourcePath};
use crate::local::LocalError;
use crate::location::{Location, PathScope, Store};
use crate::stores::bucket::{Bucket, Endpoints};
use crate::stores::root::Root;
use std::path::{Path, PathBuf};

/// The configuration of the places that jobs may read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The bucket that relative `files` of Milvus' API are in. Without a bucket, they're relative to the current
    /// folder.
    pub bucket: Option<OwnBucket>,
    /// Folders that jobs may read. If there are any, or if other machines can reach the service, paths on disk must be
    /// in one of these folders or in the bucket's folder.
    pub allow: Vec<PathBuf>,
    /// Endpoint for S3 buckets instead of AWS, e.g. `http://127.0.0.1:9000` for a `MinIO` server.
    pub s3_endpoint: Option<String>,
    /// Endpoint for Google Cloud's buckets: a server with S3's protocol.
    pub gcs_endpoint: Option<String>,
    /// Endpoint for Azure containers, e.g. `http://127.0.0.1:10000` for Azurite. The account becomes the first part of
    /// the path.
    pub azure_endpoint: Option<String>,
}

/// The server's own bucket.
#[derive(Clone, Debug)]
pub(crate) enum OwnBucket {
    /// A folder of this machine.
    Dir(PathBuf),
    /// A bucket, e.g. `s3://milvus-bucket`. It's read with the storage credentials of the service's own environment,
    /// unless a request has its own.
    Url(String),
}

/// The checked form of [`Places`].
#[derive(Debug)]
pub(crate) struct Rules {
    /// The bucket's folder, as given (absolute) and with all links resolved.
    bucket_dir: Option<(PathBuf, PathBuf)>,
    bucket_url: Option<String>,
    /// The folders that may be read, as given (absolute) and with all links resolved; `None` if every path may be read.
    below: Option<Vec<(PathBuf, PathBuf)>>,
    endpoints: Endpoints,
    public: bool,
}

impl Rules {
    /// Checks the folders. `public` is set if other machines can call the service.
    pub(crate) fn new(places: Places, public: bool) -> Result<Self, LocalError> {
        let mut below = Vec::new();
        for dir in &places.allow {
            below.push(real(dir)?);
        }
        let restricted = public || !below.is_empty();
        let (mut bucket_dir, mut bucket_url) = (None, None);
        match places.bucket {
            Some(OwnBucket::Dir(dir)) => {
                let pair = real(&dir)?;
                bucket_dir = Some(pair.clone());
                below.push(pair);
            }
            Some(OwnBucket::Url(url)) => {
                let url = url.trim_end_matches('/').to_owned();
                // Also checks whether the URL names a bucket at all.
                Location::parse(&format!("{url}/"), &PathScope::Cloud)
                    .map_err(LocalError::Bucket)?;
                bucket_url = Some(url);
            }
            None => {}
        }
        Ok(Self {
            bucket_dir,
            bucket_url,
            below: restricted.then_some(below),
            endpoints: Endpoints {
                s3: places.s3_endpoint,
                gcs: places.gcs_endpoint,
                azure: places.azure_endpoint,
            },
            public,
        })
    }

    /// Parses one path of a create call. As on the real service, a missing file is only found when the job runs.
    /// `in_bucket` is set if plain paths are relative to the server's bucket.
    pub(super) fn parse(
        &self,
        given: &str,
        in_bucket: bool,
    ) -> Result<(SourcePath, Location), SourceError> {
        let plain = in_bucket && !given.contains("://") && !given.starts_with("file:");
        if plain && let Some((as_given, real)) = &self.bucket_dir {
            let inner = [as_given, real]
                .into_iter()
                .find_map(|dir| given.strip_prefix(dir.to_str()?)?.strip_prefix('/'));
            let key = inner.unwrap_or_else(|| from_root(given));
            let location = Location::parse(key, &PathScope::ServerBucket { bucket_url: None })?;
            let path = SourcePath::new(given, &location, Root::Below(real.clone()));
            return Ok((path, location));
        }
        if plain && let Some(url) = &self.bucket_url {
            let place = PathScope::ServerBucket {
                bucket_url: Some(url.clone()),
            };
            let key = from_root(given);
            Location::parse(key, &place)?;
            let location = Location::parse(&format!("{url}/{key}"), &PathScope::Cloud)?;
            return Ok((self.remote(given, &location, true)?, location));
        }
        let location = Location::parse(given, &PathScope::Disk)?;
        if location.store() != Store::Disk {
            return Ok((self.remote(given, &location, !self.public)?, location));
        }
        let mut path = SourcePath::new(given, &location, Root::Disk);
        if let Some(below) = &self.below {
            path.confine(below).ok_or_else(|| SourceError::Outside {
                path: given.to_owned(),
            })?;
        }
        Ok((path, location))
    }

    fn remote(
        &self,
        given: &str,
        location: &Location,
        own_keys: bool,
    ) -> Result<SourcePath, SourceError> {
        let bucket = Bucket::of(location, &self.endpoints, own_keys);
        let bucket = bucket.ok_or_else(|| FilesError::Unsupported {
            path: given.to_owned(),
        })?;
        Ok(SourcePath::new(given, location, Root::Remote(bucket)))
    }
}

/// Returns a path of the server's bucket without leading `/`, which Milvus' documentation writes.
fn from_root(given: &str) -> &str {
    match given.trim_start_matches('/') {
        "" => given,
        key => key,
    }
}

/// Returns a folder's absolute path as given, and its path with all links resolved.
fn real(dir: &Path) -> Result<(PathBuf, PathBuf), LocalError> {
    let folder = |source| LocalError::Folder {
        path: dir.to_owned(),
        source,
    };
    let real = std::fs::canonicalize(dir).map_err(folder)?;
    if !real.is_dir() {
        return Err(folder(std::io::ErrorKind::NotADirectory.into()));
    }
    Ok((std::path::absolute(dir).map_err(folder)?, real))
}
