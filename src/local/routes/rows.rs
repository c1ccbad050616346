//! The calls that change rows: insert and delete (upsert is in [`super::upsert`]).
//!
//! Each call is one transaction. A delete applies to the rows that are visible when it begins; rows of an import that
//! isn't completed or committed yet are left alone. Deleted rows are marked in their segment; a segment whose rows are
//! all deleted is removed later.

use super::entities::{Target, by_keys, filter, listed, partitions, target};
use super::lookup::DIALECT;
use crate::formats::{Batch, Column, PushError, Schema};
use crate::local::http::call::Call;
use crate::local::http::error::ServiceError;
use crate::local::http::routing::{Envelope, Routes};
use crate::local::search::query::Query;
use crate::local::state::App;
use crate::local::storage::collections::DEFAULT_PARTITION;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// The error code for rows that don't match the schema, as in Milvus' REST API.
pub(crate) const BAD_ROWS: i64 = 1804;

/// Adds the routes below `/v2/vectordb/entities`.
pub(crate) fn routes(routes: Routes) -> Routes {
    let path = |route: &str| format!("/v2/vectordb/entities/{route}");
    routes
        .rows(Envelope::V2, &path("insert"), insert)
        .write(Envelope::V2, &path("delete"), delete)
}

/// Inserts the rows of `data`, an object or a list: either all rows or none.
pub(crate) fn insert(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let target = target(app, call)?;
    let mut batch = rows(call, &target.schema)?;
    let (name, partition) = partition(app, call, &target)?;
    if !app
        .store()
        .insert(target.collection.id, partition, &mut batch)?
    {
        return Err(ServiceError::no_partition(&name));
    }
    Ok(json!({ "insertCount": batch.rows(), "insertIds": ids(call, &batch) }))
}

/// Deletes the rows that match `filter`, or whose primary keys are in `id`.
pub(crate) fn delete(app: &App, call: &Call) -> Result<Value, ServiceError> {
    let target = target(app, call)?;
    let chosen = match (filter(call, &target.schema)?, call.get(&["id", "ids"])) {
        (Some(filter), _) => filter,
        (None, Some(ids)) => by_keys(&target.schema, &listed(ids))?,
        (None, None) => return Err(ServiceError::missing(DIALECT, "filter")),
    };
    let within = match call.text(&["partitionName"]) {
        Some(_) => vec![partition(app, call, &target)?.1],
        None => partitions(app, call, &target.collection)?,
    };
    let query = Query {
        store: app.store(),
        collection: target.collection.id,
        schema: &target.schema,
        partitions: within,
        filter: Some(chosen),
        texts_for_int64: false,
        limit: &call.limit,
    };
    let deleted = query.deleted(&query.segments()?)?;
    let count = app.store().delete(&deleted)?;
    app.shared().nudge();
    Ok(json!({ "deleteCount": count }))
}

/// Returns the partition that `partitionName` names, or the default partition.
pub(crate) fn partition(
    app: &App,
    call: &Call,
    target: &Target,
) -> Result<(String, i64), ServiceError> {
    let name = call.text(&["partitionName"]);
    if name.is_some() && target.schema.has_partition_key() {
        return Err(ServiceError::parameter(
            DIALECT,
            "not support manually specifying the partition names if partition key mode is used",
        ));
    }
    let id = match &name {
        Some(name) => app.store().partition(target.collection.id, name)?,
        None => app.store().first_partition(target.collection.id)?,
    };
    let name = name.unwrap_or_else(|| DEFAULT_PARTITION.to_owned());
    let id = id.ok_or_else(|| ServiceError::no_partition(&name))?;
    Ok((name, id))
}

/// Returns the primary keys of the rows.
pub(crate) fn keys(batch: &Batch) -> Vec<Value> {
    let named = batch.schema().fields.iter().zip(batch.columns());
    let values = |column: &Column| -> Vec<Value> {
        (0..column.len()).map(|row| column.value(row)).collect()
    };
    named
        .filter(|(field, _)| field.primary)
        .flat_map(|(_, column)| values(column))
        .collect()
}

/// Returns the primary keys of the rows in the form that the caller requested.
pub(crate) fn ids(call: &Call, batch: &Batch) -> Vec<Value> {
    let ids = keys(batch).into_iter();
    if call.texts_for_int64 {
        ids.map(as_text).collect()
    } else {
        ids.collect()
    }
}

/// Returns the checked rows of `data`, which are read as liberally as by Milvus' insert call.
pub(crate) fn rows(call: &Call, schema: &Arc<Schema>) -> Result<Batch, ServiceError> {
    let refused = |why: &dyn std::fmt::Display| {
        ServiceError::new(
            BAD_ROWS,
            format!("fail to deal the insert data, error: {why}"),
        )
    };
    let data = call.object.data.as_deref().unwrap_or_default();
    if data.is_empty() || data == b"null" {
        return Err(ServiceError::missing(DIALECT, "data"));
    }
    let mut rows = Rows {
        batch: Batch::new(schema).loose(),
        number: 0,
        refused: None,
    };
    if data.first() == Some(&b'[') {
        let mut list = serde_json::Deserializer::from_slice(data);
        let read = list.deserialize_seq(&mut rows);
        if let (Err(error), None) = (read, &rows.refused) {
            return Err(refused(&error));
        }
    } else {
        _ = rows.push(data);
    }
    match rows.refused {
        Some(why) => Err(refused(&why)),
        None if rows.batch.rows() == 0 => Err(refused(&"there are no rows")),
        None => Ok(rows.batch),
    }
}

/// Collects the rows of a list, checking each.
struct Rows {
    batch: Batch,
    number: u64,
    refused: Option<PushError>,
}

impl Rows {
    /// Adds a row; returns false if it's refused.
    fn push(&mut self, row: &[u8]) -> bool {
        self.number += 1;
        self.refused = self.batch.push_json(row, self.number).err();
        self.refused.is_none()
    }
}

impl<'de> Visitor<'de> for &mut Rows {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element::<&RawValue>()? {
            if !self.push(row.get().as_bytes()) {
                return Err(A::Error::custom("a row is refused"));
            }
        }
        Ok(())
    }
}

fn as_text(id: Value) -> Value {
    match id {
        Value::Number(number) => Value::from(number.to_string()),
        other => other,
    }
}
