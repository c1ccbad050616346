//! The journal: a record of every submission, on the disk before the submission is sent.
//!
//! The journal is one file of JSON Lines in the data folder, `journal/journal.jsonl`, to which lines are only appended.
//! Each [`Entry`] is synced before the call returns, except entries about a server's answers ([`Journal::note`]). A
//! [`JournalState`] of the entries holds the state of each [`Submission`]. Beside the file are `journal.lock`, which serialises
//! reads and appends, and `locks/`, with a file for each identity that's being submitted. Only the owner can access
//! these files, and none of them holds a secret.
//!
//! # Several processes, and crashes
//!
//! - Every decision that leads to an entry is made under the lock, after reading the lines that others have appended:
//!   [`Journal::transact`]. So two submissions under one import key can't both find it unused.
//! - The lock belongs to the operating system, which releases it when its process dies. If a process is suspended while
//!   it holds the lock, others wait for a while and then fail as busy, having sent nothing. An interrupt ends the wait
//!   immediately.
//! - A killed process or a full disk can only tear the last line. The next writer completes a whole entry with its line
//!   end and cuts off anything else, since nothing was done because of it. A power failure may also destroy earlier
//!   lines whose sync no caller had waited for; their remains are skipped.
//! - If an entry written *after* a send is lost, its submission stays open, and reconciliation resolves it. So no
//!   caller waits for the sync of such entries: a killed process loses none, and a power failure loses at most those of
//!   the last moment.
//! - A sync happens without the lock, and one sync serves all threads that wait. If a sync fails, its entries may still
//!   be in the file. A submission that wasn't sent then looks open, and its job is looked for before the submission is
//!   sent.
//! - Pruning writes another file and renames it over the journal, under the lock. Writers open the file again each time
//!   they take the lock, and the generation in the first line shows when their offset has become invalid.
//! - Times are those of the wall clock, for people. Ages are computed from a [`Moment`], which clock changes don't
//!   affect.
//! - A line that can't be read may have been about an import key. So nothing is submitted under import keys until
//!   [`Journal::prune`] has rewritten the file without that line.

mod entry;
mod error;
mod file;
mod identity;
mod lock;
mod moment;
mod prune;
mod record;
mod settle;
mod state;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use entry::{Entry, Intent, KnownBy, Seen};
pub(crate) use error::JournalError;
pub(crate) use identity::{Scope, identity, plain_files, target};
pub(crate) use lock::IdentityLock;
pub(crate) use moment::Moment;
pub(crate) use record::{SUBMISSION_KEYS, Standing, Submission};
pub(crate) use settle::Word;
pub(crate) use state::JournalState;

use crate::api::model::JobState;
use crate::fsutil::LockMode;
use crate::interrupt::Interrupt;
use crate::text::hash::HASH_DIGITS;
use crate::text::words;
use file::{JournalFile, JournalPaths, UnsyncedData, is_of_later_release};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use sync::Sync;

/// Maximum number of line numbers in a warning.
const MAX_NAMED_LINES: usize = 5;

/// The journal of a data folder; may be used from several threads and processes at once.
#[derive(Debug)]
pub struct Journal {
    place: JournalPaths,
    known: Mutex<KnownEntries>,
    sync: Sync,
    /// Receives one warning if lines can't be read.
    warn: fn(&str),
    has_warned: AtomicBool,
}

/// State read from the file so far.
#[derive(Debug, Default)]
struct KnownEntries {
    fold: JournalState,
    generation: Option<String>,
    offset: u64,
    /// Number of lines read.
    lines: u64,
    /// Numbers of the lines that can't be read, counted from 1.
    damaged: Vec<u64>,
}

/// Returns the current time in the form that entries use: RFC 3339, UTC, milliseconds.
pub(crate) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

impl Journal {
    /// Returns the journal of a data folder, without any I/O. `interrupt` ends waits for the locks of other processes, and
    /// `warn` receives one warning if lines can't be read, whatever their number.
    pub fn new(data_dir: &Path, warn: fn(&str), interrupt: Interrupt) -> Self {
        Self {
            place: JournalPaths {
                folder: data_dir.join("journal"),
                interrupt,
            },
            known: Mutex::default(),
            sync: Sync::default(),
            warn,
            has_warned: AtomicBool::new(false),
        }
    }

