//! Header of a page (`parquet-format`, `parquet.thrift`, `PageHeader`).

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::Page;

use super::thrift::{ThriftError, ThriftReader, ThriftType};

/// Header of a page.
#[derive(Debug)]
pub(super) struct PageHeader {
    pub(super) kind: PageKind,
    /// Size of the unpacked page, in bytes.
    pub(super) size: usize,
    /// Size of the page in the file, in bytes.
    pub(super) stored: usize,
    /// CRC-32 of the page in the file.
    pub(super) crc: Option<u32>,
    /// Size of the header itself, in bytes.
    pub(super) length: usize,
}

/// Kind of a page.
#[derive(Debug)]
pub(super) enum PageKind {
    Data {
        /// Number of values, including nulls.
        values: u32,
        encoding: Encoding,
        definition: Encoding,
        repetition: Encoding,
    },
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: Encoding,
        /// Sizes of the levels in bytes.
        definition: u32,
        repetition: u32,
        is_compressed: bool,
    },
    Dictionary {
        values: u32,
        encoding: Encoding,
    },
    /// A page that readers skip.
    Other,
}

impl PageKind {
    /// Returns the library's form of a page.
    pub(super) fn page(&self, encoding: Encoding, buf: Bytes) -> Page {
        match *self {
            Self::DataV2 {
                values,
                nulls,
                rows,
                definition,
                repetition,
                is_compressed,
                ..
            } => Page::DataPageV2 {
                buf,
                num_values: values,
                encoding,
                num_nulls: nulls,
                num_rows: rows,
                def_levels_byte_len: definition,
                rep_levels_byte_len: repetition,
                is_compressed,
                statistics: None,
            },
            Self::Data {
                values,
                definition,
                repetition,
                ..
            } => Page::DataPage {
                buf,
                num_values: values,
                encoding,
                def_level_encoding: definition,
                rep_level_encoding: repetition,
                statistics: None,
            },
            Self::Dictionary { values, .. } => Page::DictionaryPage {
                buf,
                num_values: values,
                encoding,
                is_sorted: false,
            },
            Self::Other => Page::DictionaryPage {
                buf,
                num_values: 0,
                encoding,
                is_sorted: false,
            },
        }
    }
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
        let mut reader = ThriftReader::new(bytes);
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
        let kind = match (page_type, data, dictionary, data_v2) {
            (Some(0), Some(data), _, _) => PageKind::Data {
                values: data.get(1)?,
                encoding: data.encoding(2)?,
                definition: data.encoding(3)?,
                repetition: data.encoding(4)?,
            },
            (Some(2), _, Some(dictionary), _) => PageKind::Dictionary {
                values: dictionary.get(1)?,
                encoding: dictionary.encoding(2)?,
            },
            (Some(3), _, _, Some(data)) => PageKind::DataV2 {
                values: data.get(1)?,
                nulls: data.get(2)?,
                rows: data.get(3)?,
                encoding: data.encoding(4)?,
                definition: data.get(5)?,
                repetition: data.get(6)?,
                is_compressed: data.flag.unwrap_or(true),
            },
            (Some(1), ..) => PageKind::Other,
            _ => return Err(ThriftError::Invalid),
        };
        let bytes = |count: Option<u32>| {
            let count = count.and_then(|count| usize::try_from(count).ok());
            count.ok_or(ThriftError::Invalid)
        };
        Ok(Self {
            kind,
            size: bytes(size)?,
            stored: bytes(stored)?,
            crc,
            length: reader.position(),
        })
    }
}
