//! Pruning: the file is rewritten without old settled submissions and without damaged lines.

use super::entry::Entry;
use super::error::JournalError;
use super::file::{JournalFile, is_of_later_release};
use super::record::Submission;
use super::{Journal, KnownEntries};
use crate::fsutil::{LockMode, create_private_folder, open_private, sync_folder};
use crate::journal::state::JournalState;
use jiff::Timestamp;
use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Result of pruning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Number of submissions removed.
    pub removed: usize,
    /// Number of submissions kept.
    pub kept: usize,
    /// Size of the file before, in bytes.
    pub bytes_before: u64,
    /// Size of the file after, in bytes.
    pub bytes_now: u64,
}

impl Journal {
    /// Removes submissions, with their import keys, about which nothing was journalled since `before`. A submission
    /// that's open or unknown, or whose job isn't known to have ended, is kept at any age, with the baselines that it
    /// needs. Lines that this release doesn't know are kept too.
    pub fn prune(&self, before: Timestamp) -> Result<Pruned, JournalError> {
        let mut known = self.known.lock();
        let _gate = self.place.lock(LockMode::Exclusive)?;
        let mut book = JournalFile::open(&self.place)?;
        known.read_on(&mut book)?;
        self.warn_of_damage(&known);
        let path = self.place.journal();
        let fresh = path.with_extension("new");
        let pruned = write(&known.fold, &mut book, &fresh, before)?;
        std::fs::rename(&fresh, &path).map_err(JournalError::file("replace", &path))?;
        sync_folder(&self.place.folder).map_err(JournalError::file("replace", &path))?;
        *known = KnownEntries::default();
        Ok(pruned)
    }

    /// Returns how many submissions [`Self::prune`] would remove and keep, without writing anything.
    pub fn would_prune(&self, before: Timestamp) -> Result<(usize, usize), JournalError> {
        self.read(|fold| counts(fold, before))
    }
}

/// Returns the number of submissions to remove, and of those to keep.
fn counts(fold: &JournalState, before: Timestamp) -> (usize, usize) {
    let all = fold.submissions();
    let kept = all.iter().filter(|it| is_kept(it, before)).count();
    (all.len() - kept, kept)
}

fn is_old(at: &str, before: Timestamp) -> bool {
    at.parse::<Timestamp>().is_ok_and(|at| at < before)
}

fn is_kept(submission: &Submission, before: Timestamp) -> bool {
    !submission.standing.is_settled() || !is_old(&submission.updated, before)
}

fn write(
    fold: &JournalState,
    book: &mut JournalFile,
    path: &Path,
    before: Timestamp,
) -> Result<Pruned, JournalError> {
    let failed = |error: io::Error| JournalError::file("write", path)(error);
    // A pruning that crashed may have left this file.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        create_private_folder(folder).map_err(failed)?;
    }
    let mut out = BufWriter::new(open_private(path).map_err(failed)?);
    let mut result = serde_json::to_writer(&mut out, &Entry::header()).map_err(io::Error::from);
    result = result.and_then(|()| out.write_all(b"\n"));
    let in_use: HashSet<_> = fold.unresolved().map(|it| &it.intent.scope).collect();
    let stays = |id: &str| fold.submission(id).is_some_and(|it| is_kept(it, before));
    book.lines(0, |line| {
        let keep = match serde_json::from_slice::<Entry>(line) {
            Ok(Entry::Journal { .. }) => false,
            Ok(Entry::Seen(seen)) => in_use.contains(&seen.scope) || !is_old(&seen.at, before),
            Ok(Entry::Ended(ended)) => fold
                .of_job(&ended.target, &ended.job)
                .is_some_and(|it| is_kept(it, before)),
            Ok(Entry::Checked { at, .. }) => !is_old(&at, before),
            // Needed as long as an earlier submission is kept.
            Ok(Entry::Created { scope, .. }) => fold
                .submissions()
                .iter()
                .any(|it| it.superseded && it.intent.scope == scope && is_kept(it, before)),
            Ok(entry) => entry.submission().is_some_and(stays),
            Err(_) => is_of_later_release(line),
        };
        if keep && result.is_ok() {
            result = out.write_all(line).and_then(|()| out.write_all(b"\n"));
        }
    })?;
    result.map_err(failed)?;
    let file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let (removed, kept) = counts(fold, before);
    Ok(Pruned {
        removed,
        kept,
        bytes_before: book.end(),
        bytes_now: file.metadata().map_err(failed)?.len(),
    })
}
