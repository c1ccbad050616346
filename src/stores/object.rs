//! Reads one object in ranges. The last blocks are kept, and the next block is prefetched if blocks are read in order.

use super::fault::StoreFault;
use super::read_at::ReadAt;
use bytes::Bytes;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Most times that a block is requested if its answer breaks off.
const ATTEMPTS: u32 = 4;

/// The wait before the first retry. Each further wait is twice as long.
const WAIT: Duration = Duration::from_millis(200);

/// Size and number of the blocks to keep. They bound the memory per object, with one more block in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    /// Bytes per request.
    pub(crate) bytes: u64,
    /// Number of blocks to keep.
    pub(crate) kept: usize,
}

impl Blocks {
    /// Blocks for reading from the first byte to the last.
    pub(crate) const STREAM: Self = Self {
        bytes: 8 << 20,
        kept: 1,
    };
    /// Blocks for a file whose columns are read side by side.
    pub(crate) const COLUMNS: Self = Self {
        bytes: 2 << 20,
        kept: 24,
    };
    /// Blocks for one of several files that are read side by side.
    pub(crate) const SET: Self = Self {
        bytes: 1 << 20,
        kept: 2,
    };
}

/// An object of known size.
pub(crate) struct RemoteFile {
    source: ObjectAccess,
    blocks: Blocks,
    state: Mutex<ObjectState>,
}

/// The data that requests for an object need.
#[derive(Clone)]
struct ObjectAccess {
    store: Arc<dyn ObjectStore>,
    meta: ObjectMeta,
}

#[derive(Default)]
struct ObjectState {
    kept: VecDeque<(u64, Bytes)>,
    ahead: Option<(u64, JoinHandle<Result<Bytes, StoreFault>>)>,
}

impl RemoteFile {
    /// Returns an object with the size and version from a list or a HEAD request. If the object changes while it's
    /// read, reading fails.
    pub(super) fn new(store: Arc<dyn ObjectStore>, meta: ObjectMeta, blocks: Blocks) -> Self {
        Self {
            source: ObjectAccess { store, meta },
            blocks,
            state: Mutex::default(),
        }
    }

    /// Returns the block with this number, counted from 0.
    fn block(&self, no: u64) -> io::Result<Bytes> {
        let mut state = self.state.lock();
        if let Some((_, bytes)) = state.kept.iter().find(|(kept, _)| *kept == no) {
            return Ok(bytes.clone());
        }
        let runtime = runtime()?;
        let ahead = state.ahead.take_if(|(ahead, _)| *ahead == no);
        let in_order = no == 0 || state.kept.iter().any(|(kept, _)| *kept + 1 == no);
        let bytes = match ahead.map(|(_, task)| runtime.block_on(task)) {
            Some(Ok(result)) => result?,
            None | Some(Err(_)) => runtime.block_on(self.source.fetch(self.range(no)))?,
        };
        while state.kept.len() >= self.blocks.kept {
            state.kept.pop_front();
        }
        state.kept.push_back((no, bytes.clone()));
        let next = no + 1;
        let known = state.ahead.is_some() || state.kept.iter().any(|(kept, _)| *kept == next);
        if in_order && !known && next * self.blocks.bytes < self.size() {
            let (source, range) = (self.source.clone(), self.range(next));
            let task = runtime.spawn(async move { source.fetch(range).await });
            state.ahead = Some((next, task));
        }
        Ok(bytes)
    }

    fn range(&self, no: u64) -> std::ops::Range<u64> {
        let start = no.saturating_mul(self.blocks.bytes);
        start..(start + self.blocks.bytes).min(self.size())
    }
}

impl Drop for RemoteFile {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if let Some((_, task)) = state.ahead.take() {
            task.abort();
        }
    }
}

impl ObjectAccess {
    /// Requests one range, and retries if the answer breaks off or is too short.
    async fn fetch(&self, range: std::ops::Range<u64>) -> Result<Bytes, StoreFault> {
        let mut attempt = 1;
        loop {
            match self.get(range.clone()).await {
                Err(StoreFault::Unreachable | StoreFault::Slow) if attempt < ATTEMPTS => {
                    tokio::time::sleep(WAIT * 2_u32.pow(attempt - 1)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn get(&self, range: std::ops::Range<u64>) -> Result<Bytes, StoreFault> {
        let wanted = range.end - range.start;
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: self.meta.e_tag.clone(),
            ..GetOptions::default()
        };
        let answer = self.store.get_opts(&self.meta.location, options).await?;
        let bytes = answer.bytes().await?;
        if bytes.len() as u64 == wanted {
            Ok(bytes)
        } else {
            Err(StoreFault::Unreachable)
        }
    }
}

impl ReadAt for RemoteFile {
    fn size(&self) -> u64 {
        self.source.meta.size
    }

    fn read_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.size()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while !buffer.is_empty() {
            let block = self.block(offset / self.blocks.bytes)?;
            let within = usize::try_from(offset % self.blocks.bytes).unwrap_or(usize::MAX);
            let found = block.get(within..).unwrap_or_default();
            let length = found.len().min(buffer.len());
            let (Some(from), Some((to, rest))) =
                (found.get(..length), buffer.split_at_mut_checked(length))
            else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            to.copy_from_slice(from);
            offset += length as u64;
            buffer = rest;
        }
        Ok(())
    }
}

/// Returns the runtime, with one thread, for requests to object stores.
pub(super) fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("local-objects")
            .enable_all()
            .build()
    });
    RUNTIME
        .as_ref()
        .map_err(|error| io::Error::new(error.kind(), error.to_string()))
}
