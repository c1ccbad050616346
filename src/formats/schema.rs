//! The collection schema: what a row must look like.

mod describe;
mod parse;
mod validate;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use validate::SchemaError;

/// The type of a field (reference: object paths and file formats).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// true or false.
    Bool,
    /// Signed 8-bit integer.
    Int8,
    /// Signed 16-bit integer.
    Int16,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// Text of at most `max_length` bytes.
    VarChar {
        /// Bytes of UTF-8.
        max_length: usize,
    },
    /// Any JSON value.
    Json,
    /// At most `max_capacity` elements of a scalar type.
    Array {
        /// The type of each element: a scalar type other than `Json` and `Array`.
        element: Box<DataType>,
        /// Elements.
        max_capacity: usize,
    },
    /// `dim` 32-bit floats.
    FloatVector {
        /// Floats.
        dim: usize,
    },
    /// `dim` bits, a multiple of 8.
    BinaryVector {
        /// Bits.
        dim: usize,
    },
    /// `dim` IEEE half-precision floats.
    Float16Vector {
        /// Floats.
        dim: usize,
    },
    /// `dim` bfloat16 floats.
    BFloat16Vector {
        /// Floats.
        dim: usize,
    },
    /// `dim` signed bytes.
    Int8Vector {
        /// Bytes.
        dim: usize,
    },
    /// Index and value pairs.
    SparseFloatVector,
}

/// One field of a collection.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the API's flags, independent of each other"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Case-sensitive name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// True for the primary key.
    pub primary: bool,
    /// True where the service makes the primary key itself.
    pub auto_id: bool,
    /// True where the value chooses the partition.
    pub partition_key: bool,
    /// True where null is accepted.
    pub nullable: bool,
    /// What a missing field is taken to be.
    pub default: Option<Value>,
}

/// A collection's fields and rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// In the order of the create call.
    pub fields: Vec<Field>,
    /// True where fields outside the schema go to `$meta`.
    pub dynamic: bool,
}

impl Schema {
    /// Bytes of column data that a row has at least, however short its text: vectors, which may be null, and defaults.
    pub fn least_row_bytes(&self) -> usize {
        let bytes = |field: &Field| {
            let default = field
                .default
                .as_ref()
                .map_or(0, |value| value.to_string().len());
            default.saturating_add(super::column::row_bytes(&field.data_type))
        };
        self.fields.iter().map(bytes).fold(0, usize::saturating_add)
    }

    /// True where the rows' partitions follow from a field.
    pub fn has_partition_key(&self) -> bool {
        self.fields.iter().any(|field| field.partition_key)
    }

    /// The primary key's field; `None` only before [`Schema::validate`] has accepted the schema.
    pub fn primary(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.primary)
    }

    /// The field of this name (case-sensitive).
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// True where the service makes the primary key itself.
    pub fn auto_id(&self) -> bool {
        self.primary().is_some_and(|field| field.auto_id)
    }
}

impl DataType {
    /// The name the REST API uses for it, without parameters: `VarChar`, `FloatVector` …
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bool => "Bool",
            Self::Int8 => "Int8",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::VarChar { .. } => "VarChar",
            Self::Json => "JSON",
            Self::Array { .. } => "Array",
            Self::FloatVector { .. } => "FloatVector",
            Self::BinaryVector { .. } => "BinaryVector",
            Self::Float16Vector { .. } => "Float16Vector",
            Self::BFloat16Vector { .. } => "BFloat16Vector",
            Self::Int8Vector { .. } => "Int8Vector",
            Self::SparseFloatVector => "SparseFloatVector",
        }
    }

    /// The dimension of a dense vector type: floats, bytes or (binary) bits.
    pub const fn dim(&self) -> Option<usize> {
        match self {
            Self::FloatVector { dim }
            | Self::BinaryVector { dim }
            | Self::Float16Vector { dim }
            | Self::BFloat16Vector { dim }
            | Self::Int8Vector { dim } => Some(*dim),
            _ => None,
        }
    }

    /// True for the types whose values are JSON texts in files without types of their own.
    pub const fn is_json_text(&self) -> bool {
        matches!(
            self,
            Self::Json | Self::Array { .. } | Self::SparseFloatVector
        ) || self.dim().is_some()
    }

    /// True for the integer types.
    pub const fn is_integer(&self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// True for booleans, numbers and texts.
    pub const fn is_scalar(&self) -> bool {
        self.is_integer()
            || matches!(
                self,
                Self::Bool | Self::Float | Self::Double | Self::VarChar { .. }
            )
    }

    /// True for the vector types, dense and sparse.
    pub const fn is_vector(&self) -> bool {
        self.dim().is_some() || matches!(self, Self::SparseFloatVector)
    }
}

/// `FloatVector(384)`, `VarChar(64)`, `Array(Int32, 16)`: as messages name a type.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::VarChar { max_length } => write!(f, "({max_length})"),
            Self::Array {
                element,
                max_capacity,
            } => write!(f, "({element}, {max_capacity})"),
            _ => self.dim().map_or(Ok(()), |dim| write!(f, "({dim})")),
        }
    }
}
