//! A data page that was read, and vectors that are read from its bytes.

/// A data page.
#[derive(Debug)]
pub(crate) struct LoadedPage {
    /// Number of values, including nulls.
    pub(crate) levels: usize,
    /// Number of levels of the longest row, including the part of the first row in the pages before.
    pub(crate) longest: usize,
    /// Size of the unpacked page in bytes.
    pub(crate) bytes: usize,
    /// True if the page's first level begins a row.
    pub(crate) begins_row: bool,
    /// True if the page before ended a row because of this page's kind.
    pub(crate) is_v2: bool,
    /// The values of a page of whole vectors. `None` if the page was handed to the column reader.
    pub(crate) vectors: Option<PlainValues>,
}

/// Values of a page that are read where they are.
#[derive(Debug, Default)]
pub(crate) struct PlainValues {
    pub(super) page: Vec<u8>,
    /// Offset of the next value.
    pub(super) at: usize,
    pub(super) end: usize,
}

impl PlainValues {
    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// Moves at most `count` floats to the end of `into`.
    pub(crate) fn take(&mut self, count: usize, into: &mut Vec<f32>) {
        let end = self
            .end
            .min(self.at.saturating_add(count.saturating_mul(4)));
        let values = self.page.get(self.at..end).unwrap_or_default();
        let values = values.as_chunks::<4>().0.iter();
        into.extend(values.map(|value| f32::from_le_bytes(*value)));
        self.at = end;
    }
}

/// Vectors that the caller of [`super::Pages::load`] can read from a page itself.
#[derive(Clone, Copy)]
pub(crate) struct WantedVectors {
    /// Values of each vector.
    pub(crate) width: usize,
    /// Number of values of the last vector in the pages before, if it's the caller's.
    pub(crate) open: usize,
}
