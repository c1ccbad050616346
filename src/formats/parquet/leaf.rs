//! One leaf column: values and levels of some rows, read from a row group. `spans.rs` divides them into rows.
//!
//! The pages are loaded one by one, so the memory of each read is known before: at most [`READ_BYTES`], or one row.
//! Pages of whole vectors are read without the library (`vectors.rs`).

mod spans;
mod vectors;

pub(super) use spans::Span;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType as Typed};

use super::levels::Levels;
use super::memory::PageMemory;
use super::pages::{LoadedPage, PageShape, Pages, PlainValues, WantedVectors};
use super::values::{LeafValues, remove};
use super::{Result, damaged};
use crate::formats::error::ReadError;
use crate::formats::window::MAX_ROW;

use spans::{LeafSpans, ListSpans};

/// Memory in bytes that values and levels of one read may take, unless a single row takes more.
const READ_BYTES: usize = 16 << 20;

/// Size in bytes of the pages whose strings may be in the buffer when the next page is loaded. Strings aren't copied, so
/// each keeps its whole page in memory.
const KEPT_PAGES: usize = 2 << 20;

/// A leaf, with rows that were read and not consumed yet.
pub(super) struct Leaf {
    /// Number of the leaf in the file.
    pub(super) index: usize,
    levels: Levels,
    shape: PageShape,
    source: Option<(ColumnReader, Pages)>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    pub(super) values: LeafValues,
    /// Number of whole rows in the buffers.
    rows: usize,
    /// Positions of the first row that isn't consumed, in the levels and in the values.
    level: usize,
    value: usize,
    /// Number of levels of the current page that weren't read yet, and the length of its longest row.
    left: usize,
    longest: usize,
    /// Size in bytes of the current page, and of all pages that strings in the buffer keep in memory.
    page: usize,
    kept: usize,
    /// Number of values at the start of the buffer that are copies, which keep no page in memory.
    copied: usize,
    /// The rest of a page of whole vectors.
    vectors: PlainValues,
    /// True if the library waits for the end of a row whose first part isn't in the buffers.
    awaits_end: bool,
}

impl Leaf {
    pub(super) fn new(index: usize, levels: Levels, values: LeafValues, shape: PageShape) -> Self {
        Self {
            index,
            levels,
            shape,
            source: None,
            definition: Vec::new(),
            repetition: Vec::new(),
            values,
            rows: 0,
            level: 0,
            value: 0,
            left: 0,
            longest: 1,
            page: 0,
            kept: 0,
            copied: 0,
            vectors: PlainValues::default(),
            awaits_end: false,
        }
    }

    /// Returns the properties of the leaf's pages.
    pub(super) fn shape(&self) -> PageShape {
        self.shape
    }

    /// Continues with another row group.
    pub(super) fn enter(&mut self, reader: ColumnReader, pages: Pages, memory: &mut PageMemory) {
        if let Some((_, pages)) = self.source.replace((reader, pages)) {
            pages.leave(memory);
        }
        self.remove_levels(self.definition.len());
        self.values.remove(self.values.len());
        (self.rows, self.level, self.value) = (0, 0, 0);
        (self.left, self.kept, self.copied) = (0, 0, 0);
        (self.vectors, self.awaits_end) = (PlainValues::default(), false);
    }

    /// Reads until `rows` whole rows are in the buffers, or fewer if they take much memory, but at least one. Returns the
    /// number of whole rows in the buffers, at most `rows`.
    pub(super) fn fill(&mut self, rows: usize, memory: &mut PageMemory) -> Result<usize> {
        while self.rows < rows {
            if self.left == 0 {
                // The next page may be one of whole vectors.
                let is_float = matches!(self.values, LeafValues::Float(_));
                if self.rows > 0 && (is_float || self.kept > KEPT_PAGES) {
                    break;
                }
                if self.rows == 0 {
                    self.make_room()?;
                }
                if self.load(None, memory)?.is_none() {
                    break;
                }
            }
            self.pull(rows - self.rows)?;
        }
        if self.rows == 0 {
            return Err(damaged("a column ends before its row group"));
        }
        Ok(self.rows.min(rows))
    }

    /// Loads the next page. Returns `None` at the end of the row group.
    fn load(
        &mut self,
        wanted: Option<WantedVectors>,
        memory: &mut PageMemory,
    ) -> Result<Option<LoadedPage>> {
        let Some((_, pages)) = &mut self.source else {
            return Ok(None);
        };
        let page = pages.load(wanted, memory)?;
        if let Some(page) = page.as_ref().filter(|page| page.vectors.is_none()) {
            self.left = page.levels;
            self.longest = page.longest.max(1);
            if matches!(self.values, LeafValues::Bytes(_)) {
                self.page = page.bytes;
                self.kept += page.bytes;
            }
        }
        Ok(page)
    }

