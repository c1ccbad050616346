//! What a column of a Parquet file holds, and which fields it may fill.
//!
//! The rules are those of Milvus' importer: integers and floats may widen (also an integer to a float) and never
//! narrow, texts must say that they are UTF-8, bytes are lists of unsigned bytes or plain binary. Only in the lists of
//! array fields integers may be of any width, each being checked: older bulk writers know but one, and write arrays that
//! are all empty as lists of nothing.

use std::fmt;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::schema::types::{ColumnDescriptor, Type};

use crate::formats::column::row_width;
use crate::formats::columnar::extras::Extras;
use crate::formats::schema::{DataType, Field};

/// What one value is. `Display` names it as Arrow does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    /// Signed, of so many bits.
    Int(u8),
    /// Unsigned, of so many bits.
    Unsigned(u8),
    Float,
    Double,
    /// UTF-8.
    Text,
    Bytes,
    /// So many bytes.
    Fixed(usize),
    /// Nothing but nulls.
    Null,
    /// Something else, in words.
    Other(String),
}

/// How values make up a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One value a row.
    Scalar(Element),
    /// A list of values a row.
    List(Element),
    /// A list of indices and one of values a row.
    Sparse(Element, Element),
    /// Something else.
    Nested,
}

/// What a definition level means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    /// Below it the row is null.
    pub(super) null: i16,
    /// Below it (and not null) the list is empty.
    pub(super) some: i16,
    /// There is a value.
    pub(super) full: i16,
}

impl Element {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let other = || {
            let logical = column
                .logical_type_ref()
                .map(|logical| format!("{logical:?}"));
            Self::Other(logical.unwrap_or_else(|| column.physical_type().to_string()))
        };
        let integer = |bits: u8| match (column.logical_type_ref(), column.converted_type()) {
            (None, ConvertedType::NONE) => Self::Int(bits),
            (Some(LogicalType::Integer(int)), _) => {
                let bits = int.bit_width.unsigned_abs();
                if int.is_signed {
                    Self::Int(bits)
                } else {
                    Self::Unsigned(bits)
                }
            }
            (None, ConvertedType::INT_8) => Self::Int(8),
            (None, ConvertedType::INT_16) => Self::Int(16),
            (None, ConvertedType::INT_32) => Self::Int(32),
            (None, ConvertedType::INT_64) => Self::Int(64),
            (None, ConvertedType::UINT_8) => Self::Unsigned(8),
            (None, ConvertedType::UINT_16) => Self::Unsigned(16),
            (None, ConvertedType::UINT_32) => Self::Unsigned(32),
            (None, ConvertedType::UINT_64) => Self::Unsigned(64),
            _ => other(),
        };
        let plain = (column.logical_type_ref(), column.converted_type());
        match (column.physical_type(), plain) {
            (_, (Some(LogicalType::Unknown), _)) => Self::Null,
            (Physical::BOOLEAN, _) => Self::Bool,
            (Physical::INT32, _) => integer(32),
            (Physical::INT64, _) => integer(64),
            (Physical::FLOAT, _) => Self::Float,
            (Physical::DOUBLE, _) => Self::Double,
            (Physical::BYTE_ARRAY, (None, ConvertedType::NONE)) => Self::Bytes,
            (
                Physical::BYTE_ARRAY,
                (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
                | (None, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON),
            ) => Self::Text,
            (Physical::FIXED_LEN_BYTE_ARRAY, (None, ConvertedType::NONE)) => {
                Self::Fixed(usize::try_from(column.type_length()).unwrap_or(0))
            }
            _ => other(),
        }
    }

    /// True where each such value is one of the scalar type.
    fn is(&self, data_type: &DataType) -> bool {
        let bits = match data_type {
            DataType::Int8 => 8,
            DataType::Int16 => 16,
            DataType::Int32 => 32,
            DataType::Int64 => 64,
            DataType::Float | DataType::Double => {
                return matches!(self, Self::Int(_) | Self::Float | Self::Double);
            }
            DataType::Bool => return *self == Self::Bool,
            DataType::VarChar { .. } => return *self == Self::Text,
            _ => return false,
        };
        matches!(self, Self::Int(own) if *own <= bits)
    }

