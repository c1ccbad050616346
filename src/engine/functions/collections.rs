//! `collections`, `describe`, `create_collection`, `drop_collection`, `load`, `count`.

use crate::engine::call::Call;
use crate::engine::options::Options;
use crate::engine::registry::{Confirm, Family, Function, Gives, Opt, Takes, opt};
use crate::engine::values::{Listing, ListingKind, dynamic_of, found, json_of};
use crate::error::{Failure, Kind};
use rhai::Dynamic;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// How long `load` waits unless told otherwise.
const LOAD_TIMEOUT: Duration = Duration::from_mins(10);
/// Time between two looks at the load state.
const LOAD_INTERVAL: Duration = Duration::from_millis(500);

const LOAD_OPTIONS: &[Opt] = &[opt("timeout", "gives up after this time").or("\"10m\"")];

/// The keys of the API's create call (reference: Collections). Others are passed on as they are.
const CREATE_OPTIONS: &[Opt] = &[
    opt("dimension", "quick form: the vector's dimension"),
    opt("metricType", "quick form: how vectors are compared")
        .or("\"COSINE\"")
        .of(Takes::Words(&["COSINE", "L2", "IP", "HAMMING", "JACCARD"])),
    opt("primaryFieldName", "quick form: the primary key's name").or("\"id\""),
    opt("vectorFieldName", "quick form: the vector's name").or("\"vector\""),
    opt("idType", "quick form: the primary key's type")
        .or("\"Int64\"")
        .of(Takes::Words(&["Int64", "VarChar"])),
    opt("autoID", "quick form: the server makes the primary keys")
        .or("false")
        .of(Takes::Flag),
    opt(
        "schema",
        "#{autoId, enableDynamicField, fields}: instead of the quick form",
    )
    .of(Takes::Keys(SCHEMA_OPTIONS)),
    opt(
        "indexParams",
        "with schema: [#{fieldName, metricType, indexName, params}, …]",
    ),
    opt("params", "further settings, e.g. #{shardsNum: 2}"),
    opt("description", "what the collection is for"),
];

const SCHEMA_OPTIONS: &[Opt] = &[
    opt("autoId", "the server makes the primary keys")
        .or("false")
        .of(Takes::Flag),
    opt("enableDynamicField", "takes fields outside the schema")
        .or("false")
        .of(Takes::Flag),
    opt("fields", "a list of fields").of(Takes::Keys(FIELD_OPTIONS)),
];

const FIELD_OPTIONS: &[Opt] = &[
    opt("fieldName", "its name"),
    opt("dataType", "its type").of(Takes::Words(&[
        "Bool",
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "Float",
        "Double",
        "VarChar",
        "JSON",
        "Array",
        "FloatVector",
        "BinaryVector",
        "Float16Vector",
        "BFloat16Vector",
        "Int8Vector",
        "SparseFloatVector",
    ])),
    opt("isPrimary", "the primary key")
        .or("false")
        .of(Takes::Flag),
    opt("isPartitionKey", "the partition key")
        .or("false")
        .of(Takes::Flag),
    opt("nullable", "takes null").or("false").of(Takes::Flag),
    opt("defaultValue", "what stands for a missing value"),
    opt("elementDataType", "an Array's items"),
    opt(
        "elementTypeParams",
        "#{dim}, #{max_length}, #{max_capacity}",
    )
    .of(Takes::Keys(&[
        opt("dim", "a vector's dimension"),
        opt("max_length", "a VarChar's length in bytes"),
        opt("max_capacity", "an Array's length"),
    ])),
];

/// The keys of a description.
const DESCRIPTION: &[&str] = &[
    "collectionName",
    "description",
    "autoId",
    "enableDynamicField",
    "fields",
    "indexes",
    "load",
    "shardsNum",
];

