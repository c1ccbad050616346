//! The reasons why a path can't be imported.

use super::MAX_PATH;
use crate::formats::source::FilesError;
use crate::location::LocationError;

/// The reason why a path can't be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A path or URL that can't be parsed. The message never repeats a part that might be a secret.
    #[error("the object path is not valid: {0}; {hint}", hint = .0.hint())]
    Invalid(#[from] LocationError),
    /// A path longer than an object's path can be.
    #[error("the object path is not valid: it has {0} bytes, and at most {MAX_PATH} are accepted")]
    TooLong(usize),
    /// The files of a path can't be found.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A path without the extension of a file that Milvus imports.
    #[error("unexpected file type, files=[{path}]: {why}")]
    FileType {
        /// The path as given.
        path: String,
        /// The reason, and what to do.
        why: String,
    },
    /// A path on disk outside the folders that may be read.
    #[error(
        "{path:?}: outside the folders that this service may read; start it with --bucket-dir or --allow-dir to widen them"
    )]
    Outside {
        /// The path as given.
        path: String,
    },
    /// One of two storage keys without the other.
    #[error("storage keys come in pairs: give accessKey and secretKey, or neither")]
    HalfKeys,
    /// Storage keys that were in the memory of a process that has ended.
    #[error(
        "the storage keys of this job are gone: they are kept in memory only, and the service that had them has ended; submit the import again"
    )]
    KeysGone,
}

impl SourceError {
    /// Returns the error in Milvus' own form, which checks the extension first (importutilv2/util.go, `GetFileType`).
    pub(super) fn of_milvus(path: &str, error: LocationError) -> Self {
        match error {
            LocationError::Extension { .. } | LocationError::NoExtension { .. } => Self::FileType {
                path: path.to_owned(),
                why: format!("{error}; {}", error.hint()),
            },
            other => Self::Invalid(other),
        }
    }

    /// Returns the error for a folder in Milvus' own form.
    pub(super) fn folder(path: &str) -> Self {
        Self::FileType {
            path: path.to_owned(),
            why: "Milvus imports files only, each named in files; Zilliz Cloud (objectUrls) takes folders".to_owned(),
        }
    }
}
