//! Object paths: parsing, validation, store and format.
//!
//! [`Location::parse`] takes a path as a user writes it and the [`PathScope`] it's for. The result has the text for the
//! request ([`Location::text`]) and the parts of the path. No file is read and no request is sent; only paths on disk
//! need the current directory and the home directory. The forms are those that Zilliz Cloud
//! documents for each cloud (<https://docs.zilliz.com/docs/data-import-storage-options>).

mod bucket;
mod disk;
mod error;
mod format;
mod host;
mod pasted;
mod relative;
mod store;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use error::{LocationError, PathFault};
pub(crate) use format::{Format, PathTarget};
pub(crate) use store::{Cloud, Store};

use error::{CONTROL, FORMS, empty, encoded_control, example, refused, shown};

/// The place in which a path is looked up. It decides which forms are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathScope {
    /// Zilliz Cloud: object storage URIs and URLs only.
    Cloud,
    /// A self-hosted Milvus server, which reads from its own bucket only. The path is relative to that bucket.
    ServerBucket {
        /// The URL of the server's bucket if it's known, for example `s3://milvus-bucket`. A full URL into that bucket
        /// is then accepted and made relative. A path in `bucket_url` is ignored, because the server expects paths
        /// relative to the bucket.
        bucket_url: Option<String>,
    },
    /// A volume of Zilliz Cloud. The path is relative to the volume.
    Volume,
    /// zshell's local import service: a file path or a `file://` URL, made absolute so another process can read it.
    /// Object storage URLs are accepted as for [`PathScope::Cloud`].
    Disk,
}

/// A valid object path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    address: Address,
    key: String,
    kind: PathTarget,
    format: Option<Format>,
}

/// The parts of a path before its object name is checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Address {
    text: String,
    store: Store,
    account: Option<String>,
    bucket: Option<String>,
    region: Option<String>,
    /// The object name. `None` if the text ends with the bucket, without a `/`.
    key: Option<String>,
}

impl Address {
    /// Returns an address without a bucket, whose text is also the object's name.
    fn new(store: Store, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            store,
            account: None,
            bucket: None,
            region: None,
            key: Some(text.to_owned()),
        }
    }
}

impl Location {
    /// Parses `text` and checks it for `place`.
    ///
    /// Extensions are accepted in any case. [`PathScope::ServerBucket`] and [`PathScope::Disk`] need lower case, because Milvus
    /// compares extensions byte for byte. `s3://bucket/` is the folder of all objects of a bucket (an empty prefix
    /// lists them all). `s3://bucket` is an error, because every folder ends in `/`.
    ///
    /// # Errors
    /// Returns an error if the path isn't accepted. [`LocationError::hint`] has the accepted forms. Errors never repeat
    /// a password, a signature or a query string.
    pub fn parse(text: &str, place: &PathScope) -> Result<Self, LocationError> {
        check_text(text)?;
        url::refuse_signature(text)?;
        // Spark's `container@account` would otherwise be taken for a user.
        pasted::refuse(text, place)?;
        url::refuse_secrets(text)?;
        let address = match place {
            PathScope::Cloud => url::cloud(text)?,
            PathScope::ServerBucket { bucket_url } => {
                relative::server(text, bucket_url.as_deref())?
            }
            PathScope::Volume => relative::volume(text)?,
            PathScope::Disk => disk::parse(text)?,
        };
        Self::judge(address, place)
    }

    /// Parses a path inside a volume: [`Self::parse`] with [`PathScope::Volume`].
    pub fn parse_volume(text: &str) -> Result<Self, LocationError> {
        Self::parse(text, &PathScope::Volume)
    }

    fn judge(mut address: Address, place: &PathScope) -> Result<Self, LocationError> {
        let store = address.store;
        let Some(key) = address.key.take() else {
            let bucket = address.bucket.unwrap_or_default();
            let container = store.container();
            let problem =
                format!("the path names {container} {bucket} and no object in it ({store})");
            return Err(refused(problem, example(store)).of(PathFault::NoKey));
        };
        if key.chars().any(char::is_control) {
            return Err(encoded_control());
        }
        if store != Store::Disk && key.len() > format::MAX_KEY {
            return Err(refused(
                format!(
                    "the object name has {} bytes, more than the 1024 a store can hold",
                    key.len()
                ),
                "check the path; the object may have a shorter name",
            ));
        }
        let exact = matches!(place, PathScope::ServerBucket { .. } | PathScope::Disk);
        let (kind, format) = format::classify(&key, exact)?;
        Ok(Self {
            address,
            key,
            kind,
            format,
        })
    }

