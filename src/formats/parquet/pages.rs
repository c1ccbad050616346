//! Pages of one column chunk, checked before anything is allocated for them.
//!
//! The Parquet library trusts the counts and sizes in a file: it allocates as many values as a dictionary or a delta
//! encoding announces, and as much memory as a compressed page takes. So zshell reads and unpacks the pages itself and
//! hands them to the library's column reader one by one. Each count is first compared with the page's bytes and with a
//! limit.

mod loaded;
mod raw;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as LibraryResult};
use parquet::file::metadata::ColumnChunkMetaData;

use super::delta::DeltaStrings;
use super::memory::PageMemory;
use super::row_scan::{self, RowScan};
use super::thrift::varint;
use super::{Result, damaged};
use crate::formats::error::ReadError;
use crate::formats::window::MAX_ROW;
use crate::stores::read_at::ReadAt;
pub(super) use loaded::{LoadedPage, PlainValues, WantedVectors};
use raw::{PageSource, RawPage};
pub(super) use shape::PageShape;
use shape::{PageParts, bit_width};

/// Maximum size of a page in bytes, packed and unpacked. Most writers make pages of 1 MiB. `DuckDB` makes pages of 100 MB.
pub(super) const MAX_PAGE: usize = 128 << 20;

/// Maximum number of consecutive pages without values.
const EMPTY_PAGES: usize = 100;

/// Pages of a column chunk, and the position reached in them.
pub(super) struct Pages {
    source: PageSource,
    shape: PageShape,
    /// The next page, if its header was read already.
    next: Option<RawPage>,
    to_reader: Sender<(Page, bool)>,
    /// Memory taken for the dictionary and for the current page, in bytes.
    dictionary: Option<usize>,
    current: usize,
    /// Number of levels of the row that the pages so far left unfinished.
    pub(super) open: usize,
}

impl Pages {
    /// Returns the pages of a chunk, and the end of them that the library's column reader takes. The pages are read and
    /// unpacked on `threads` other threads, or on this one if that's 0.
    pub(super) fn new(
        file: &Arc<dyn ReadAt>,
        chunk: &ColumnChunkMetaData,
        shape: PageShape,
        threads: usize,
    ) -> Result<(Self, PageQueue)> {
        let (to_reader, pages) = mpsc::channel();
        let own = Self {
            source: PageSource::new(file, chunk, threads)?,
            shape,
            next: None,
            to_reader,
            dictionary: None,
            current: 0,
            open: 0,
        };
        let queue = PageQueue {
            pages,
            ends_row: false,
        };
        Ok((own, queue))
    }

    /// Returns the memory of the pages, when their column chunk was read.
    pub(super) fn leave(self, memory: &mut PageMemory) {
        memory.give_back(self.current + self.dictionary.unwrap_or(0));
    }

    /// Takes a page that was read, so that another page reuses its memory.
    pub(super) fn recycle(&mut self, values: PlainValues) {
        self.source.recycle(values.page);
    }

    /// Hands the next data page to the column reader, with its dictionary. A page of `wanted` vectors isn't handed over
    /// but returned. Returns `None` at the end of the chunk.
    pub(super) fn load(
        &mut self,
        wanted: Option<WantedVectors>,
        memory: &mut PageMemory,
    ) -> Result<Option<LoadedPage>> {
        memory.give_back(std::mem::take(&mut self.current));
        let mut empty = 0;
        while let Some(page) = self.next()? {
            let size = page.header.size.max(page.header.stored);
            if size > MAX_PAGE {
                return Err(ReadError::TooLarge(format!(
                    "a page has {} MiB, and at most {} MiB are read; write the file with smaller pages (pyarrow: \
                     data_page_size, others: fewer rows per row group)",
                    size >> 20,
                    MAX_PAGE >> 20
                )));
            }
            memory.take(size)?;
            self.current = size;
            let (page, bytes) = self.source.unpack(page)?;
            if page.is_dictionary_page() {
                self.hand_dictionary(page, bytes, memory)?;
                continue;
            }
            if page.num_values() > 0 {
                return self.hand_data(page, bytes, wanted, memory).map(Some);
            }
            memory.give_back(std::mem::take(&mut self.current));
            empty += 1;
            if empty > EMPTY_PAGES {
                return Err(damaged("too many pages without values"));
            }
        }
        Ok(None)
    }

