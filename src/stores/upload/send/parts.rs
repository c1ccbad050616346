//! Objects in parts: begun or continued, sent part by part, and completed.

use super::{MAX_CORRUPT, Sending, SentObject, UploadTask, is_there, read};
use crate::stores::fault::StoreFault;
use crate::stores::upload::checksum::{self, Sum};
use crate::stores::upload::error::UploadError;
use crate::stores::upload::notes::{PartNotes, SentPart};
use crate::stores::upload::plan::PlannedFile;
use crate::text::words::hex;

/// An object in parts.
#[derive(Debug)]
pub(super) struct PartsState {
    upload: String,
    parts: Vec<Option<SentPart>>,
    /// Number of parts that are still to be sent.
    left: usize,
    notes: PartNotes,
    /// Set if the store has forgotten the upload, so it begins again.
    is_lost: bool,
    /// Set once the file has failed.
    pub(super) is_failed: bool,
}

impl Sending<'_> {
    /// Begins an object in parts, or continues a former run's.
    pub(super) fn begin(&self, at: usize, file: &PlannedFile) -> Result<(), UploadError> {
        let size = file.local.state.size;
        let part_size = self.request.part_size(size);
        let count = usize::try_from(size.div_ceil(part_size)).unwrap_or(usize::MAX);
        let mut notes = PartNotes::open(&self.request.notes, &file.identity)?;
        let mut parts = vec![None; count];
        let mut upload = None;
        if let Some(broken) = notes.broken(&file.local, part_size) {
            if broken.fits {
                for (part, sent) in broken.parts {
                    if let Some(place) = parts.get_mut(part) {
                        self.add_bytes(part_length(part, part_size, size));
                        *place = Some(sent);
                    }
                }
                upload = Some(broken.id);
            } else if !broken.id.is_empty() {
                // Parts that can't be removed end with the bucket's own rule for broken uploads.
                let key = &file.key;
                let abort = self.requests.send(key, async |remote, _| {
                    remote.abort_parts(key, &broken.id).await
                });
                if let Err(UploadError::Stopped) = abort {
                    return Err(UploadError::Stopped);
                }
            }
        }
        let upload = match upload {
            Some(upload) => upload,
            None => {
                let key = &file.key;
                let id = self
                    .requests
                    .send(key, async |remote, _| remote.begin_parts(key).await)?;
                notes.begin(&id, &file.local, part_size);
                id
            }
        };
        let missing = parts.iter().enumerate().filter(|(_, sent)| sent.is_none());
        let missing: Vec<_> = missing
            .map(|(part, _)| UploadTask::Part(at, part))
            .collect();
        let state = PartsState {
            upload,
            parts,
            left: missing.len(),
            notes,
            is_lost: false,
            is_failed: false,
        };
        *self.parts[at].lock() = Some(state);
        if missing.is_empty() {
            return self.complete(at, file);
        }
        let mut queue = self.queue.lock();
        for part in missing.into_iter().rev() {
            queue.work.push_front(part);
        }
        Ok(())
    }

    /// Sends a part. The thread that sends the last one completes the object.
    pub(super) fn part(&self, at: usize, part: usize) -> Result<(), UploadError> {
        let file = &self.planned[at];
        let sent = self.send_part(at, part, file);
        let is_last = {
            let mut parts = self.parts[at].lock();
            let Some(state) = parts.as_mut() else {
                return Ok(());
            };
            state.left -= 1;
            match sent {
                Ok(Some(sent)) => {
                    state.notes.add_part(part, &sent);
                    if let Some(place) = state.parts.get_mut(part) {
                        *place = Some(sent);
                    }
                }
                Ok(None) => {}
                Err(UploadError::Store {
                    fault: StoreFault::NoUpload | StoreFault::NoObject,
                    ..
                }) => state.is_lost = true,
                Err(error) => {
                    drop(parts);
                    return Err(error);
                }
            }
            state.left == 0 && !state.is_failed
        };
        if is_last {
            self.complete(at, file)
        } else {
            Ok(())
        }
    }

    /// Sends a part and returns its tag; `None` if the object has failed or its upload was lost.
    fn send_part(
        &self,
        at: usize,
        part: usize,
        file: &PlannedFile,
    ) -> Result<Option<SentPart>, UploadError> {
        let upload = match self.parts[at].lock().as_ref() {
            Some(state) if !state.is_failed && !state.is_lost => state.upload.clone(),
            _ => return Ok(None),
        };
        let size = file.local.state.size;
        let part_size = self.request.part_size(size);
        let length = part_length(part, part_size, size);
        let content = read(file, part as u64 * part_size, length)?;
        let sum = checksum::sum(&content);
        let mut corrupt = 0;
        loop {
            let put = self.requests.send(&file.key, async |remote, _| {
                let put = remote.put_part(&file.key, &upload, part, content.clone());
                Ok((put.await?, remote.is_encrypted()))
            })?;
            let (tag, is_encrypted) = put;
            let plain = tag.trim_matches('"');
            if is_encrypted
                || !checksum::is_checksum(plain, false)
                || plain.eq_ignore_ascii_case(&hex(&sum))
            {
                self.add_bytes(length);
                return Ok(Some(SentPart { tag, sum }));
            }
            corrupt += 1;
            if corrupt >= MAX_CORRUPT {
                return Err(UploadError::Corrupt);
            }
        }
    }

    /// Makes the object of its parts. If the store has forgotten the upload, it begins again, once.
    fn complete(&self, at: usize, file: &PlannedFile) -> Result<(), UploadError> {
        let Some(state) = self.parts[at].lock().take() else {
            return Ok(());
        };
        file.local.check()?;
        let sent = || state.parts.iter().flatten();
        let sums: Vec<Sum> = sent().map(|part| part.sum).collect();
        let tags: Vec<_> = sent().map(|part| part.tag.clone()).collect();
        let tag = checksum::of_parts(&sums);
        let completed = if state.is_lost {
            Err(UploadError::Store {
                object: file.key.clone(),
                fault: StoreFault::NoUpload,
            })
        } else {
            self.requests.send(&file.key, async |remote, attempt| {
                // The store forgets an upload that it has completed, so a lost answer is looked up.
                if attempt > 0 && is_there(remote, file, &tag).await? {
                    return Ok(Some(tag.clone()));
                }
                remote
                    .complete_parts(&file.key, &state.upload, tags.clone())
                    .await
            })
        };
        match completed {
            Ok(found) => {
                state.notes.remove();
                let is_confirmed = found
                    .as_ref()
                    .is_some_and(|found| found.eq_ignore_ascii_case(&tag));
                let object = SentObject {
                    md5: None,
                    tag: found,
                    is_confirmed,
                };
                self.done(at, object);
                Ok(())
            }
            Err(UploadError::Store {
                fault: StoreFault::NoUpload | StoreFault::NoObject,
                ..
            }) if self.state.lock().restarted.insert(at) => {
                state.notes.remove();
                let size = file.local.state.size;
                let part_size = self.request.part_size(size);
                let sent = state.parts.iter().enumerate();
                let sent = sent.filter(|(_, part)| part.is_some());
                let lengths = sent.map(|(part, _)| part_length(part, part_size, size));
                self.progress.lock().bytes -= lengths.sum::<u64>();
                self.begin(at, file)
            }
            Err(error) => Err(error),
        }
    }
}

fn part_length(part: usize, part_size: u64, size: u64) -> u64 {
    size.saturating_sub(part as u64 * part_size).min(part_size)
}
