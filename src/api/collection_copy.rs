//! Turns a described collection into the create call for a copy of it.
//!
//! The two calls spell almost everything differently; Milvus' `handler_v2.go` (`getCollectionDetails`,
//! `createCollection`) is the source of both forms. A property that the create call can't express is a [`CopyError`]
//! that names it, so a copy never silently lacks a property.

mod field;
mod index;

use crate::error::Failure;
use field::{field, function, struct_field};
use serde_json::{Map, Value};
use thiserror::Error;

type Object = Map<String, Value>;

/// The properties of a description that the create call can't express.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("create_collection doesn't support: {}", .problems.join("; "))]
pub struct CopyError {
    /// One message per property.
    pub problems: Vec<String>,
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        Self::refused(error.to_string()).with_hint(
            "remove the property to copy the collection without it: let d = describe(\"old\"); d.remove(\"key\"); create_collection(\"new\", d)",
        )
    }
}

/// Properties of the old collection itself; a copy gets its own.
const OWN_FACTS: &[&str] = &[
    "collectionName",
    "collectionID",
    "collectionId",
    "aliases",
    "load",
    "loadState",
    "loadProgress",
    "loadedPercent",
    "state",
    "createTime",
    "createdTime",
    "updateTime",
    "createdTimestamp",
    "createdUtcTimestamp",
    "updateTimestamp",
    "rowCount",
    "dbId",
];
/// Keys of the create call that may be added to a description.
const ADDED: &[&str] = &["dbName", "params", "indexParams"];

/// Properties that Milvus reads only from `params` of the create call, and their names there.
const PARAMS: &[(&str, &str)] = &[
    ("collection.ttl.seconds", "ttlSeconds"),
    ("ttl.seconds", "ttlSeconds"),
    ("ttl_field", "ttlField"),
    ("partitionkey.isolation", "partitionKeyIsolation"),
    ("mmap.enabled", "mmap.enabled"),
    ("warmup.scalarField", "warmup.scalarField"),
    ("warmup.scalarIndex", "warmup.scalarIndex"),
    ("warmup.vectorField", "warmup.vectorField"),
    ("warmup.vectorIndex", "warmup.vectorIndex"),
];

/// The messages about properties that can't be copied.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// Adds a message for each key outside `known`, unless its value is null, false or empty.
    fn unknown(&mut self, of: &str, object: &Object, known: &[&[&str]]) {
        for (key, value) in object {
            let is_known = known.iter().any(|keys| keys.contains(&key.as_str()));
            if !is_known && !is_empty(value) {
                self.add(format!("{of}{key}"));
            }
        }
    }
}

/// Returns the body of the create call for a copy of the described collection, without a name.
pub(crate) fn create_body(described: &Object) -> Result<Object, CopyError> {
    let mut problems = Problems::default();
    let carried: &[&str] = &[
        "description",
        "autoId",
        "autoID",
        "enableDynamicField",
        "enableDynamic",
        "fields",
        "structFields",
        "functions",
        "indexes",
        "shardsNum",
        "shardNum",
        "partitionsNum",
        "consistencyLevel",
        "properties",
        "externalSource",
        "externalSpec",
    ];
    problems.unknown("", described, &[OWN_FACTS, carried, ADDED]);
    let schema = schema(described, &mut problems);
    let mut body = Object::new();
    carry(&mut body, described, &["dbName", "description"]);
    let partitioned = objects(&schema, "fields").any(|field| field.contains_key("isPartitionKey"));
    body.insert("schema".to_owned(), Value::Object(schema));
    let indexes = match described.get("indexParams") {
        Some(given) => given.clone(),
        None => objects(described, "indexes")
            .map(|it| Value::Object(index::index(it, &mut problems)))
            .collect(),
    };
    keep(&mut body, "indexParams", Some(&indexes));
    let mut params = Object::new();
    let level = described.get("consistencyLevel").map(consistency_level);
    keep(&mut body, "consistencyLevel", level.as_ref());
    // Milvus up to 2.6 reads the level only from here; if both are sent, they have to be equal.
    keep(&mut params, "consistencyLevel", level.as_ref());
    let shards = get(described, &["shardsNum", "shardNum"]);
    keep(&mut params, "shardsNum", shards);
    partitions(described, partitioned, &mut params, &mut problems);
    properties(described, &mut params, &mut body);
    if let Some(Value::Object(given)) = described.get("params") {
        params.extend(given.clone());
    }
    keep(&mut body, "params", Some(&Value::Object(params)));
    let problems = problems.0;
    if problems.is_empty() {
        Ok(body)
    } else {
        Err(CopyError { problems })
    }
}

