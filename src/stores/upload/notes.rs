//! Notes about objects that are sent in parts, so that a later run continues a broken upload.
//!
//! Each such object has a file of its own while it's sent: a first line with the upload's id and the file's state, then
//! one line for each part that the store has. The file is locked while a process sends the object, and removed when the
//! object is complete. Losing the file costs no more than sending the parts again, so old ones are removed.

use super::checksum::{self, Sum};
use super::error::UploadError;
use super::files::LocalFile;
use crate::fsutil;
use crate::text::hash::hash;
use crate::text::words::hex;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Largest file of notes to read: more than 10,000 parts need.
const MAX_NOTES: u64 = 8 << 20;

/// Age at which notes are removed. Stores remove the parts of broken uploads earlier, if they do.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// The first line: which upload the parts belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UploadNote {
    upload: String,
    path: PathBuf,
    size: u64,
    modified: u128,
    part_size: u64,
}

/// A line of a part that the store has.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PartNote {
    part: usize,
    tag: String,
    sum: String,
}

/// A part that the store has.
#[derive(Clone, Debug)]
pub(super) struct SentPart {
    pub(super) tag: String,
    pub(super) sum: Sum,
}

/// The notes about one object.
#[derive(Debug)]
pub(super) struct PartNotes {
    path: PathBuf,
    file: File,
}

/// An upload that a former run began, with the parts that the store has.
#[derive(Debug)]
pub(super) struct BrokenUpload {
    pub(super) id: String,
    pub(super) parts: Vec<(usize, SentPart)>,
    /// Whether the parts are of the same file and part size, so the upload can be continued.
    pub(super) fits: bool,
}

impl PartNotes {
    /// Opens and locks the notes about an object. `object` names the object among those of all buckets.
    pub(super) fn open(folder: &Path, object: &str) -> Result<Self, UploadError> {
        let path = path(folder, object);
        let opened = fsutil::create_private_folder(folder)
            .and_then(|()| fsutil::lock_removable(&path))
            .map_err(|error| UploadError::Notes {
                place: path.display().to_string(),
                why: error.to_string(),
            })?;
        let file = opened.ok_or(UploadError::Taken)?;
        Ok(Self { path, file })
    }

    /// Removes the notes of uploads that nothing has continued for [`KEPT`].
    pub(super) fn tidy(folder: &Path) {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_old = |file: &File| {
                let changed = file.metadata().and_then(|found| found.modified());
                let age = changed.ok().and_then(|time| time.elapsed().ok());
                age.is_some_and(|age| age > KEPT)
            };
            let Ok(file) = fsutil::open_regular(&path) else {
                continue;
            };
            if is_old(&file) && file.try_lock().is_ok() {
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    /// Returns true if there are notes, so the object isn't finished.
    pub(super) fn exist(folder: &Path, object: &str) -> bool {
        path(folder, object).exists()
    }

    /// Returns the upload that a former run began. Lines after a torn one are left out.
    pub(super) fn broken(&mut self, file: &LocalFile, part_size: u64) -> Option<BrokenUpload> {
        let mut text = String::new();
        (&self.file)
            .take(MAX_NOTES)
            .read_to_string(&mut text)
            .ok()?;
        let mut lines = text.lines();
        let first: UploadNote = serde_json::from_str(lines.next()?).ok()?;
        let fits = first == note(&first.upload, file, part_size);
        let parts = lines.map_while(|line| {
            let note: PartNote = serde_json::from_str(line).ok()?;
            let sum = checksum::parse(&note.sum)?;
            Some((note.part, SentPart { tag: note.tag, sum }))
        });
        Some(BrokenUpload {
            id: first.upload,
            parts: parts.collect(),
            fits,
        })
    }

    /// Begins the notes of a new upload.
    pub(super) fn begin(&mut self, upload: &str, file: &LocalFile, part_size: u64) {
        let _ = self.file.set_len(0);
        let _ = self.file.rewind();
        self.add(&note(upload, file, part_size));
    }

    /// Notes a part that the store has.
    pub(super) fn add_part(&mut self, part: usize, sent: &SentPart) {
        self.add(&PartNote {
            part,
            tag: sent.tag.clone(),
            sum: hex(&sent.sum),
        });
    }

    /// Writes a line. Notes that can't be written only cost time later.
    fn add(&mut self, note: &impl Serialize) {
        if let Ok(mut line) = serde_json::to_string(note) {
            line.push('\n');
            let _ = self.file.write_all(line.as_bytes());
        }
    }

    /// Removes the notes of a completed object.
    pub(super) fn remove(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path(folder: &Path, object: &str) -> PathBuf {
    folder.join(format!("{}.json", hash(object)))
}

fn note(upload: &str, file: &LocalFile, part_size: u64) -> UploadNote {
    let modified = file.state.modified;
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    UploadNote {
        upload: upload.to_owned(),
        path: std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone()),
        size: file.state.size,
        modified: since.unwrap_or_default().as_nanos(),
        part_size,
    }
}
