//! Keys of the v2 routes' requests, as Milvus declares them (`internal/distributed/proxy/httpserver/request_v2.go`).
//! The keys that the local service refuses are marked.

use super::binding::{self, JsonKind, Key};
use super::error::ServiceError;
use serde_json::{Map, Value};

const DATABASE: Key = Key::text("dbName");
const COLLECTION: Key = Key::text("collectionName").required();
const PARTITION: Key = Key::text("partitionName");
const PARTITIONS: Key = Key::new("partitionNames", JsonKind::Texts);
const OUTPUT_FIELDS: Key = Key::new("outputFields", JsonKind::Texts);
const EXPR_PARAMS: Key = Key::new("exprParams", JsonKind::Map);
const CONSISTENCY: Key = Key::text("consistencyLevel");
const LIMIT: Key = Key::new("limit", JsonKind::Int32);
const OFFSET: Key = Key::new("offset", JsonKind::Int32);
const PROPERTIES: Key = Key::new("properties", JsonKind::Map);

/// Keys that the cloud and its clients add to import calls.
const CLOUD: [Key; 12] = [
    Key::new("clusterId", JsonKind::Any),
    Key::new("projectId", JsonKind::Any),
    Key::new("regionId", JsonKind::Any),
    Key::new("objectUrl", JsonKind::Any),
    Key::new("objectUrls", JsonKind::Any),
    Key::new("volumeName", JsonKind::Any),
    Key::new("dataPaths", JsonKind::Any),
    Key::new("accessKey", JsonKind::Any),
    Key::new("secretKey", JsonKind::Any),
    Key::new("token", JsonKind::Any),
    Key::new("pageSize", JsonKind::Any),
    Key::new("currentPage", JsonKind::Any),
];

/// Consistency levels of Milvus.
const LEVELS: [&str; 5] = ["Strong", "Session", "Bounded", "Eventually", "Customized"];

/// Keys that only the cloud's form of an import call has.
const CLOUD_SIGNS: [&str; 6] = [
    "volumeName",
    "clusterId",
    "projectId",
    "regionId",
    "objectUrl",
    "objectUrls",
];

const IMPORT: &[Key] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    Key::new("files", JsonKind::TextLists).required(),
    Key::new("options", JsonKind::TextMap),
];
const JOB: &[Key] = &[DATABASE, Key::text("jobId").required()];
/// Keys of the lists of jobs and of aliases, for one collection or for all.
const ONE_OR_ALL: &[Key] = &[DATABASE, Key::text("collectionName")];

const ONLY_DATABASE: &[Key] = &[DATABASE];
const NAMED_DATABASE: &[Key] = &[Key::text("dbName").required()];
const DATABASE_PROPERTIES: &[Key] = &[Key::text("dbName").required(), PROPERTIES];
const DROP_DATABASE_PROPERTIES: &[Key] = &[
    Key::text("dbName").required(),
    Key::new("propertyKeys", JsonKind::Texts),
];

const NAMED_COLLECTION: &[Key] = &[DATABASE, COLLECTION, PARTITIONS];
const RENAME: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::text("newCollectionName").required(),
    Key::text("newDbName"),
];
const COLLECTION_PROPERTIES: &[Key] = &[DATABASE, COLLECTION, PROPERTIES];
const DROP_COLLECTION_PROPERTIES: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("propertyKeys", JsonKind::Texts),
];
const COMPACT: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("isClustering", JsonKind::Flag),
];
const COMPACTION_STATE: &[Key] = &[Key::new("jobID", JsonKind::Int64)];

