//! The indexes of a collection: those its create call asked for. Nothing is built: queries read the rows.

use super::call::Call;
use super::collections::find;
use super::error::ServiceError;
use super::server::{App, Envelope, Routes};
use super::source::Dialect;
use serde_json::{Value, json};

/// Index calls go to the cluster itself, which answers as Milvus does.
const DIALECT: Dialect = Dialect::Milvus;

/// Adds the routes below `/v2/vectordb/indexes`.
pub(super) fn routes(routes: Routes) -> Routes {
    let path = |route: &str| format!("/v2/vectordb/indexes/{route}");
    routes
        .post(Envelope::V2, &path("list"), list)
        .post(Envelope::V2, &path("describe"), describe)
}

/// An index as it was asked for.
struct Index {
    field: String,
    name: String,
    metric: String,
    /// E.g. `AUTOINDEX`.
    kind: String,
}

/// The index of the quick form's vector, or those `indexParams` asks for.
fn of(body: &Value) -> Vec<Index> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let index = |value: &Value, field: String, name: Option<String>| Index {
        name: name.unwrap_or_else(|| field.clone()),
        field,
        metric: text(value, "metricType").unwrap_or_else(|| "COSINE".to_owned()),
        kind: text(value, "indexType").unwrap_or_else(|| "AUTOINDEX".to_owned()),
    };
    if is_quick(body) {
        let field = text(body, "vectorFieldName").unwrap_or_else(|| "vector".to_owned());
        return vec![index(body, field, None)];
    }
    let asked = body.get("indexParams").and_then(Value::as_array);
    let named = |value: &Value| {
        let field = text(value, "fieldName").unwrap_or_default();
        index(value, field, text(value, "indexName"))
    };
    asked.into_iter().flatten().map(named).collect()
}

fn is_quick(body: &Value) -> bool {
    body.get("schema").is_none_or(Value::is_null) && body.get("fields").is_none()
}

/// The indexes as a collection's description lists them.
pub(super) fn in_short(body: &Value) -> Vec<Value> {
    let short =
        |it: Index| json!({ "fieldName": it.field, "indexName": it.name, "metricType": it.metric });
    of(body).into_iter().map(short).collect()
}

/// The names of a collection's indexes.
fn list(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let collection = find(app, call)?;
    Ok(of(&collection.body).into_iter().map(|it| it.name).collect())
}

/// One index, in a list, as Milvus gives it; every row counts as indexed.
fn describe(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let collection = find(app, call)?;
    let name = call.required(DIALECT, &["indexName"])?;
    let mut indexes = of(&collection.body).into_iter();
    let index = indexes
        .find(|it| it.name == name)
        .ok_or_else(|| ServiceError::no_index(&name))?;
    let rows = app.store().count(collection.id, None)?;
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
