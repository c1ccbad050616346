//! The upsert call, which replaces the rows with the same primary keys or changes some of their fields.
//!
//! The rules are Milvus' (`internal/proxy/task_upsert.go`). The call replaces rows of the named partition, or of
//! `_default`; in a collection with a partition key, it replaces rows of all partitions. A primary key may occur only
//! once in a call. With autoId, a row names the primary key that it replaces and gets a new one.

use super::entities::{by_keys, target};
use super::rows::{bad_rows, data, ids, keys, partition, rows};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, json, keys};
use crate::formats::{Batch, DataType, Schema};
use crate::local::search::outputs::Outputs;
use crate::local::search::query::Query;
use crate::local::storage::dead::{DeletedRows, Replaced};
use crate::local::storage::rows::Segment;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Most tries of an upsert to find the rows that it replaces, if other calls add rows meanwhile.
const TRIES: usize = 200;

/// A row, as the JSON texts of its values.
type RowTexts = BTreeMap<String, Box<RawValue>>;

/// Adds the upsert route.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.rows("entities/upsert", keys::UPSERT, upsert)
}

/// Replaces the rows that have the primary keys of `data`, all or none.
pub(crate) fn upsert(app: &App, call: &ServiceCall) -> Result<Value> {
    let target = target(app, call)?;
    let partial = is_partial(call)?;
    let mut fresh = FreshRows::read(call, &target.schema, partial)?;
    let (name, partition_id) = partition(app, call, &target)?;
    let within = if target.schema.has_partition_key() {
        Vec::new()
    } else {
        vec![partition_id]
    };
    let filter = by_keys(&target.schema, &fresh.keys)?;
    let query = Query {
        texts_for_int64: false,
        ..target.query(app, call, within, Some(filter))
    };
    let (mut deleted, mut looked): (DeletedRows, Vec<Segment>) = (DeletedRows::new(), Vec::new());
    for _ in 0..TRIES {
        // All segments are listed before the search for rows, so a segment that is added later isn't missed.
        let seen = app.store.segments(target.collection.id, &[])?;
        // Segments never change, so only new segments are searched.
        let known: HashSet<i64> = looked.iter().map(|segment| segment.id).collect();
        let mut new = query.segments()?;
        new.retain(|segment| !known.contains(&segment.id));
        deleted.extend(query.deleted(&new)?);
        looked.extend(new);
        let batch = fresh.batch(&query, &looked)?;
        let (store, collection) = (&app.store, target.collection.id);
        match store.replace(collection, (&deleted, &seen), partition_id, batch)? {
            Replaced::Done => {
                app.shared.nudge();
                let (count, ids) = (batch.rows(), ids(call, batch));
                return Ok(json!({ "upsertCount": count, "upsertIds": ids }));
            }
            Replaced::NoPartition => return Err(ServiceError::no_partition(&name)),
            Replaced::Outdated => {}
        }
    }
    let message = "rows come faster than an upsert can look through them; try again";
    Err(ServiceError::http(429, 429, message))
}

/// Returns whether the call changes only the given fields. Operations on arrays are refused (Milvus: `request_v2.go`,
/// `parseFieldPartialUpdateOp`).
fn is_partial(call: &ServiceCall) -> Result<bool> {
    let ops = call.get(&["fieldOps"]).and_then(Value::as_array);
    for op in ops.into_iter().flatten() {
        let op = op.get("op").and_then(Value::as_str).unwrap_or_default();
        match op.trim().to_ascii_uppercase().as_str() {
            "REPLACE" => {}
            "ARRAY_APPEND" | "ARRAY_REMOVE" => {
                let what = format!("the operation {} of fieldOps is", op.trim());
                return Err(ServiceError::unsupported(what));
            }
            _ => {
                let why = format!("unsupported partial update op: {op}");
                return Err(ServiceError::invalid(why));
            }
        }
    }
    let partial = call.get(&["partialUpdate"]);
    Ok(partial.and_then(Value::as_bool).unwrap_or(false))
}

/// The rows of a call.
struct FreshRows {
    /// The primary keys of the rows to replace.
    keys: Vec<Value>,
    /// The rows to store. In a partial update, it's only complete once the rows to change are known.
    batch: Batch,
    /// The rows of a partial update.
    partial: Option<Vec<RowTexts>>,
}

impl FreshRows {
    fn read(call: &ServiceCall, schema: &Arc<Schema>, partial: bool) -> Result<Self> {
        let fresh = if partial || schema.auto_id() {
            let rows = data::<RowTexts>(call)?;
            let mut batch = Batch::new(schema).loose();
            // Milvus reads the rows before it looks for their primary keys.
            if !partial {
                let none = RowTexts::new();
                for (number, row) in rows.iter().enumerate() {
                    push(&mut batch, number, &none, row)?;
                }
            }
            let keys = given_keys(&rows, schema)?;
            if partial {
                check_columns(&rows, schema)?;
            }
            Self {
                keys,
                batch,
                partial: partial.then_some(rows),
            }
        } else {
            let batch = rows(call, schema)?;
            Self {
                keys: keys(&batch),
                batch,
                partial: None,
            }
        };
        let mut seen = HashSet::new();
        if fresh.keys.iter().all(|key| seen.insert(plain(key))) {
            return Ok(fresh);
        }
        let why = "duplicate primary keys are not allowed in the same batch";
        Err(ServiceError::invalid(why))
    }

