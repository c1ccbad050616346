//! The answer to `describe`: a collection's schema, indexes and load state.

use super::envelope::AnswerData;
use super::error::ApiError;
use super::fields::{self, Fields};
use serde_json::Value;
use serde_json::value::RawValue;

/// A collection as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionDescription {
    /// The collection's name.
    pub name: String,
    /// Free text; empty for none.
    pub description: String,
    /// Whether the service generates primary keys.
    pub auto_id: bool,
    /// Whether rows may have fields outside the schema.
    pub dynamic: bool,
    /// Fields in the service's order.
    pub fields: Vec<FieldDescription>,
    /// Indexes in the service's order.
    pub indexes: Vec<IndexDescription>,
    /// The load state as sent, e.g. `LoadStateLoaded`; empty if it's missing.
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
    /// Case-sensitive name.
    pub name: String,
    /// The type's name without parameters, e.g. `FloatVector`.
    pub data_type: String,
    /// Whether the field is the primary key.
    pub primary: bool,
    /// Whether the service generates the values.
    pub auto_id: bool,
    /// Whether the field is the partition key.
    pub partition_key: bool,
    /// Whether null is accepted.
    pub nullable: bool,
    /// Value for rows that lack the field.
    pub default: Option<Value>,
    /// Type name of an array's elements.
    pub element_type: Option<String>,
    /// Dimensions of a vector.
    pub dim: Option<u64>,
    /// Largest length of a text, in bytes.
    pub max_length: Option<u64>,
    /// Largest number of elements of an array.
    pub max_capacity: Option<u64>,
}

impl FieldDescription {
    /// Returns the type and its role: `VarChar(512), primary key`.
    pub(crate) fn about(&self) -> String {
        let size = self.dim.or(self.max_capacity).or(self.max_length);
        let inner = self.element_type.clone().into_iter();
        let inner: Vec<String> = inner.chain(size.map(|size| size.to_string())).collect();
        let mut about = self.data_type.clone();
        if !inner.is_empty() {
            about = format!("{about}({})", inner.join(", "));
        }
        for (is, role) in [
            (self.primary, "primary key"),
            (self.partition_key, "partition key"),
            (self.nullable, "nullable"),
        ] {
            if is {
                about = format!("{about}, {role}");
            }
        }
        about
    }
}

/// One index of a described collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDescription {
    /// The indexed field.
    pub field: String,
    /// The index's own name.
    pub name: String,
    /// Metric type (`COSINE`, `L2`, …); empty for a scalar index.
    pub metric: String,
}

/// Reads the answer to `describe`, in its v1 or v2 form.
pub(super) fn read(data: &AnswerData<'_>, name: &str) -> Result<CollectionDescription, ApiError> {
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
        raw: data.raw.and_then(value).unwrap_or_default(),
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
    // Servers have sent type parameters as a list of keys and values, as an object, and as `FloatVector(768)`.
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
