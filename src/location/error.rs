//! Reasons for refusing a path, with the accepted forms.

use super::Store;
use crate::error::Failure;
use crate::text::words;
use thiserror::Error;

pub(super) const FORMS: &str = "accepted: s3://bucket/key, gs://bucket/key, \
    https://bucket.s3.region.amazonaws.com/key, https://storage.googleapis.com/bucket/key, \
    https://account.blob.core.windows.net/container/blob, https://bucket.oss-region.aliyuncs.com/key, \
    https://bucket-appid.cos.region.myqcloud.com/key";
pub(super) const EXTENSIONS: &str = "accepted: .json, .jsonl, .ndjson, .csv, .parquet, .npy; a folder ends in `/`, \
    a set of NumPy files in `*.npy`";
pub(super) const IN_BUCKET: &str =
    "write the path inside the server's bucket, e.g. \"folder/1.parquet\"";
pub(super) const CONTROL: &str = "remove it; a path is one line of printable text";

/// The reason for refusing a path. Its texts contain no secrets; those from outside are quoted and cut ([`shown`]).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct LocationError {
    problem: String,
    hint: String,
    fault: PathFault,
}

/// The kind of fault, as far as callers have a message of their own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// A bucket without an object.
    NoKey,
    /// A file name without an extension.
    NoExtension,
    /// An extension of no known format.
    Extension,
    /// Any other fault.
    Other,
}

impl LocationError {
    /// Returns the kind of fault.
    pub fn fault(&self) -> PathFault {
        self.fault
    }

    /// Returns advice: the accepted form, or another way to import the file.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    pub(super) fn of(self, fault: PathFault) -> Self {
        Self { fault, ..self }
    }
}

impl From<LocationError> for Failure {
    fn from(error: LocationError) -> Self {
        Self::refused(error.problem).with_hint(error.hint)
    }
}

/// Returns the error for a problem, with advice.
pub(super) fn refused(problem: impl Into<String>, hint: impl Into<String>) -> LocationError {
    LocationError {
        problem: problem.into(),
        hint: hint.into(),
        fault: PathFault::Other,
    }
}

/// Quotes text from outside for a message, and cuts it because an error is one or two lines.
pub(super) fn shown(text: &str) -> String {
    words::quote_start(text, 120)
}

pub(super) fn empty() -> LocationError {
    refused("the path is empty", FORMS)
}

pub(super) fn encoded_control() -> LocationError {
    refused("the path has a percent-encoded control character", CONTROL)
}

/// Returns the error for a path on this machine, given to a service that can't read it. `server` is set if the service
/// reads from its own bucket only.
pub(super) fn local_path(text: &str, server: bool) -> LocationError {
    let path = shown(text);
    let problem = format!("{path} is a path on this machine, which the service cannot read");
    if server {
        let hint = format!("upload it to the server's bucket first, then {IN_BUCKET}");
        return refused(problem, hint);
    }
    // The quoted path is one shell word: a cut or escaped path is replaced by a placeholder.
    let plain =
        |text: &&str| !text.contains(['\\', '$', '`', '!', '…']) && !text.starts_with("\"file:");
    let path = Some(path.as_str()).filter(plain).unwrap_or("data.json");
    let hint = format!(
        "upload it first, e.g. `aws s3 cp {path} s3://bucket/folder/`, and import it from there; {FORMS}"
    );
    refused(problem, hint)
}

/// Returns the advice to write a path into this store like an example.
pub(super) const fn example(store: Store) -> &'static str {
    match store {
        Store::S3 => {
            "write s3://bucket/folder/data.json, or s3://bucket/folder/ for all files of a folder"
        }
        Store::Gcs => {
            "write gs://bucket/folder/data.json, or gs://bucket/folder/ for all files of a folder"
        }
        Store::Azure => "write https://account.blob.core.windows.net/container/folder/data.json",
        Store::Oss => "write https://bucket.oss-region.aliyuncs.com/folder/data.json",
        Store::Cos => "write https://bucket-appid.cos.region.myqcloud.com/folder/data.json",
        Store::Bucket | Store::Volume => "write folder/data.json",
        Store::Disk => "write folder/data.json, or folder/ for all files of a folder",
    }
}