const FIELD: &[Key] = &[
    Key::text("fieldName"),
    Key::text("description"),
    Key::text("dataType"),
    Key::text("elementDataType"),
    Key::text("externalField").refused(),
    Key::new("isPrimary", JsonKind::Flag),
    Key::new("isPartitionKey", JsonKind::Flag),
    Key::new("isClusteringKey", JsonKind::Flag),
    Key::new("elementTypeParams", JsonKind::Map),
    Key::new("typeParams", JsonKind::Map),
    Key::new("fields", JsonKind::Objects(SUB_FIELD)),
    Key::new("nullable", JsonKind::Flag),
    Key::new("defaultValue", JsonKind::Any),
];
const SUB_FIELD: &[Key] = &[
    Key::text("fieldName"),
    Key::text("description"),
    Key::text("dataType"),
    Key::text("elementDataType"),
    Key::new("isPrimary", JsonKind::Flag),
    Key::new("isPartitionKey", JsonKind::Flag),
    Key::new("isClusteringKey", JsonKind::Flag),
    Key::new("elementTypeParams", JsonKind::Map),
    Key::new("typeParams", JsonKind::Map),
    Key::new("nullable", JsonKind::Flag),
    Key::new("defaultValue", JsonKind::Any),
];
const STRUCT_FIELD: &[Key] = &[
    Key::text("fieldName"),
    Key::text("description"),
    Key::new("fields", JsonKind::Objects(SUB_FIELD)),
    Key::new("typeParams", JsonKind::Map),
    Key::new("nullable", JsonKind::Flag),
];
const FUNCTION: &[Key] = &[
    Key::text("name"),
    Key::text("description"),
    Key::text("type"),
    Key::new("inputFieldNames", JsonKind::Texts),
    Key::new("outputFieldNames", JsonKind::Texts),
    Key::new("params", JsonKind::Map),
];
const SCHEMA: &[Key] = &[
    Key::new("fields", JsonKind::Objects(FIELD)),
    Key::new("structFields", JsonKind::Objects(STRUCT_FIELD)),
    Key::new("functions", JsonKind::Objects(FUNCTION)),
    Key::new("autoID", JsonKind::Flag),
    Key::new("enableDynamicField", JsonKind::Flag),
    Key::text("externalSource").refused(),
    Key::text("externalSpec").refused(),
];
const INDEX: &[Key] = &[
    Key::text("fieldName"),
    Key::text("indexName"),
    Key::text("metricType"),
    Key::text("indexType"),
    Key::new("params", JsonKind::Map),
];
const CREATE_COLLECTION: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("dimension", JsonKind::Int32),
    Key::text("idType"),
    Key::new("autoID", JsonKind::Flag),
    Key::text("metricType"),
    Key::text("vectorFieldType"),
    CONSISTENCY,
    Key::text("primaryFieldName"),
    Key::text("vectorFieldName"),
    Key::new("schema", JsonKind::Object(SCHEMA)),
    Key::new("indexParams", JsonKind::Objects(INDEX)),
    Key::new("params", JsonKind::Map),
    PROPERTIES,
    Key::text("description"),
    Key::text("externalSource").refused(),
    Key::text("externalSpec").refused(),
];

const NAMED_PARTITION: &[Key] = &[DATABASE, COLLECTION, Key::text("partitionName").required()];
const NAMED_PARTITIONS: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("partitionNames", JsonKind::Texts).required(),
];
const INDEXES: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("indexParams", JsonKind::Objects(INDEX)).required(),
];
const NAMED_INDEX: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::text("indexName").required(),
    Key::new("timestamp", JsonKind::Int64),
];
const ALIAS: &[Key] = &[DATABASE, Key::text("aliasName").required()];
const ALIAS_OF: &[Key] = &[DATABASE, COLLECTION, Key::text("aliasName").required()];

const QUERY: &[Key] = &[
    DATABASE,
    COLLECTION,
    PARTITIONS,
    OUTPUT_FIELDS,
    Key::text("filter"),
    LIMIT,
    OFFSET,
    Key::new("orderByFields", JsonKind::Texts).refused(),
    Key::new("groupByFields", JsonKind::Texts).refused(),
    EXPR_PARAMS,
    CONSISTENCY,
];
/// Milvus accepts `partitionName` here and ignores it.
const GET: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::text("partitionName").refused(),
    PARTITIONS,
    OUTPUT_FIELDS,
    Key::new("id", JsonKind::Any).required(),
    CONSISTENCY,
];
/// Milvus has `partitionNames` and `id` only in other calls. It would ignore them here and delete in all partitions.
const DELETE: &[Key] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    Key::text("filter").required(),
    EXPR_PARAMS,
    Key::new("partitionNames", JsonKind::Any).refused(),
    Key::new("id", JsonKind::Any).refused(),
];
/// The search call itself refuses unsupported values.
const SEARCH: &[Key] = &[
    DATABASE,
    COLLECTION,
    Key::new("ids", JsonKind::List),
    Key::text("annsField"),
    PARTITIONS,
    Key::text("filter"),
    Key::text("groupingField"),
    Key::new("groupSize", JsonKind::Int32),
    Key::new("strictGroupSize", JsonKind::Flag),
    LIMIT,
    OFFSET,
    OUTPUT_FIELDS,
    Key::new("searchParams", JsonKind::Map),
    CONSISTENCY,
    EXPR_PARAMS,
    Key::new("functionScore", JsonKind::Map),
    Key::new("functionChains", JsonKind::List),
    Key::new("searchAggregation", JsonKind::Map),
    Key::new("orderByFields", JsonKind::Texts),
    Key::new("params", JsonKind::Map),
];
const FIELD_OP: &[Key] = &[Key::text("fieldName"), Key::text("op")];
/// Milvus' insert accepts the last two keys and ignores them.
const INSERT: &[Key] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    Key::new("partialUpdate", JsonKind::Flag).refused(),
    Key::new("fieldOps", JsonKind::Objects(FIELD_OP)).refused(),
];
const UPSERT: &[Key] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    Key::new("partialUpdate", JsonKind::Flag),
    Key::new("fieldOps", JsonKind::Objects(FIELD_OP)),
];

