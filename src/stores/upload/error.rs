//! The reasons why an upload fails.

use crate::error::{Failure, Kind};
use crate::interrupt::Stop;
use crate::stores::fault::StoreFault;
use crate::text::words;
use std::io;

/// Number of failed files that an error names.
const NAMED: usize = 5;

/// The reason why an upload failed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// A path can't be looked up.
    #[error("upload: cannot read {path}: {why}")]
    Unreadable { path: String, why: String },
    /// The paths can't be sent to this destination.
    #[error("upload: {problem}")]
    Unfit { problem: String, hint: &'static str },
    /// The files exceed a limit of the volume.
    #[error("upload: {problem}")]
    Limit { problem: String },
    /// The volume's service has given access to another bucket.
    #[error("upload: the volume moved to another bucket during the upload")]
    Moved,
    /// The store refused a request, or couldn't be reached.
    #[error("upload: {object}: {fault}")]
    Store { object: String, fault: StoreFault },
    /// Another process uploads the same object.
    #[error("another upload writes this object now")]
    Taken,
    /// The file changed after the upload began.
    #[error("the file changed while it was sent")]
    Changed,
    /// The store's checksum of the object isn't the file's.
    #[error("the store's checksum differs from the file's")]
    Corrupt,
    /// The store has another size, or no such object, after the upload.
    #[error("the store lists no object with the file's size after the upload")]
    Unverified,
    /// The file can't be read while it's sent.
    #[error("the file cannot be read: {0}")]
    File(String),
    /// The notes for continuing a broken upload can't be kept.
    #[error("upload: cannot write {place}: {why}")]
    Notes { place: String, why: String },
    /// Some files weren't uploaded.
    #[error("upload: {} of {}: {}", missing(.failed), words::count(*.files as u64, "file"), named(.failed))]
    Files {
        failed: Vec<(String, UploadError)>,
        files: usize,
    },
    /// The volume's credentials can't be had.
    #[error("{0}")]
    Grant(Failure),
    /// A thread can't be started or ended without a result.
    #[error("upload: {0}")]
    Thread(String),
    /// The run was stopped.
    #[error("stopped")]
    Stopped,
}

fn missing(failed: &[(String, UploadError)]) -> String {
    format!("{} not uploaded", words::number(failed.len() as u64))
}

fn named(failed: &[(String, UploadError)]) -> String {
    let mut texts: Vec<_> = failed
        .iter()
        .take(NAMED)
        .map(|(path, error)| format!("{path}: {}", error.of_file()))
        .collect();
    if failed.len() > NAMED {
        texts.push(format!("and {} more", failed.len() - NAMED));
    }
    texts.join("; ")
}

impl UploadError {
    /// Returns the error of reading a file while it's sent.
    pub(super) fn file(error: io::Error) -> Self {
        Self::File(error.to_string())
    }

    /// Returns true if the other files would fail in the same way.
    pub(super) const fn is_fatal(&self) -> bool {
        match self {
            Self::Store { fault, .. } => !matches!(
                fault,
                StoreFault::Name(_) | StoreFault::Refused(_) | StoreFault::NoUpload
            ),
            Self::Taken | Self::Changed | Self::Corrupt | Self::Unverified | Self::File(_) => false,
            _ => true,
        }
    }

    /// Returns the text beside the file's path.
    fn of_file(&self) -> String {
        match self {
            Self::Store { fault, .. } => fault.to_string(),
            other => other.to_string(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. } | Self::File(_) | Self::Notes { .. } | Self::Thread(_) => {
                Kind::Script
            }
            Self::Unfit { .. } => Kind::Usage,
            Self::Store { fault, .. } => fault.kind(),
            Self::Taken => Kind::Busy,
            Self::Files { failed, .. } => failed
                .first()
                .map_or(Kind::Refused, |(_, error)| error.kind()),
            Self::Grant(failure) => failure.kind,
            _ => Kind::Refused,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unfit { hint, .. } => hint,
            Self::Limit { .. } => {
                "upload fewer files at a time; a paid plan has larger limits (5 GB free, 100 GB an upload paid)"
            }
            Self::Store {
                fault: StoreFault::Denied(_),
                ..
            } => {
                "storage keys come from storage_keys: \"aws\", or the storage settings of connect() or a profile; they must be allowed to put objects and to list the bucket (s3:PutObject, s3:ListBucket; Google Cloud takes HMAC keys, with storage.objects.create and list)"
            }
            Self::Store {
                fault: StoreFault::NoBucket,
                ..
            } => "create the bucket first, or correct its name and region",
            Self::Store { .. } | Self::Moved => {
                "a further run skips finished files and continues large ones"
            }
            Self::Files { failed, .. } => match failed.first() {
                Some((_, Self::Changed)) => {
                    "run it again once nothing writes the files: finished ones are skipped"
                }
                _ => "a further run skips finished files",
            },
            _ => return None,
        })
    }

    /// Returns the failure for scripts and the exit code.
    pub(crate) fn into_failure(self, stop: Option<Stop>) -> Failure {
        match (self, stop) {
            (Self::Grant(failure), _) => failure,
            (Self::Stopped, stop) => stop.unwrap_or(Stop::Interrupted).into(),
            (error, _) => {
                let failure = Failure::new(error.kind(), error.to_string());
                failure.with_any_hint(error.hint())
            }
        }
    }
}
