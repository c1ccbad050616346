//! Properties of a collection: the create call's `properties`, and the `params` that Milvus turns into properties.
//!
//! Milvus' create call over REST keeps only the time to live of `properties` and drops the others, which
//! `collections/alter_properties` sets. The local service takes all of them in the create call too.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::functions::is_true;
use super::node::{SchemaNode, plain};
use super::{Schema, SchemaError};

/// Time in seconds until rows expire.
const TTL: &str = "collection.ttl.seconds";
/// Maximum time to live, in seconds (Milvus: `common.MaxTTLSeconds`, 100 years).
const MAX_TTL: i64 = 3_155_760_000;
/// Time zone of `Timestamptz` texts without an offset.
const TIMEZONE: &str = "timezone";

/// Keys of `params` and the properties they set (Milvus: `handler_v2.go`, `createCollection`).
const PARAMS: [(&str, &str); 8] = [
    ("ttlSeconds", TTL),
    ("ttlField", "ttl_field"),
    ("partitionKeyIsolation", "partitionkey.isolation"),
    ("mmap.enabled", "mmap.enabled"),
    ("warmup.scalarField", "warmup.scalarField"),
    ("warmup.scalarIndex", "warmup.scalarIndex"),
    ("warmup.vectorField", "warmup.vectorField"),
    ("warmup.vectorIndex", "warmup.vectorIndex"),
];

/// Reads the properties from the body of a create call.
pub(super) fn read(body: SchemaNode<'_>) -> Result<Vec<(String, String)>, SchemaError> {
    let mut properties = body.params(&["properties"])?;
    for (key, _) in &mut properties {
        if key == "ttl.seconds" {
            TTL.clone_into(key);
        }
    }
    if let Some(params) = body.node(&["params"])? {
        for (param, property) in PARAMS {
            let value = params.object().get(param).filter(|value| !value.is_null());
            properties.extend(value.map(|value| (property.to_owned(), plain(value))));
        }
    }
    Ok(properties)
}

impl Schema {
    /// Checks the properties (Milvus: `proxy/task.go`, `createCollectionTask.PreExecute`).
    pub(super) fn check_properties(&self) -> Result<(), SchemaError> {
        let rule = |problem: String| Err(SchemaError::Rule(problem));
        for (number, (key, _)) in self.properties.iter().enumerate() {
            let others = self.properties.get(..number).unwrap_or_default();
            if others.iter().any(|(other, _)| other == key) {
                return rule(format!("the property {key} is given twice"));
            }
        }
        if let Some(name) = self.property(TIMEZONE)
            && (name.is_empty() || TimeZone::get(name).is_err())
        {
            return rule(format!(
                "unknown time zone {name:?}; use an IANA name, e.g. Asia/Shanghai"
            ));
        }
        if let Some(seconds) = self.property(TTL) {
            let Ok(-1..=MAX_TTL) = seconds.parse::<i64>() else {
                return rule(format!("{TTL} must be -1 to {MAX_TTL}, found {seconds:?}"));
            };
        }
        let isolated = self.property("partitionkey.isolation");
        if isolated.is_some_and(is_true) && !self.has_partition_key() {
            return rule("partitionKeyIsolation needs a partition key".to_owned());
        }
        let mut warmups = self
            .properties
            .iter()
            .filter(|(key, _)| key.starts_with("warmup."));
        let known = |value: &str| matches!(value, "sync" | "async" | "disable");
        if let Some((key, value)) = warmups.find(|(_, value)| !known(value)) {
            return rule(format!(
                "{key} must be sync, async or disable, found {value:?}"
            ));
        }
        let Some(name) = self.property("ttl_field") else {
            return Ok(());
        };
        if self.property(TTL).is_some() {
            return rule(format!("{TTL} and ttl_field exclude each other"));
        }
        match self.field(name).map(|field| &field.data_type) {
            Some(super::DataType::Timestamptz { .. }) => Ok(()),
            Some(_) => rule(format!("the ttl_field {name:?} must be a Timestamptz")),
            None => rule(format!("the ttl_field {name:?} isn't in the schema")),
        }
    }

    /// Returns a create body with other properties: those of `set` are added or replaced, those in `remove` are left out.
    /// All of them are under `properties` then, including those that `params` had set.
    pub(crate) fn with_properties(
        &self,
        body: &Value,
        set: &Map<String, Value>,
        remove: &[String],
    ) -> Value {
        let own = self.properties.iter();
        let mut properties: Map<String, Value> = own
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        for (key, value) in set {
            let key = if key == "ttl.seconds" { TTL } else { key };
            properties.insert(key.to_owned(), plain(value).into());
        }
        properties.retain(|key, _| !remove.contains(key));
        let mut body = body.clone();
        if let Some(object) = body.as_object_mut() {
            if let Some(params) = object.get_mut("params").and_then(Value::as_object_mut) {
                params.retain(|name, _| !PARAMS.iter().any(|(param, _)| param == name));
            }
            object.insert("properties".to_owned(), Value::Object(properties));
        }
        body
    }

    /// The `properties[]` of a `describe` answer.
    pub(crate) fn to_describe_properties(&self) -> Vec<Value> {
        super::describe::pairs(&self.properties)
    }
}

/// Returns the time zone set by properties, or the default (Milvus: `common.DefaultTimezone`).
pub(super) fn timezone(properties: &[(String, String)]) -> &str {
    let given = properties.iter().find(|(key, _)| key == TIMEZONE);
    match given {
        Some((_, name)) if !name.is_empty() => name,
        _ => "UTC",
    }
}