/// Returns the keys of a route's requests; `None` if the route has no body of Milvus' second API.
fn keys(path: &str) -> Option<&'static [Key]> {
    Some(match path.strip_prefix("/v2/vectordb/")? {
        "collections/list" | "databases/list" => ONLY_DATABASE,
        "collections/has"
        | "collections/describe"
        | "collections/get_stats"
        | "collections/get_load_state"
        | "collections/drop"
        | "collections/load"
        | "collections/refresh_load"
        | "collections/release"
        | "collections/flush"
        | "partitions/list"
        | "indexes/list" => NAMED_COLLECTION,
        "collections/create" => CREATE_COLLECTION,
        "collections/rename" => RENAME,
        "collections/alter_properties" => COLLECTION_PROPERTIES,
        "collections/drop_properties" => DROP_COLLECTION_PROPERTIES,
        "collections/compact" => COMPACT,
        "collections/get_compaction_state" => COMPACTION_STATE,
        "partitions/create" | "partitions/drop" | "partitions/has" | "partitions/get_stats" => {
            NAMED_PARTITION
        }
        "partitions/load" | "partitions/release" => NAMED_PARTITIONS,
        "databases/create" | "databases/alter" | "databases/alter_properties" => {
            DATABASE_PROPERTIES
        }
        "databases/drop_properties" => DROP_DATABASE_PROPERTIES,
        "databases/describe" | "databases/drop" => NAMED_DATABASE,
        "indexes/create" => INDEXES,
        "indexes/describe" | "indexes/drop" => NAMED_INDEX,
        "aliases/describe" | "aliases/drop" => ALIAS,
        "aliases/create" | "aliases/alter" => ALIAS_OF,
        "entities/query" => QUERY,
        "entities/get" => GET,
        "entities/search" => SEARCH,
        "entities/delete" => DELETE,
        "entities/insert" => INSERT,
        "entities/upsert" => UPSERT,
        "jobs/import/create" => IMPORT,
        "jobs/import/list" | "aliases/list" => ONE_OR_ALL,
        path if path.starts_with("jobs/import/") => JOB,
        _ => return None,
    })
}

/// Binds the parameters of a request to the route at this path. If an import call has the cloud's form, its keys are
/// renamed to their usual spelling but not checked: nothing is published about how the cloud reads values of other
/// types.
pub(crate) fn bind(path: &str, params: &mut Map<String, Value>) -> Result<(), ServiceError> {
    let Some(keys) = keys(path) else {
        return Ok(());
    };
    binding::rename(params, keys);
    if path.contains("/jobs/import/") {
        binding::rename(params, &CLOUD);
        let sign = |name: &&str| params.get(*name).is_some_and(is_given);
        if CLOUD_SIGNS.iter().any(sign) {
            return Ok(());
        }
    }
    binding::check(params, keys)?;
    match path.strip_prefix("/v2/vectordb/entities/") {
        Some(_) => check_consistency(params),
        None => Ok(()),
    }
}

/// Refuses an unknown consistency level. Every known level is honoured, since a read sees all commits.
fn check_consistency(params: &Map<String, Value>) -> Result<(), ServiceError> {
    let level = params.get("consistencyLevel").and_then(Value::as_str);
    match level {
        Some(level) if !level.is_empty() && !LEVELS.contains(&level) => {
            let known = LEVELS.join(", ");
            Err(ServiceError::new(
                1100,
                format!(
                    "consistencyLevel can only be [{known}], default: Bounded, err:parameter:'{level}' is incorrect"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// Refuses rows that aren't a list of objects (1801). The first API also accepts one object.
pub(crate) fn check_rows(path: &str, data: Option<&[u8]>) -> Result<(), ServiceError> {
    let is_rows = ["insert", "upsert"].map(|route| format!("/v2/vectordb/entities/{route}"));
    let Some(data) = data.filter(|_| is_rows.iter().any(|rows| rows == path)) else {
        return Ok(());
    };
    if data.first() == Some(&b'[') || data == b"null" {
        return Ok(());
    }
    Err(ServiceError::not_json(
        200,
        "error: cannot unmarshal a single value into data of type array of objects",
    ))
}

/// Returns whether a parameter has a value. Some clients send all parameters, with `""` or `[]` for those without a
/// value.
fn is_given(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        value => !value.is_null(),
    }
}
