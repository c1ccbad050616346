//! The collection schema: what a row must look like.

use serde_json::Value;

/// The type of a field (reference: object paths and file formats).
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// In the order of the create call.
    pub fields: Vec<Field>,
    /// True where fields outside the schema go to `$meta`.
    pub dynamic: bool,
}