    fn hand_dictionary(
        &mut self,
        page: Page,
        bytes: Vec<u8>,
        memory: &mut PageMemory,
    ) -> Result<()> {
        let values = usize::try_from(page.num_values()).unwrap_or(usize::MAX);
        // Each string has at least the four bytes of its length.
        let max = match self.shape.physical {
            Physical::BOOLEAN => bytes.len().saturating_mul(8),
            Physical::INT32 | Physical::FLOAT | Physical::BYTE_ARRAY => bytes.len() / 4,
            Physical::INT64 | Physical::DOUBLE => bytes.len() / 8,
            Physical::INT96 => bytes.len() / 12,
            Physical::FIXED_LEN_BYTE_ARRAY => bytes.len(),
        };
        if values > max || self.dictionary.is_some() {
            return Err(damaged(
                "a dictionary does not have the values that its header announces",
            ));
        }
        let decoded = values.saturating_mul(self.shape.value_bytes());
        memory.take(decoded)?;
        self.dictionary = Some(decoded + std::mem::take(&mut self.current));
        let encoding = page.encoding();
        self.hand(page, encoding, bytes, false);
        Ok(())
    }

    /// Hands a data page to the column reader, unless it has the wanted vectors.
    fn hand_data(
        &mut self,
        page: Page,
        bytes: Vec<u8>,
        wanted: Option<WantedVectors>,
        memory: &mut PageMemory,
    ) -> Result<LoadedPage> {
        let levels = usize::try_from(page.num_values()).unwrap_or(usize::MAX);
        let parts = self.shape.parts(&page, &bytes, levels)?;
        let scan = match parts.repetition {
            Some(levels_bytes) => {
                let width = bit_width(self.shape.max_repetition);
                RowScan::new(levels_bytes, width, levels, self.open)
            }
            None if self.shape.max_repetition == 0 => RowScan {
                longest: 1,
                ..RowScan::begin(0)
            },
            // The old encoding of levels isn't scanned.
            None => RowScan::begin(self.open + levels),
        };
        if scan.longest > self.shape.max_levels() {
            return Err(ReadError::TooLarge(format!(
                "a row holds a list of at least {} values, and a row has at most {} MiB; split the list into several rows",
                scan.longest,
                MAX_ROW >> 20
            )));
        }
        let values = bytes.len().saturating_sub(parts.data);
        let are_vectors = page.encoding() == Encoding::PLAIN
            && values / size_of::<f32>() >= levels
            && wanted.is_some_and(|wanted| self.are_vectors(&page, wanted, &scan, &parts));
        self.open = scan.last;
        let data = parts.data;
        let mut loaded = LoadedPage {
            levels,
            longest: scan.longest,
            bytes: bytes.len(),
            begins_row: scan.begins_row,
            is_v2: matches!(page, Page::DataPageV2 { .. }),
            vectors: None,
        };
        if are_vectors {
            loaded.vectors = Some(PlainValues {
                page: bytes,
                at: data,
                end: data + levels * size_of::<f32>(),
            });
            return Ok(loaded);
        }
        let (encoding, bytes) = self.plain(page.encoding(), bytes, data, levels, memory)?;
        loaded.bytes = bytes.len();
        let ends_row = loaded.is_v2 || self.ends_row()?;
        self.hand(page, encoding, bytes, ends_row);
        Ok(loaded)
    }

    /// Returns true if all rows of a page are the wanted vectors, of floats and without nulls. The last one may
    /// continue in the next page.
    fn are_vectors(
        &self,
        page: &Page,
        wanted: WantedVectors,
        scan: &RowScan,
        parts: &PageParts<'_>,
    ) -> bool {
        let PageShape {
            physical,
            max_definition,
            max_repetition,
        } = self.shape;
        if let Page::DataPageV2 { num_nulls, .. } = page {
            // The library takes the end of such a page for the end of a row.
            if *num_nulls > 0 || !scan.begins_row || scan.last != wanted.width {
                return false;
            }
        }
        let levels = usize::try_from(page.num_values()).unwrap_or(usize::MAX);
        let continues = wanted.open == self.open || wanted.open == 0 && scan.begins_row;
        let is_full = |found| {
            let level = u64::try_from(max_definition).unwrap_or(0);
            row_scan::are_all(level, found, bit_width(max_definition), levels)
        };
        physical == Physical::FLOAT
            && max_repetition == 1
            && continues
            && scan.levels == levels
            && scan.shortest >= wanted.width
            && scan.longest <= wanted.width
            && parts.definition.is_some_and(is_full)
    }

