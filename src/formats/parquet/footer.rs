//! Footer of a Parquet file, checked before the library parses it.

mod fields;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use super::thrift::{ThriftError, ThriftReader, ThriftType};
use super::{Result, damaged};
use crate::formats::error::ReadError;
use crate::stores::read_at::ReadAt;

/// Maximum size of a footer in bytes.
const MAX_FOOTER: usize = 64 << 20;

/// Maximum number of columns, row groups and column chunks that a footer describes. The library takes up to about 700
/// bytes for each.
const MAX_PARTS: usize = 300_000;

/// Maximum nesting of columns.
const MAX_NESTING: usize = 64;

/// Number of the field with the schema in a footer, and of the field with the number of members in a column.
const SCHEMA: i64 = 2;
const MEMBERS: i64 = 5;

/// Length of the footer's size and the magic bytes at the end of a file.
const TAIL: usize = 8;

/// Magic bytes at the end of a file.
const MAGIC: &[u8] = b"PAR1";

/// Reads a file's footer.
pub(super) fn read(file: &dyn ReadAt) -> Result<ParquetMetaData> {
    let mut tail = [0; TAIL];
    let size = file.size();
    let begin = size
        .checked_sub(TAIL as u64)
        .ok_or_else(|| damaged("it is shorter than a footer"))?;
    file.read_at(begin, &mut tail)?;
    let [a, b, c, d, magic @ ..] = tail;
    match magic.as_slice() {
        MAGIC => {}
        b"PARE" => return Err(damaged("it is encrypted, which Milvus does not read")),
        _ => return Err(damaged("it does not end with \"PAR1\"")),
    }
    let length = u32::from_le_bytes([a, b, c, d]);
    let begin = begin
        .checked_sub(length.into())
        .ok_or_else(|| damaged("its footer is longer than the file"))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_FOOTER {
        return Err(ReadError::TooLarge(format!(
            "the footer has {} MiB, and at most {} MiB are read; write the file with fewer row groups",
            length >> 20,
            MAX_FOOTER >> 20
        )));
    }
    let mut footer = vec![0; length];
    file.read_at(begin, &mut footer)?;
    let parts = fields::check(&footer).map_err(|_| damaged("its footer is damaged"))?;
    if parts > MAX_PARTS {
        return Err(ReadError::TooLarge(format!(
            "the footer describes {parts} columns, row groups and column chunks, and at most {MAX_PARTS} are read; write the \
             file with fewer row groups"
        )));
    }
    check_schema(&footer).map_err(|_| damaged("its schema is damaged, or nested too deeply"))?;
    let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
    check_sizes(&metadata, size)?;
    Ok(metadata)
}

/// Checks that the columns of the schema are nested at most [`MAX_NESTING`] deep, and that each group has as many members
/// as it says. The library reads the schema recursively, and allocates room for all members that a group announces.
fn check_schema(footer: &[u8]) -> Result<(), ThriftError> {
    // Number of members that follow, of each group around the current column.
    let mut groups: Vec<u64> = Vec::new();
    ThriftReader(footer).fields(|reader, id, field| {
        if (id, field) != (SCHEMA, ThriftType::List) {
            return reader.skip(field);
        }
        reader.structs(|reader, left| {
            let mut members = 0;
            reader.fields(|reader, id, field| {
                if (id, field) == (MEMBERS, ThriftType::Int) {
                    members = reader.count()?.into();
                    return Ok(());
                }
                reader.skip(field)
            })?;
            while groups.last() == Some(&0) {
                groups.pop();
            }
            if let Some(group) = groups.last_mut() {
                *group -= 1;
            }
            if members > left || groups.len() > MAX_NESTING {
                return Err(ThriftError::Invalid);
            }
            groups.push(members);
            Ok(())
        })
    })
}

/// Refuses a file whose column chunks are together larger than the file, since chunks that share their bytes could make
/// a small file take for ever.
fn check_sizes(metadata: &ParquetMetaData, size: u64) -> Result<()> {
    let chunks = metadata
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns);
    let sizes = chunks.map(|chunk| u64::try_from(chunk.compressed_size()).unwrap_or(0));
    if sizes.fold(0, u64::saturating_add) > size {
        return Err(damaged("its column chunks overlap"));
    }
    Ok(())
}
