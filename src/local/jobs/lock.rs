//! Ownership of a job: a file lock, which the system releases as soon as the owner's process dies.

use crate::local::storage::{StoreError, file_error};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to work on one job, held by this process until dropped.
pub(crate) struct JobLock {
    path: PathBuf,
    _file: File,
}

impl JobLock {
    /// Takes the job's lock; returns `None` if another process holds it.
    ///
    /// The new holder must read the job again. Its last owner may have ended it in the meantime, and then this lock may
    /// be on a file that was already removed.
    pub(crate) fn take(dir: &Path, job: &str) -> Result<Option<Self>, StoreError> {
        Self::try_take(dir, job).map_err(file_error("lock a job in", dir))
    }

    fn try_take(dir: &Path, job: &str) -> io::Result<Option<Self>> {
        let path = dir.join(format!("{job}.lock"));
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true);
        let file = file.open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the lock's file, for a job that has ended.
    pub(crate) fn remove(self) {
        // A file that can't be removed is removed at the next start.
        _ = std::fs::remove_file(&self.path);
    }
}

/// Removes lock files of ended jobs, left behind if an owner died between ending its job and removing the file.
///
/// `ended` is called after the file was found: a job gets a lock file only while it's in the store, and an ended job
/// stays ended.
pub(crate) fn tidy(dir: &Path, ended: impl Fn(&str) -> bool) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(job) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if ended(job)
            && let Ok(Some(lock)) = JobLock::take(dir, job)
        {
            lock.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_and_is_released_on_drop() {
        let dir = tempfile::tempdir().unwrap();
        let lock = JobLock::take(dir.path(), "job-1").unwrap().unwrap();
        assert!(JobLock::take(dir.path(), "job-1").unwrap().is_none());
        assert!(JobLock::take(dir.path(), "job-2").unwrap().is_some());
        drop(lock);
        JobLock::take(dir.path(), "job-1")
            .unwrap()
            .unwrap()
            .remove();
        assert!(!dir.path().join("job-1.lock").exists());
    }

    #[test]
    fn cleaning_up_keeps_open_jobs_and_held_locks() {
        let dir = tempfile::tempdir().unwrap();
        let held = JobLock::take(dir.path(), "held").unwrap().unwrap();
        for job in ["open", "ended"] {
            drop(JobLock::take(dir.path(), job).unwrap());
        }
        tidy(dir.path(), |job| job != "open");
        let left = |job: &str| dir.path().join(format!("{job}.lock")).exists();
        assert_eq!(
            (left("open"), left("held"), left("ended")),
            (true, true, false)
        );
        held.remove();
    }
}
