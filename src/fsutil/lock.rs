//! File locks: advisory locks of the operating system, which frees those of a dead process.

use crate::interrupt::{Interrupt, Stop};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The first pause between two attempts; each pause doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_millis(1);
const MAX_PAUSE: Duration = Duration::from_millis(4);
/// The time for which a wait continues after an interrupt, so a run that's being stopped can write its last journal
/// entries while another process writes too.
const GRACE: Duration = Duration::from_millis(60);

/// Kind of a file lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockMode {
    /// One holder.
    Exclusive,
    /// Any number of holders, but no exclusive one.
    Shared,
}

/// Why a lock wasn't taken.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process held the lock for the whole wait.
    Held,
    /// The wait was interrupted.
    Stopped(Stop),
    /// The operating system refused.
    Io(io::Error),
}

/// Opens a private file that its holder removes, and locks it. Returns `None` if the lock is held.
pub(crate) fn lock_removable(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = super::open_private(path)?;
        match file.try_lock() {
            Ok(()) if super::names_file(path, &file)? => return Ok(Some(file)),
            // The holder before removed the file after it was opened here.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Locks a file, and waits at most `patience` for other holders. Ctrl-C, SIGTERM and the run's deadline end the wait
/// within 100 ms.
pub(crate) fn lock_file(
    file: &File,
    mode: LockMode,
    patience: Duration,
    interrupt: &Interrupt,
) -> Result<(), LockError> {
    let begin = Instant::now();
    let mut pause = MIN_PAUSE;
    let mut stopped: Option<(Stop, Instant)> = None;
    loop {
        let locked = match mode {
            LockMode::Exclusive => file.try_lock(),
            LockMode::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
            Err(TryLockError::WouldBlock) if begin.elapsed() >= patience => {
                return Err(LockError::Held);
            }
            Err(TryLockError::WouldBlock) => {}
        }
        match (stopped, interrupt.check()) {
            (Some((stop, since)), _) if since.elapsed() >= GRACE => {
                return Err(LockError::Stopped(stop));
            }
            (None, Err(stop)) => stopped = Some((stop, Instant::now())),
            _ => {}
        }
        thread::sleep(pause);
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_reported_after_the_patience() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let other = File::open(&path).unwrap();
        let lock = |mode, patience| lock_file(&other, mode, patience, &Interrupt::new());
        let short = Duration::from_millis(5);
        assert!(matches!(
            lock(LockMode::Exclusive, short),
            Err(LockError::Held)
        ));
        held.unlock().unwrap();
        held.lock_shared().unwrap();
        assert!(lock(LockMode::Shared, short).is_ok());
    }

    #[test]
    fn a_stop_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let interrupt = Interrupt::new();
        interrupt.raise(Stop::Terminated);
        let other = File::open(&path).unwrap();
        let locked = lock_file(&other, LockMode::Exclusive, Duration::MAX, &interrupt);
        assert!(matches!(locked, Err(LockError::Stopped(Stop::Terminated))));
    }
}