/// Returns the vector fields of a create body that have no index, if the body has indexes at all. Milvus describes only
/// the first vector field's index, and refuses to load a collection with an unindexed vector field.
pub(crate) fn vectors_without_index(body: &Object) -> Vec<String> {
    let indexed: Vec<&Value> = objects(body, "indexParams")
        .filter_map(|index| index.get("fieldName"))
        .collect();
    let schema = body.get("schema").and_then(Value::as_object);
    let fields = schema
        .into_iter()
        .flat_map(|schema| objects(schema, "fields"));
    fields
        .filter(|field| text(field, "dataType").ends_with("Vector"))
        .filter_map(|field| field.get("fieldName"))
        .filter(|name| !indexed.is_empty() && !indexed.contains(name))
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn schema(described: &Object, problems: &mut Problems) -> Object {
    let functions: Vec<Object> = objects(described, "functions")
        .map(|it| function(it, problems))
        .collect();
    let outputs: Vec<Value> = functions
        .iter()
        .filter_map(|function| function.get("outputFieldNames")?.as_array())
        .flatten()
        .cloned()
        .collect();
    let (mut fields, mut structs) = (Vec::new(), Vec::new());
    let mut auto_id = flag(described, &["autoId", "autoID"]);
    for it in objects(described, "fields") {
        let name = text(it, "name");
        // Some answers list the dynamic field, which Milvus adds itself.
        if name == "$meta" {
            continue;
        }
        if it.get("fields").is_some() {
            structs.push(Value::Object(struct_field(it, problems)));
            continue;
        }
        auto_id |= flag(it, &["autoId", "autoID"]);
        let made = field(it, &format!("field {name:?}: "), problems);
        if flag(it, &["isFunctionOutput"]) && !outputs.contains(&Value::from(name)) {
            problems.add(format!(
                "field {name:?}: isFunctionOutput without its function"
            ));
        }
        fields.push(Value::Object(made));
    }
    structs.extend(
        objects(described, "structFields").map(|it| Value::Object(struct_field(it, problems))),
    );
    let dynamic = flag(described, &["enableDynamicField", "enableDynamic"]);
    let mut schema = Object::new();
    schema.insert("autoID".to_owned(), auto_id.into());
    schema.insert("enableDynamicField".to_owned(), dynamic.into());
    schema.insert("fields".to_owned(), fields.into());
    keep(&mut schema, "structFields", Some(&structs.into()));
    keep(&mut schema, "functions", Some(&functions.into()));
    carry(&mut schema, described, &["externalSource", "externalSpec"]);
    schema
}

/// Returns the consistency level in the server's spelling: published answers say `Eventual`, the server `Eventually`.
fn consistency_level(level: &Value) -> Value {
    match level.as_str() {
        Some("Eventual") => Value::from("Eventually"),
        _ => level.clone(),
    }
}

/// Copies the partition count if there is a partition key. Without one, partitions have names, which a description
/// lacks.
fn partitions(described: &Object, keyed: bool, params: &mut Object, problems: &mut Problems) {
    let number = described.get("partitionsNum");
    let count = number.and_then(whole).unwrap_or_default();
    if keyed {
        keep(params, "partitionsNum", number.filter(|_| count > 0));
    } else if count > 1 {
        problems.add(format!(
            "partitionsNum ({count} partitions without a partition key, whose names aren't in the description)"
        ));
    }
}

fn properties(described: &Object, params: &mut Object, body: &mut Object) {
    let mut properties = pairs(described.get("properties"));
    for (name, param) in PARAMS {
        let Some(value) = properties.get(*name) else {
            continue;
        };
        params.insert((*param).to_owned(), typed(value));
        // Milvus refuses a TTL that is sent twice.
        if *param == "ttlSeconds" {
            properties.shift_remove(*name);
        }
    }
    keep(body, "properties", Some(&Value::Object(properties)));
}

/// Returns key-value pairs that were sent as a list (`[{key, value}]`) or as an object. Go omits empty values.
fn pairs(value: Option<&Value>) -> Object {
    match value {
        Some(Value::Object(object)) => object.clone(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|pair| {
                let key = pair.get("key")?.as_str()?.to_owned();
                let value = pair.get("value").cloned();
                Some((key, value.unwrap_or_else(|| Value::from(""))))
            })
            .collect(),
        _ => Object::new(),
    }
}

/// Returns a text that holds an integer or a boolean as a JSON value of that type.
fn typed(value: &Value) -> Value {
    match value.as_str() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        Some(text) => text
            .parse::<i64>()
            .map_or_else(|_| value.clone(), Value::from),
        None => value.clone(),
    }
}

fn whole(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

fn get<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| object.get(*key))
}

/// Returns a text; empty if it's missing.
fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    let text = object.get(key).and_then(Value::as_str);
    text.unwrap_or_default()
}

fn flag(object: &Object, keys: &[&str]) -> bool {
    match get(object, keys) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// Copies values that aren't null, false or empty.
fn carry(into: &mut Object, described: &Object, keys: &[&str]) {
    for key in keys {
        keep(into, key, described.get(*key));
    }
}

/// Inserts a value unless it's null, false or empty.
fn keep(into: &mut Object, key: &str, value: Option<&Value>) {
    if let Some(value) = value.filter(|value| !is_empty(value)) {
        into.insert(key.to_owned(), value.clone());
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}
