//! Pages of one column chunk, checked before anything is allocated for them.
//!
//! The Parquet library trusts the counts and sizes in a file: it allocates as many values as a dictionary or a delta
//! encoding announces, and as much memory as a compressed page takes. So zshell reads and unpacks the pages itself and
//! hands them to the library's column reader one by one. Each count is first compared with the page's bytes and with a
//! limit.

mod loaded;
mod queue;
mod raw;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use super::delta::DeltaStrings;
use super::header::{PageHeader, PageKind};
use super::memory::PageMemory;
use super::row_scan::{self, RowScan};
use super::thrift::varint;
use crate::formats::error::too_large;
use crate::formats::window::MAX_ROW;
use crate::stores::read_at::ReadAt;
pub(super) use loaded::{LoadedPage, PlainValues, WantedVectors};
use queue::PageQueue;
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
    open: usize,
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

    /// Returns the number of levels of the row that ends the pages so far.
    pub(super) fn open(&self) -> usize {
        self.open
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
                return Err(too_large(format!(
                    "a page has {} MiB, and at most {} MiB are read; write the file with smaller pages (pyarrow: \
                     data_page_size, others: fewer rows per row group)",
                    size >> 20,
                    MAX_PAGE >> 20
                )));
            }
            memory.take(size)?;
            self.current = size;
            let (header, bytes) = self.source.unpack(page)?;
            match header.kind {
                PageKind::Dictionary { values, encoding } => {
                    let values = usize::try_from(values).unwrap_or(usize::MAX);
                    self.hand_dictionary(bytes, values, encoding, memory)?;
                }
                _ => {
                    if let Some(page) = self.hand_data(&header, bytes, wanted, memory)? {
                        return Ok(Some(page));
                    }
                    memory.give_back(std::mem::take(&mut self.current));
                    empty += 1;
                    if empty > EMPTY_PAGES {
                        return Err(damaged("too many pages without values"));
                    }
                }
            }
        }
        Ok(None)
    }

    fn hand_dictionary(
        &mut self,
        bytes: Vec<u8>,
        values: usize,
        encoding: Encoding,
        memory: &mut PageMemory,
    ) -> Result<()> {
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
        self.hand(
            Page::DictionaryPage {
                buf: bytes.into(),
                num_values: u32::try_from(values).unwrap_or(u32::MAX),
                encoding,
                is_sorted: false,
            },
            false,
        );
        Ok(())
    }

    /// Hands a data page to the column reader. Returns `None` for a page without values, which isn't handed over.
    fn hand_data(
        &mut self,
        header: &PageHeader,
        bytes: Vec<u8>,
        wanted: Option<WantedVectors>,
        memory: &mut PageMemory,
    ) -> Result<Option<LoadedPage>> {
        let (PageKind::Data {
            values, encoding, ..
        }
        | PageKind::DataV2 {
            values, encoding, ..
        }) = header.kind
        else {
            return Ok(None);
        };
        if values == 0 {
            return Ok(None);
        }
        let levels = usize::try_from(values).unwrap_or(usize::MAX);
        let parts = self.shape.parts(&header.kind, &bytes, levels)?;
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
            return Err(too_large(format!(
                "a row holds a list of at least {} values, and a row has at most {} MiB; split the list into several rows",
                scan.longest,
                MAX_ROW >> 20
            )));
        }
        let values = bytes.len().saturating_sub(parts.data);
        let are_vectors = encoding == Encoding::PLAIN
            && values / size_of::<f32>() >= levels
            && wanted.is_some_and(|wanted| self.are_vectors(&header.kind, wanted, &scan, &parts));
        self.open = scan.last;
        let data = parts.data;
        let mut page = LoadedPage {
            levels,
            longest: scan.longest,
            bytes: bytes.len(),
            begins_row: scan.begins_row,
            is_v2: matches!(header.kind, PageKind::DataV2 { .. }),
            vectors: None,
        };
        if are_vectors {
            page.vectors = Some(PlainValues {
                page: bytes,
                at: data,
                end: data + levels * size_of::<f32>(),
            });
            return Ok(Some(page));
        }
        let (encoding, bytes) = self.plain(encoding, bytes, data, levels, memory)?;
        page.bytes = bytes.len();
        let ends_row = self.ends_row(&header.kind)?;
        self.hand(header.kind.page(encoding, bytes.into()), ends_row);
        Ok(Some(page))
    }

    /// Returns true if all rows of a page are the wanted vectors, of floats and without nulls. The last one may
    /// continue in the next page.
    fn are_vectors(
        &self,
        kind: &PageKind,
        wanted: WantedVectors,
        scan: &RowScan,
        parts: &PageParts<'_>,
    ) -> bool {
        let PageShape {
            physical,
            max_definition,
            max_repetition,
        } = self.shape;
        let levels = match *kind {
            PageKind::Data { values, .. } => values,
            // The library takes the end of such a page for the end of a row.
            PageKind::DataV2 { values, nulls, .. }
                if nulls == 0 && scan.begins_row && scan.last == wanted.width =>
            {
                values
            }
            _ => return false,
        };
        let levels = usize::try_from(levels).unwrap_or(usize::MAX);
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
                let mut found = [0; 3];
                for number in &mut found {
                    let (value, length) = varint(rest).ok_or_else(bad)?;
                    *number = value;
                    rest = rest.get(length..).unwrap_or_default();
                }
                let [_, mini_blocks, total] = found;
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
                    return Err(too_large(format!(
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

    /// Returns true if the last row of a page ends with the page.
    fn ends_row(&mut self, kind: &PageKind) -> Result<bool> {
        if self.shape.max_repetition == 0 || matches!(kind, PageKind::DataV2 { .. }) {
            return Ok(true);
        }
        self.next = self.next()?;
        Ok(match &self.next {
            Some(next) => matches!(next.header.kind, PageKind::DataV2 { .. }),
            None => true,
        })
    }

    /// Returns the next page, whose header may have been read already.
    fn next(&mut self) -> Result<Option<RawPage>> {
        match self.next.take() {
            Some(next) => Ok(Some(next)),
            None => self.source.next(),
        }
    }

    fn hand(&self, page: Page, ends_row: bool) {
        // If the column reader is gone, its pages aren't needed.
        _ = self.to_reader.send((page, ends_row));
    }
}

fn damaged(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}
