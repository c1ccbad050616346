//! The sizes of rows, which are known before the rows are appended.

use parquet::errors::Result;

use super::{ParquetFile, of_field};
use crate::formats::batch::Parts;
use crate::formats::error::too_large;
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
            fields,
            meta,
            texts,
            memory,
            sizes,
            ..
        } = self;
        sizes.clear();
        sizes.resize(rows, self.fixed);
        let fields = parts.schema.fields.iter().zip(fields.iter_mut());
        let fields = fields.filter_map(|(field, source)| Some((field, source.as_mut()?)));
        for (field, source) in fields.chain(meta.as_mut().map(|source| (texts.field(), source))) {
            if !has_any_size(&field.data_type) {
                continue;
            }
            let filled = source
                .fill(sizes.len(), memory)
                .map_err(|error| of_field(field, error))?;
            sizes.truncate(filled);
            source.weigh(sizes);
            if let Some(size) = sizes.first().filter(|size| **size > MAX_ROW) {
                return Err(too_large(format!(
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
            return Err(too_large(format!(
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
    matches!(
        data_type,
        DataType::VarChar { .. }
            | DataType::Text
            | DataType::Geometry
            | DataType::Timestamptz { .. }
            | DataType::Json
            | DataType::Array { .. }
            | DataType::ArrayOfStruct { .. }
            | DataType::SparseFloatVector
    )
}
