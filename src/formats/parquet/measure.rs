//! The sizes of rows, which are known before the rows are appended.

use super::{ParquetFile, Result, of_field};
use crate::formats::batch::Parts;
use crate::formats::error::ReadError;
use crate::formats::schema::DataType;
use crate::formats::window::MAX_ROW;

/// Maximum size of all rows of a file in memory, as a multiple of the file's size. Dictionaries and compression make a
/// file smaller, but a file beyond this is made to fill a disk: a few kilobytes can hold a million rows of 15 MiB.
const MAX_EXPANSION: u64 = 10_000;

/// Size of all rows in memory that any file may have, in bytes.
const ANY_EXPANSION: u64 = 1 << 30;

impl ParquetFile {
    /// Reads the texts of the next rows, at most `rows`. Returns the number of rows that take at most `room` bytes, but
    /// at least one.
    pub(super) fn measure(&mut self, parts: &Parts<'_>, rows: usize, room: usize) -> Result<usize> {
        let Self {
            sources,
            memory,
            sizes,
            ..
        } = self;
        sizes.clear();
        sizes.resize(rows, sources.fixed);
        let fields = parts.schema.fields.iter().chain([&sources.meta_field]);
        let own = sources.fields.iter_mut().chain([&mut sources.meta]);
        for (field, source) in fields.zip(own) {
            let Some(source) = source.as_mut().filter(|_| has_any_size(&field.data_type)) else {
                continue;
            };
            let filled = source
                .fill(sizes.len(), memory)
                .map_err(|error| of_field(field, error))?;
            sizes.truncate(filled);
            source.weigh(sizes);
            if let Some(size) = sizes.first().filter(|size| **size > MAX_ROW) {
                return Err(ReadError::TooLarge(format!(
                    "row {}: it takes about {} MiB with field {:?}, and a row has at most {} MiB; shorten its values, or split \
                     it into several rows",
                    self.rows + 1,
                    size >> 20,
                    field.name,
                    MAX_ROW >> 20
                )));
            }
            let mut total = 0_usize;
            let fits = sizes.iter().take_while(|size| {
                total = total.saturating_add(**size);
                total <= room
            });
            let fits = fits.count().max(1);
            sizes.truncate(fits);
        }
        Ok(sizes.len())
    }

    /// Counts the rows that were measured. Fails if the file's rows are far larger than the file.
    pub(super) fn check_expansion(&mut self) -> Result<()> {
        self.unpacked += self.sizes.iter().map(|size| *size as u64).sum::<u64>();
        let limit = self.file.size().saturating_mul(MAX_EXPANSION);
        if self.unpacked > limit.max(ANY_EXPANSION) {
            return Err(ReadError::TooLarge(format!(
                "row {}: the rows so far take {} MiB, more than {MAX_EXPANSION} times the file's {} bytes; split the rows \
                 into several files, or write them without dictionaries",
                self.rows + 1,
                self.unpacked >> 20,
                self.file.size(),
            )));
        }
        Ok(())
    }
}

/// Returns true if neither the schema nor the physical type bounds the size of a value.
fn has_any_size(data_type: &DataType) -> bool {
    data_type.is_text() || !data_type.is_scalar() && data_type.dim().is_none()
}