    /// Checks one inner list of an import request: one path, or one set of `NumPy` files that are listed singly.
    pub fn check_set(paths: &[Self]) -> Result<(), LocationError> {
        if paths.is_empty() {
            return Err(refused("the list of paths is empty", FORMS));
        }
        let numpy =
            |path: &&Self| path.kind == PathTarget::File && path.format == Some(Format::Numpy);
        match paths.iter().find(|path| !numpy(path)) {
            Some(other) if paths.len() > 1 => Err(refused(
                format!(
                    "a set of {} paths has {}, but only .npy files form a set",
                    paths.len(),
                    shown(other.text())
                ),
                "a nested list is one set of NumPy files; give other files as texts of the outer list",
            )),
            _ => Ok(()),
        }
    }

    /// Returns the exact text for the request. Scheme and host are in lower case. An object URL is `https`, with blanks
    /// and non-ASCII characters percent-encoded. A path in the server's bucket or a volume is relative. A path on disk
    /// is absolute and not encoded.
    pub fn text(&self) -> &str {
        &self.address.text
    }

    /// Returns the text of another object in the bucket, in the form of [`Self::text`].
    pub(crate) fn text_of(&self, key: &str) -> String {
        let text = self.text();
        let is_url = text.starts_with("https://");
        let mut starts = text.match_indices('/').map(|(at, _)| at + 1);
        // The own object's name is encoded in an object URL only.
        let start = starts.find(|start| {
            let own = text.get(*start..).unwrap_or_default();
            own == self.key || is_url && url::decode(own).is_ok_and(|own| own == self.key)
        });
        let bucket = text.get(..start.unwrap_or(0)).unwrap_or_default();
        if is_url {
            format!("{bucket}{}", url::encode(key))
        } else {
            format!("{bucket}{key}")
        }
    }

    /// Returns the kind of store.
    pub fn store(&self) -> Store {
        self.address.store
    }

    /// Returns the bucket, or the container on Azure. `None` on disk, in a volume, and in a server's bucket whose name
    /// isn't known.
    pub fn bucket(&self) -> Option<&str> {
        self.address.bucket.as_deref()
    }

    /// Returns the storage account, on Azure only.
    pub fn account(&self) -> Option<&str> {
        self.address.account.as_deref()
    }

    /// Returns the object's decoded name, or the absolute path on disk. Empty for a whole bucket.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the file format from the extension; `None` for a folder.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns the kind of target: a file, a folder or a set of `NumPy` files.
    pub fn kind(&self) -> PathTarget {
        self.kind
    }

    /// Returns the bucket's region as its cloud names it, if the URL contains the region.
    pub fn region(&self) -> Option<&str> {
        self.address.region.as_deref()
    }
}

/// Returns a warning if the bucket and the cluster's region are on different clouds. `None` if they aren't, or if
/// either cloud isn't known. (Older clusters refuse this with code 83004, newer ones are slow.)
pub(crate) fn cloud_mismatch(location: &Location, region: &str) -> Option<String> {
    let bucket = location.store().cloud()?;
    let cluster = Cloud::of_region(region)?;
    (bucket != cluster).then(|| {
        let name = location.bucket().unwrap_or_default();
        format!(
            "bucket {name} is on {bucket} and the cluster's region {region} on {cluster}: \
             older clusters refuse such an import (code 83004), newer ones are slow"
        )
    })
}

/// Refuses text that isn't allowed in any path.
fn check_text(text: &str) -> Result<(), LocationError> {
    if text.trim().is_empty() {
        return Err(empty());
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(refused(
            format!("the path has a control character at position {}", at + 1),
            CONTROL,
        ));
    }
    if text.trim().len() != text.len() {
        return Err(refused(
            "the path begins or ends with a blank",
            "remove the blank; inside an object URL write it as %20",
        ));
    }
    Ok(())
}
