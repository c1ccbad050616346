//! Where a job may read from: the server's own bucket, and the folders of this machine that are open to callers.

use super::{Root, SourceError, SourcePath};
use crate::local::LocalError;
use crate::local::remote::{Bucket, Endpoints};
use crate::location::{Location, Place, Store};
use std::path::{Path, PathBuf};

/// Where jobs may read from, as the service is told.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// What relative `files` of Milvus' API are relative to; without it they are relative to the current folder.
    pub bucket: Option<OwnBucket>,
    /// With one or more of them, and wherever others can reach the service, paths on disk must lie below one, or below the bucket's folder.
    pub allow: Vec<PathBuf>,
    /// Where S3 buckets are asked for instead of at AWS, e.g. `http://127.0.0.1:9000` for a `MinIO` server.
    pub s3_endpoint: Option<String>,
    /// Where Google Cloud's buckets are asked for: a server that speaks S3's protocol.
    pub gcs_endpoint: Option<String>,
    /// Where Azure containers are asked for, e.g. `http://127.0.0.1:10000` for Azurite; the account becomes the first part
    /// of the path.
    pub azure_endpoint: Option<String>,
}

/// The server's own bucket.
#[derive(Clone, Debug)]
pub enum OwnBucket {
    /// A folder of this machine.
    Dir(PathBuf),
    /// A bucket, e.g. `s3://milvus-bucket`, read with the keys of the service's own environment unless a request has some.
    Url(String),
}

/// [`Places`], checked.
#[derive(Debug)]
pub(in crate::local) struct Rules {
    /// As given and as it really is.
    bucket_dir: Option<(PathBuf, PathBuf)>,
    bucket_url: Option<String>,
    /// As given and as it really is; `None` where every path may be read.
    below: Option<Vec<(PathBuf, PathBuf)>>,
    endpoints: Endpoints,
    public: bool,
}

impl Rules {
    /// Looks at the folders. `public` where others than this machine's users can call.
    pub(in crate::local) fn new(places: Places, public: bool) -> Result<Self, LocalError> {
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
                // Also finds out whether it is a bucket at all.
                Location::parse(&format!("{url}/"), &Place::Cloud).map_err(LocalError::Bucket)?;
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

    /// Understands one path of a create call. Whether the file exists is found out when the job runs, as on the real
    /// service. `in_bucket` where plain paths are relative to the server's bucket.
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
            let location = Location::parse(key, &Place::ServerBucket { bucket_url: None })?;
            let path = SourcePath::new(given, &location, Root::Below(real.clone()));
            return Ok((path, location));
        }
        if plain && let Some(url) = &self.bucket_url {
            let place = Place::ServerBucket {
                bucket_url: Some(url.clone()),
            };
            let key = from_root(given);
            Location::parse(key, &place)?;
            let location = Location::parse(&format!("{url}/{key}"), &Place::Cloud)?;
            return Ok((self.remote(given, &location, true)?, location));
        }
        let location = Location::parse(given, &Place::Disk)?;
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
        let bucket = bucket.ok_or_else(|| SourceError::Unsupported {
            path: given.to_owned(),
        })?;
        Ok(SourcePath::new(given, location, Root::Remote(bucket)))
    }
}

/// A path of the server's bucket without the `/` of its root, which Milvus' documentation writes in front.
fn from_root(given: &str) -> &str {
    match given.trim_start_matches('/') {
        "" => given,
        key => key,
    }
}

/// A folder as it was given, made absolute, and as it really is.
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