    /// Warns of damaged lines, unless there are none or the warning was sent before.
    fn warn_of_damage(&self, known: &KnownEntries) {
        if known.damaged.is_empty() || self.has_warned.swap(true, Ordering::Relaxed) {
            return;
        }
        (self.warn)(&format!(
            "the journal {} is damaged: {} cannot be read, and its information about submissions is lost",
            self.place.journal().display(),
            line_names(&known.damaged)
        ));
    }

    /// Fails if lines can't be read, since a damaged line may have been about an import key.
    pub fn check_whole(&self) -> Result<(), JournalError> {
        self.read(|_| ())?;
        let known = self.known.lock();
        if known.damaged.is_empty() {
            return Ok(());
        }
        Err(JournalError::Damaged {
            path: self.place.journal(),
            lines: line_names(&known.damaged),
        })
    }

    /// Reads new entries, passes the state to `decide`, and appends the entries that `decide` returns. All of this
    /// happens under the lock, so no other process can append anything in between. The entries are on the disk when
    /// this function returns.
    pub fn transact<T, E: From<JournalError>>(
        &self,
        decide: impl FnOnce(&JournalState) -> Result<(Vec<Entry>, T), E>,
    ) -> Result<T, E> {
        let (written, result) = self.write(decide)?;
        if let Some(written) = written {
            self.sync.now(&written)?;
        }
        Ok(result)
    }

    /// Appends entries, whatever the state is; they're on the disk when this function returns.
    pub fn append(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.transact(|_| Ok((entries, ())))
    }

    /// Appends entries about events on a server. They survive the death of this process immediately, and are on the
    /// disk shortly afterwards, or after [`Self::flush`].
    pub fn note(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.note_with(|_| (entries, ()))
    }

    /// Appends entries like [`Self::note`] that `decide` derives from the state. No other process can append in
    /// between.
    pub fn note_with<T>(
        &self,
        decide: impl FnOnce(&JournalState) -> (Vec<Entry>, T),
    ) -> Result<T, JournalError> {
        let (written, result) = self.write(|fold| Ok::<_, JournalError>(decide(fold)))?;
        if written.is_some() {
            self.sync.soon(&self.place.journal());
        }
        Ok(result)
    }

    /// Syncs noted entries to the disk.
    pub fn flush(&self) {
        self.sync.flush(&self.place.journal());
    }

    /// Reads, decides and appends under the lock. Returns the write to be synced, if anything was appended.
    fn write<T, E: From<JournalError>>(
        &self,
        decide: impl FnOnce(&JournalState) -> Result<(Vec<Entry>, T), E>,
    ) -> Result<(Option<UnsyncedData>, T), E> {
        let mut known = self.known.lock();
        let _gate = self.place.lock(LockMode::Exclusive)?;
        let mut book = JournalFile::open(&self.place)?;
        known.read_on(&mut book)?;
        self.warn_of_damage(&known);
        let (entries, result) = decide(&known.fold)?;
        if entries.is_empty() {
            return Ok((None, result));
        }
        book.append(&entries)?;
        known.offset = book.end();
        known.lines += entries.len() as u64;
        for entry in entries {
            known.fold.apply(entry);
        }
        let written = book.written(known.generation.clone().unwrap_or_default());
        self.sync.note(&written);
        Ok((Some(written), result))
    }

    /// Reads new entries and passes the state to `look`. A missing journal counts as empty and isn't created.
    pub fn read<T>(&self, look: impl FnOnce(&JournalState) -> T) -> Result<T, JournalError> {
        self.read_with(|fold, _| Ok(look(fold)))
    }

