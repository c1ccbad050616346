//! `create_collection`: the API's create call with checked keys, or built from a description.

use crate::api::ApiError;
use crate::api::collection_copy::{self, create_body};
use crate::api::model::Dialect;
use crate::connection::Connection;
use crate::engine::call::Call;
use crate::engine::describe::{Opt, Takes, opt, opt_as};
use crate::engine::options::{EXTRA, add_extra, checked};
use crate::engine::types::{found, json_of};
use crate::error::{Failure, Kind};
use crate::text::words;
use rhai::Dynamic;
use serde_json::{Map, Value};

const NAME: &str = "create_collection";

/// The keys of the API's create call (reference: Collections).
pub(super) const OPTIONS: &[Opt] = &[
    opt_as("dimension", &["dim"], "quick form: the vector's dimension").of(Takes::Number),
    opt("metricType", "quick form: how vectors are compared")
        .or("\"COSINE\"")
        .of(Takes::Words(&["COSINE", "L2", "IP", "HAMMING", "JACCARD"])),
    opt_as(
        "primaryFieldName",
        &["primary_field"],
        "quick form: the primary key's name",
    )
    .or("\"id\""),
    opt_as(
        "vectorFieldName",
        &["vector_field"],
        "quick form: the vector's name",
    )
    .or("\"vector\""),
    opt("vectorFieldType", "quick form: the vector's type")
        .or("\"FloatVector\"")
        .of(Takes::Words(&[
            "FloatVector",
            "BinaryVector",
            "Float16Vector",
            "BFloat16Vector",
            "SparseFloatVector",
        ])),
    opt("idType", "quick form: the primary key's type")
        .or("\"Int64\"")
        .of(Takes::Words(&["Int64", "VarChar"])),
    opt("autoID", "quick form: the server makes the primary keys")
        .or("false")
        .of(Takes::Flag),
    opt(
        "schema",
        "#{autoId, enableDynamicField, fields, structFields, functions}: instead of the quick form",
    )
    .of(Takes::Keys(SCHEMA)),
    opt(
        "indexParams",
        "with schema: [#{fieldName, metricType, indexName, params}, …]",
    )
    .of(Takes::Keys(INDEX)),
    opt("params", "further settings, e.g. #{shardsNum: 2}").of(Takes::Keys(PARAMS)),
    opt(
        "properties",
        "properties of the collection, e.g. #{\"collection.ttl.seconds\": 3600}",
    )
    .of(Takes::Json),
    opt("consistencyLevel", "how fresh reads are")
        .or("\"Bounded\"")
        .of(Takes::Words(&[
            "Strong",
            "Session",
            "Bounded",
            "Eventually",
        ])),
    opt("description", "the collection's purpose"),
    opt_as("db", &["dbName", "database"], "database"),
    opt("collectionName", "alternative to the first argument").map_only(),
    EXTRA,
];

const PARAMS: &[Opt] = &[
    opt("max_length", "quick form: a VarChar key's length in bytes"),
    opt(
        "enableDynamicField",
        "quick form: accepts fields outside the schema",
    )
    .or("true")
    .of(Takes::Flag),
    opt_as("shardsNum", &["num_shards"], "number of shards"),
    opt_as(
        "partitionsNum",
        &["num_partitions"],
        "number of partitions of the partition key",
    ),
    opt("consistencyLevel", "how fresh reads are"),
    opt("ttlSeconds", "rows expire after this time"),
    opt("ttlField", "the field with a row's time of expiry"),
    opt(
        "partitionKeyIsolation",
        "a search reads only the partition key that its filter names",
    )
    .of(Takes::Flag),
    opt("mmap.enabled", "data is mapped from disk").of(Takes::Flag),
    opt("warmup.scalarField", "load scalar fields at once"),
    opt("warmup.scalarIndex", "load scalar indexes at once"),
    opt("warmup.vectorField", "load vector fields at once"),
    opt("warmup.vectorIndex", "load vector indexes at once"),
];

const SCHEMA: &[Opt] = &[
    opt("autoID", "the server makes the primary keys")
        .or("false")
        .of(Takes::Flag),
    opt("enableDynamicField", "accepts fields outside the schema")
        .or("false")
        .of(Takes::Flag),
    opt("fields", "a list of fields").of(Takes::Keys(FIELD)),
    opt_as(
        "structFields",
        &["struct_array_fields"],
        "a list of struct fields",
    )
    .of(Takes::Keys(STRUCT)),
    opt("functions", "a list of functions, such as BM25").of(Takes::Keys(FUNCTION)),
    opt("externalSource", "where an external collection's data is"),
    opt("externalSpec", "how to read an external collection's data"),
];

