//! Keys of the v2 routes' requests, as Milvus declares them (`internal/distributed/proxy/httpserver/request_v2.go`).
//! The keys that the local service refuses are marked.

use super::binding::{self, JsonKind, KnownKey};
use super::error::ServiceError;
use serde_json::{Map, Value};

/// Known keys of a route's requests; none if all are passed on unchecked.
pub(crate) type RequestKeys = &'static [KnownKey];

/// The keys of routes that aren't part of Milvus' second API.
pub(crate) const UNCHECKED: RequestKeys = &[];

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
const FIELD_NAME: KnownKey = KnownKey::text("fieldName");
const DESCRIPTION: KnownKey = KnownKey::text("description");
const TYPE_PARAMS: KnownKey = KnownKey::new("typeParams", JsonKind::Map);
const NULLABLE: KnownKey = KnownKey::new("nullable", JsonKind::Flag);
const PARAMS: KnownKey = KnownKey::new("params", JsonKind::Map);
const METRIC: KnownKey = KnownKey::text("metricType");
const AUTO_ID: KnownKey = KnownKey::new("autoID", JsonKind::Flag);
const PROPERTY_KEYS: KnownKey = KnownKey::new("propertyKeys", JsonKind::Texts);
const FILTER: KnownKey = KnownKey::text("filter");
const ORDER: KnownKey = KnownKey::new("orderByFields", JsonKind::Texts);
const PARTIAL: KnownKey = KnownKey::new("partialUpdate", JsonKind::Flag);
const FIELD_OPS: KnownKey = KnownKey::new("fieldOps", JsonKind::Objects(FIELD_OP));
const INDEX_PARAMS: KnownKey = KnownKey::new("indexParams", JsonKind::Objects(INDEX));
const EXTERNAL_SOURCE: KnownKey = KnownKey::text("externalSource").refused();
const EXTERNAL_SPEC: KnownKey = KnownKey::text("externalSpec").refused();
const ALIAS_NAME: KnownKey = KnownKey::text("aliasName").required();

/// Returns the keys of both lists, `N` in all.
const fn joined<const N: usize>(first: RequestKeys, second: RequestKeys) -> [KnownKey; N] {
    assert!(first.len() + second.len() == N, "the keys of both lists");
    let mut keys = [DATABASE; N];
    let mut at = 0;
    while at < N {
        keys[at] = if at < first.len() {
            first[at]
        } else {
            second[at - first.len()]
        };
        at += 1;
    }
    keys
}

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

/// Consistency levels of Milvus (`commonpb.ConsistencyLevel`).
pub(crate) const LEVELS: [&str; 5] = ["Strong", "Session", "Bounded", "Eventually", "Customized"];

/// Keys that only the cloud's form of an import call has.
const CLOUD_SIGNS: [&str; 6] = [
    "volumeName",
    "clusterId",
    "projectId",
    "regionId",
    "objectUrl",
    "objectUrls",
];

pub(crate) const IMPORT: RequestKeys = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    KnownKey::new("files", JsonKind::TextLists).required(),
    KnownKey::new("options", JsonKind::TextMap),
];
pub(crate) const JOB: RequestKeys = &[DATABASE, KnownKey::text("jobId").required()];
/// Keys of the lists of jobs and of aliases, for one collection or for all.
pub(crate) const ONE_OR_ALL: RequestKeys = &[DATABASE, KnownKey::text("collectionName")];

pub(crate) const ONLY_DATABASE: RequestKeys = &[DATABASE];
pub(crate) const NAMED_DATABASE: RequestKeys = &[DATABASE.required()];
pub(crate) const DATABASE_PROPERTIES: RequestKeys = &[DATABASE.required(), PROPERTIES];
pub(crate) const DROP_DATABASE_PROPERTIES: RequestKeys = &[DATABASE.required(), PROPERTY_KEYS];

pub(crate) const NAMED_COLLECTION: RequestKeys = &[DATABASE, COLLECTION, PARTITIONS];
pub(crate) const RENAME: RequestKeys = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("newCollectionName").required(),
    KnownKey::text("newDbName"),
];
pub(crate) const COLLECTION_PROPERTIES: RequestKeys = &[DATABASE, COLLECTION, PROPERTIES];
pub(crate) const DROP_COLLECTION_PROPERTIES: RequestKeys = &[DATABASE, COLLECTION, PROPERTY_KEYS];
pub(crate) const COMPACT: RequestKeys = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("isClustering", JsonKind::Flag),
];
pub(crate) const COMPACTION_STATE: RequestKeys = &[KnownKey::new("jobID", JsonKind::Int64)];