/// This family's table.
pub const FUNCTIONS: &[Function] = &[
    Function::new(
        Family::Collections,
        "collections",
        &["collections()"],
        "the names of the database's collections",
        "collections()",
        collections,
    )
    .arity(0, 0)
    .gives(Gives::Texts)
    .related(&["describe", "create_collection", "count"])
    .method(),
    Function::new(
        Family::Collections,
        "describe",
        &["describe(collection)"],
        "a collection's fields, indexes and load state",
        "describe(\"books\")",
        describe,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Map(DESCRIPTION))
    .related(&["collections", "create_collection"])
    .method(),
    Function::new(
        Family::Collections,
        "create_collection",
        &["create_collection(name, #{…})"],
        "creates a collection from the keys of the API's create call, or from what describe() gave",
        "create_collection(\"books\", #{dimension: 768, metricType: \"COSINE\"})",
        create_collection,
    )
    .arity(2, 2)
    .takes(&[Takes::Anything, Takes::Options])
    .options(CREATE_OPTIONS)
    .related(&["describe", "import", "load", "drop_collection"])
    .method(),
    Function::new(
        Family::Collections,
        "drop_collection",
        &["drop_collection(name)"],
        "drops a collection with all its rows",
        "drop_collection(\"books\")",
        drop_collection,
    )
    .destroys(Confirm::Name)
    .takes(&[Takes::Collection])
    .related(&["collections", "create_collection"])
    .method(),
    Function::new(
        Family::Collections,
        "load",
        &["load(collection)", "load(collection, #{timeout})"],
        "loads a collection, and waits until it is",
        "load(\"books\")",
        load,
    )
    .arity(1, 2)
    .takes(&[Takes::Collection, Takes::Options])
    .options(LOAD_OPTIONS)
    .related(&["describe", "count"])
    .method(),
    Function::new(
        Family::Collections,
        "count",
        &["count(collection)"],
        "the exact number of rows, by count(*)",
        "count(\"books\")",
        count,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Number)
    .related(&["describe", "load", "query"])
    .method(),
];

fn collections(call: &Call) -> Result<Dynamic, Failure> {
    let names = call.connection()?.client.collections()?;
    let listing = Listing {
        kind: ListingKind::Collections,
        total: None,
    };
    Ok(listing.tag(dynamic_of(json!(names))))
}

fn describe(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let description = call.connection()?.client.describe(&name)?;
    let listing = Listing {
        kind: ListingKind::Description,
        total: None,
    };
    Ok(listing.tag(dynamic_of(description.raw)))
}

fn create_collection(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let argument = call.arg(1, "the map of settings")?;
    let Value::Object(settings) = json_of(argument) else {
        return Err(call.misused(&format!(
            "the settings are a map #{{…}}, got {}",
            found(argument)
        )));
    };
    let mut body = if is_description(&settings) {
        from_description(&settings)
    } else {
        settings
    };
    body.shift_remove("collectionName");
    body.shift_insert(0, "collectionName".to_owned(), Value::from(name.as_str()));
    call.connection()?
        .client
        .create_collection(&Value::Object(body))?;
    call.session.changed(&format!("created collection {name}"));
    Ok(Dynamic::UNIT)
}

/// What `describe()` gave holds its fields directly, by `name` and `type`.
fn is_description(settings: &Map<String, Value>) -> bool {
    settings
        .get("fields")
        .and_then(Value::as_array)
        .is_some_and(|fields| fields.iter().all(|field| field.get("name").is_some()))
}

