//! The calls that read rows (query and get), and the helpers that they share with the calls that change rows.

use super::lookup::{self, DIALECT};
use super::{App, Map, Result, Routes, ServiceCall, ServiceError, Value, keys};
use crate::formats::{DataType, Schema};
use crate::local::filter::{Constant, Filter};
use crate::local::search::outputs::{FoundRows, Outputs};
use crate::local::search::query::Query;
use crate::local::storage::collections::Collection;
use std::sync::Arc;

/// Most rows, including skipped ones, that a query reads, as in Milvus.
const WINDOW: i64 = 16_384;

/// Default `limit` of a query, as in Milvus.
const LIMIT: i64 = 100;

/// Adds the routes below `/v2/vectordb/entities`.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .query("entities/query", keys::QUERY, query)
        .query("entities/get", keys::GET, get)
}

/// The target of a call on rows.
pub(crate) struct RowsTarget {
    pub(crate) collection: Collection,
    pub(crate) schema: Arc<Schema>,
}

/// Returns the collection of a call.
pub(crate) fn target(app: &App, call: &ServiceCall) -> Result<RowsTarget> {
    let collection = lookup::find(app, call)?;
    let schema = Arc::new(collection.schema()?);
    Ok(RowsTarget { collection, schema })
}

impl RowsTarget {
    /// Refuses a collection that isn't loaded.
    pub(crate) fn check_loaded(&self) -> Result<()> {
        if self.collection.loaded {
            return Ok(());
        }
        let name = &self.collection.name;
        let message = format!("collection not loaded[collection={name}]");
        Err(ServiceError::new(101, message))
    }

    /// Returns a query of the rows in these partitions that match a filter.
    pub(crate) fn query<'a>(
        &'a self,
        app: &'a App,
        call: &'a ServiceCall,
        partitions: Vec<i64>,
        filter: Option<Filter>,
    ) -> Query<'a> {
        Query {
            store: &app.store,
            collection: self.collection.id,
            schema: &self.schema,
            partitions,
            filter,
            texts_for_int64: call.texts_for_int64,
            limit: &call.limit,
        }
    }
}

/// Returns `count(*)`, or the rows that match `filter`, by ascending primary key.
pub(crate) fn query(app: &App, call: &ServiceCall) -> Result<FoundRows> {
    let target = target(app, call)?;
    let filter = filter(call, &target.schema)?;
    let fields = output_fields(call)?;
    let outputs = match fields.as_slice() {
        [field] if field == "count(*)" => None,
        fields => Some(Outputs::parse(fields, &target.schema).map_err(ServiceError::invalid)?),
    };
    target.check_loaded()?;
    let partitions = lookup::partitions(app, call, &target.collection)?;
    let query = target.query(app, call, partitions, filter);
    let Some(outputs) = outputs else {
        return Ok(vec![format!("\"count(*)\":{}", query.count()?)].into());
    };
    let (skip, limit) = window(call)?;
    query.rows(&outputs, skip, limit)
}

/// Returns the rows whose primary keys are in `id`: a single key or a list.
pub(crate) fn get(app: &App, call: &ServiceCall) -> Result<FoundRows> {
    let target = target(app, call)?;
    let outputs =
        Outputs::parse(&output_fields(call)?, &target.schema).map_err(ServiceError::invalid)?;
    let ids = call.get(&["id", "ids"]);
    let ids = listed(ids.ok_or_else(|| ServiceError::missing(DIALECT, "id"))?);
    let filter = by_keys(&target.schema, ids)?;
    target.check_loaded()?;
    let partitions = lookup::partitions(app, call, &target.collection)?;
    let query = target.query(app, call, partitions, Some(filter));
    query.rows(&outputs, 0, usize::try_from(WINDOW).unwrap_or(usize::MAX))
}

/// Returns a filter for the rows with these primary keys.
pub(crate) fn by_keys(schema: &Schema, ids: &[Value]) -> Result<Filter> {
    let mut fields = schema.fields.iter().enumerate();
    let primary = fields.find(|(_, field)| field.primary);
    let (primary, field) =
        primary.ok_or_else(|| ServiceError::unexpected("the schema has no primary key"))?;
    let textual = matches!(field.data_type, DataType::VarChar { .. });
    let keys: Option<Vec<_>> = ids.iter().map(|id| key(id, textual)).collect();
    let keys = keys.ok_or_else(|| {
        let kind = if textual { "texts" } else { "64-bit integers" };
        ServiceError::new(
            1806,
            format!("please check the primary key and its' type can only in [int, string], error: the primary keys are {kind}"),
        )
    })?;
    Ok(Filter::keys(primary, keys))
}

/// Returns a single value, or the values of a list.
pub(crate) fn listed(value: &Value) -> &[Value] {
    let values = value.as_array();
    values.map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Returns an id as a primary key. Integers may be texts, for languages without 64-bit integers.
fn key(id: &Value, textual: bool) -> Option<Constant> {
    match (id, textual) {
        (Value::String(text), true) => Some(Constant::Text(text.clone())),
        (Value::Number(number), true) => Some(Constant::Text(number.to_string())),
        (Value::String(text), false) => text.parse().ok().map(Constant::Int),
        (id, false) => id.as_i64().map(Constant::Int),
        _ => None,
    }
}

/// Returns the filter of a call, if there is one.
pub(crate) fn filter(call: &ServiceCall, schema: &Schema) -> Result<Option<Filter>> {
    let text = call.text(&["filter", "expr"]);
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let none = Map::new();
    let params = call.get(&["exprParams"]).and_then(Value::as_object);
    let filter = Filter::parse(&text, schema, params.unwrap_or(&none));
    filter.map(Some).map_err(|why| {
        let message =
            format!("failed to create query plan: cannot parse expression: {text}, error: {why}");
        ServiceError::new(1100, format!("{message}: invalid parameter"))
    })
}

/// Returns `outputFields`, or all fields if it's missing or empty.
fn output_fields(call: &ServiceCall) -> Result<Vec<String>> {
    let mut names = lookup::names(call, "outputFields")?;
    if names.is_empty() {
        names.push("*".to_owned());
    }
    Ok(names)
}

/// Returns the number of rows to skip, and the most rows to return.
fn window(call: &ServiceCall) -> Result<(usize, usize)> {
    let limit = call.integer("limit", LIMIT).filter(|limit| *limit > 0);
    let skip = call.integer("offset", 0).filter(|skip| *skip >= 0);
    let both = limit.zip(skip);
    let sound = both.filter(|(limit, skip)| limit.saturating_add(*skip) <= WINDOW);
    let (limit, skip) = sound.ok_or_else(|| {
        ServiceError::invalid(format!(
            "invalid max query result window, limit must be at least 1 and offset+limit at most {WINDOW}"
        ))
    })?;
    let whole = |number| usize::try_from(number).unwrap_or(0);
    Ok((whole(skip), whole(limit)))
}
