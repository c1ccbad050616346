//! Sends files on several threads. A small file is one request; a large one is divided into parts, which threads send in
//! any order.

mod parts;

use super::checksum;
use super::error::UploadError;
use super::files::FileState;
use super::notes::PartNotes;
use super::plan::PlannedFile;
use super::requests::Requests;
use super::{UploadCount, UploadRequest};
use crate::fsutil;
use crate::stores::bucket::{ObjectStamp, Remote};
use crate::stores::fault::StoreFault;
use crate::text::words::hex;
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use parts::PartsState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{Read, Seek, SeekFrom};
use std::thread;

/// Most times that content is sent whose checksum at the store is wrong.
const MAX_CORRUPT: u32 = 3;

/// An object that was sent.
#[derive(Debug, Default)]
pub(super) struct SentObject {
    /// The MD5 sum of a file that was read as a whole.
    pub(super) md5: Option<String>,
    /// The tag that the store has returned.
    pub(super) tag: Option<String>,
    /// Whether the tag is the checksum of the file.
    is_confirmed: bool,
}

/// Sends the planned files and verifies their objects. Returns the sent objects by the files' numbers.
pub(super) fn send(
    planned: &[PlannedFile],
    request: &UploadRequest,
    requests: &Requests,
    progress: &Mutex<UploadCount>,
) -> Result<HashMap<usize, SentObject>, UploadError> {
    let to_send = planned.iter().enumerate().filter(|(_, file)| file.send);
    let sending = Sending {
        request,
        requests,
        progress,
        planned,
        queue: Mutex::new(WorkQueue {
            work: to_send.map(|(at, _)| UploadTask::File(at)).collect(),
            busy: 0,
        }),
        wake: Condvar::new(),
        parts: planned.iter().map(|_| Mutex::default()).collect(),
        state: Mutex::default(),
    };
    let threads = usize::try_from(request.parallel).unwrap_or(1);
    thread::scope(|scope| {
        for number in 0..threads {
            let name = format!("upload-{number}");
            let started = thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, || sending.run());
            if let Err(error) = started {
                sending.end(UploadError::Thread(error.to_string()));
                break;
            }
        }
    });
    let mut state = sending.state.into_inner();
    if let Some(fatal) = state.fatal {
        return Err(fatal);
    }
    verify(planned, requests, &mut state)?;
    if state.failed.is_empty() {
        return Ok(state.sent);
    }
    state.failed.sort_by_key(|(at, _)| *at);
    let failed = state.failed.into_iter().filter_map(|(at, error)| {
        let file = planned.get(at)?;
        Some((file.local.text(), error))
    });
    Err(UploadError::Files {
        failed: failed.collect(),
        files: planned.iter().filter(|file| file.send).count(),
    })
}

/// Lists the sent objects and compares their sizes. If the list is denied, objects whose checksum the store has returned
/// count as verified.
fn verify(
    planned: &[PlannedFile],
    requests: &Requests,
    state: &mut SendState,
) -> Result<(), UploadError> {
    let failed: Vec<usize> = state.failed.iter().map(|(at, _)| *at).collect();
    let sent = planned.iter().enumerate();
    let sent: Vec<_> = sent
        .filter(|(at, file)| file.send && !failed.contains(at))
        .collect();
    let keys: Vec<_> = sent.iter().map(|(_, file)| file.key.as_str()).collect();
    let stamps = match requests.stamps(&keys) {
        Ok(stamps) => stamps,
        Err(UploadError::Store {
            fault: StoreFault::Denied(_),
            ..
        }) if sent
            .iter()
            .all(|(at, _)| state.sent.get(at).is_some_and(|it| it.is_confirmed)) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for (at, file) in sent {
        let stamp = stamps.get(&file.key);
        match stamp.filter(|stamp| stamp.size == file.local.state.size) {
            Some(stamp) => state.sent.entry(at).or_default().tag.clone_from(&stamp.tag),
            None => state.failed.push((at, UploadError::Unverified)),
        }
    }
    Ok(())
}

/// A piece of work for a thread.
#[derive(Clone, Copy, Debug)]
enum UploadTask {
    /// A whole file, or the beginning of one in parts.
    File(usize),
    /// A part of a file: the numbers of both.
    Part(usize, usize),
}

#[derive(Debug)]
struct WorkQueue {
    work: VecDeque<UploadTask>,
    /// Number of threads at work, which may add work.
    busy: usize,
}

/// The results of the files so far.
#[derive(Debug, Default)]
struct SendState {
    failed: Vec<(usize, UploadError)>,
    fatal: Option<UploadError>,
    sent: HashMap<usize, SentObject>,
    /// Files whose upload in parts has begun again.
    restarted: HashSet<usize>,
}

struct Sending<'a> {
    request: &'a UploadRequest,
    requests: &'a Requests<'a>,
    progress: &'a Mutex<UploadCount>,
    planned: &'a [PlannedFile],
    queue: Mutex<WorkQueue>,
    wake: Condvar,
    parts: Vec<Mutex<Option<PartsState>>>,
    state: Mutex<SendState>,
}