const FIELD: RequestKeys = &joined::<13>(
    SUB_FIELD,
    &[
        KnownKey::text("externalField").refused(),
        KnownKey::new("fields", JsonKind::Objects(SUB_FIELD)),
    ],
);
const SUB_FIELD: RequestKeys = &[
    FIELD_NAME,
    DESCRIPTION,
    KnownKey::text("dataType"),
    KnownKey::text("elementDataType"),
    KnownKey::new("isPrimary", JsonKind::Flag),
    KnownKey::new("isPartitionKey", JsonKind::Flag),
    KnownKey::new("isClusteringKey", JsonKind::Flag),
    KnownKey::new("elementTypeParams", JsonKind::Map),
    TYPE_PARAMS,
    NULLABLE,
    KnownKey::new("defaultValue", JsonKind::Any),
];
const STRUCT_FIELD: RequestKeys = &[
    FIELD_NAME,
    DESCRIPTION,
    KnownKey::new("fields", JsonKind::Objects(SUB_FIELD)),
    TYPE_PARAMS,
    NULLABLE,
];
const FUNCTION: RequestKeys = &[
    KnownKey::text("name"),
    DESCRIPTION,
    KnownKey::text("type"),
    KnownKey::new("inputFieldNames", JsonKind::Texts),
    KnownKey::new("outputFieldNames", JsonKind::Texts),
    PARAMS,
];
const SCHEMA: RequestKeys = &[
    KnownKey::new("fields", JsonKind::Objects(FIELD)),
    KnownKey::new("structFields", JsonKind::Objects(STRUCT_FIELD)),
    KnownKey::new("functions", JsonKind::Objects(FUNCTION)),
    AUTO_ID,
    KnownKey::new("enableDynamicField", JsonKind::Flag),
    EXTERNAL_SOURCE,
    EXTERNAL_SPEC,
];
const INDEX: RequestKeys = &[
    FIELD_NAME,
    KnownKey::text("indexName"),
    METRIC,
    KnownKey::text("indexType"),
    PARAMS,
];
pub(crate) const CREATE_COLLECTION: RequestKeys = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("dimension", JsonKind::Int32),
    KnownKey::text("idType"),
    AUTO_ID,
    METRIC,
    KnownKey::text("vectorFieldType"),
    CONSISTENCY,
    KnownKey::text("primaryFieldName"),
    KnownKey::text("vectorFieldName"),
    KnownKey::new("schema", JsonKind::Object(SCHEMA)),
    INDEX_PARAMS,
    PARAMS,
    PROPERTIES,
    DESCRIPTION,
    EXTERNAL_SOURCE,
    EXTERNAL_SPEC,
];

pub(crate) const NAMED_PARTITION: RequestKeys = &[DATABASE, COLLECTION, PARTITION.required()];
pub(crate) const NAMED_PARTITIONS: RequestKeys = &[DATABASE, COLLECTION, PARTITIONS.required()];
pub(crate) const INDEXES: RequestKeys = &[DATABASE, COLLECTION, INDEX_PARAMS.required()];
pub(crate) const NAMED_INDEX: RequestKeys = &[
    DATABASE,
    COLLECTION,
    KnownKey::text("indexName").required(),
    KnownKey::new("timestamp", JsonKind::Int64),
];
pub(crate) const ALIAS: RequestKeys = &[DATABASE, ALIAS_NAME];
pub(crate) const ALIAS_OF: RequestKeys = &[DATABASE, COLLECTION, ALIAS_NAME];

pub(crate) const QUERY: RequestKeys = &[
    DATABASE,
    COLLECTION,
    PARTITIONS,
    OUTPUT_FIELDS,
    FILTER,
    LIMIT,
    OFFSET,
    ORDER.refused(),
    KnownKey::new("groupByFields", JsonKind::Texts).refused(),
    EXPR_PARAMS,
    CONSISTENCY,
];
/// Milvus accepts `partitionName` here and ignores it.
pub(crate) const GET: RequestKeys = &[
    DATABASE,
    COLLECTION,
    PARTITION.refused(),
    PARTITIONS,
    OUTPUT_FIELDS,
    KnownKey::new("id", JsonKind::Any).required(),
    CONSISTENCY,
];
/// Milvus has `partitionNames` and `id` only in other calls. It would ignore them here and delete in all partitions.
pub(crate) const DELETE: RequestKeys = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    FILTER.required(),
    EXPR_PARAMS,
    KnownKey::new("partitionNames", JsonKind::Any).refused(),
    KnownKey::new("id", JsonKind::Any).refused(),
];
/// The search call itself refuses unsupported values.
pub(crate) const SEARCH: RequestKeys = &[
    DATABASE,
    COLLECTION,
    KnownKey::new("ids", JsonKind::List),
    KnownKey::text("annsField"),
    PARTITIONS,
    FILTER,
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
    ORDER,
    PARAMS,
];
const FIELD_OP: RequestKeys = &[FIELD_NAME, KnownKey::text("op")];
/// Milvus' insert accepts the last two keys and ignores them.
pub(crate) const INSERT: RequestKeys = &[
    DATABASE,
    COLLECTION,
    PARTITION,
    PARTIAL.refused(),
    FIELD_OPS.refused(),
];
pub(crate) const UPSERT: RequestKeys = &[DATABASE, COLLECTION, PARTITION, PARTIAL, FIELD_OPS];

/// Binds the parameters of a request to the route at this path. If an import call has the cloud's form, its keys are
/// renamed to their usual spelling but not checked: nothing is published about how the cloud reads values of other
/// types.
pub(crate) fn bind(
    path: &str,
    keys: RequestKeys,
    params: &mut Map<String, Value>,
) -> Result<(), ServiceError> {
    if keys.is_empty() {
        return Ok(());
    }
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
    let level = level.unwrap_or_default();
    if level.is_empty() || LEVELS.contains(&level) {
        return Ok(());
    }
    let known = LEVELS.join(", ");
    let message = format!(
        "consistencyLevel can only be [{known}], default: Bounded, err:parameter:'{level}' is incorrect"
    );
    Err(ServiceError::new(1100, message))
}

/// Refuses rows that aren't a list of objects (1801). The first API also accepts one object.
pub(crate) fn check_rows(path: &str, data: Option<&[u8]>) -> Result<(), ServiceError> {
    let route = path.strip_prefix("/v2/vectordb/entities/");
    let is_rows = matches!(route, Some("insert" | "upsert"));
    let is_list = |data: &[u8]| data.first() == Some(&b'[') || data == b"null";
    if !is_rows || data.is_none_or(is_list) {
        return Ok(());
    }
    let why = "error: cannot unmarshal a single value into data of type array of objects";
    Err(ServiceError::not_json(200, why))
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