    /// Checks the values of a data page, which begin at `data`. Strings in a delta encoding are rewritten plainly.
    fn plain(
        &mut self,
        encoding: Encoding,
        bytes: Vec<u8>,
        data: usize,
        levels: usize,
        memory: &mut PageMemory,
    ) -> Result<(Encoding, Vec<u8>)> {
        let bad = || damaged("a page's delta encoding does not fit the page");
        let values = bytes.get(data..).unwrap_or_default();
        match encoding {
            Encoding::DELTA_BINARY_PACKED => {
                // Block size, mini-blocks per block, then the number of values.
                let mut rest = values;
                let mut number = || varint(&mut rest).ok_or_else(bad);
                let (_, mini_blocks, total) = (number()?, number()?, number()?);
                if mini_blocks > values.len() as u64 && total > 1 || total > levels as u64 {
                    return Err(bad());
                }
                Ok((encoding, bytes))
            }
            Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
                if self.shape.physical == Physical::BYTE_ARRAY =>
            {
                let shares = encoding == Encoding::DELTA_BYTE_ARRAY;
                let strings = DeltaStrings::new(values, shares, levels).ok_or_else(bad)?;
                let size = strings.plain_size().ok_or_else(bad)?.saturating_add(data);
                if size > MAX_PAGE {
                    return Err(ReadError::TooLarge(format!(
                        "the strings of a page take {} MiB, and at most {} MiB are read; write the file with smaller pages",
                        size >> 20,
                        MAX_PAGE >> 20
                    )));
                }
                memory.take(size)?;
                self.current += size;
                let mut plain = Vec::with_capacity(size);
                plain.extend_from_slice(bytes.get(..data).unwrap_or_default());
                strings.write_plain(&mut plain).ok_or_else(bad)?;
                Ok((Encoding::PLAIN, plain))
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY if self.dictionary.is_none() => {
                Err(damaged("a page refers to a dictionary that is missing"))
            }
            _ => Ok((encoding, bytes)),
        }
    }

    /// Returns true if the last row of a page of the first version ends with the page.
    fn ends_row(&mut self) -> Result<bool> {
        if self.shape.max_repetition == 0 {
            return Ok(true);
        }
        self.next = self.next()?;
        let is_v2 = |next: &RawPage| matches!(next.header.page, Some(Page::DataPageV2 { .. }));
        Ok(self.next.as_ref().is_none_or(is_v2))
    }

    /// Returns the next page, whose header may have been read already.
    fn next(&mut self) -> Result<Option<RawPage>> {
        match self.next.take() {
            Some(next) => Ok(Some(next)),
            None => self.source.next(),
        }
    }

    /// Hands a page to the column reader, with its bytes and their encoding.
    fn hand(&self, mut page: Page, coded: Encoding, bytes: Vec<u8>, ends_row: bool) {
        let (Page::DataPage { buf, encoding, .. }
        | Page::DataPageV2 { buf, encoding, .. }
        | Page::DictionaryPage { buf, encoding, .. }) = &mut page;
        (*buf, *encoding) = (bytes.into(), coded);
        // If the column reader is gone, its pages aren't needed.
        _ = self.to_reader.send((page, ends_row));
    }
}

/// Checked pages that the column reader hasn't taken yet. The queue is empty until [`Pages::load`] is called, so the
/// column reader never reads past the page that was loaded last.
pub(super) struct PageQueue {
    pages: Receiver<(Page, bool)>,
    /// True if the last row of the page taken last ends with the page.
    ends_row: bool,
}

impl PageReader for PageQueue {
    fn get_next_page(&mut self) -> LibraryResult<Option<Page>> {
        let next = self.pages.try_recv().ok();
        Ok(next.map(|(page, ends_row)| {
            self.ends_row = ends_row;
            page
        }))
    }

    fn at_record_boundary(&mut self) -> LibraryResult<bool> {
        Ok(self.ends_row)
    }

    fn peek_next_page(&mut self) -> LibraryResult<Option<PageMetadata>> {
        Err(ParquetError::General("pages are read in order".to_owned()))
    }

    fn skip_next_page(&mut self) -> LibraryResult<()> {
        self.peek_next_page().map(|_| ())
    }
}

impl Iterator for PageQueue {
    type Item = LibraryResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
