//! The end of a column chunk's pages that the library's column reader takes.

use std::sync::mpsc::Receiver;

use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::Result;

use super::damaged;

/// Checked pages that the column reader hasn't taken yet. The queue is empty until [`Pages::load`] is called, so the
/// column reader never reads past the page that was loaded last.
pub(in crate::formats::parquet) struct PageQueue {
    pub(super) pages: Receiver<(Page, bool)>,
    /// True if the last row of the page taken last ends with the page.
    pub(super) ends_row: bool,
}

impl PageReader for PageQueue {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let next = self.pages.try_recv().ok();
        Ok(next.map(|(page, ends_row)| {
            self.ends_row = ends_row;
            page
        }))
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        Ok(self.ends_row)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Err(damaged("pages are read in order"))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        Err(damaged("pages are read in order"))
    }
}

impl Iterator for PageQueue {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