/// A thread at work. Other threads wait for it, also if it panics.
struct BusyThread<'a>(&'a Sending<'a>);

impl Drop for BusyThread<'_> {
    fn drop(&mut self) {
        self.0.queue.lock().busy -= 1;
        self.0.wake.notify_all();
    }
}

impl Sending<'_> {
    /// Takes work until none is left.
    fn run(&self) {
        while let Some(work) = self.next() {
            let _busy = BusyThread(self);
            let (at, result) = match work {
                UploadTask::File(at) => (at, self.file(at)),
                UploadTask::Part(at, part) => (at, self.part(at, part)),
            };
            if let Err(error) = result {
                self.fail(at, error);
            }
        }
    }

    fn next(&self) -> Option<UploadTask> {
        let mut queue = self.queue.lock();
        loop {
            if let Some(work) = queue.work.pop_front() {
                queue.busy += 1;
                return Some(work);
            }
            if queue.busy == 0 {
                return None;
            }
            self.wake.wait(&mut queue);
        }
    }

    /// Records a file's failure. If other files would fail in the same way, the upload ends.
    fn fail(&self, at: usize, error: UploadError) {
        if let Some(parts) = self.parts[at].lock().as_mut() {
            if parts.is_failed {
                return;
            }
            parts.is_failed = true;
        }
        if error.is_fatal() {
            self.end(error);
        } else {
            self.state.lock().failed.push((at, error));
        }
    }

    fn end(&self, error: UploadError) {
        self.state.lock().fatal.get_or_insert(error);
        self.queue.lock().work.clear();
    }

    fn file(&self, at: usize) -> Result<(), UploadError> {
        let file = &self.planned[at];
        file.local.check()?;
        let size = file.local.state.size;
        if size > self.request.part_size(size) {
            self.begin(at, file)
        } else {
            self.whole(at, file)
        }
    }

    /// Sends a file in one request.
    fn whole(&self, at: usize, file: &PlannedFile) -> Result<(), UploadError> {
        let content = read(file, 0, file.local.state.size)?;
        let md5 = hex(&checksum::sum(&content));
        let mut corrupt = 0;
        let (tag, is_confirmed) = loop {
            let put = self.requests.send(&file.key, async |remote, attempt| {
                if attempt > 0 && is_there(remote, file, &md5).await? {
                    return Ok((None, remote.is_encrypted()));
                }
                let tag = remote.put(&file.key, content.clone()).await?;
                Ok((tag, remote.is_encrypted()))
            })?;
            match put {
                (Some(found), false) if checksum::is_checksum(&found, false) => {
                    if found.eq_ignore_ascii_case(&md5) {
                        break (Some(found), true);
                    }
                    corrupt += 1;
                    if corrupt >= MAX_CORRUPT {
                        return Err(UploadError::Corrupt);
                    }
                }
                (found, _) => break (found, false),
            }
        };
        if let Err(changed) = file.local.check() {
            // The object has the old content, perhaps of the new size. The note makes the next run send it again.
            if let Ok(mut notes) = PartNotes::open(&self.request.notes, &file.identity) {
                notes.begin("", &file.local, 0);
            }
            return Err(changed);
        }
        if PartNotes::exist(&self.request.notes, &file.identity) {
            PartNotes::open(&self.request.notes, &file.identity)?.remove();
        }
        self.add_bytes(file.local.state.size);
        let object = SentObject {
            md5: Some(md5),
            tag,
            is_confirmed,
        };
        self.done(at, object);
        Ok(())
    }

    fn add_bytes(&self, bytes: u64) {
        self.progress.lock().bytes += bytes;
    }

    fn done(&self, at: usize, object: SentObject) {
        self.progress.lock().done += 1;
        self.state.lock().sent.insert(at, object);
    }
}

/// Returns true if the store has the file's object: one of its size, with its checksum or written since the upload began.
async fn is_there(remote: &Remote, file: &PlannedFile, tag: &str) -> Result<bool, StoreFault> {
    let found: Option<ObjectStamp> = remote.find(&file.key).await?;
    let Some(found) = found.filter(|found| found.size == file.local.state.size) else {
        return Ok(false);
    };
    let has_tag = found
        .tag
        .as_deref()
        .is_some_and(|found| found.eq_ignore_ascii_case(tag));
    Ok(has_tag || (file.is_looked_up && file.before.as_ref() != Some(&found)))
}

/// Reads a range of a file that mustn't have changed.
fn read(file: &PlannedFile, from: u64, length: u64) -> Result<Bytes, UploadError> {
    let failed = UploadError::file;
    let mut content = fsutil::open_regular(&file.local.path).map_err(failed)?;
    let length = usize::try_from(length).map_err(|_| UploadError::File("too large".to_owned()))?;
    let mut buffer = vec![0; length];
    content.seek(SeekFrom::Start(from)).map_err(failed)?;
    let read = content.read_exact(&mut buffer);
    let state = FileState::of(&content.metadata().map_err(failed)?);
    if state != file.local.state {
        return Err(UploadError::Changed);
    }
    read.map_err(failed)?;
    Ok(buffer.into())
}
