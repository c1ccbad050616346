//! The collection schema: fields, types and rules for rows.

mod default;
mod describe;
mod functions;
mod names;
mod node;
mod parse;
mod properties;
mod structs;
mod type_names;
mod types;
mod validate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use functions::{FunctionOutput, SchemaFunction};
pub(crate) use validate::{MAX_CAPACITY, MAX_LENGTH, SchemaError};

/// Type of a field. It's parsed from the REST API's name, without parameters.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(const_into_str)]
pub(crate) enum DataType {
    /// `true` or `false`.
    #[default]
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
        /// Maximum length in bytes of UTF-8.
        max_length: usize,
    },
    /// Any JSON value.
    #[strum(serialize = "JSON")]
    Json,
    /// At most `max_capacity` elements of a scalar type.
    Array {
        /// Type of each element, a scalar type other than `Json` and `Array`.
        element: Box<DataType>,
        /// Maximum number of elements.
        max_capacity: usize,
    },
    /// `dim` 32-bit floats.
    FloatVector {
        /// Number of floats.
        dim: usize,
    },
    /// `dim` bits, a multiple of 8.
    BinaryVector {
        /// Number of bits.
        dim: usize,
    },
    /// `dim` IEEE half-precision floats.
    Float16Vector {
        /// Number of floats.
        dim: usize,
    },
    /// `dim` bfloat16 floats.
    BFloat16Vector {
        /// Number of floats.
        dim: usize,
    },
    /// `dim` signed bytes.
    Int8Vector {
        /// Number of bytes.
        dim: usize,
    },
    /// Pairs of index and value.
    SparseFloatVector,
    /// A point in time, stored as microseconds since 1970 in UTC.
    Timestamptz {
        /// The collection's time zone, used for texts without an offset and for query results.
        timezone: String,
    },
    /// A geometry, as well-known text.
    Geometry,
    /// Text without a `max_length`.
    Text,
    /// At most `max_capacity` objects, each with a value of every sub-field.
    ArrayOfStruct {
        /// The sub-fields, in the order of the create call.
        fields: Vec<StructField>,
        /// Maximum number of objects.
        max_capacity: usize,
    },
}

/// A sub-field of a struct array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StructField {
    /// Name, unique in its struct.
    pub name: String,
    /// Type of the value in each object: a scalar or a dense vector.
    pub element: DataType,
    /// Description in free text.
    pub description: String,
    /// Type parameters that aren't part of the type.
    pub params: Vec<(String, String)>,
}

/// One field of a collection.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the API's flags, independent of each other"
)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Field {
    /// Name, case-sensitive.
    pub name: String,
    /// Data type.
    pub data_type: DataType,
    /// True for the primary key.
    pub primary: bool,
    /// True if the service generates the primary key.
    pub auto_id: bool,
    /// True if the value determines the partition.
    pub partition_key: bool,
    /// True if segments are clustered by this field.
    pub clustering_key: bool,
    /// True if null is accepted.
    pub nullable: bool,
    /// Value for rows without this field.
    pub default: Option<Value>,
    /// Set if a function computes the value, so rows don't need one.
    pub output: Option<FunctionOutput>,
    /// False if rows must not have a value, because the service or a function computes it.
    pub takes_values: bool,
    /// Description in free text.
    pub description: String,
    /// Type parameters that aren't part of [`Field::data_type`], e.g. `enable_analyzer`.
    pub params: Vec<(String, String)>,
}

impl Field {
    /// Returns a field with no flags set.
    pub(crate) fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            takes_values: true,
            ..Self::default()
        }
    }

    /// Returns true if the service fills in all values after the rows have been read.
    pub(crate) fn is_made_later(&self) -> bool {
        self.auto_id && !self.takes_values
    }

    /// Returns true if rows may leave the field out.
    pub(crate) fn is_optional(&self) -> bool {
        self.nullable || self.default.is_some() || self.is_computed()
    }

    /// Returns true if the service or a function computes the values that rows leave out.
    pub(crate) fn is_computed(&self) -> bool {
        self.auto_id || self.output.is_some()
    }

    /// Returns the reason why rows must not have a value, or `None` if they may.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
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

/// Fields and rules of a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schema {
    /// Fields in the order of the create call, followed by the struct arrays.
    pub fields: Vec<Field>,
    /// True if fields outside the schema are stored in `$meta`.
    pub dynamic: bool,
    /// Functions that compute fields.
    pub functions: Vec<SchemaFunction>,
    /// Collection properties, including those that the create call has in `params`.
    pub properties: Vec<(String, String)>,
}

impl Schema {
    /// Returns true if a field determines the partition of each row.
    pub(crate) fn has_partition_key(&self) -> bool {
        self.fields.iter().any(|field| field.partition_key)
    }

    /// Returns the primary key field. It is `None` only in a schema that [`Schema::validate`] hasn't accepted.
    pub(crate) fn primary(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.primary)
    }

    /// Returns the field with this name, case-sensitive.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the struct array if a name such as `parts[n]` is one of its sub-fields.
    pub(crate) fn struct_of(&self, name: &str) -> Option<&str> {
        let (of, sub) = name.strip_suffix(']')?.split_once('[')?;
        let field = self.field(of)?;
        let DataType::ArrayOfStruct { fields, .. } = &field.data_type else {
            return None;
        };
        let known = fields.iter().any(|field| field.name == sub);
        known.then_some(field.name.as_str())
    }

    /// Returns true if the service generates the primary key.
    pub(crate) fn auto_id(&self) -> bool {
        self.primary().is_some_and(|field| field.auto_id)
    }

    /// Returns the collection property with this name.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        let found = properties.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
