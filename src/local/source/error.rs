//! Why a path cannot be imported.

use super::{FORMATS, MAX_PATH};
use crate::location::LocationError;
use std::io;

/// Why a path cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(in crate::local) enum SourceError {
    /// Not a path or URL we understand. Never repeats what might be a secret.
    #[error("the object path is not valid: {0}; {hint}", hint = .0.hint())]
    Invalid(#[from] LocationError),
    /// Longer than any object's path.
    #[error("the object path is not valid: it has {0} bytes, and at most {MAX_PATH} are accepted")]
    TooLong(usize),
    /// Not a file of data.
    #[error(
        "{path:?}: importing other files is not supported by the local service yet; it reads {FORMATS} files"
    )]
    Unsupported {
        /// As given.
        path: String,
    },
    /// A path without the extension of a file that Milvus imports.
    #[error("unexpected file type, files=[{path}]: {why}")]
    FileType {
        /// As given.
        path: String,
        /// The reason, and what to do.
        why: String,
    },
    /// A path on disk outside the folders that may be read.
    #[error(
        "{path:?}: outside the folders that this service may read; start it with --bucket-dir or --allow-dir to widen them"
    )]
    Outside {
        /// As given.
        path: String,
    },
    /// One of two storage keys.
    #[error("storage keys come in pairs: give accessKey and secretKey, or neither")]
    HalfKeys,
    /// The keys were in the memory of a process that has ended.
    #[error(
        "the storage keys of this job are gone: they are kept in memory only, and the service that had them has ended; submit the import again"
    )]
    KeysGone,
    /// The file or folder cannot be read (83001 of the real service).
    #[error("{path}: could not be read (83001): {source}")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing to import, or too much.
    #[error("{0}")]
    Count(String),
}

impl SourceError {
    /// An error of Milvus' own form, which looks at the extension first (importutilv2/util.go, `GetFileType`).
    pub(super) fn of_milvus(path: &str, error: LocationError) -> Self {
        match error {
            LocationError::Extension { .. } | LocationError::NoExtension { .. } => Self::FileType {
                path: path.to_owned(),
                why: format!("{error}; {}", error.hint()),
            },
            other => Self::Invalid(other),
        }
    }

    /// A folder in Milvus' own form.
    pub(super) fn folder(path: &str) -> Self {
        Self::FileType {
            path: path.to_owned(),
            why: "Milvus imports files only, each named in files; Zilliz Cloud (objectUrls) takes folders".to_owned(),
        }
    }

    /// What the system said about this path.
    pub(super) fn unreadable(path: &str) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Unreadable {
            path: path.clone(),
            source,
        }
    }
}
