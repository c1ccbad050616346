//! The collection schema: what a row must look like.

mod default;
mod describe;
mod functions;
mod names;
mod node;
mod parse;
mod properties;
mod structs;
mod types;
mod validate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use functions::{Function, FunctionOutput};
pub use structs::StructField;
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
    /// A point in time, kept as microseconds since 1970 in UTC.
    Timestamptz {
        /// The collection's time zone: of texts without an offset, and of what a query returns.
        timezone: String,
    },
    /// A shape, as well-known text.
    Geometry,
    /// Text without a `max_length`.
    Text,
    /// At most `max_capacity` objects, each with a value of every sub-field.
    ArrayOfStruct {
        /// The sub-fields, in the order of the create call.
        fields: Vec<StructField>,
        /// Objects.
        max_capacity: usize,
    },
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
    /// True if the service makes the primary key itself.
    pub auto_id: bool,
    /// True if the value chooses the partition.
    pub partition_key: bool,
    /// True if segments are clustered by the value.
    pub clustering_key: bool,
    /// True if null is accepted.
    pub nullable: bool,
    /// The value of a row without this field.
    pub default: Option<Value>,
    /// Set if a function computes the value, so rows need none.
    pub output: Option<FunctionOutput>,
    /// False if a row must not have a value, because the service or a function makes it.
    pub takes_values: bool,
    /// Free text.
    pub description: String,
    /// Type parameters that aren't part of [`Field::data_type`], e.g. `enable_analyzer`.
    pub params: Vec<(String, String)>,
}

impl Field {
    /// A field without any flag.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            primary: false,
            auto_id: false,
            partition_key: false,
            clustering_key: false,
            nullable: false,
            default: None,
            output: None,
            takes_values: true,
            description: String::new(),
            params: Vec::new(),
        }
    }

    /// Returns true if the service makes every value after the rows were read.
    pub fn is_made_later(&self) -> bool {
        self.auto_id && !self.takes_values
    }

    /// Returns true if rows may leave the field out.
    pub fn is_optional(&self) -> bool {
        self.nullable || self.default.is_some() || self.is_computed()
    }

    /// Returns true if the service or a function makes the values that rows leave out.
    pub fn is_computed(&self) -> bool {
        self.auto_id || self.output.is_some()
    }

    /// The reason for which rows must not have a value; `None` if they may.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.output {
            _ if self.takes_values => None,
            Some(FunctionOutput::Bm25) => Some("a BM25 function computes the field"),
            Some(FunctionOutput::Other) => Some(
                "the field is a function output; the collection property collection.function.allowInsertNonBM25FunctionOutputs allows values",
            ),
            None => Some("autoId is on: the service makes the primary key"),
        }
    }
}

/// A collection's fields and rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// In the order of the create call, struct arrays behind the others.
    pub fields: Vec<Field>,
    /// True if fields outside the schema go to `$meta`.
    pub dynamic: bool,
    /// Functions that compute fields.
    pub functions: Vec<Function>,
    /// The collection's properties, with those that the create call gives as `params`.
    pub properties: Vec<(String, String)>,
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

    /// Returns true if the rows' partitions follow from a field.
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

    /// The struct array that a name such as `parts[n]` is a sub-field of.
    pub fn struct_of(&self, name: &str) -> Option<&str> {
        let (of, sub) = name.strip_suffix(']')?.split_once('[')?;
        let field = self.field(of)?;
        let DataType::ArrayOfStruct { fields, .. } = &field.data_type else {
            return None;
        };
        let known = fields.iter().any(|field| field.name == sub);
        known.then_some(field.name.as_str())
    }

    /// Returns true if the service makes the primary key itself.
    pub fn auto_id(&self) -> bool {
        self.primary().is_some_and(|field| field.auto_id)
    }

    /// The collection property of this name.
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        let found = properties.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
