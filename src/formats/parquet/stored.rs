//! The Arrow schema that writers store in a Parquet file, as far as it changes how Milvus' reader sees columns.
//!
//! Arrow Go 17 puts the types of this schema over those of the Parquet schema (pqarrow/schema.go,
//! applyOriginalStorageMetadata): large text and bytes, dictionaries, and lists of fixed size. Large lists stay lists, and
//! what is inside them stays as the Parquet schema has it.
//!
//! The schema is the value of the key `ARROW:schema`, in base64: a message of Arrow's IPC format, whose header is a
//! `FlatBuffers` table. Four tables of it matter here (arrow/format/Message.fbs and Schema.fbs), so they are read by their
//! offsets. Crates with all tables generated cost 10 to 30 seconds of building.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::arrow::ArrowType;

/// The metadata key of the schema.
pub(super) const KEY: &str = "ARROW:schema";

/// The most fields of a schema, nested ones included.
const MAX_FIELDS: usize = 100_000;

/// The most levels of nested fields.
const MAX_DEPTH: usize = 64;

/// Padding may be left out.
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

/// The code of a schema in the union `MessageHeader`.
const SCHEMA: u8 = 1;

/// A stored type.
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

/// The types of the schema's fields; `None` if the text is no such schema, or has more than [`MAX_FIELDS`] fields or
/// [`MAX_DEPTH`] levels.
pub(super) fn read(text: &str) -> Option<Vec<StoredType>> {
    let bytes = BASE64.decode(text).ok()?;
    // Before the message its length, and before that, since Arrow 0.15, four bytes of ones.
    let begin = if u32_at(&bytes, 0)? == u32::MAX { 8 } else { 4 };
    let bytes = bytes.get(begin..)?;
    let message = Table::at(bytes, reference(bytes, 0)?)?;
    if message.byte(1)? != Some(SCHEMA) {
        return None;
    }
    let schema = message.table(2)??;
    let mut left = MAX_FIELDS;
    fields(&schema, 1, MAX_DEPTH, &mut left)
}

/// What the column is with its stored type.
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

/// The types of a vector of fields; `left` is how many more the schema may have.
fn fields(
    table: &Table<'_>,
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

/// The type of a field.
fn stored_type(field: &Table<'_>, depth: usize, left: &mut usize) -> Option<StoredType> {
    if field.table(4)?.is_some() {
        return Some(StoredType::Dictionary);
    }
    let mut inner = fields(field, 5, depth, left)?;
    let element = |inner: &mut Vec<StoredType>| match inner.len() {
        1 => inner.pop().map(Box::new),
        _ => None,
    };
    Some(match field.byte(2)?.unwrap_or(0) {
        code::LARGE_UTF8 => StoredType::LargeText,
        code::LARGE_BINARY => StoredType::LargeBytes,
        code::LIST => StoredType::List(element(&mut inner)?),
        code::FIXED_SIZE_LIST => {
            let size = field.table(3)??.int(0)?.unwrap_or(0);
            StoredType::FixedList(usize::try_from(size).ok()?, element(&mut inner)?)
        }
        code::STRUCT => StoredType::Struct(inner),
        _ => StoredType::Other,
    })
}

/// A `FlatBuffers` table. Its methods return `None` if the bytes contradict themselves, `Some(None)` for a field that
/// isn't there.
struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The offsets of the fields.
    offsets: &'a [u8],
}

impl<'a> Table<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = i32::from_le_bytes(array(bytes, at)?);
        let vtable = i64::try_from(at).ok()?.checked_sub(i64::from(back))?;
        let vtable = usize::try_from(vtable).ok()?;
        let size = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        let offsets = bytes.get(vtable.checked_add(4)?..vtable.checked_add(size)?)?;
        Some(Self { bytes, at, offsets })
    }

    /// The place of the field with this number.
    #[expect(clippy::option_option, reason = "damaged, absent, present")]
    fn field(&self, number: usize) -> Option<Option<usize>> {
        let Some(offset) = array(self.offsets, number * 2) else {
            return Some(None);
        };
        match usize::from(u16::from_le_bytes(offset)) {
            0 => Some(None),
            offset => Some(Some(self.at.checked_add(offset)?)),
        }
    }

    #[expect(clippy::option_option, reason = "damaged, absent, present")]
    fn byte(&self, number: usize) -> Option<Option<u8>> {
        let Some(at) = self.field(number)? else {
            return Some(None);
        };
        self.bytes.get(at).map(|byte| Some(*byte))
    }

    #[expect(clippy::option_option, reason = "damaged, absent, present")]
    fn int(&self, number: usize) -> Option<Option<i32>> {
        let Some(at) = self.field(number)? else {
            return Some(None);
        };
        Some(Some(i32::from_le_bytes(array(self.bytes, at)?)))
    }

    #[expect(clippy::option_option, reason = "damaged, absent, present")]
    fn table(&self, number: usize) -> Option<Option<Self>> {
        let Some(at) = self.field(number)? else {
            return Some(None);
        };
        Self::at(self.bytes, reference(self.bytes, at)?).map(Some)
    }

    /// The tables of a vector; none if the field isn't there.
    fn tables(&self, number: usize) -> Option<impl Iterator<Item = Option<Table<'a>>> + use<'a>> {
        let bytes = self.bytes;
        let (first, count) = match self.field(number)? {
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

/// The place that the offset at this place leads to.
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
