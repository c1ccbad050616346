//! Keys of the v2 routes' requests, as Milvus declares them (`internal/distributed/proxy/httpserver/request_v2.go`).
//! The keys that the local service refuses are marked.

use super::binding::{self, JsonKind, KnownKey};
use super::error::ServiceError;
use serde_json::{Map, Value};

const DATABASE: KnownKey = KnownKey::text("dbName");
const COLLECTION: KnownKey = KnownKey::text("collectionName").required();
const PARTITION: KnownKey = KnownKey::text("partitionName");
const PARTITIONS: KnownKey = KnownKey::new("partitionNames", JsonKind::Texts);
const OUTPUT_FIELDS: KnownKey = KnownKey::new("outputFields", JsonKind::Texts);
const EXPR_PARAMS: KnownKey = KnownKey::new("exprParams", JsonKind::Map);
const CONSISTENCY: KnownKey = KnownKey::text("consistencyLevel");
const LIMIT: KnownKey = KnownKey::new("limit", JsonKind::Int32);
const OFFSET: KnownKey = KnownKey::new("offset", JsonKind::Int32);
const PROPERTIES: KnownKey = KnownKey::new("properties", JsonKind::Map);

/// Keys that the cloud and its clients add to import calls.
const CLOUD: [KnownKey; 12] = [
    KnownKey::new("clusterId", JsonKind::Any),
    KnownKey::new("projectId", JsonKind::Any),
    KnownKey::new("regionId", JsonKind::Any),
    KnownKey::new("objectUrl", JsonKind::Any),
    KnownKey::new("objectUrls", JsonKind::Any),
    KnownKey::new("volumeName", JsonKind::Any),
    KnownKey::new("dataPaths", JsonKind::Any),
    KnownKey::new("accessKey", JsonKind::Any),
    KnownKey::new("secretKey", JsonKind::Any),
    KnownKey::new("token", JsonKind::Any),
    KnownKey::new("pageSize", JsonKind::Any),
    KnownKey::new("currentPage", JsonKind::Any),
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

const IMPORT: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    KnownKey::new("files", JsonKind::TextLists).required(),
    KnownKey::new("options", JsonKind::TextMap),
];
const JOB: &[KnownKey] = &[DATABASE, KnownKey::text("jobId").required()];
/// Keys of the lists of jobs and of aliases, for one collection or for all.
const ONE_OR_ALL: &[KnownKey] = &[DATABASE, KnownKey::text("collectionName")];

const ONLY_DATABASE: &[KnownKey] = &[DATABASE];
const NAMED_DATABASE: &[KnownKey] = &[KnownKey::text("dbName").required()];
const DATABASE_PROPERTIES: &[KnownKey] = &[KnownKey::text("dbName").required(), PROPERTIES];
const DROP_DATABASE_PROPERTIES: &[KnownKey] = &[
    KnownKey::text("dbName").required(),
    KnownKey::new("propertyKeys", JsonKind::Texts),
];

const NAMED_COLLECTION: &[KnownKey] = &[DATABASE, COLLECTION, PARTITIONS];
const RENAME: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("newCollectionName").required(),
    KnownKey::text("newDbName"),
];
const COLLECTION_PROPERTIES: &[KnownKey] = &[DATABASE, COLLECTION, PROPERTIES];
const DROP_COLLECTION_PROPERTIES: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("propertyKeys", JsonKind::Texts),
];
const COMPACT: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("isClustering", JsonKind::Flag),
];
const COMPACTION_STATE: &[KnownKey] = &[KnownKey::new("jobID", JsonKind::Int64)];

