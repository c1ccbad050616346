//! Reasons for refusing a path, with the accepted forms.

use super::Store;
use crate::error::Failure;
use thiserror::Error;

const FORMS: &str = "accepted: s3://bucket/key, gs://bucket/key, \
    https://bucket.s3.region.amazonaws.com/key, https://storage.googleapis.com/bucket/key, \
    https://account.blob.core.windows.net/container/blob, https://bucket.oss-region.aliyuncs.com/key, \
    https://bucket-appid.cos.region.myqcloud.com/key";
const EXTENSIONS: &str = "accepted: .json, .jsonl, .ndjson, .csv, .parquet, .npy; a folder ends in `/`, \
    a set of NumPy files in `*.npy`";
const IN_BUCKET: &str = "write the path inside the server's bucket, e.g. \"folder/1.parquet\"";

/// The reason for refusing a path. Texts in the fields are quoted and cut ([`shown`]), and contain no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LocationError {
    /// An empty path, or only blanks.
    #[error("the path is empty")]
    Empty,
    /// Blanks at either end, usually from a copy.
    #[error("the path begins or ends with a blank")]
    Blanks,
    /// A control character, such as a line end or NUL.
    #[error("the path has a control character at position {at}")]
    Control {
        /// The character's position, from 1.
        at: usize,
    },
    /// A control character written with a percent sign.
    #[error("the path has a percent-encoded control character")]
    EncodedControl,
    /// `user:password@` in a URL.
    #[error("the URL carries a user or password")]
    Credentials,
    /// A presigned URL, or one with a shared access signature.
    #[error("the URL is presigned: it carries a signature in its query")]
    Presigned,
    /// Any other query.
    #[error("the URL has a query (`?…`)")]
    Query,
    /// An unencoded `#` in a URL.
    #[error("the URL has a fragment (`#…`)")]
    Fragment,
    /// A `%` that isn't followed by two hexadecimal digits.
    #[error("the URL has a `%` that is not followed by two hexadecimal digits")]
    Percent,
    /// Percent-encoded bytes that aren't UTF-8.
    #[error("the URL's percent-encoded text is not UTF-8")]
    NotUtf8,
    /// A path on this machine, given to a service that can't read it.
    #[error("{path} is a path on this machine, which the service cannot read")]
    LocalPath {
        /// The path.
        path: String,
        /// True if the server reads from its own bucket only.
        server: bool,
    },
    /// A URI scheme that isn't accepted.
    #[error("{scheme}:// is not a scheme an import accepts")]
    Scheme {
        /// The scheme in lower case.
        scheme: String,
    },
    /// A path in another tool's form, such as Spark's `abfss://`, that also has an accepted form.
    #[error("{form} is not a form an import accepts")]
    OtherForm {
        /// The form's name: a scheme or a web console.
        form: &'static str,
        /// The path in its accepted form.
        instead: String,
    },
    /// A host that isn't a known object store's.
    #[error("host {host} is not an object store that an import can read")]
    Host {
        /// The host without its port.
        host: String,
    },
    /// A path without a bucket.
    #[error("the path names no {} ({store})", .store.container())]
    MissingBucket {
        /// The store.
        store: Store,
    },
    /// A bucket name that the store doesn't allow.
    #[error("{name} is not a valid {} name ({store})", .store.container())]
    BucketName {
        /// The store.
        store: Store,
        /// The name.
        name: String,
    },
    /// An account name that Azure doesn't allow.
    #[error("{name} is not a valid storage account name (Azure Blob Storage)")]
    AccountName {
        /// The name.
        name: String,
    },
    /// A bucket without an object.
    #[error("the path names {} {bucket} and no object in it ({store})", .store.container())]
    MissingKey {
        /// The store.
        store: Store,
        /// The bucket.
        bucket: String,
    },
    /// An object name longer than any store allows.
    #[error("the object name has {bytes} bytes, more than the 1024 a store can hold")]
    KeyTooLong {
        /// Length of the object name.
        bytes: usize,
    },
    /// A file name without an extension.
    #[error("{key} has no extension to tell the file format by")]
    NoExtension {
        /// The object name.
        key: String,
    },
    /// An extension of no known format.
    #[error("extension {extension} is not a file format an import accepts")]
    Extension {
        /// The extension without its dot.
        extension: String,
        /// True if only the extension's case is wrong.
        known: bool,
    },
    /// A `*` other than in a final `*.npy`.
    #[error("{key} has a `*`, which is accepted only as `*.npy` at the end")]
    Glob {
        /// The object name.
        key: String,
    },
    /// An absolute path, although a relative one is required.
    #[error("{path} begins with `/`, but paths are relative to the {}", root(*.volume))]
    LeadingSlash {
        /// The path.
        path: String,
        /// True for a path inside a volume.
        volume: bool,
    },
    /// A URL, given to a server whose bucket isn't known.
    #[error("a self-hosted server reads from its own bucket, and which one that is was not given")]
    UnknownServerBucket,
    /// A URL into a bucket other than the server's.
    #[error("the path is in {given}, but the server reads from its own bucket {own} only")]
    OtherBucket {
        /// The path's bucket, with its store's name.
        given: String,
        /// The server's bucket.
        own: String,
    },
    /// An invalid URL of the server's bucket.
    #[error("the URL of the server's bucket is not valid: {0}")]
    BucketUrl(Box<LocationError>),
    /// A URL, although a path inside a volume is required.
    #[error("a URL was given where a path inside a volume is wanted")]
    UrlInVolume,
    /// A `file://` URL of another machine.
    #[error("the file URL names host {host}, but only files of this machine can be read")]
    FileHost {
        /// The host.
        host: String,
    },
    /// The current or home directory couldn't be read to make a path absolute.
    #[error("cannot make the path absolute: {reason}")]
    NotAbsolute {
        /// The reason.
        reason: String,
    },
    /// A list without paths, although it must name one file or one set of `NumPy` files.
    #[error("the list of paths is empty")]
    EmptySet,
    /// Several paths in one set, not all of them `NumPy` files.
    #[error("a set of {count} paths has {other}, but only .npy files form a set")]
    MixedSet {
        /// The number of paths in the set.
        count: usize,
        /// The first path that isn't a `NumPy` file.
        other: String,
    },
}

