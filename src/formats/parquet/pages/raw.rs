//! Reads and unpacks the pages of a column chunk in order, on the thread of the reader or ahead on another one.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use parquet::column::page::Page;
use parquet::file::metadata::ColumnChunkMetaData;

use crate::formats::parquet::codec::PageCodec;
use crate::formats::parquet::header::PageHeader;
use crate::formats::parquet::thrift::ThriftError;
use crate::formats::parquet::{Result, damaged, guard};
use crate::stores::read_at::ReadAt;

/// Bytes read first to parse a page's header. A header is longer if it holds the minimum and maximum of long strings.
const HEADER: usize = 4 << 10;

/// Maximum size of a page's header in bytes.
const MAX_HEADER: usize = 16 << 20;

/// Maximum size in bytes of a page that is read ahead, packed and unpacked.
const MAX_AHEAD: usize = 2 << 20;

/// Pages of one thread that wait for the reader. With the page that it unpacks, each thread has at most 8 MiB beyond the
/// limit of [`super::PageMemory`].
const WAITING: usize = 2;

/// The bytes of a column chunk that weren't read yet.
pub(super) struct RawPages {
    pub(super) file: Arc<dyn ReadAt>,
    pub(super) codec: PageCodec,
    /// Offset of the next page in the file, and number of bytes of the chunk from there on.
    pub(super) at: u64,
    pub(super) left: u64,
    /// Buffers of pages that were read.
    pub(super) spare: Vec<Vec<u8>>,
}

/// A page whose header was read. `bytes` is the unpacked page if it was read ahead.
pub(super) struct RawPage {
    pub(super) header: PageHeader,
    bytes: Option<Vec<u8>>,
}

impl RawPage {
    fn unread(header: PageHeader) -> Self {
        Self {
            header,
            bytes: None,
        }
    }
}

/// A page from a thread that reads ahead. With a large page comes the rest of the chunk: the reader reads both itself.
type PageAhead = (RawPage, Option<RawPages>);

/// Source of a chunk's pages.
pub(super) enum PageSource {
    Here(RawPages),
    /// Threads that unpack the pages in turns, and the number of pages received from them.
    Ahead(Vec<Receiver<Result<PageAhead>>>, usize),
}

impl PageSource {
    /// Returns the pages of a chunk. If `threads` isn't 0, as many threads read them; they end when the source is dropped.
    pub(super) fn new(
        file: &Arc<dyn ReadAt>,
        chunk: &ColumnChunkMetaData,
        threads: usize,
    ) -> Result<Self> {
        let mut receivers = Vec::new();
        for own in 0..threads {
            let raw = RawPages::new(file, chunk)?;
            let (sender, pages) = mpsc::sync_channel(WAITING);
            let read = move || {
                if let Err(error) = guard(|| raw.read_ahead((own, threads), &sender)) {
                    _ = sender.send(Err(error));
                }
            };
            let thread = thread::Builder::new().name("pages".to_owned());
            if thread.spawn(read).is_err() {
                // If no thread can be started, the reader reads the pages itself.
                receivers.clear();
                break;
            }
            receivers.push(pages);
        }
        if receivers.is_empty() {
            return Ok(Self::Here(RawPages::new(file, chunk)?));
        }
        Ok(Self::Ahead(receivers, 0))
    }

    /// Returns the next page, or `None` at the end of the chunk.
    pub(super) fn next(&mut self) -> Result<Option<RawPage>> {
        let (threads, received) = match self {
            Self::Here(raw) => {
                let header = raw.header()?;
                return Ok(header.map(RawPage::unread));
            }
            Self::Ahead(threads, received) => (threads, received),
        };
        let thread = threads.get(*received % threads.len().max(1));
        *received += 1;
        let Some(page) = thread.and_then(|pages| pages.recv().ok()) else {
            return Ok(None);
        };
        let (page, rest) = page?;
        if let Some(rest) = rest {
            *self = Self::Here(rest);
        }
        Ok(Some(page))
    }

    /// Returns the bytes of the page that [`PageSource::next`] returned last.
    pub(super) fn unpack(&mut self, RawPage { header, bytes }: RawPage) -> Result<(Page, Vec<u8>)> {
        let bytes = match (bytes, self) {
            (Some(bytes), _) => Some(bytes),
            (None, Self::Here(raw)) => Some(raw.unpack(&header)?),
            (None, Self::Ahead(..)) => None,
        };
        (header.page.zip(bytes)).ok_or_else(|| damaged("a page is missing"))
    }