    /// Reads like [`Self::read`], and also passes the file, if it exists.
    fn read_with<T>(
        &self,
        look: impl FnOnce(&JournalState, Option<&mut JournalFile>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut known = self.known.lock();
        if !self.place.journal().exists() {
            return look(&known.fold, None);
        }
        let _gate = self.place.lock(LockMode::Shared)?;
        let mut book = JournalFile::read(&self.place)?;
        if let Some(book) = &mut book {
            known.read_on(book)?;
        }
        self.warn_of_damage(&known);
        look(&known.fold, book.as_mut())
    }

    /// Returns all entries about one submission, in order, exactly as they're in the file.
    pub fn history(&self, id: &str) -> Result<Vec<Value>, JournalError> {
        self.read_with(|fold, book| {
            let submission = fold
                .submission(id)
                .ok_or_else(|| JournalError::NoSubmission(id.to_owned()))?;
            let mut found = Vec::new();
            let Some(book) = book else {
                return Ok(found);
            };
            let target = &submission.intent.scope.target;
            book.lines(0, |line| {
                let Ok(entry) = serde_json::from_slice::<Entry>(line) else {
                    return;
                };
                let ended = matches!(&entry, Entry::Ended(it) if it.target == *target && Some(&it.job) == submission.job.as_ref());
                if ended || entry.submission() == Some(id) {
                    found.extend(serde_json::from_slice::<Value>(line));
                }
            })?;
            Ok(found)
        })
    }

    /// Calls `see` with the state and each intent. Intents of resolved submissions are kept without their files in
    /// memory, so they're read from the file.
    fn intents(&self, mut see: impl FnMut(&JournalState, Intent)) -> Result<(), JournalError> {
        self.read_with(|fold, book| {
            if let Some(book) = book {
                book.lines(0, |line| {
                    if let Ok(Entry::Intent(intent)) = serde_json::from_slice(line) {
                        see(fold, intent);
                    }
                })?;
            }
            Ok(())
        })
    }

    /// Returns the latest submission, with its files, under each import key that a batch made of this prefix and a hash.
    /// The oldest comes first. Jobs of a collection that was created again since are left out.
    pub fn batch(&self, prefix: &str) -> Result<Vec<Submission>, JournalError> {
        let mut found = Vec::new();
        self.intents(|fold, intent| {
            if !intent.stamps.is_empty()
                && let Some(key) = intent.key.as_deref().filter(|key| is_of(prefix, key))
                && let Some(last) = fold.under_key(&intent.scope.target, key)
                && last.intent.id == intent.id
                && !(last.superseded && last.job.is_some())
            {
                found.push(Submission {
                    intent,
                    ..last.clone()
                });
            }
        })?;
        Ok(found)
    }

    /// Returns the path of each file that batches have imported into a collection, or may have, by the fingerprint of
    /// its content.
    pub fn contents(&self, scope: &Scope) -> Result<HashMap<String, String>, JournalError> {
        let has_rows = |it: &Submission| {
            let failed =
                matches!(it.standing, Standing::Ended(state) if state != JobState::Completed);
            it.job.is_some() && !failed && !it.superseded
        };
        let mut found = HashMap::new();
        self.intents(|fold, intent| {
            if intent.scope == *scope
                && !intent.contents.is_empty()
                && fold.submission(&intent.id).is_some_and(has_rows)
            {
                let files = intent.files.into_iter().map(|set| set.concat());
                let pairs = intent.contents.into_iter().zip(files);
                found.extend(pairs.filter(|(content, _)| !content.is_empty()));
            }
        })?;
        Ok(found)
    }

    /// Takes the lock of an identity; returns `None` if an identical submission is in progress.
    pub fn lock_identity(&self, identity: &str) -> Result<Option<IdentityLock>, JournalError> {
        IdentityLock::take_in(&self.place.folder.join("locks"), identity)
    }
}

/// Names damaged lines by their numbers: `line 3`, `lines 3 and 7`.
fn line_names(damaged: &[u64]) -> String {
    let lines: Vec<String> = damaged.iter().map(u64::to_string).collect();
    let named = words::list(lines.get(..MAX_NAMED_LINES).unwrap_or(&lines), "and");
    match lines.len() {
        1 => format!("line {named}"),
        count if count > MAX_NAMED_LINES => format!("{count} lines ({named} first)"),
        _ => format!("lines {named}"),
    }
}

/// Returns true if an import key was made from exactly this prefix, rather than from a longer one that begins with it.
fn is_of(prefix: &str, key: &str) -> bool {
    let rest = key.strip_prefix(prefix);
    let hash = rest.and_then(|rest| rest.strip_prefix('-'));
    hash.is_some_and(|hash| {
        hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

impl KnownEntries {
    /// Reads the lines appended since the last call, or all lines if the file was replaced.
    fn read_on(&mut self, book: &mut JournalFile) -> Result<(), JournalError> {
        let generation = book.generation()?;
        if generation.is_none() || generation != self.generation || book.end() < self.offset {
            *self = Self {
                generation,
                ..Self::default()
            };
        }
        let (fold, lines, damaged) = (&mut self.fold, &mut self.lines, &mut self.damaged);
        self.offset = book.lines(self.offset, |line| {
            *lines += 1;
            match serde_json::from_slice(line) {
                Ok(entry) => fold.apply(entry),
                // Lines of a later release are skipped silently; lines that a broken disk left are recorded as damaged.
                Err(_) if is_of_later_release(line) => {}
                Err(_) => damaged.push(*lines),
            }
        })?;
        Ok(())
    }
}