impl LocationError {
    /// Returns advice: the accepted form, or another way to import the file.
    pub fn hint(&self) -> String {
        let text = match self {
            Self::Empty | Self::EmptySet | Self::Host { .. } => FORMS,
            Self::Blanks => "remove the blank; inside an object URL write it as %20",
            Self::Control { .. } | Self::EncodedControl => {
                "remove it; a path is one line of printable text"
            }
            Self::Credentials => {
                "leave it out of the URL, and give the storage keys as access_key and secret_key"
            }
            Self::Presigned => {
                "give the plain object URL, and the storage keys as access_key, secret_key \
                 and session_token"
            }
            Self::Query => "leave it out; a `?` in an object's name is written %3F",
            Self::Fragment => "leave it out; a `#` in an object's name is written %23",
            Self::Percent => "a `%` in an object's name is written %25",
            Self::NotUtf8 => "percent-encode the UTF-8 form of the object's name",
            Self::LocalPath { path, server } => return upload_hint(path, *server),
            Self::Scheme { scheme } => return scheme_hint(scheme),
            Self::OtherForm { form, instead } if form.ends_with(":/") => {
                return format!("did you mean {instead}?");
            }
            Self::OtherForm { instead, .. } => return format!("write {instead}"),
            Self::MissingBucket { store } | Self::MissingKey { store, .. } => {
                return format!("write {}", example(*store));
            }
            Self::BucketName { store, .. } => bucket_rule(*store),
            Self::AccountName { .. } => "3 to 24 lower-case letters and digits",
            Self::KeyTooLong { .. } => "check the path; the object may have a shorter name",
            Self::NoExtension { .. } => EXTENSIONS,
            Self::Extension { extension, known } => return extension_hint(extension, *known),
            Self::Glob { .. } => "name a folder (it ends in `/`), or list the files one by one",
            Self::LeadingSlash { volume: true, .. } => "write it without the leading `/`",
            Self::LeadingSlash { volume: false, .. } => IN_BUCKET,
            Self::UnknownServerBucket => {
                "write the path inside the bucket, e.g. \"folder/1.parquet\", or connect with \
                 storage: #{url: \"s3://milvus-bucket\"}"
            }
            Self::OtherBucket { .. } => {
                "copy the file into the server's bucket, and give its path there"
            }
            Self::BucketUrl(_) => "write it as storage: #{url: \"s3://milvus-bucket\"}",
            Self::UrlInVolume => "write the path relative to the volume, e.g. \"folder/1.parquet\"",
            Self::FileHost { .. } => "write file:///path/data.json, or the plain path",
            Self::NotAbsolute { .. } => "give an absolute path",
            Self::MixedSet { .. } => {
                "a nested list is one set of NumPy files; give other files as texts of the outer list"
            }
        };
        text.to_owned()
    }
}