/// The create body that makes the described collection again.
fn from_description(described: &Map<String, Value>) -> Map<String, Value> {
    let list = |key: &str| {
        described
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let fields: Vec<Value> = list("fields").map(field_of).collect();
    let indexes: Vec<Value> = list("indexes").map(index_of).collect();
    let auto_id = described
        .get("autoId")
        .cloned()
        .unwrap_or(Value::Bool(false));
    let dynamic = described
        .get("enableDynamicField")
        .cloned()
        .unwrap_or(Value::Bool(false));
    let mut body = Map::new();
    body.insert(
        "schema".to_owned(),
        json!({"autoId": auto_id, "enableDynamicField": dynamic, "fields": fields}),
    );
    if !indexes.is_empty() {
        body.insert("indexParams".to_owned(), Value::Array(indexes));
    }
    if let Some(description) = described.get("description") {
        body.insert("description".to_owned(), description.clone());
    }
    if let Some(shards) = described
        .get("shardsNum")
        .and_then(Value::as_u64)
        .filter(|shards| *shards > 1)
    {
        body.insert("params".to_owned(), json!({"shardsNum": shards}));
    }
    body
}

fn field_of(described: &Value) -> Value {
    const NAMES: [(&str, &str); 8] = [
        ("name", "fieldName"),
        ("type", "dataType"),
        ("primaryKey", "isPrimary"),
        ("partitionKey", "isPartitionKey"),
        ("nullable", "nullable"),
        ("defaultValue", "defaultValue"),
        ("elementType", "elementDataType"),
        ("description", "description"),
    ];
    let mut field = Map::new();
    for (theirs, ours) in NAMES {
        match described.get(theirs) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(value) => {
                field.insert(ours.to_owned(), value.clone());
            }
        }
    }
    let params: Map<String, Value> = described
        .get("params")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| {
            Some((
                pair.get("key")?.as_str()?.to_owned(),
                pair.get("value")?.clone(),
            ))
        })
        .collect();
    if !params.is_empty() {
        field.insert("elementTypeParams".to_owned(), Value::Object(params));
    }
    Value::Object(field)
}

fn index_of(described: &Value) -> Value {
    let keys = ["fieldName", "indexName", "metricType"];
    let pairs = keys.into_iter().filter_map(|key| {
        let value = described
            .get(key)
            .filter(|value| value.as_str() != Some(""))?;
        Some((key.to_owned(), value.clone()))
    });
    Value::Object(pairs.collect())
}

fn drop_collection(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    call.connection()?.client.drop_collection(&name)?;
    call.session.changed(&format!("dropped collection {name}"));
    Ok(Dynamic::UNIT)
}

fn load(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let options: Options = call.options(1)?;
    let limit = options.duration("timeout")?.unwrap_or(LOAD_TIMEOUT);
    let client = &call.connection()?.client;
    client.load(&name)?;
    let began = Instant::now();
    loop {
        let state = client.load_state(&name)?;
        if state.eq_ignore_ascii_case("LoadStateLoaded") {
            return Ok(Dynamic::UNIT);
        }
        if began.elapsed() >= limit {
            return Err(Failure::new(
                Kind::Timeout,
                format!("the collection {name:?} is not loaded yet: {state}"),
            )
            .with_hint("wait longer: load(name, #{timeout: \"30m\"})"));
        }
        call.session.interrupt.sleep(LOAD_INTERVAL)?;
    }
}

fn count(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let rows = call.connection()?.client.count(&name).map_err(|error| {
        let failure = Failure::from(error);
        if failure.message.contains("load") {
            return failure.or_hint("count(*) needs a loaded collection: load(name)");
        }
        failure
    })?;
    Ok(dynamic_of(Value::from(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_becomes_a_create_body() {
        let described = json!({
            "collectionName": "old", "autoId": false, "enableDynamicField": true,
            "fields": [
                {"name": "id", "type": "Int64", "primaryKey": true, "nullable": false, "params": []},
                {"name": "v", "type": "FloatVector", "primaryKey": false,
                 "params": [{"key": "dim", "value": "4"}]},
            ],
            "indexes": [{"fieldName": "v", "indexName": "v", "metricType": "L2"}],
        });
        let map = described.as_object().unwrap();
        assert!(is_description(map));
        assert_eq!(
            Value::Object(from_description(map)),
            json!({
                "schema": {"autoId": false, "enableDynamicField": true, "fields": [
                    {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
                    {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "4"}},
                ]},
                "indexParams": [{"fieldName": "v", "indexName": "v", "metricType": "L2"}],
            })
        );
    }
}
