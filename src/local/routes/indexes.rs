//! The indexes of a collection: those in its create call, and those created later. Nothing is built, since queries read
//! the rows.

use super::lookup::{DIALECT, find};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::formats::batch::META;
use crate::formats::schema::FunctionOutput;
use crate::formats::{DataType, Schema};
use crate::local::storage::collections::Collection;
use serde::{Deserialize, Serialize};

/// Metric types of float and integer vectors (Milvus: indexparamcheck/constraints.go).
const FLOAT_METRICS: &[&str] = &["COSINE", "L2", "IP"];

/// Metric types of binary vectors; SUBSTRUCTURE and SUPERSTRUCTURE need the index `BIN_FLAT`, MHJACCARD needs `MINHASH_LSH`.
const BINARY_METRICS: &[&str] = &[
    "HAMMING",
    "JACCARD",
    "SUBSTRUCTURE",
    "SUPERSTRUCTURE",
    "MHJACCARD",
];

/// Metric types of lists of vectors in struct arrays, between lists and between their elements (Milvus:
/// indexparamcheck/constraints.go, `ArrayOfVectorFloatMetrics` and its siblings).
const FLOAT_LIST_METRICS: &[&str] = &[
    "MAX_SIM_COSINE",
    "MAX_SIM",
    "MAX_SIM_L2",
    "MAX_SIM_IP",
    "COSINE",
    "L2",
    "IP",
];
const BINARY_LIST_METRICS: &[&str] = &["MAX_SIM_HAMMING", "MAX_SIM_JACCARD", "HAMMING", "JACCARD"];

/// Most attempts to change the list while other requests change it.
const TRIES: usize = 20;

/// Adds the routes below `/v2/vectordb/indexes`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .post("indexes/list", keys::NAMED_COLLECTION, list)
        .post("indexes/describe", keys::NAMED_INDEX, describe)
        .write("indexes/create", keys::INDEXES, create)
        .write("indexes/drop", keys::NAMED_INDEX, drop)
}

/// An index as requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    field: String,
    name: String,
    metric: String,
    /// The index type, e.g. `AUTOINDEX`.
    kind: String,
}

impl Index {
    /// Reads an entry of `indexParams`, or the quick form itself. The Node SDK writes the types into `params`.
    fn read(value: &Value, schema: &Schema, (field, name): (String, Option<String>)) -> Self {
        let params = value.get("params").unwrap_or(&Value::Null);
        let either = |name: &str, inner: &str| {
            text(value, name).or_else(|| text(params, name).or_else(|| text(params, inner)))
        };
        Self {
            name: name.unwrap_or_else(|| field.clone()),
            metric: either("metricType", "metric_type")
                .unwrap_or_else(|| default_metric(schema, &field).to_owned()),
            field,
            kind: either("indexType", "index_type").unwrap_or_else(|| "AUTOINDEX".to_owned()),
        }
    }

    fn check(&self, schema: &Schema) -> Result<()> {
        let known = metrics(schema, &self.field);
        if known.is_none() && !(schema.dynamic && self.field == META) {
            let message = format!("cannot create index on non-exist field: {}", self.field);
            return Err(ServiceError::invalid(message));
        }
        let mut known = known.unwrap_or_default().to_vec();
        if known.is_empty() {
            // A field that isn't a vector needs no metric, so any known metric is accepted.
            known.extend([FLOAT_METRICS, BINARY_METRICS, FLOAT_LIST_METRICS].concat());
            known.extend([BINARY_LIST_METRICS, &["BM25"]].concat());
        }
        let own = |metric: &&str| metric.eq_ignore_ascii_case(&self.metric);
        if known.iter().any(own) {
            return Ok(());
        }
        let problem = self.problem(schema);
        Err(ServiceError::invalid(format!(
            "{problem}; the metric types of the field {:?} are {}",
            self.field,
            known.join(", ")
        )))
    }

    /// Refuses the metrics of binary vectors that need an index type of their own, which the quick form can't name
    /// (Milvus: `handler_v2.go`, `binaryMetricTypesForQuickCreate`).
    fn check_quick(&self) -> Result<()> {
        match self.metric.to_ascii_uppercase().as_str() {
            "SUBSTRUCTURE" | "SUPERSTRUCTURE" | "MHJACCARD" => Err(ServiceError::invalid(format!(
                "binary vector index does not support metric type: {}",
                self.metric
            ))),
            _ => Ok(()),
        }
    }

