//! The calls that change rows: insert and delete (upsert is in [`super::upsert`]).
//!
//! Each call is one transaction. A delete applies to the rows that are visible when it begins; rows of an import that
//! isn't completed or committed yet are left alone. Deleted rows are marked in their segment; a segment whose rows are
//! all deleted is removed later.

use super::entities::{RowsTarget, by_keys, filter, listed, target};
use super::lookup::{self, DIALECT};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::formats::{Batch, Schema};
use crate::local::search::query::as_text;
use crate::local::storage::collections::DEFAULT_PARTITION;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Adds the routes below `/v2/vectordb/entities`.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes.rows("entities/insert", keys::INSERT, insert);
    routes.write("entities/delete", keys::DELETE, delete)
}

/// Inserts the rows of `data`, an object or a list: either all rows or none.
pub(crate) fn insert(app: &App, call: &ServiceCall) -> Result<Value> {
    let target = target(app, call)?;
    let mut batch = rows(call, &target.schema)?;
    let (name, partition) = partition(app, call, &target)?;
    let collection = target.collection.id;
    if !app.store.insert(collection, partition, &mut batch)? {
        return Err(ServiceError::no_partition(&name));
    }
    Ok(json!({ "insertCount": batch.rows(), "insertIds": ids(call, &batch) }))
}

/// Deletes the rows that match `filter`, or whose primary keys are in `id`.
pub(crate) fn delete(app: &App, call: &ServiceCall) -> Result<Value> {
    let target = target(app, call)?;
    let chosen = match (filter(call, &target.schema)?, call.get(&["id", "ids"])) {
        (Some(filter), _) => filter,
        (None, Some(ids)) => by_keys(&target.schema, listed(ids))?,
        (None, None) => return Err(ServiceError::missing(DIALECT, "filter")),
    };
    let within = match call.text(&["partitionName"]) {
        Some(_) => vec![partition(app, call, &target)?.1],
        None => lookup::partitions(app, call, &target.collection)?,
    };
    let query = target.query(app, call, within, Some(chosen));
    let deleted = query.deleted(&query.segments()?)?;
    let count = app.store.delete(&deleted)?;
    app.shared.nudge();
    Ok(json!({ "deleteCount": count }))
}

/// Returns the partition that `partitionName` names, or the default partition.
pub(crate) fn partition(
    app: &App,
    call: &ServiceCall,
    target: &RowsTarget,
) -> Result<(String, i64)> {
    let name = call.text(&["partitionName"]);
    if name.is_some() && target.schema.has_partition_key() {
        return Err(ServiceError::invalid(
            "not support manually specifying the partition names if partition key mode is used",
        ));
    }
    let id = app.store.partition(target.collection.id, name.as_deref())?;
    let name = name.unwrap_or_else(|| DEFAULT_PARTITION.to_owned());
    let id = id.ok_or_else(|| ServiceError::no_partition(&name))?;
    Ok((name, id))
}

/// Returns the primary keys of the rows.
pub(crate) fn keys(batch: &Batch) -> Vec<Value> {
    let named = batch.schema().fields.iter().zip(batch.columns());
    let keys = named.filter(|(field, _)| field.primary);
    let values = keys.flat_map(|(_, column)| (0..column.len()).map(move |row| column.value(row)));
    values.collect()
}

/// Returns the primary keys of the rows in the form that the caller requested.
pub(crate) fn ids(call: &ServiceCall, batch: &Batch) -> Vec<Value> {
    let ids = keys(batch).into_iter();
    if call.texts_for_int64 {
        ids.map(as_text).collect()
    } else {
        ids.collect()
    }
}

/// Returns the checked rows of `data`, which are read as liberally as by Milvus' insert call.
pub(crate) fn rows(call: &ServiceCall, schema: &Arc<Schema>) -> Result<Batch> {
    let mut batch = Batch::new(schema).loose();
    for (row, number) in data::<&RawValue>(call)?.into_iter().zip(1..) {
        let pushed = batch.push_json(row.get().as_bytes(), number);
        pushed.map_err(bad_rows)?;
    }
    Ok(batch)
}

/// Parses the rows of `data`: a list of them or (in v1) one.
pub(crate) fn data<'a, T: Deserialize<'a>>(call: &'a ServiceCall) -> Result<Vec<T>> {
    let data = call.object.data.as_deref().unwrap_or_default();
    if data.is_empty() || data == b"null" {
        return Err(ServiceError::missing(DIALECT, "data"));
    }
    let read = if data.first() == Some(&b'[') {
        serde_json::from_slice(data)
    } else {
        serde_json::from_slice(data).map(|row| vec![row])
    };
    let rows: Vec<T> = read.map_err(bad_rows)?;
    if rows.is_empty() {
        return Err(bad_rows("there are no rows"));
    }
    Ok(rows)
}

/// Returns the error for rows that can't be stored: 1804, as in Milvus.
pub(crate) fn bad_rows(why: impl std::fmt::Display) -> ServiceError {
    let message = format!("fail to deal the insert data, error: {why}");
    ServiceError::new(1804, message)
}
