//! The journal's file: locking, repairing, reading new lines, appending.
//!
//! Writers lock a file beside the journal, which is never replaced or removed, and then open the journal again. Pruning
//! replaces the journal with another file, which the generation in the first line shows.

use super::entry::{Entry, VERSION};
use super::error::JournalError;
use crate::fsutil::{
    LockError, LockMode, create_private_folder, lock_file, open_private, sync_folder,
};
use crate::interrupt::Interrupt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use strum::VariantNames as _;

/// Maximum wait for another process that writes. An entry takes milliseconds, pruning less than a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum length of the first line in bytes. Longer first lines aren't headers.
const HEADER_LIMIT: u64 = 4096;

/// Returns true if a line is a complete JSON object, and so may be an entry, perhaps of a later release. Lines that a
/// crash or a broken disk left behind aren't complete objects.
pub(super) fn may_be_entry(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
}

/// Returns true for an entry of a kind that this release doesn't know. An entry of a known kind that can't be parsed is
/// damaged, and so is an entry whose kind differs from a known one by at most one letter.
pub(super) fn is_of_later_release(line: &[u8]) -> bool {
    let entry = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line);
    entry.is_ok_and(|entry| {
        entry.len() == 1
            && entry.keys().all(|kind| {
                let near = |known: &&str| strsim::levenshtein(known, kind) <= 1;
                !Entry::VARIANTS.iter().any(near)
            })
    })
}

/// Paths of the journal's files.
#[derive(Clone, Debug)]
pub(super) struct JournalPaths {
    /// The journal's folder.
    pub(super) folder: PathBuf,
    /// Interrupt that ends waits for the lock.
    pub(super) interrupt: Interrupt,
}

impl JournalPaths {
    /// Returns the path of the file that holds the entries.
    pub(super) fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    /// Takes the journal's lock: exclusive for one writer, shared for any number of readers. The lock is released when
    /// it's dropped, or when this process dies.
    pub(super) fn lock(&self, mode: LockMode) -> Result<File, JournalError> {
        let path = self.folder.join("journal.lock");
        let gate = match File::open(&path) {
            // Readers don't need write permission.
            Ok(gate) if mode == LockMode::Shared => gate,
            _ => {
                create_private_folder(&self.folder)
                    .map_err(JournalError::file("open", &self.folder))?;
                open_private(&path).map_err(JournalError::file("lock", &path))?
            }
        };
        match lock_file(&gate, mode, PATIENCE, &self.interrupt) {
            Ok(()) => Ok(gate),
            Err(LockError::Held) => Err(JournalError::Locked {
                path,
                after: PATIENCE,
            }),
            Err(LockError::Stopped(stop)) => Err(JournalError::Stopped { path, stop }),
            Err(LockError::Io(error)) => Err(JournalError::file("lock", path)(error)),
        }
    }
}

/// The open journal, while its lock is held.
pub(super) struct JournalFile {
    file: File,
    path: PathBuf,
    /// Length of the complete lines in bytes.
    end: u64,
}

impl JournalFile {
    /// Opens the journal for writing, and creates or repairs it if necessary.
    pub(super) fn open(place: &JournalPaths) -> Result<Self, JournalError> {
        let path = place.journal();
        let file = open_private(&path).map_err(JournalError::file("open", &path))?;
        let mut book = Self { file, path, end: 0 };
        book.repair()
            .map_err(JournalError::file("repair", &book.path))?;
        if book.end == 0 {
            book.append(&[Entry::header()])?;
            sync_folder(&place.folder).map_err(JournalError::file("open", &book.path))?;
        }
        Ok(book)
    }

