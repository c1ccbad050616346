//! The levels in front of a data page's values, and the sizes that follow from a leaf's type.

use crate::formats::parquet::{Result, damaged};
use crate::formats::window::MAX_ROW;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::Page;

/// Size in bytes of a string that the library has decoded, without the string's bytes.
const STRING: usize = size_of::<parquet::data_type::ByteArray>();

/// Properties of a leaf that decide how its pages are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageShape {
    pub(crate) physical: Physical,
    pub(crate) max_definition: i16,
    pub(crate) max_repetition: i16,
}

impl PageShape {
    /// Returns the size of a decoded value and its levels in bytes, without the bytes of a string.
    pub(crate) fn value_bytes(self) -> usize {
        let value = match self.physical {
            Physical::BOOLEAN => 1,
            Physical::INT32 | Physical::FLOAT => 4,
            Physical::INT64 | Physical::DOUBLE => 8,
            Physical::INT96 => 12,
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => STRING,
        };
        value + 2 * size_of::<i16>()
    }

    /// Returns the maximum number of values in a row.
    pub(super) fn max_levels(self) -> usize {
        MAX_ROW / self.value_bytes()
    }

    /// Finds the levels of a data page, as far as they can be scanned, and the offset of its values.
    pub(super) fn parts<'b>(
        self,
        page: &Page,
        bytes: &'b [u8],
        levels: usize,
    ) -> Result<PageParts<'b>> {
        let short = || damaged("a page ends within its levels");
        let mut parts = PageParts::default();
        match page {
            Page::DataPageV2 {
                def_levels_byte_len,
                rep_levels_byte_len,
                ..
            } => {
                let repetition = usize::try_from(*rep_levels_byte_len).unwrap_or(usize::MAX);
                let definition = usize::try_from(*def_levels_byte_len).unwrap_or(usize::MAX);
                parts.data = repetition.saturating_add(definition);
                let level_bytes = bytes.get(..repetition).ok_or_else(short)?;
                parts.repetition = (self.max_repetition > 0).then_some(level_bytes);
                parts.definition = bytes.get(repetition..parts.data);
            }
            Page::DataPage {
                def_level_encoding,
                rep_level_encoding,
                ..
            } => {
                let mut rest = bytes;
                for (max, encoding, found) in [
                    (
                        self.max_repetition,
                        rep_level_encoding,
                        &mut parts.repetition,
                    ),
                    (
                        self.max_definition,
                        def_level_encoding,
                        &mut parts.definition,
                    ),
                ] {
                    if max == 0 {
                        continue;
                    }
                    if *encoding == Encoding::RLE {
                        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
                        let length =
                            usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
                        let (levels, after) = after.split_at_checked(length).ok_or_else(short)?;
                        rest = after;
                        *found = Some(levels);
                    } else {
                        let length = levels.saturating_mul(bit_width(max)).div_ceil(8);
                        rest = rest.get(length..).ok_or_else(short)?;
                    }
                }
                parts.data = bytes.len() - rest.len();
            }
            Page::DictionaryPage { .. } => {}
        }
        Ok(parts)
    }
}

/// The levels of a data page, unless they're in the old encoding, and the offset of its values.
#[derive(Default)]
pub(super) struct PageParts<'b> {
    pub(super) repetition: Option<&'b [u8]>,
    pub(super) definition: Option<&'b [u8]>,
    pub(super) data: usize,
}

/// Returns the number of bits of a level.
pub(super) fn bit_width(max_level: i16) -> usize {
    (i16::BITS - max_level.leading_zeros()) as usize
}