const FIELD: &[Opt] = &[
    opt_as("fieldName", &["name"], "its name"),
    opt_as("dataType", &["type"], "its type").of(Takes::Words(&[
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
        "ArrayOfVector",
        "Geometry",
        "Timestamptz",
        "Text",
        "FloatVector",
        "BinaryVector",
        "Float16Vector",
        "BFloat16Vector",
        "Int8Vector",
        "SparseFloatVector",
    ])),
    opt_as(
        "isPrimary",
        &["primaryKey", "isPrimaryKey"],
        "the primary key",
    )
    .or("false")
    .of(Takes::Flag),
    opt("autoId", "primary key: the server makes the values").of(Takes::Flag),
    opt_as("isPartitionKey", &["partitionKey"], "the partition key")
        .or("false")
        .of(Takes::Flag),
    opt_as("isClusteringKey", &["clusteringKey"], "the clustering key")
        .or("false")
        .of(Takes::Flag),
    opt("nullable", "accepts null").or("false").of(Takes::Flag),
    opt("defaultValue", "used for a missing value"),
    opt_as("elementDataType", &["elementType"], "an Array's items"),
    opt_as(
        "elementTypeParams",
        &["typeParams", "params"],
        "#{dim}, #{max_length}, #{max_capacity}",
    )
    .of(Takes::Keys(TYPE_PARAMS)),
    opt("dim", "alternative to the key in elementTypeParams"),
    opt("max_length", "alternative to the key in elementTypeParams"),
    opt(
        "max_capacity",
        "alternative to the key in elementTypeParams",
    ),
    opt("description", "the field's purpose"),
    opt("externalField", "the column of an external collection"),
];

const TYPE_PARAMS: &[Opt] = &[
    opt_as("dim", &["dimension"], "a vector's dimension"),
    opt("max_length", "a VarChar's length in bytes"),
    opt("max_capacity", "an Array's length"),
    opt("enable_analyzer", "VarChar: split text into terms").of(Takes::Flag),
    opt("analyzer_params", "tokenizer of text"),
    opt("multi_analyzer_params", "tokenizer of text, by language"),
    opt("enable_match", "VarChar: allow text_match in filters").of(Takes::Flag),
    opt("mmap.enabled", "data is mapped from disk").of(Takes::Flag),
    opt("warmup", "load at once"),
];

const STRUCT: &[Opt] = &[
    opt_as("fieldName", &["name"], "its name"),
    opt("fields", "a list of fields, Array or ArrayOfVector").of(Takes::Keys(FIELD)),
    opt_as(
        "typeParams",
        &["params", "elementTypeParams"],
        "#{max_capacity}",
    )
    .of(Takes::Keys(TYPE_PARAMS)),
    opt("nullable", "accepts null").or("false").of(Takes::Flag),
    opt("description", "the field's purpose"),
];

const FUNCTION: &[Opt] = &[
    opt("name", "its name"),
    opt("type", "its type").of(Takes::Words(&[
        "BM25",
        "TextEmbedding",
        "Rerank",
        "MinHash",
    ])),
    opt("inputFieldNames", "fields that it reads"),
    opt("outputFieldNames", "fields that it fills"),
    opt("params", "its settings"),
    opt("description", "the function's purpose"),
];

const INDEX: &[Opt] = &[
    opt("fieldName", "the field"),
    opt("indexName", "the index's own name"),
    opt("metricType", "how vectors are compared"),
    opt("indexType", "its type, e.g. \"HNSW\""),
    opt(
        "params",
        "its settings, e.g. #{index_type: \"HNSW\", M: 16}",
    ),
];

/// Index settings. Case matters (`M` of HNSW, `m` of PQ), and a server may accept settings that aren't listed.
const INDEX_PARAMS: &[&str] = &[
    "index_type",
    "M",
    "efConstruction",
    "nlist",
    "m",
    "nbits",
    "drop_ratio_build",
    "inverted_index_algo",
    "bm25_k1",
    "bm25_b",
    "bm25_avgdl",
    "refine",
    "refine_type",
    "sq_type",
    "with_raw_data",
    "search_list_size",
    "max_degree",
    "json_path",
    "json_cast_type",
    "json_cast_function",
    "min_gram",
    "max_gram",
    "mmap.enabled",
    "warmup",
];