    /// Opens the journal for reading; returns `None` if there's no journal.
    pub(super) fn read(place: &JournalPaths) -> Result<Option<Self>, JournalError> {
        let path = place.journal();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::file("read", path)(error)),
        };
        let mut book = Self { file, path, end: 0 };
        let size = book.size();
        book.end = size.map_err(JournalError::file("read", &book.path))?;
        Ok(Some(book))
    }

    fn size(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    /// Repairs a last line that a crash has torn. A complete entry gets its line end. Anything else is cut off: nothing
    /// was done because of it, since nothing is sent before its entry is on the disk.
    fn repair(&mut self) -> io::Result<()> {
        let size = self.size()?;
        let start = self.start_of_last_line(size)?;
        if start == size {
            self.end = size;
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        (&self.file).take(size - start).read_to_end(&mut tail)?;
        if may_be_entry(&tail) {
            self.file.write_all(b"\n")?;
            self.end = size + 1;
        } else {
            self.file.set_len(start)?;
            self.end = start;
        }
        self.file.sync_data()
    }

    /// Returns the offset behind the last line end.
    fn start_of_last_line(&mut self, size: u64) -> io::Result<u64> {
        const CHUNK: u64 = 8192;
        let mut end = size;
        while end > 0 {
            let start = end.saturating_sub(CHUNK);
            self.file.seek(SeekFrom::Start(start))?;
            let mut chunk = Vec::new();
            (&self.file).take(end - start).read_to_end(&mut chunk)?;
            if let Some(at) = memchr::memrchr(b'\n', &chunk) {
                return Ok(start + at as u64 + 1);
            }
            end = start;
        }
        Ok(0)
    }

    /// Returns the file's generation; `None` if the first line isn't a header.
    pub(super) fn generation(&mut self) -> Result<Option<String>, JournalError> {
        let mut line = Vec::new();
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| {
                BufReader::new((&self.file).take(HEADER_LIMIT)).read_until(b'\n', &mut line)
            })
            .map_err(JournalError::file("read", &self.path))?;
        match serde_json::from_slice(&line) {
            Ok(Entry::Journal { version, .. }) if version > VERSION => Err(JournalError::Version {
                path: self.path.clone(),
                found: version,
            }),
            Ok(Entry::Journal { generation, .. }) => Ok(Some(generation)),
            _ => Ok(None),
        }
    }

    /// Passes every complete line from `offset` to `take`, and returns the offset behind the last one.
    pub(super) fn lines(
        &mut self,
        offset: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<u64, JournalError> {
        let failed = |path: &Path| JournalError::file("read", path.to_owned());
        self.file
            .seek(SeekFrom::Start(offset))
            .map_err(failed(&self.path))?;
        let left = self.end.saturating_sub(offset);
        let mut reader = BufReader::with_capacity(256 << 10, (&self.file).take(left));
        let mut line = Vec::new();
        let mut at = offset;
        loop {
            line.clear();
            let read = reader
                .read_until(b'\n', &mut line)
                .map_err(failed(&self.path))?;
            if line.pop() != Some(b'\n') {
                return Ok(at);
            }
            at += read as u64;
            take(&line);
        }
    }

    /// Appends entries; they're on the disk once [`Self::written`] is synced. If the write fails, the file is cut back
    /// to its old length. If that fails too, the next writer repairs the file.
    pub(super) fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry)
                .map_err(io::Error::from)
                .map_err(JournalError::file("write", &self.path))?;
            text.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&text) {
            let _ = self.file.set_len(self.end);
            return Err(JournalError::file("write", &self.path)(error));
        }
        self.end += text.len() as u64;
        Ok(())
    }

    /// Converts the book into a handle that can be synced without the lock.
    pub(super) fn written(self, generation: String) -> UnsyncedData {
        UnsyncedData {
            file: self.file,
            path: self.path,
            offset: JournalOffset {
                generation,
                offset: self.end,
            },
        }
    }

    /// Returns the length of the complete lines in bytes.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }
}

/// Data that was written to the journal and may not be on the disk yet.
pub(super) struct UnsyncedData {
    file: File,
    path: PathBuf,
    /// End of the file after the write.
    pub(super) offset: JournalOffset,
}

impl UnsyncedData {
    /// Syncs everything that was written to this file so far to the disk.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        let synced = self.file.sync_data();
        synced.map_err(JournalError::file("write", &self.path))
    }
}

/// An offset in one generation of the file. Pruning replaces the file with a new generation.
#[derive(Clone, Debug, Default)]
pub(super) struct JournalOffset {
    generation: String,
    offset: u64,
}

impl JournalOffset {
    /// Returns true if a sync up to this offset includes the other one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.generation == other.generation && self.offset >= other.offset
    }
}
