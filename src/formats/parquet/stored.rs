//! Arrow schema that a writer stored in a Parquet file, as far as it changes how Milvus' reader interprets columns.
//!
//! Arrow Go 17 applies the types of this schema to those of the Parquet schema (`pqarrow/schema.go`,
//! `applyOriginalStorageMetadata`): large strings and bytes, dictionaries, and lists of fixed size. Large lists remain
//! lists, and their elements keep the types of the Parquet schema.
//!
//! The schema is the value of the metadata key `ARROW:schema`, in base64. It is a message in Arrow's IPC format, whose
//! header is a `FlatBuffers` table. Only four of the tables matter here (`arrow/format/Message.fbs` and `Schema.fbs`),
//! so they are read by their offsets. Crates with all tables generated would add 10 to 30 seconds to the build.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::arrow::ArrowType;

/// Metadata key of the schema.
pub(super) const KEY: &str = "ARROW:schema";

/// Maximum number of fields in a schema, including nested fields.
const MAX_FIELDS: usize = 100_000;

/// Maximum nesting of fields.
const MAX_DEPTH: usize = 64;

/// Base64 decoder that accepts text with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Type codes of the union `Type`.
mod code {
    pub(super) const LIST: u8 = 12;
    pub(super) const STRUCT: u8 = 13;
    pub(super) const FIXED_SIZE_LIST: u8 = 16;
    pub(super) const LARGE_BINARY: u8 = 19;
    pub(super) const LARGE_UTF8: u8 = 20;
}

/// Code of a schema in the union `MessageHeader`.
const SCHEMA: u8 = 1;

/// A type in the stored schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StoredType {
    LargeText,
    LargeBytes,
    Dictionary,
    List(Box<StoredType>),
    FixedList(usize, Box<StoredType>),
    Struct(Vec<StoredType>),
    /// A type that changes nothing.
    Other,
}

/// Returns the types of the schema's fields. Returns `None` if the text isn't a valid schema, or has more than
/// [`MAX_FIELDS`] fields or [`MAX_DEPTH`] levels.
pub(super) fn read(text: &str) -> Option<Vec<StoredType>> {
    let bytes = BASE64.decode(text).ok()?;
    // The message's length comes first, preceded since Arrow 0.15 by four bytes of ones.
    let begin = if u32_at(&bytes, 0)? == u32::MAX { 8 } else { 4 };
    let bytes = bytes.get(begin..)?;
    let message = FlatTable::at(bytes, reference(bytes, 0)?)?;
    if message.number(1)? != [SCHEMA] {
        return None;
    }
    let schema = message.table(2)?;
    let mut left = MAX_FIELDS;
    fields(&schema, 1, MAX_DEPTH, &mut left)
}

/// Returns the column's type with the stored type applied.
pub(super) fn restore(stored: &StoredType, inferred: ArrowType) -> ArrowType {
    match (stored, inferred) {
        (StoredType::LargeText, _) => ArrowType::LargeText,
        (StoredType::LargeBytes, _) => ArrowType::LargeBytes,
        (StoredType::Dictionary, text @ (ArrowType::Text | ArrowType::Bytes)) => {
            ArrowType::Dictionary(Box::new(text))
        }
        (StoredType::List(stored), ArrowType::List(element)) => {
            ArrowType::List(Box::new(restore(stored, *element)))
        }
        (StoredType::FixedList(size, stored), ArrowType::List(element)) => {
            ArrowType::FixedList(*size, Box::new(restore(stored, *element)))
        }
        (StoredType::Struct(stored), ArrowType::Struct(members))
            if stored.len() == members.len() =>
        {
            let members = members.into_iter().zip(stored);
            let restored = members.map(|((name, member), stored)| (name, restore(stored, member)));
            ArrowType::Struct(restored.collect())
        }
        (_, inferred) => inferred,
    }
}

/// Returns the types of a vector of fields. `left` is the number of further fields allowed in the schema.
fn fields(
    table: &FlatTable<'_>,
    field: usize,
    depth: usize,
    left: &mut usize,
) -> Option<Vec<StoredType>> {
    let depth = depth.checked_sub(1)?;
    let mut types = Vec::new();
    for table in table.tables(field)? {
        *left = left.checked_sub(1)?;
        types.push(stored_type(&table?, depth, left)?);
    }
    Some(types)
}

/// Returns the type of a field.
fn stored_type(field: &FlatTable<'_>, depth: usize, left: &mut usize) -> Option<StoredType> {
    if field.field(4).is_some() {
        return field.table(4).map(|_| StoredType::Dictionary);
    }
    let mut inner = fields(field, 5, depth, left)?;
    let element = |inner: &mut Vec<StoredType>| match inner.len() {
        1 => inner.pop().map(Box::new),
        _ => None,
    };
    let [code] = field.number(2)?;
    Some(match code {
        code::LARGE_UTF8 => StoredType::LargeText,
        code::LARGE_BINARY => StoredType::LargeBytes,
        code::LIST => StoredType::List(element(&mut inner)?),
        code::FIXED_SIZE_LIST => {
            let size = i32::from_le_bytes(field.table(3)?.number(0)?);
            StoredType::FixedList(usize::try_from(size).ok()?, element(&mut inner)?)
        }
        code::STRUCT => StoredType::Struct(inner),
        _ => StoredType::Other,
    })
}

/// A `FlatBuffers` table. Its methods return `None` if the bytes are inconsistent.
struct FlatTable<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Offsets of the fields.
    offsets: &'a [u8],
}

impl<'a> FlatTable<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = i32::from_le_bytes(array(bytes, at)?);
        let vtable = i64::try_from(at).ok()?.checked_sub(i64::from(back))?;
        let vtable = usize::try_from(vtable).ok()?;
        let size = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        let offsets = bytes.get(vtable.checked_add(4)?..vtable.checked_add(size)?)?;
        Some(Self { bytes, at, offsets })
    }

    /// Returns the position of the field with this number, or `None` if the field is absent.
    fn field(&self, number: usize) -> Option<usize> {
        match u16::from_le_bytes(array(self.offsets, number * 2)?) {
            0 => None,
            offset => Some(self.at.saturating_add(offset.into())),
        }
    }

    /// Returns the bytes of a number, zeros if the field is absent.
    fn number<const N: usize>(&self, number: usize) -> Option<[u8; N]> {
        (self.field(number)).map_or(Some([0; N]), |at| array(self.bytes, at))
    }

    /// Returns the table in a field, which must not be absent.
    fn table(&self, number: usize) -> Option<Self> {
        Self::at(self.bytes, reference(self.bytes, self.field(number)?)?)
    }

    /// Returns the tables of a vector, or no tables if the field is absent.
    fn tables(
        &self,
        number: usize,
    ) -> Option<impl Iterator<Item = Option<FlatTable<'a>>> + use<'a>> {
        let bytes = self.bytes;
        let (first, count) = match self.field(number) {
            None => (0, 0),
            Some(at) => {
                let vector = reference(bytes, at)?;
                let count = usize::try_from(u32_at(bytes, vector)?).ok()?;
                (vector.checked_add(4)?, count)
            }
        };
        Some((0..count).map(move |nth| {
            let at = first.checked_add(nth.checked_mul(4)?)?;
            Self::at(bytes, reference(bytes, at)?)
        }))
    }
}

/// Returns the position that the offset at `at` refers to.
fn reference(bytes: &[u8], at: usize) -> Option<usize> {
    at.checked_add(usize::try_from(u32_at(bytes, at)?).ok()?)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests;
