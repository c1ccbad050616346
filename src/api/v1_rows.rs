//! Reads rows over v1: `/v1/vector/query` (Milvus' `internal/distributed/proxy/httpserver/handler_v1.go`).
//!
//! The call requires a filter and ignores partitions. It sends 64-bit integers as text, and JSON fields as base64 (2.3)
//! or as text (newer). The collection's schema shows which texts to convert.

use super::description::{CollectionDescription, FieldDescription};
use super::envelope::read_rows;
use super::error::ApiError;
use super::query::RowQuery;
use super::{Client, catalog, v1};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const QUERY: &str = "/v1/vector/query";
const COUNT: &str = "count(*)";

impl Client {
    /// Returns the rows that match a query.
    pub(super) fn v1_rows(&self, name: &str, query: &RowQuery) -> Result<Vec<Value>, ApiError> {
        let settings = self.settings();
        if !query.partitions.is_empty() {
            return Err(v1::beyond(settings, "a query of chosen partitions"));
        }
        let mut known = None;
        let mut filter = query.filter.clone();
        if filter.trim().is_empty() {
            let described = self.describe(name)?;
            filter = every_row(&described)
                .ok_or_else(|| v1::beyond(settings, "a query without a filter"))?;
            known = Some(described);
        }
        let counts = query.fields == [COUNT];
        let mut body = query.body(name);
        body.filter = Some(&filter);
        // Servers refuse a limit with count(*), and v1 sets one unless it's 0.
        body.limit = query.limit.or(counts.then_some(0));
        let outgoing = self.v1_post(catalog::QUERY, QUERY, &body)?;
        let mut rows = self.call(outgoing.with_extra(&query.extra)?, read_rows)?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let described = match known.map_or_else(|| self.describe(name), Ok) {
            Ok(described) => Some(described),
            // The service returns rows without a schema, so they're returned as sent.
            Err(ApiError::Service { .. } | ApiError::Unreadable { .. }) => None,
            Err(error) => return Err(error),
        };
        let fields = described.map_or_else(Vec::new, |described| described.fields);
        for row in &mut rows {
            read_back(row, &fields);
        }
        Ok(rows)
    }
}

/// Returns a filter that matches every row; `None` without a primary key.
fn every_row(described: &CollectionDescription) -> Option<String> {
    let key = described.fields.iter().find(|field| field.primary)?;
    let name = &key.name;
    Some(if key.data_type == "Int64" {
        format!("{name} >= 0 or {name} < 0")
    } else {
        format!("{name} >= \"\"")
    })
}

/// Converts a row's texts to the values of their fields. Dynamic fields stay as sent.
fn read_back(row: &mut Value, fields: &[FieldDescription]) {
    if let Some(count) = row.get_mut(COUNT) {
        integer(count);
    }
    for field in fields {
        let Some(value) = row.get_mut(field.name.as_str()) else {
            continue;
        };
        match field.data_type.as_str() {
            "Int64" => integer(value),
            "JSON" => json(value),
            "Array" => array(value),
            _ => {}
        }
    }
}

fn integer(value: &mut Value) {
    let number = value.as_str().and_then(|text| text.parse::<i64>().ok());
    if let Some(number) = number {
        *value = Value::from(number);
    }
}

/// Decodes a JSON field. Base64 of a JSON text is never a JSON text itself, so the two forms can't be confused.
fn json(value: &mut Value) {
    let Some(text) = value.as_str() else {
        return;
    };
    let decoded = STANDARD.decode(text).ok();
    let decoded = decoded.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(read) = decoded.or_else(|| serde_json::from_str(text).ok()) {
        *value = read;
    }
}

/// Converts an array from Go's form of its protocol buffer: `{"Data":{"LongData":{"data":[1,2]}}}`, or `{"Data":null}`
/// if empty.
fn array(value: &mut Value) {
    let items = match value.get("Data") {
        Some(Value::Null) => Value::Array(Vec::new()),
        Some(Value::Object(data)) => {
            let typed = data.values().next();
            let items = typed.and_then(|typed| typed.get("data"));
            items.cloned().unwrap_or_else(|| Value::Array(Vec::new()))
        }
        _ => return,
    };
    if items.is_array() {
        *value = items;
    }
}