    /// Returns the problem with an unsuitable metric, in Milvus' words (`internal/proxy/task_index.go`,
    /// `parseIndexParams`).
    fn problem(&self, schema: &Schema) -> String {
        let metric = &self.metric;
        let outer = self.field.split('[').next().unwrap_or_default();
        let kind = match schema.field(&self.field).map(|field| &field.data_type) {
            Some(DataType::SparseFloatVector) if metric.eq_ignore_ascii_case("BM25") => {
                return "only BM25 Function output field support BM25 metric type".to_owned();
            }
            Some(DataType::SparseFloatVector) => {
                return "only IP&BM25 is the supported metric type for sparse index".to_owned();
            }
            Some(DataType::BinaryVector { .. }) => "binary vector index",
            Some(DataType::Int8Vector { .. }) => "int vector index",
            Some(data_type) if data_type.is_vector() => "float vector index",
            None if schema.field(outer).is_some() => "array of vector",
            _ => "index",
        };
        format!("{kind} does not support metric type: {metric}")
    }
}

/// Returns the metric types of a field, the default first. A field that isn't a vector has none; a missing field is
/// `None`.
fn metrics(schema: &Schema, name: &str) -> Option<&'static [&'static str]> {
    if let Some((of, sub)) = name.split_once('[') {
        let DataType::ArrayOfStruct { fields, .. } = &schema.field(of)?.data_type else {
            return None;
        };
        let sub = sub.strip_suffix(']')?;
        let sub = fields.iter().find(|field| field.name == sub)?;
        return Some(match &sub.element {
            DataType::BinaryVector { .. } => BINARY_LIST_METRICS,
            element if element.is_vector() => FLOAT_LIST_METRICS,
            _ => &[],
        });
    }
    let field = schema.field(name)?;
    Some(match &field.data_type {
        // Milvus accepts only BM25 for the output of a BM25 function, and for no other field.
        DataType::SparseFloatVector if field.output == Some(FunctionOutput::Bm25) => &["BM25"],
        DataType::SparseFloatVector => &["IP"],
        DataType::BinaryVector { .. } => BINARY_METRICS,
        other if other.is_vector() => FLOAT_METRICS,
        _ => &[],
    })
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the metric of an index that names none.
fn default_metric(schema: &Schema, field: &str) -> &'static str {
    let known = metrics(schema, field).unwrap_or_default();
    known.first().copied().unwrap_or("COSINE")
}

/// Returns the metric of a field's index, or the default if the field has no index.
pub(crate) fn metric_of(collection: &Collection, schema: &Schema, field: &str) -> String {
    let mut indexes = of(collection, schema).into_iter();
    let index = indexes.find(|it| it.field == field);
    index.map_or_else(|| default_metric(schema, field).to_owned(), |it| it.metric)
}

/// Returns the index of the quick form's vector, or those in `indexParams`.
fn of_body(body: &Value, schema: &Schema) -> Vec<Index> {
    if is_quick(body) {
        let field = text(body, "vectorFieldName").unwrap_or_else(|| "vector".to_owned());
        return vec![Index::read(body, schema, (field, None))];
    }
    listed(body, schema)
}

fn listed(body: &Value, schema: &Schema) -> Vec<Index> {
    let asked = body.get("indexParams").and_then(Value::as_array);
    let named = |value: &Value| {
        let field = text(value, "fieldName").unwrap_or_default();
        Index::read(value, schema, (field, text(value, "indexName")))
    };
    asked.into_iter().flatten().map(named).collect()
}

fn is_quick(body: &Value) -> bool {
    let fields = body.pointer("/schema/fields").and_then(Value::as_array);
    fields.is_none_or(Vec::is_empty) && body.get("fields").is_none()
}

/// Returns the indexes that a create call requests.
pub(crate) fn asked(body: &Value, schema: &Schema) -> Result<Vec<Index>> {
    let indexes = of_body(body, schema);
    indexes.iter().try_for_each(|index| index.check(schema))?;
    if is_quick(body) {
        indexes.iter().try_for_each(Index::check_quick)?;
    }
    Ok(indexes)
}