const FIELD: &[KnownKey] = &[
    KnownKey::text("fieldName"),
    KnownKey::text("description"),
    KnownKey::text("dataType"),
    KnownKey::text("elementDataType"),
    KnownKey::text("externalField").refused(),
    KnownKey::new("isPrimary", JsonKind::Flag),
    KnownKey::new("isPartitionKey", JsonKind::Flag),
    KnownKey::new("isClusteringKey", JsonKind::Flag),
    KnownKey::new("elementTypeParams", JsonKind::Map),
    KnownKey::new("typeParams", JsonKind::Map),
    KnownKey::new("fields", JsonKind::Objects(SUB_FIELD)),
    KnownKey::new("nullable", JsonKind::Flag),
    KnownKey::new("defaultValue", JsonKind::Any),
];
const SUB_FIELD: &[KnownKey] = &[
    KnownKey::text("fieldName"),
    KnownKey::text("description"),
    KnownKey::text("dataType"),
    KnownKey::text("elementDataType"),
    KnownKey::new("isPrimary", JsonKind::Flag),
    KnownKey::new("isPartitionKey", JsonKind::Flag),
    KnownKey::new("isClusteringKey", JsonKind::Flag),
    KnownKey::new("elementTypeParams", JsonKind::Map),
    KnownKey::new("typeParams", JsonKind::Map),
    KnownKey::new("nullable", JsonKind::Flag),
    KnownKey::new("defaultValue", JsonKind::Any),
];
const STRUCT_FIELD: &[KnownKey] = &[
    KnownKey::text("fieldName"),
    KnownKey::text("description"),
    KnownKey::new("fields", JsonKind::Objects(SUB_FIELD)),
    KnownKey::new("typeParams", JsonKind::Map),
    KnownKey::new("nullable", JsonKind::Flag),
];
const FUNCTION: &[KnownKey] = &[
    KnownKey::text("name"),
    KnownKey::text("description"),
    KnownKey::text("type"),
    KnownKey::new("inputFieldNames", JsonKind::Texts),
    KnownKey::new("outputFieldNames", JsonKind::Texts),
    KnownKey::new("params", JsonKind::Map),
];
const SCHEMA: &[KnownKey] = &[
    KnownKey::new("fields", JsonKind::Objects(FIELD)),
    KnownKey::new("structFields", JsonKind::Objects(STRUCT_FIELD)),
    KnownKey::new("functions", JsonKind::Objects(FUNCTION)),
    KnownKey::new("autoID", JsonKind::Flag),
    KnownKey::new("enableDynamicField", JsonKind::Flag),
    KnownKey::text("externalSource").refused(),
    KnownKey::text("externalSpec").refused(),
];
const INDEX: &[KnownKey] = &[
    KnownKey::text("fieldName"),
    KnownKey::text("indexName"),
    KnownKey::text("metricType"),
    KnownKey::text("indexType"),
    KnownKey::new("params", JsonKind::Map),
];
const CREATE_COLLECTION: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("dimension", JsonKind::Int32),
    KnownKey::text("idType"),
    KnownKey::new("autoID", JsonKind::Flag),
    KnownKey::text("metricType"),
    KnownKey::text("vectorFieldType"),
    CONSISTENCY,
    KnownKey::text("primaryFieldName"),
    KnownKey::text("vectorFieldName"),
    KnownKey::new("schema", JsonKind::Object(SCHEMA)),
    KnownKey::new("indexParams", JsonKind::Objects(INDEX)),
    KnownKey::new("params", JsonKind::Map),
    PROPERTIES,
    KnownKey::text("description"),
    KnownKey::text("externalSource").refused(),
    KnownKey::text("externalSpec").refused(),
];

const NAMED_PARTITION: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("partitionName").required(),
];
const NAMED_PARTITIONS: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("partitionNames", JsonKind::Texts).required(),
];
const INDEXES: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("indexParams", JsonKind::Objects(INDEX)).required(),
];
const NAMED_INDEX: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("indexName").required(),
    KnownKey::new("timestamp", JsonKind::Int64),
];
const ALIAS: &[KnownKey] = &[DATABASE, KnownKey::text("aliasName").required()];
const ALIAS_OF: &[KnownKey] = &[DATABASE, COLLECTION, KnownKey::text("aliasName").required()];

const QUERY: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    PARTITIONS,
    OUTPUT_FIELDS,
    KnownKey::text("filter"),
    LIMIT,
    OFFSET,
    KnownKey::new("orderByFields", JsonKind::Texts).refused(),
    KnownKey::new("groupByFields", JsonKind::Texts).refused(),
    EXPR_PARAMS,
    CONSISTENCY,
];
/// Milvus accepts `partitionName` here and ignores it.
const GET: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("partitionName").refused(),
    PARTITIONS,
    OUTPUT_FIELDS,
    KnownKey::new("id", JsonKind::Any).required(),
    CONSISTENCY,
];
/// Milvus has `partitionNames` and `id` only in other calls. It would ignore them here and delete in all partitions.
const DELETE: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    KnownKey::text("filter").required(),
    EXPR_PARAMS,
    KnownKey::new("partitionNames", JsonKind::Any).refused(),
    KnownKey::new("id", JsonKind::Any).refused(),
];
/// The search call itself refuses unsupported values.
const SEARCH: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("ids", JsonKind::List),
    KnownKey::text("annsField"),
    PARTITIONS,
    KnownKey::text("filter"),
    KnownKey::text("groupingField"),
    KnownKey::new("groupSize", JsonKind::Int32),
    KnownKey::new("strictGroupSize", JsonKind::Flag),
    LIMIT,
    OFFSET,
    OUTPUT_FIELDS,
    KnownKey::new("searchParams", JsonKind::Map),
    CONSISTENCY,
    EXPR_PARAMS,
    KnownKey::new("functionScore", JsonKind::Map),
    KnownKey::new("functionChains", JsonKind::List),
    KnownKey::new("searchAggregation", JsonKind::Map),
    KnownKey::new("orderByFields", JsonKind::Texts),
    KnownKey::new("params", JsonKind::Map),
];
const FIELD_OP: &[KnownKey] = &[KnownKey::text("fieldName"), KnownKey::text("op")];
/// Milvus' insert accepts the last two keys and ignores them.
const INSERT: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    KnownKey::new("partialUpdate", JsonKind::Flag).refused(),
    KnownKey::new("fieldOps", JsonKind::Objects(FIELD_OP)).refused(),
];
const UPSERT: &[KnownKey] = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    KnownKey::new("partialUpdate", JsonKind::Flag),
    KnownKey::new("fieldOps", JsonKind::Objects(FIELD_OP)),
];

/// Returns the keys of a route's requests; `None` if the route has no body of Milvus' second API.
fn keys(path: &str) -> Option<&'static [KnownKey]> {
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
