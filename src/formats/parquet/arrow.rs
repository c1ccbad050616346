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
        let repeated = info.has_repetition() && info.repetition() == Repetition::REPEATED;
        let logical = info.logical_type_ref();
        let converted = info.converted_type();
        match node {
            Type::PrimitiveType { .. } => Self::list_if(repeated, primitive(node)),
            Type::GroupType { .. }
                if logical == Some(&LogicalType::List) || converted == ConvertedType::LIST =>
            {
                list(node)
            }
            Type::GroupType { .. }
                if logical == Some(&LogicalType::Map)
                    || matches!(converted, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE) =>
            {
                Self::Other("map".to_owned())
            }
            Type::GroupType { .. } => Self::list_if(repeated, members(node)),
        }
    }

    /// Returns the type of a leaf's values.
    pub(super) fn of_value(leaf: &Type) -> Self {
        primitive(leaf)
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

/// Returns the type of a group that is annotated as a list.
fn list(node: &Type) -> ArrowType {
    let [inner] = node.get_fields() else {
        return ArrowType::Other("a malformed list".to_owned());
    };
    let info = inner.get_basic_info();
    if !info.has_repetition() || info.repetition() != Repetition::REPEATED {
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

fn primitive(node: &Type) -> ArrowType {
    let info = node.get_basic_info();
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    let Type::PrimitiveType {
        physical_type,
        type_length,
        ..
    } = node
    else {
        return ArrowType::Other("a group".to_owned());
    };
    let other = || {
        let words = logical.map(|logical| format!("{logical:?}"));
        ArrowType::Other(words.unwrap_or_else(|| match converted {
            ConvertedType::NONE => physical_type.to_string(),
            converted => converted.to_string(),
        }))
    };
    let none = logical.is_none() && converted == ConvertedType::NONE;
    match (physical_type, logical) {
        (_, Some(LogicalType::Unknown)) => ArrowType::Null,
        (Physical::BOOLEAN, _) => ArrowType::Bool,
        (Physical::INT32, _) => integer(32, logical, converted).unwrap_or_else(other),
        (Physical::INT64, _) => integer(64, logical, converted).unwrap_or_else(other),
        (Physical::FLOAT, _) => ArrowType::Float,
        (Physical::DOUBLE, _) => ArrowType::Double,
        (Physical::BYTE_ARRAY, Some(LogicalType::String)) => ArrowType::Text,
        (Physical::BYTE_ARRAY, None) if converted == ConvertedType::UTF8 => ArrowType::Text,
        // Arrow Go reads columns with these annotations as bytes, not as text.
        (Physical::BYTE_ARRAY, Some(LogicalType::Enum | LogicalType::Json | LogicalType::Bson)) => {
            ArrowType::Bytes
        }
        (Physical::BYTE_ARRAY, None)
            if none
                || matches!(
                    converted,
                    ConvertedType::ENUM | ConvertedType::JSON | ConvertedType::BSON
                ) =>
        {
            ArrowType::Bytes
        }
        (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Float16)) => ArrowType::HalfFloat,
        (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)) => {
            ArrowType::FixedBytes(usize::try_from(*type_length).unwrap_or(0))
        }
        (Physical::FIXED_LEN_BYTE_ARRAY, None) if none => {
            ArrowType::FixedBytes(usize::try_from(*type_length).unwrap_or(0))
        }
        _ => other(),
    }
}

/// Returns the integer type of a column of `bits` bits, or `None` for times, decimals and similar types.
fn integer(bits: u8, logical: Option<&LogicalType>, converted: ConvertedType) -> Option<ArrowType> {
    Some(match (logical, converted) {
        (None, ConvertedType::NONE) => ArrowType::Int(bits),
        (Some(LogicalType::Integer(int)), _) => {
            let bits = int.bit_width.unsigned_abs();
            if int.is_signed {
                ArrowType::Int(bits)
            } else {
                ArrowType::Unsigned(bits)
            }
        }
        (None, ConvertedType::INT_8) => ArrowType::Int(8),
        (None, ConvertedType::INT_16) => ArrowType::Int(16),
        (None, ConvertedType::INT_32) => ArrowType::Int(32),
        (None, ConvertedType::INT_64) => ArrowType::Int(64),
        (None, ConvertedType::UINT_8) => ArrowType::Unsigned(8),
        (None, ConvertedType::UINT_16) => ArrowType::Unsigned(16),
        (None, ConvertedType::UINT_32) => ArrowType::Unsigned(32),
        (None, ConvertedType::UINT_64) => ArrowType::Unsigned(64),
        _ => return None,
    })
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