impl From<LocationError> for Failure {
    fn from(error: LocationError) -> Self {
        Self::refused(error.to_string()).with_hint(error.hint())
    }
}

/// Quotes text from outside for a message, and cuts it because an error is one or two lines.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

fn upload_hint(path: &str, server: bool) -> String {
    if server {
        return format!("upload it to the server's bucket first, then {IN_BUCKET}");
    }
    // The quoted path is one shell word: a cut or escaped path is replaced by a placeholder.
    let plain =
        |text: &&str| !text.contains(['\\', '$', '`', '!', '…']) && !text.starts_with("\"file:");
    let path = Some(path).filter(plain).unwrap_or("data.json");
    format!(
        "upload it first, e.g. `aws s3 cp {path} s3://bucket/folder/`, and import it from there; {FORMS}"
    )
}

fn scheme_hint(scheme: &str) -> String {
    match scheme {
        "hdfs" | "viewfs" | "webhdfs" | "dbfs" | "ftp" | "sftp" | "nfs" | "smb" | "adl" => {
            format!("copy the files to an object store first; {FORMS}")
        }
        _ => FORMS.to_owned(),
    }
}

fn extension_hint(extension: &str, known: bool) -> String {
    if known {
        return "Milvus takes extensions in lower case only: rename the file".to_owned();
    }
    match extension.trim_matches('"').to_ascii_lowercase().as_str() {
        "gz" | "zst" | "bz2" | "xz" | "zip" | "tar" | "tgz" | "lz4" | "snappy" => {
            format!("unpack it first: imports read no compressed files; {EXTENSIONS}")
        }
        _ => EXTENSIONS.to_owned(),
    }
}

const fn root(volume: bool) -> &'static str {
    if volume { "volume" } else { "server's bucket" }
}

/// Returns an example of a path into this store.
const fn example(store: Store) -> &'static str {
    match store {
        Store::S3 => {
            "s3://bucket/folder/data.json, or s3://bucket/folder/ for all files of a folder"
        }
        Store::Gcs => {
            "gs://bucket/folder/data.json, or gs://bucket/folder/ for all files of a folder"
        }
        Store::Azure => "https://account.blob.core.windows.net/container/folder/data.json",
        Store::Oss => "https://bucket.oss-region.aliyuncs.com/folder/data.json",
        Store::Cos => "https://bucket-appid.cos.region.myqcloud.com/folder/data.json",
        Store::Bucket | Store::Volume => "folder/data.json",
        Store::Disk => "folder/data.json, or folder/ for all files of a folder",
    }
}

/// Returns the rule for names of buckets.
const fn bucket_rule(store: Store) -> &'static str {
    match store {
        Store::S3 => {
            "3 to 63 lower-case letters, digits, `.` and `-`, with a letter or digit at both ends, \
             not shaped like an IP address"
        }
        Store::Gcs => {
            "3 to 63 lower-case letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
        }
        Store::Azure => {
            "3 to 63 lower-case letters, digits and single `-`, with a letter or digit at both ends"
        }
        _ => "3 to 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
    }
}