    /// Keeps the memory of a page for another one, unless threads read the pages.
    pub(super) fn recycle(&mut self, page: Vec<u8>) {
        if let Self::Here(raw) = self {
            raw.recycle(page);
        }
    }
}

impl RawPages {
    fn new(file: &Arc<dyn ReadAt>, chunk: &ColumnChunkMetaData) -> Result<Self> {
        let start = chunk.dictionary_page_offset();
        let start = start.unwrap_or(chunk.data_page_offset());
        let range = (u64::try_from(start), u64::try_from(chunk.compressed_size()));
        let (Ok(at), Ok(left)) = range else {
            return Err(damaged("a column chunk begins before the file"));
        };
        if at.checked_add(left).is_none_or(|end| end > file.size()) {
            return Err(damaged("a column chunk ends behind the file"));
        }
        Ok(Self {
            file: Arc::clone(file),
            codec: PageCodec::new(chunk.compression())?,
            at,
            left,
            spare: Vec::new(),
        })
    }

    /// Passes the pages of thread `own` of `threads` to the reader, up to the chunk's first page that is large.
    fn read_ahead(
        mut self,
        (own, threads): (usize, usize),
        sender: &SyncSender<Result<PageAhead>>,
    ) -> Result<()> {
        let mut thread = 0;
        while let Some(header) = self.header()? {
            let is_own = thread == own;
            thread = if thread + 1 < threads { thread + 1 } else { 0 };
            if header.size.max(header.stored) > MAX_AHEAD {
                if is_own {
                    _ = sender.send(Ok((RawPage::unread(header), Some(self))));
                }
                break;
            }
            if !is_own {
                self.pass(header.stored);
                continue;
            }
            let bytes = Some(self.unpack(&header)?);
            if sender.send(Ok((RawPage { header, bytes }, None))).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Reads the header of the next page of a known kind. Returns `None` at the end of the chunk.
    fn header(&mut self) -> Result<Option<PageHeader>> {
        let mut size = HEADER;
        while self.left > 0 {
            let length = usize::try_from(self.left).map_or(size, |left| left.min(size));
            let mut bytes = vec![0; length];
            self.file.read_at(self.at, &mut bytes)?;
            match PageHeader::read(&bytes) {
                Ok(header) => {
                    self.pass(header.length);
                    if header.stored as u64 > self.left {
                        return Err(damaged("a page is longer than its column chunk"));
                    }
                    if header.page.is_some() {
                        return Ok(Some(header));
                    }
                    self.pass(header.stored);
                    size = HEADER;
                }
                Err(ThriftError::Short) if length == size && size < MAX_HEADER => size *= 16,
                Err(_) => return Err(damaged("a page's header is damaged")),
            }
        }
        Ok(None)
    }

    /// Moves behind the next bytes of the chunk.
    fn pass(&mut self, bytes: usize) {
        self.at += bytes as u64;
        self.left = self.left.saturating_sub(bytes as u64);
    }

    /// Reads a page and unpacks it.
    fn unpack(&mut self, header: &PageHeader) -> Result<Vec<u8>> {
        let mut stored = self.spare.pop().unwrap_or_default();
        stored.resize(header.stored, 0);
        self.file.read_at(self.at, &mut stored)?;
        self.pass(header.stored);
        if let Some(expected) = header.crc {
            let mut crc = flate2::Crc::new();
            crc.update(&stored);
            if crc.sum() != expected {
                return Err(damaged("a page's checksum (CRC) is wrong"));
            }
        }
        // The levels of such a page aren't compressed.
        let (plain, is_compressed) = match header.page {
            Some(Page::DataPageV2 {
                def_levels_byte_len: definition,
                rep_levels_byte_len: repetition,
                is_compressed,
                ..
            }) => (u64::from(definition) + u64::from(repetition), is_compressed),
            _ => (0, true),
        };
        let plain = usize::try_from(plain).unwrap_or(usize::MAX);
        if plain > header.size.min(stored.len()) {
            return Err(damaged("a page's levels are longer than the page"));
        }
        if !is_compressed || matches!(self.codec, PageCodec::Plain) {
            return Ok(stored);
        }
        let (levels, packed) = stored.split_at(plain);
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.reserve_exact(header.size);
        bytes.extend_from_slice(levels);
        self.codec.unpack(packed, header.size - plain, &mut bytes)?;
        self.recycle(stored);
        Ok(bytes)
    }

    /// Keeps the memory of a page for another one.
    fn recycle(&mut self, page: Vec<u8>) {
        if page.capacity() <= MAX_AHEAD && self.spare.len() < 2 {
            self.spare.push(page);
        }
    }
}