    /// The scalar type that holds each such value.
    fn data_type(&self) -> Option<DataType> {
        Some(match self {
            Self::Bool => DataType::Bool,
            Self::Int(8) => DataType::Int8,
            Self::Int(16) => DataType::Int16,
            Self::Int(32) => DataType::Int32,
            Self::Int(_) => DataType::Int64,
            Self::Float => DataType::Float,
            Self::Double => DataType::Double,
            Self::Text | Self::Null => Extras::text(),
            _ => return None,
        })
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int(bits) => write!(f, "int{bits}"),
            Self::Unsigned(bits) => write!(f, "uint{bits}"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("binary"),
            Self::Fixed(bytes) => write!(f, "fixed_size_binary[{bytes}]"),
            Self::Null => f.write_str("null"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl Shape {
    /// The shape of a column with these leaves; their paths begin with the column's name.
    pub(super) fn of(leaves: &[&ColumnDescriptor]) -> Self {
        let depth = |leaf: &ColumnDescriptor| leaf.path().parts().len();
        match leaves {
            [leaf] if leaf.max_rep_level() == 0 && depth(leaf) == 1 => {
                Self::Scalar(Element::of(leaf))
            }
            [leaf] if leaf.max_rep_level() == 1 && depth(leaf) <= 3 => {
                Self::List(Element::of(leaf))
            }
            [indices, values]
                if [indices, values]
                    .iter()
                    .all(|leaf| leaf.max_rep_level() == 1)
                    && second(indices) == Some("indices")
                    && second(values) == Some("values") =>
            {
                Self::Sparse(Element::of(indices), Element::of(values))
            }
            _ => Self::Nested,
        }
    }

    /// True where the column may fill the field.
    pub(super) fn fits(&self, field: &Field) -> bool {
        let data_type = &field.data_type;
        match (self, data_type) {
            (Self::Scalar(Element::Null), _) => field.nullable || field.default.is_some(),
            (Self::Scalar(element), DataType::Json | DataType::SparseFloatVector) => {
                *element == Element::Text
            }
            (
                Self::Scalar(element),
                DataType::Text | DataType::Geometry | DataType::Timestamptz { .. },
            ) => *element == Element::Text,
            (Self::Scalar(Element::Bytes), packed) => is_packed(packed),
            (Self::Scalar(Element::Fixed(bytes)), packed) => {
                is_packed(packed) && *bytes == row_width(packed)
            }
            (Self::Scalar(element), scalar) => element.is(scalar),
            (
                Self::List(element),
                DataType::Array {
                    element: wanted, ..
                },
            ) => match element {
                Element::Null => true,
                Element::Int(_) if wanted.is_integer() => true,
                _ => element.is(wanted),
            },
            (Self::List(element), DataType::FloatVector { .. }) => element.is(&DataType::Float),
            (Self::List(element), DataType::BinaryVector { .. }) => {
                *element == Element::Unsigned(8)
            }
            (Self::List(element), DataType::Int8Vector { .. }) => {
                matches!(element, Element::Unsigned(8) | Element::Int(8))
            }
            (
                Self::List(element),
                DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. },
            ) => matches!(
                element,
                Element::Unsigned(8) | Element::Float | Element::Double
            ),
            (Self::Sparse(indices, values), DataType::SparseFloatVector) => {
                matches!(indices, Element::Int(_) | Element::Unsigned(_))
                    && matches!(values, Element::Float | Element::Double)
            }
            _ => false,
        }
    }

    /// The type that holds the values of a column that is no field.
    pub(super) fn data_type(&self) -> Option<DataType> {
        match self {
            Self::Scalar(element) => element.data_type(),
            Self::List(element) => Some(DataType::Array {
                element: Box::new(element.data_type()?),
                max_capacity: usize::MAX,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(element) => write!(f, "{element}"),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Sparse(indices, values) => {
                write!(
                    f,
                    "struct<indices: list<{indices}>, values: list<{values}>>"
                )
            }
            Self::Nested => f.write_str("a nested type"),
        }
    }
}

/// What the schema wants a Parquet column to be, for messages.
pub(super) fn wanted(data_type: &DataType) -> String {
    let columns = match data_type {
        DataType::Bool => "bool",
        DataType::Int8 => "int8",
        DataType::Int16 => "int16 or int8",
        DataType::Int32 => "int32 or smaller",
        DataType::Int64 => "int64 or smaller",
        DataType::Float | DataType::Double => "float, double or an integer type",
        DataType::VarChar { .. } | DataType::Text => "string",
        DataType::Geometry => "string, holding well-known text",
        DataType::Timestamptz { .. } => "string, holding RFC 3339 text",
        DataType::ArrayOfStruct { .. } => {
            return format!("{data_type} as a list of structs of exactly these members");
        }
        DataType::Json => "string, holding JSON text",
        DataType::Array { element, .. } if element.is_integer() => {
            return format!("{data_type} as a list of integers");
        }
        DataType::Array { element, .. } => return format!("{data_type} as a list of {element}"),
        DataType::FloatVector { .. } => "list<float>",
        DataType::BinaryVector { .. } => "list<uint8> or binary",
        DataType::Float16Vector { .. } | DataType::BFloat16Vector { .. } => {
            "list<uint8> (two a value), binary or list<float>"
        }
        DataType::Int8Vector { .. } => "list<int8> or binary",
        DataType::SparseFloatVector => {
            "string, holding JSON text, or a struct of indices and values"
        }
    };
    format!("{data_type} as {columns}")
}

fn is_packed(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::BinaryVector { .. }
            | DataType::Float16Vector { .. }
            | DataType::BFloat16Vector { .. }
            | DataType::Int8Vector { .. }
    )
}

fn second(leaf: &ColumnDescriptor) -> Option<&str> {
    leaf.path().parts().get(1).map(String::as_str)
}

impl Levels {
    /// The levels of a leaf below this top-level column; `None` where the schema contradicts itself.
    pub(super) fn of(root: &Type, leaf: &ColumnDescriptor) -> Option<Self> {
        let mut node = root;
        let (mut level, mut some) = (0, None);
        let mut null = None;
        let mut below = leaf.path().parts().iter().skip(1);
        loop {
            let info = node.get_basic_info();
            if info.has_repetition() {
                match info.repetition() {
                    parquet::basic::Repetition::REQUIRED => {}
                    parquet::basic::Repetition::OPTIONAL => level += 1,
                    parquet::basic::Repetition::REPEATED => {
                        // A repeated column itself is never null.
                        null.get_or_insert(level);
                        level += 1;
                        some.get_or_insert(level);
                    }
                }
            }
            null.get_or_insert(level);
            let Some(name) = below.next() else {
                break;
            };
            if !node.is_group() {
                return None;
            }
            node = node
                .get_fields()
                .iter()
                .find(|field| field.name() == name)?;
        }
        (level == leaf.max_def_level()).then_some(Self {
            null: null.unwrap_or(0),
            some: some.unwrap_or(level),
            full: level,
        })
    }
}