    /// Reads at most `rows` rows of the current page.
    fn pull(&mut self, rows: usize) -> Result<()> {
        let row = self.longest.saturating_mul(self.shape.value_bytes());
        let rows = rows.min((READ_BYTES / row.max(1)).max(1));
        let levels = (&mut self.definition, &mut self.repetition);
        let Some((reader, _)) = &mut self.source else {
            return Err(damaged("a column has no pages"));
        };
        let (read, levels) = match (reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), LeafValues::Bool(values)) => {
                pull(reader, rows, levels, values)
            }
            (ColumnReader::Int32ColumnReader(reader), LeafValues::Int32(values)) => {
                pull(reader, rows, levels, values)
            }
            (ColumnReader::Int64ColumnReader(reader), LeafValues::Int64(values)) => {
                pull(reader, rows, levels, values)
            }
            (ColumnReader::FloatColumnReader(reader), LeafValues::Float(values)) => {
                pull(reader, rows, levels, values)
            }
            (ColumnReader::DoubleColumnReader(reader), LeafValues::Double(values)) => {
                pull(reader, rows, levels, values)
            }
            (ColumnReader::ByteArrayColumnReader(reader), LeafValues::Bytes(values)) => {
                pull(reader, rows, levels, values)
            }
            _ => Err(damaged("a column changes its type")),
        }?;
        if (read, levels) == (0, 0) {
            return Err(damaged("a page ends before its last value"));
        }
        self.rows += read;
        self.left = self.left.saturating_sub(levels);
        Ok(())
    }

    /// Removes the consumed rows from the buffers. Copies the strings of the row that isn't whole yet, so that they
    /// don't keep the pages of the row in memory.
    fn make_room(&mut self) -> Result<()> {
        self.remove_levels(self.level);
        self.values.remove(self.value);
        self.copied = self.copied.saturating_sub(self.value);
        (self.level, self.value, self.kept) = (0, 0, 0);
        let LeafValues::Bytes(values) = &mut self.values else {
            return Ok(());
        };
        let bytes: usize = values.iter().map(ByteArray::len).sum();
        if bytes > MAX_ROW {
            return Err(ReadError::TooLarge(format!(
                "a row holds a list of texts of more than {} MiB, and a row has at most that; split the list into several rows",
                MAX_ROW >> 20
            )));
        }
        for value in values.iter_mut().skip(self.copied) {
            *value = ByteArray::from(value.data().to_vec());
        }
        self.copied = values.len();
        Ok(())
    }

    /// Removes levels from the start of the buffers.
    fn remove_levels(&mut self, count: usize) {
        remove(&mut self.definition, count);
        remove(&mut self.repetition, count);
    }

    /// Removes the next `rows` whole rows from the buffers.
    pub(super) fn consume(&mut self, rows: usize) {
        let mut spans = self.spans(rows);
        let end = if self.repetition.is_empty() {
            let end = self.definition.len().min(self.level + rows);
            let levels = self.definition.get(self.level..end).unwrap_or_default();
            let full = self.levels.full;
            let values = if self.definition.is_empty() {
                rows
            } else {
                levels.iter().filter(|level| **level == full).count()
            };
            (end, self.value + values)
        } else {
            spans.by_ref().for_each(drop);
            (spans.level, spans.value)
        };
        (self.level, self.value) = end;
        self.rows = self.rows.saturating_sub(rows);
        let all_levels = self.level >= self.definition.len().max(self.repetition.len());
        if self.rows == 0 && all_levels {
            self.remove_levels(self.level);
            self.values.remove(self.values.len());
            (self.level, self.value, self.copied) = (0, 0, 0);
            self.kept = if self.left > 0 { self.page } else { 0 };
        }
    }

    /// Adds the approximate size in bytes of each of the next rows as text. `extra` bytes are added per level.
    pub(super) fn weigh(&self, sizes: &mut [usize], extra: usize) {
        let mut spans = self.spans(sizes.len());
        for size in sizes {
            let before = spans.level;
            let Some(span) = spans.next() else {
                return;
            };
            let levels = (spans.level - before).saturating_mul(extra);
            *size = size
                .saturating_add(self.values.text_bytes(span.values))
                .saturating_add(levels);
        }
    }

    /// Returns the lists of the next rows, split into the items of the outermost list.
    pub(super) fn lists(&self, rows: usize) -> ListSpans<'_> {
        ListSpans(self.spans(rows))
    }

    /// Returns the value ranges of the next rows.
    pub(super) fn spans(&self, rows: usize) -> LeafSpans<'_> {
        LeafSpans {
            leaf: self,
            rows,
            level: self.level,
            value: self.value,
        }
    }
}

/// Reads at most `rows` rows, and returns the number of whole rows and of levels read.
fn pull<T: Typed>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    (definition, repetition): (&mut Vec<i16>, &mut Vec<i16>),
    values: &mut Vec<T::T>,
) -> Result<(usize, usize)> {
    let read = reader.read_records(rows, Some(definition), Some(repetition), values)?;
    Ok((read.0, read.2))
}
