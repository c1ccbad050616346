//! Errors of the store.

use crate::interrupt::Stop;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// The result of an operation of the store.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An error of the store itself, as opposed to an invalid request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the local store's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was locked by another process for the whole wait. Nothing was done.
    #[error("the local store is busy: another process has kept it locked; try again")]
    Busy,
    /// A file or folder of the store couldn't be created or read.
    #[error("could not {doing} {path}: {source}")]
    File {
        /// The failed action, e.g. `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The job has ended, its collection was dropped, or it belongs to another worker now. Nothing was done.
    #[error("the job has ended meanwhile")]
    Ended,
    /// The wait for another process was interrupted.
    #[error("{} while another process had the local store locked", .0.words())]
    Stopped(Stop),
    /// A newer zshell has changed the store's layout.
    #[error(
        "{path} was written by a newer zshell (store version {found}, this one knows {known}); use that zshell, or another --data-dir"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The file's store version.
        found: i64,
        /// The newest version that this zshell supports.
        known: i64,
    },
    /// A stored record couldn't be parsed.
    #[error("the local store holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// The kind of record.
        what: &'static str,
        why: String,
    },
}

impl StoreError {
    /// Returns the constructor of the error for a record of this kind that couldn't be read.
    pub(in crate::local) fn corrupt<E: ToString>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |why| Self::Corrupt {
            what,
            why: why.to_string(),
        }
    }

    /// Returns true if a retry may succeed: another process has the store locked, or the disk is full or doesn't
    /// respond. Returns false if the stored data is broken or the job has ended.
    pub(in crate::local) fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::Stopped(_) | Self::File { .. } => true,
            Self::Ended | Self::Newer { .. } | Self::Corrupt { .. } => false,
            Self::Database(error) => {
                is_busy(error) || error.sqlite_error_code().is_some_and(passes)
            }
        }
    }
}

fn passes(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::OperationAborted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged
    )
}

/// Returns true if another process has the database locked.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Returns the constructor of the error for a failed action on a file.
pub(in crate::local) fn file_error(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File {
        doing,
        path,
        source,
    }
}
