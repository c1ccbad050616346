//! Header of a page (`parquet-format`, `parquet.thrift`, `PageHeader`).

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::Page;

use super::thrift::{ThriftError, ThriftReader, ThriftType};

/// Header of a page.
#[derive(Debug)]
pub(super) struct PageHeader {
    /// The page without its bytes, or `None` for a page that readers skip.
    pub(super) page: Option<Page>,
    /// Size of the unpacked page, in bytes.
    pub(super) size: usize,
    /// Size of the page in the file, in bytes.
    pub(super) stored: usize,
    /// CRC-32 of the page in the file.
    pub(super) crc: Option<u32>,
    /// Size of the header itself, in bytes.
    pub(super) length: usize,
}

/// Integers of a struct by field number, and its only boolean.
#[derive(Default)]
struct Numbers {
    found: [Option<u32>; 9],
    flag: Option<bool>,
}

impl Numbers {
    fn read(reader: &mut ThriftReader<'_>) -> Result<Self, ThriftError> {
        let mut numbers = Self::default();
        reader.fields(|reader, id, field| {
            let slot = usize::try_from(id)
                .ok()
                .and_then(|id| numbers.found.get_mut(id));
            match (field, slot) {
                (ThriftType::Int, Some(slot)) => *slot = Some(reader.count()?),
                (ThriftType::True | ThriftType::False, _) => {
                    numbers.flag = Some(field == ThriftType::True);
                }
                _ => reader.skip(field)?,
            }
            Ok(())
        })?;
        Ok(numbers)
    }

    fn get(&self, id: usize) -> Result<u32, ThriftError> {
        let found = self.found.get(id).copied().flatten();
        found.ok_or(ThriftError::Invalid)
    }

    fn encoding(&self, id: usize) -> Result<Encoding, ThriftError> {
        #[expect(deprecated, reason = "old files have such levels")]
        Ok(match self.get(id)? {
            0 => Encoding::PLAIN,
            2 => Encoding::PLAIN_DICTIONARY,
            3 => Encoding::RLE,
            4 => Encoding::BIT_PACKED,
            5 => Encoding::DELTA_BINARY_PACKED,
            6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            7 => Encoding::DELTA_BYTE_ARRAY,
            8 => Encoding::RLE_DICTIONARY,
            9 => Encoding::BYTE_STREAM_SPLIT,
            _ => return Err(ThriftError::Invalid),
        })
    }
}

impl PageHeader {
    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ThriftError> {
        let mut reader = ThriftReader(bytes);
        let (mut page_type, mut size, mut stored, mut crc) = (None, None, None, None);
        let (mut data, mut dictionary, mut data_v2) = (None, None, None);
        reader.fields(|reader, id, field| {
            match (id, field) {
                (1, ThriftType::Int) => page_type = Some(reader.count()?),
                (2, ThriftType::Int) => size = Some(reader.count()?),
                (3, ThriftType::Int) => stored = Some(reader.count()?),
                (4, ThriftType::Int) => {
                    let value = i32::try_from(reader.int()?);
                    crc = Some(value.map_err(|_| ThriftError::Invalid)?.cast_unsigned());
                }
                (5, ThriftType::Struct) => data = Some(Numbers::read(reader)?),
                (7, ThriftType::Struct) => dictionary = Some(Numbers::read(reader)?),
                (8, ThriftType::Struct) => data_v2 = Some(Numbers::read(reader)?),
                _ => reader.skip(field)?,
            }
            Ok(())
        })?;
        let buf = Bytes::new();
        let page = match (page_type, data, dictionary, data_v2) {
            (Some(0), Some(data), _, _) => Some(Page::DataPage {
                buf,
                num_values: data.get(1)?,
                encoding: data.encoding(2)?,
                def_level_encoding: data.encoding(3)?,
                rep_level_encoding: data.encoding(4)?,
                statistics: None,
            }),
            (Some(1), ..) => None,
            (Some(2), _, Some(dictionary), _) => Some(Page::DictionaryPage {
                buf,
                num_values: dictionary.get(1)?,
                encoding: dictionary.encoding(2)?,
                is_sorted: false,
            }),
            (Some(3), _, _, Some(data)) => Some(Page::DataPageV2 {
                buf,
                num_values: data.get(1)?,
                num_nulls: data.get(2)?,
                num_rows: data.get(3)?,
                encoding: data.encoding(4)?,
                def_levels_byte_len: data.get(5)?,
                rep_levels_byte_len: data.get(6)?,
                is_compressed: data.flag.unwrap_or(true),
                statistics: None,
            }),
            _ => return Err(ThriftError::Invalid),
        };
        let size_of = |count: Option<u32>| {
            let count = count.and_then(|count| usize::try_from(count).ok());
            count.ok_or(ThriftError::Invalid)
        };
        Ok(Self {
            page,
            size: size_of(size)?,
            stored: size_of(stored)?,
            crc,
            length: bytes.len() - reader.0.len(),
        })
    }
}