    /// Returns the rows to store. In a partial update, other fields are copied from the rows to change, which are in
    /// these segments.
    fn batch(&mut self, query: &Query<'_>, segments: &[Segment]) -> Result<&mut Batch> {
        let Some(rows) = &self.partial else {
            return Ok(&mut self.batch);
        };
        let schema = Arc::clone(self.batch.schema());
        let there = existing(query, segments, &schema)?;
        let mut batch = Batch::new(&schema).loose();
        let none = RowTexts::new();
        for (number, (row, key)) in rows.iter().zip(&self.keys).enumerate() {
            let before = there.get(&plain(key)).unwrap_or(&none);
            push(&mut batch, number, before, row)?;
        }
        self.batch = batch;
        Ok(&mut self.batch)
    }
}

/// Returns the rows' primary keys, or an error if a row has none.
fn given_keys(rows: &[RowTexts], schema: &Schema) -> Result<Vec<Value>> {
    let name = key_name(schema);
    let key = |row: &RowTexts| {
        let text = row.get(name).map(|text| text.get());
        let value = text.and_then(|text| serde_json::from_str(text).ok());
        value.filter(|value: &Value| !value.is_null())
    };
    let keys: Option<Vec<_>> = rows.iter().map(key).collect();
    keys.ok_or_else(|| {
        let why = format!("must assign pk when upsert, primary field: {name}");
        ServiceError::invalid(why)
    })
}

fn key_name(schema: &Schema) -> &str {
    schema.primary().map_or("", |field| &field.name)
}

/// Refuses a partial update if a field is in some of its rows and not in others (Milvus:
/// `internal/distributed/proxy/httpserver/utils.go`, `anyToColumns`).
fn check_columns(rows: &[RowTexts], schema: &Schema) -> Result<()> {
    for field in &schema.fields {
        let with = rows.iter().filter(|row| row.contains_key(&field.name));
        let count = with.count();
        if count != 0 && count != rows.len() {
            return Err(bad_rows(format!(
                "column {} has length {count}, expected {}: all rows of a partial update have the same fields",
                field.name,
                rows.len()
            )));
        }
    }
    Ok(())
}

/// Returns the stored rows that the query finds, by primary key.
fn existing(
    query: &Query<'_>,
    segments: &[Segment],
    schema: &Schema,
) -> Result<BTreeMap<String, RowTexts>> {
    let all = Outputs::parse(&["*".to_owned()], schema).map_err(ServiceError::unexpected)?;
    let found = query.rows_in(segments, &all, 0, usize::MAX)?;
    let name = key_name(schema);
    let fields = schema.fields.iter();
    let json = fields.filter(|field| field.data_type == DataType::Json);
    let json: BTreeSet<&str> = json.map(|field| field.name.as_str()).collect();
    let mut rows = BTreeMap::new();
    for row in found {
        let read = serde_json::from_str(&format!("{{{row}}}"));
        let mut row: RowTexts = read.map_err(ServiceError::unexpected)?;
        // A string for a JSON field is parsed as JSON. So each JSON value is put in a string here to be stored
        // unchanged.
        for (name, value) in &mut row {
            if json.contains(name.as_str()) && value.get() != "null" {
                let text = Value::from(value.get()).to_string();
                *value = RawValue::from_string(text).map_err(ServiceError::unexpected)?;
            }
        }
        let key = row.get(name).map(|text| text.get());
        let key: Option<Value> = key.and_then(|text| serde_json::from_str(text).ok());
        rows.extend(key.map(|key| (plain(&key), row)));
    }
    Ok(rows)
}

/// Returns a primary key's plain text, which is equal for equal keys.
fn plain(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Adds a row with its earlier fields, overwritten by the given ones. A primary key that the service generates is left
/// out.
fn push(batch: &mut Batch, number: usize, before: &RowTexts, given: &RowTexts) -> Result<()> {
    let schema = Arc::clone(batch.schema());
    let mut merged: BTreeMap<&str, &RawValue> = BTreeMap::new();
    for (name, text) in before.iter().chain(given) {
        merged.insert(name, text);
    }
    if schema.auto_id() {
        merged.remove(key_name(&schema));
    }
    let text = serde_json::to_vec(&merged).map_err(bad_rows)?;
    let number = u64::try_from(number).unwrap_or(u64::MAX).saturating_add(1);
    batch.push_json(&text, number).map_err(bad_rows)
}
