//! Arrow types of Parquet columns, as Milvus' reader derives them (Apache Arrow Go 17, `pqarrow/schema.go`).

use std::fmt;

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::Type;

/// Arrow type of a column. `Display` formats it as `PyArrow` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ArrowType {
    /// Only nulls.
    Null,
    Bool,
    /// Signed integer of this many bits.
    Int(u8),
    /// Unsigned integer of this many bits.
    Unsigned(u8),
    HalfFloat,
    Float,
    Double,
    /// UTF-8 string.
    Text,
    LargeText,
    Bytes,
    LargeBytes,
    /// Byte string of this length.
    FixedBytes(usize),
    /// Strings or bytes, stored as indices into a dictionary.
    Dictionary(Box<ArrowType>),
    List(Box<ArrowType>),
    /// List of this many elements.
    FixedList(usize, Box<ArrowType>),
    /// Struct, with the name and type of each member.
    Struct(Vec<(String, ArrowType)>),
    /// Another type, described in words.
    Other(String),
}

impl ArrowType {
    /// Returns the type of a column, or of a part of a column.
    pub(super) fn of(node: &Type) -> Self {
        let info = node.get_basic_info();
        match (info.logical_type_ref(), info.converted_type()) {
            _ if node.is_primitive() => Self::list_if(is_repeated(node), primitive(node)),
            _ if is_list(node) => list(node),
            (Some(LogicalType::Map), _)
            | (_, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE) => {
                Self::Other("map".to_owned())
            }
            _ => Self::list_if(is_repeated(node), members(node)),
        }
    }

    fn list_if(repeated: bool, element: Self) -> Self {
        if repeated {
            Self::List(Box::new(element))
        } else {
            element
        }
    }

    /// Returns the type of the struct member with this name.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Struct(members) = self else {
            return None;
        };
        let mut members = members.iter();
        members.find_map(|(own, member)| (own == name).then_some(member))
    }
}

/// Returns true for a list. Old writers set only the converted type.
pub(super) fn is_list(node: &Type) -> bool {
    let info = node.get_basic_info();
    info.logical_type_ref() == Some(&LogicalType::List)
        || info.converted_type() == ConvertedType::LIST
}

fn is_repeated(node: &Type) -> bool {
    let info = node.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

/// Returns the type of a group that is annotated as a list.
fn list(node: &Type) -> ArrowType {
    let [inner] = node.get_fields() else {
        return ArrowType::Other("a malformed list".to_owned());
    };
    if !is_repeated(inner) {
        return ArrowType::Other("a malformed list".to_owned());
    }
    let element = match inner.as_ref() {
        Type::PrimitiveType { .. } => primitive(inner),
        // These names mark lists of structs made by old writers.
        Type::GroupType { fields, .. } => match fields.as_slice() {
            [element]
                if inner.name() != "array" && inner.name() != format!("{}_tuple", node.name()) =>
            {
                ArrowType::of(element)
            }
            _ => members(inner),
        },
    };
    ArrowType::List(Box::new(element))
}

fn members(node: &Type) -> ArrowType {
    let members = node.get_fields().iter();
    let member = |node: &std::sync::Arc<Type>| (node.name().to_owned(), ArrowType::of(node));
    ArrowType::Struct(members.map(member).collect())
}

/// Returns the type of a leaf's values.
pub(super) fn primitive(node: &Type) -> ArrowType {
    let info = node.get_basic_info();
    let Type::PrimitiveType {
        physical_type,
        type_length,
        ..
    } = node
    else {
        return ArrowType::Other("a group".to_owned());
    };
    // For leaves, the library derives the converted type from the logical type, and refuses files in which they differ.
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    match (converted, physical_type, logical) {
        (_, _, Some(LogicalType::Unknown)) => ArrowType::Null,
        (ConvertedType::INT_8, ..) => ArrowType::Int(8),
        (ConvertedType::INT_16, ..) => ArrowType::Int(16),
        (ConvertedType::INT_32, ..) | (ConvertedType::NONE, Physical::INT32, None) => {
            ArrowType::Int(32)
        }
        (ConvertedType::INT_64, ..) | (ConvertedType::NONE, Physical::INT64, None) => {
            ArrowType::Int(64)
        }
        (ConvertedType::UINT_8, ..) => ArrowType::Unsigned(8),
        (ConvertedType::UINT_16, ..) => ArrowType::Unsigned(16),
        (ConvertedType::UINT_32, ..) => ArrowType::Unsigned(32),
        (ConvertedType::UINT_64, ..) => ArrowType::Unsigned(64),
        (ConvertedType::UTF8, ..) => ArrowType::Text,
        // Arrow Go reads columns with these annotations as bytes, not as text.
        (ConvertedType::ENUM | ConvertedType::JSON | ConvertedType::BSON, ..)
        | (ConvertedType::NONE, Physical::BYTE_ARRAY, None) => ArrowType::Bytes,
        (_, Physical::BOOLEAN, _) => ArrowType::Bool,
        (_, Physical::FLOAT, _) => ArrowType::Float,
        (_, Physical::DOUBLE, _) => ArrowType::Double,
        (_, _, Some(LogicalType::Float16)) => ArrowType::HalfFloat,
        (_, _, Some(LogicalType::Uuid))
        | (ConvertedType::NONE, Physical::FIXED_LEN_BYTE_ARRAY, None) => {
            ArrowType::FixedBytes(usize::try_from(*type_length).unwrap_or(0))
        }
        (_, _, Some(logical)) => ArrowType::Other(format!("{logical:?}")),
        (ConvertedType::NONE, physical, None) => ArrowType::Other(physical.to_string()),
        (converted, ..) => ArrowType::Other(converted.to_string()),
    }
}

impl fmt::Display for ArrowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int(bits) => write!(f, "int{bits}"),
            Self::Unsigned(bits) => write!(f, "uint{bits}"),
            Self::HalfFloat => f.write_str("halffloat"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::LargeText => f.write_str("large_string"),
            Self::Bytes => f.write_str("binary"),
            Self::LargeBytes => f.write_str("large_binary"),
            Self::FixedBytes(bytes) => write!(f, "fixed_size_binary[{bytes}]"),
            Self::Dictionary(values) => write!(f, "dictionary<{values}>"),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::FixedList(size, element) => write!(f, "fixed_size_list<{element}>[{size}]"),
            Self::Struct(members) => {
                f.write_str("struct<")?;
                for (at, (name, member)) in members.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{name}: {member}")?;
                }
                f.write_str(">")
            }
            Self::Other(words) => f.write_str(words),
        }
    }
}
