//! Object paths: parse, validate, name the store and the format.
//!
//! [`Location::parse`] takes a path as a user writes it and the [`Place`] it is for, and gives what is to be
//! sent ([`Location::text`]) together with what it names. Nothing is read: no file, no network, only the
//! current directory and the home directory for paths on disk. The forms follow the tables of the reference
//! (object paths and file formats).

mod bucket;
mod disk;
mod error;
mod format;
mod host;
mod pasted;
mod relative;
mod store;
mod url;

pub use error::LocationError;
pub use format::{Format, Kind};
pub use store::{Cloud, Store};

/// Where a path will be looked up, and so which forms it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Zilliz Cloud: object storage URIs and URLs only.
    Cloud,
    /// A self-hosted Milvus server, which reads from its own bucket only: a path relative to that bucket.
    ServerBucket {
        /// The server's bucket, e.g. `s3://milvus-bucket`, where it is known. A full URL into it is then
        /// accepted and made relative; a path in this URL is ignored, since the server wants paths
        /// relative to the bucket.
        bucket_url: Option<String>,
    },
    /// A volume of Zilliz Cloud: a path relative to the volume.
    Volume,
    /// zshell's local import service: a file path or a `file://` URL, made absolute so that another process
    /// can read it. Object storage URLs are accepted as for [`Place::Cloud`].
    Disk,
}

/// A valid object path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    text: String,
    store: Store,
    account: Option<String>,
    bucket: Option<String>,
    region: Option<String>,
    key: String,
    kind: Kind,
    format: Option<Format>,
}

/// A path taken apart, before its key is judged.
struct Address {
    text: String,
    store: Store,
    account: Option<String>,
    bucket: Option<String>,
    region: Option<String>,
    /// `None` where the text ends with the bucket, without a `/`.
    key: Option<String>,
}

impl Location {
    /// Takes `text` apart and checks it for `place`.
    ///
    /// Extensions are taken in any case, but for [`Place::ServerBucket`] and [`Place::Disk`] in lower case only, since
    /// Milvus compares them byte for byte. `s3://bucket/` is the folder of all objects of a bucket (an empty prefix
    /// lists them all); `s3://bucket` is an error, since every folder ends in `/`.
    ///
    /// # Errors
    /// Says what is wrong and, by [`LocationError::hint`], what is accepted; never repeats a password, a
    /// signature or a query string.
    pub fn parse(text: &str, place: &Place) -> Result<Self, LocationError> {
        check_text(text)?;
        url::refuse_signature(text)?;
        // Spark's `container@account` looks like a user.
        pasted::refuse(text, place)?;
        url::refuse_secrets(text)?;
        let address = match place {
            Place::Cloud => url::cloud(text)?,
            Place::ServerBucket { bucket_url } => relative::server(text, bucket_url.as_deref())?,
            Place::Volume => relative::volume(text)?,
            Place::Disk => disk::parse(text)?,
        };
        Self::judge(address, place)
    }

    /// A path inside a volume: [`Self::parse`] with [`Place::Volume`].
    pub fn parse_volume(text: &str) -> Result<Self, LocationError> {
        Self::parse(text, &Place::Volume)
    }

    fn judge(address: Address, place: &Place) -> Result<Self, LocationError> {
        let Some(key) = address.key else {
            return Err(LocationError::MissingKey {
                store: address.store,
                bucket: address.bucket.unwrap_or_default(),
            });
        };
        if key.chars().any(char::is_control) {
            return Err(LocationError::EncodedControl);
        }
        if address.store != Store::Disk && key.len() > format::MAX_KEY {
            return Err(LocationError::KeyTooLong { bytes: key.len() });
        }
        let exact = matches!(place, Place::ServerBucket { .. } | Place::Disk);
        let (kind, format) = format::classify(&key, exact)?;
        Ok(Self {
            text: address.text,
            store: address.store,
            account: address.account,
            bucket: address.bucket,
            region: address.region,
            key,
            kind,
            format,
        })
    }

    /// Checks one inner list of an import request: one path, or one set of `NumPy` files, each given as a file.
    pub fn check_set(paths: &[Self]) -> Result<(), LocationError> {
        if paths.is_empty() {
            return Err(LocationError::EmptySet);
        }
        let numpy = |path: &&Self| path.kind == Kind::File && path.format == Some(Format::Numpy);
        match paths.iter().find(|path| !numpy(path)) {
            Some(other) if paths.len() > 1 => Err(LocationError::MixedSet {
                count: paths.len(),
                other: error::shown(&other.text),
            }),
            _ => Ok(()),
        }
    }

    /// Exactly what is to be sent. Scheme and host are in lower case, an object URL is `https` with blanks and
    /// non-ASCII characters percent-encoded, a path in the server's bucket or a volume is relative, a path on
    /// disk absolute and plain.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The kind of store it lies in.
    pub fn store(&self) -> Store {
        self.store
    }

    /// The bucket; on Azure the container. `None` on disk, in a volume, and in a server's bucket whose name is
    /// not known.
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// The storage account, on Azure.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The object's name, decoded; on disk the absolute path. Empty for a whole bucket.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The file format by the extension; `None` for a folder.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Whether it names a file, a folder or a set of `NumPy` files.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The bucket's region in the words of its cloud, where the URL tells.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The cloud the store belongs to.
    pub fn cloud(&self) -> Option<Cloud> {
        self.store.cloud()
    }
}

/// A warning where the bucket and the cluster's region are on different clouds; `None` where they are not, or
/// where either is not known. (Reference, limits: older clusters refuse this with code 83004, newer ones are slow.)
pub fn cloud_mismatch(location: &Location, region: &str) -> Option<String> {
    let bucket = location.cloud()?;
    let cluster = Cloud::of_region(region)?;
    (bucket != cluster).then(|| {
        let name = location.bucket().unwrap_or_default();
        format!(
            "bucket {name} is on {bucket} and the cluster's region {region} on {cluster}: \
             older clusters refuse such an import (code 83004), newer ones are slow"
        )
    })
}

/// What no path may have, wherever it is looked up.
fn check_text(text: &str) -> Result<(), LocationError> {
    if text.trim().is_empty() {
        return Err(LocationError::Empty);
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(LocationError::Control { at: at + 1 });
    }
    if text.trim().len() != text.len() {
        return Err(LocationError::Blanks);
    }
    Ok(())
}
