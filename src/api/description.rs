//! What `describe` says of a collection.

use super::envelope::Data;
use super::error::ApiError;
use super::fields::{self, Fields};
use serde_json::Value;
use serde_json::value::RawValue;

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
#[expect(
    clippy::struct_excessive_bools,
    reason = "the service sends four independent truth values"
)]
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

/// Reads the answer to `describe`, of v1 and of v2.
pub(super) fn read(data: &Data<'_>, name: &str) -> Result<CollectionDescription, ApiError> {
    let object = data.object()?;
    if !object.has(&["fields", "schema", "collectionName"]) {
        return Err(data.unreadable("it describes no collection"));
    }
    Ok(CollectionDescription {
        name: object
            .text(&["collectionName"])
            .unwrap_or_else(|| name.to_owned()),
        description: object.text_or_empty(&["description"]),
        auto_id: object.flag(&["autoId", "autoID"]),
        dynamic: object.flag(&["enableDynamicField", "enableDynamic"]),
        fields: object.objects(&["fields"]).iter().map(read_field).collect(),
        indexes: object
            .objects(&["indexes"])
            .iter()
            .map(read_index)
            .collect(),
        load: object.text_or_empty(&["load", "loadState"]),
        shards: object.count(&["shardsNum", "shardNum"]),
        raw: data.raw().and_then(value).unwrap_or_default(),
    })
}

fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

fn read_field(field: &Fields<'_>) -> FieldDescription {
    let params = field.objects(&["params"]);
    let elements = field
        .raw(&["elementTypeParams", "params"])
        .and_then(Fields::of);
    // Type parameters have been sent as a list of keys and values, as an object, and as `FloatVector(768)`.
    let param = |name: &str| {
        let listed = || {
            params
                .iter()
                .find(|param| param.text(&["key"]).as_deref() == Some(name))?
                .count(&["value"])
        };
        let keyed = || elements.as_ref()?.count(&[name]);
        listed().or_else(keyed)
    };
    let sent = field.text_or_empty(&["type", "dataType"]);
    let (word, size) = match sent.split_once('(') {
        Some((word, rest)) => (
            word.trim().to_owned(),
            fields::count(rest.trim_end_matches(')')),
        ),
        None => (sent, None),
    };
    let size_of = |suffix: &str| size.filter(|_| word.to_ascii_lowercase().ends_with(suffix));
    FieldDescription {
        name: field.text_or_empty(&["name", "fieldName"]),
        primary: field.flag(&["primaryKey", "isPrimary"]),
        auto_id: field.flag(&["autoId", "autoID"]),
        partition_key: field.flag(&["partitionKey", "isPartitionKey"]),
        nullable: field.flag(&["nullable"]),
        default: field.raw(&["defaultValue"]).and_then(value),
        element_type: field.text(&["elementType", "elementDataType"]),
        dim: param("dim").or_else(|| size_of("vector")),
        max_length: param("max_length").or_else(|| size_of("char")),
        max_capacity: param("max_capacity").or_else(|| size_of("array")),
        data_type: word,
    }
}

fn read_index(index: &Fields<'_>) -> IndexDescription {
    IndexDescription {
        field: index.text_or_empty(&["fieldName"]),
        name: index.text_or_empty(&["indexName"]),
        metric: index.text_or_empty(&["metricType"]),
    }
}