/// Returns why a collection with these indexes can't be loaded (Milvus: `proxy/task.go`, `loadCollectionTask.Execute`).
pub(super) fn check_loadable(name: &str, schema: &Schema, indexes: &[Index]) -> Result<()> {
    if indexes.is_empty() {
        let message = format!("index not found[collection={name}]");
        return Err(ServiceError::new(700, message));
    }
    let mut vectors = Vec::new();
    for field in &schema.fields {
        match &field.data_type {
            DataType::ArrayOfStruct { fields, .. } => vectors.extend(
                fields
                    .iter()
                    .filter(|sub| sub.element.is_vector())
                    .map(|sub| format!("{}[{}]", field.name, sub.name)),
            ),
            data_type if data_type.is_vector() => vectors.push(field.name.clone()),
            _ => {}
        }
    }
    vectors.retain(|field| indexes.iter().all(|index| index.field != *field));
    if vectors.is_empty() {
        return Ok(());
    }
    Err(ServiceError::invalid(format!(
        "there is no vector index on field: [{}], please create index firstly",
        vectors.join(" ")
    )))
}

/// Returns the indexes of a collection.
pub(super) fn of(collection: &Collection, schema: &Schema) -> Vec<Index> {
    let changed = collection.indexes.as_deref();
    let changed = changed.and_then(|text| serde_json::from_str(text).ok());
    changed.unwrap_or_else(|| of_body(&collection.body, schema))
}

/// Returns the indexes in the form of a collection's description.
pub(crate) fn in_short(collection: &Collection, schema: &Schema) -> Vec<Value> {
    let short =
        |it: Index| json!({ "fieldName": it.field, "indexName": it.name, "metricType": it.metric });
    of(collection, schema).into_iter().map(short).collect()
}

/// Creates the indexes in `indexParams`. An index that already exists is success.
fn create(app: &App, call: &ServiceCall) -> Result<Value> {
    let schema = find(app, call)?.schema()?;
    let body = Value::Object(call.object.params.clone());
    let fresh = listed(&body, &schema);
    if fresh.is_empty() {
        return Err(ServiceError::missing(DIALECT, "indexParams"));
    }
    fresh.iter().try_for_each(|index| index.check(&schema))?;
    change(app, call, |indexes| {
        for index in &fresh {
            let other = |it: &&Index| it.field == index.field || it.name == index.name;
            match indexes.iter().find(other) {
                Some(there) if there == index => {}
                Some(_) => {
                    let why = "at most one distinct index is allowed per field";
                    return Err(ServiceError::unexpected(why));
                }
                None => indexes.push(index.clone()),
            }
        }
        Ok(())
    })
}

/// Drops an index. A missing index is success, as in Milvus.
fn drop(app: &App, call: &ServiceCall) -> Result<Value> {
    let name = call.required(DIALECT, &["indexName"])?;
    change(app, call, |indexes| {
        indexes.retain(|it| it.name != name);
        Ok(())
    })
}

/// Changes the list of a collection's indexes, and retries if another request has changed it in between.
fn change(
    app: &App,
    call: &ServiceCall,
    change: impl Fn(&mut Vec<Index>) -> Result<()>,
) -> Result<Value> {
    for _ in 0..TRIES {
        let (collection, mut indexes) = current(app, call)?;
        change(&mut indexes)?;
        let text = json!(indexes).to_string();
        let before = collection.indexes.as_deref();
        if app.store.set_indexes(collection.id, before, &text)? {
            return Ok(json!({}));
        }
    }
    Err(ServiceError::busy())
}

/// Returns the collection of a call, and its indexes.
fn current(app: &App, call: &ServiceCall) -> Result<(Collection, Vec<Index>)> {
    let collection = find(app, call)?;
    let indexes = of(&collection, &collection.schema()?);
    Ok((collection, indexes))
}

/// Returns the names of a collection's indexes.
fn list(app: &App, call: &ServiceCall) -> Result<Value> {
    let (_, indexes) = current(app, call)?;
    Ok(indexes.into_iter().map(|it| it.name).collect())
}

/// Returns one index as a list, like Milvus. Every row counts as indexed.
fn describe(app: &App, call: &ServiceCall) -> Result<Value> {
    let (collection, indexes) = current(app, call)?;
    let name = call.required(DIALECT, &["indexName"])?;
    let index = indexes.into_iter().find(|it| it.name == name);
    let missing = || ServiceError::new(700, format!("index not found[index={name}]"));
    let index = index.ok_or_else(missing)?;
    let rows = app.store.count(collection.id, None)?;
    Ok(json!([{
        "failReason": "",
        "fieldName": index.field,
        "indexName": index.name,
        "indexState": "Finished",
        "indexType": index.kind,
        "indexedRows": rows,
        "metricType": index.metric,
        "pendingRows": 0,
        "totalRows": rows,
    }]))
}