/// Runs `create_collection(name, #{…})`.
pub(super) fn run(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let argument = call.arg(1, "the map of settings")?;
    let Value::Object(mut settings) = json_of(argument) else {
        return Err(call.misused(&format!(
            "the settings are a map #{{…}}, got {}",
            found(argument)
        )));
    };
    let extra = settings.remove(EXTRA.name);
    let described = is_description(&settings);
    let mut body = if described {
        create_body(&settings)?
    } else {
        body_of_options(settings)?
    };
    body.shift_remove("collectionName");
    body.shift_insert(0, "collectionName".to_owned(), Value::from(name.as_str()));
    let missing = collection_copy::vectors_without_index(&body);
    if described && !missing.is_empty() {
        call.session.warn(&format!(
            "the description tells no index of {}, without which a server may not load {name}: add it to d.indexes",
            words::list(&missing, "and")
        ));
    }
    let connection = call.connection()?;
    add_extra(NAME, &mut body, extra)?;
    connection
        .client
        .create_collection(&Value::Object(body.clone()))?;
    call.session.changed(&format!("created collection {name}"));
    if described {
        carry_properties(&connection, &name, &body)?;
    }
    Ok(Dynamic::UNIT)
}

/// Sets the properties that the create call drops. Servers ignore unknown properties there (Milvus reads only a
/// handful).
fn carry_properties(
    connection: &Connection,
    name: &str,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    let client = &connection.client;
    let wanted = body.get("properties").and_then(Value::as_object);
    let v1 = client.settings().dialect == Dialect::V1;
    let Some(wanted) = wanted.filter(|_| client.settings().dry_run.is_none() && !v1) else {
        return Ok(());
    };
    let database = body.get("dbName").and_then(Value::as_str);
    let left = |error: ApiError| {
        let names: Vec<&String> = wanted.keys().collect();
        Failure {
            message: format!(
                "the collection {name} was created, but its properties {} may be missing: {error}",
                words::list(&names, "and")
            ),
            ..Failure::new(Kind::Refused, "")
        }
        .with_hint("set them on the server, or drop the collection: drop_collection(name)")
    };
    let missing = client
        .missing_properties(name, database, wanted)
        .map_err(left)?;
    if missing.is_empty() {
        return Ok(());
    }
    client
        .alter_properties(name, database, &missing)
        .map_err(left)
}

/// Returns true for an answer of `describe()`, which has fields with `name` and `type` at the top level.
fn is_description(settings: &Map<String, Value>) -> bool {
    settings
        .get("fields")
        .and_then(Value::as_array)
        .is_some_and(|fields| fields.iter().all(|field| field.get("name").is_some()))
}

/// Returns the create body for the options, with every key in the API's spelling and place.
pub(super) fn body_of_options(settings: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let mut body = checked(NAME, "", OPTIONS, settings)?;
    if let Some(database) = body.shift_remove("db") {
        body.insert("dbName".to_owned(), database);
    }
    if let Some(Value::Object(schema)) = body.get_mut("schema") {
        settle_schema(schema);
    }
    for index in list(&mut body, "indexParams") {
        if let Some(Value::Object(params)) = index.get("params") {
            check_index_params(params)?;
        }
    }
    Ok(body)
}

/// Moves a field's settings from pymilvus' place to the place that the REST API reads.
fn settle_schema(schema: &mut Map<String, Value>) {
    let mut auto_id = false;
    for field in list(schema, "fields") {
        auto_id |= field.shift_remove("autoId") == Some(Value::Bool(true));
        settle_field(field);
    }
    if auto_id {
        schema.insert("autoID".to_owned(), Value::Bool(true));
    }
    for outer in list(schema, "structFields") {
        list(outer, "fields").for_each(settle_field);
    }
}

fn settle_field(field: &mut Map<String, Value>) {
    for key in ["dim", "max_length", "max_capacity"] {
        let Some(value) = field.shift_remove(key) else {
            continue;
        };
        let params = field
            .entry("elementTypeParams")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(params) = params {
            params.entry(key).or_insert(value);
        }
    }
}

fn list<'a>(
    object: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let list = object.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Refuses index settings that are probably misspelled.
fn check_index_params(params: &Map<String, Value>) -> Result<(), Failure> {
    for key in params.keys() {
        if INDEX_PARAMS.contains(&key.as_str()) {
            continue;
        }
        let other_case = INDEX_PARAMS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(key));
        let near = match other_case {
            Some(known) => Some(format!("did you mean {known:?}?")),
            None => {
                words::did_you_mean(key, INDEX_PARAMS.iter().copied().filter(|it| it.len() > 2))
            }
        };
        if let Some(near) = near {
            let message = format!("{NAME}: no option {key:?} in indexParams.params");
            return Err(Failure::usage(message).with_hint(near));
        }
    }
    Ok(())
}
