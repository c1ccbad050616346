//! What `describe` says of a collection.

use serde_json::Value;

/// A collection as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionDescription {
    /// Its name.
    pub name: String,
    /// Free text; empty for none.
    pub description: String,
    /// True where the service makes primary keys.
    pub auto_id: bool,
    /// True where fields outside the schema are accepted.
    pub dynamic: bool,
    /// In the service's order.
    pub fields: Vec<FieldDescription>,
    /// In the service's order.
    pub indexes: Vec<IndexDescription>,
    /// The word sent for its load state, e.g. `LoadStateLoaded`; empty where none was sent.
    pub load: String,
    /// Number of shards.
    pub shards: Option<u64>,
    /// The answer's `data` as sent.
    pub raw: Value,
}

/// One field of a described collection.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDescription {
    /// Its case-sensitive name.
    pub name: String,
    /// The type's word without parameters, e.g. `FloatVector`.
    pub data_type: String,
    /// True for the primary key.
    pub primary: bool,
    /// True where the service makes the values.
    pub auto_id: bool,
    /// True where the value chooses the partition.
    pub partition_key: bool,
    /// True where null is accepted.
    pub nullable: bool,
    /// What a missing field is taken to be.
    pub default: Option<Value>,
    /// The type's word of an array's elements.
    pub element_type: Option<String>,
    /// Dimension of a vector.
    pub dim: Option<u64>,
    /// Bytes of a text.
    pub max_length: Option<u64>,
    /// Elements of an array.
    pub max_capacity: Option<u64>,
}

/// One index of a described collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDescription {
    /// The indexed field.
    pub field: String,
    /// The index's own name.
    pub name: String,
    /// `COSINE`, `L2`, …; empty for a scalar index.
    pub metric: String,
}
