//! Reading rows: `entities/query` of the cluster's own endpoint, which every dialect has.

use super::Client;
use super::error::{ApiError, Effect};
use serde::Serialize;
use serde_json::Value;

/// Which rows of a collection to read, and what of them.
#[derive(Clone, Debug, Default)]
pub struct RowQuery {
    /// An expression on the fields, e.g. `id in [1, 2]`; empty for all rows.
    pub filter: String,
    /// Names of fields; none for all of them.
    pub fields: Vec<String>,
    /// Rows at most; `None` leaves it to the server.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: Option<u64>,
    /// Names of partitions; none for all of them.
    pub partitions: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    db_name: Option<&'a str>,
    collection_name: &'a str,
    filter: &'a str,
    output_fields: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    partition_names: &'a [String],
}

impl Client {
    /// The rows, each an object of field and value; the collection has to be loaded.
    pub fn query(&self, name: &str, query: &RowQuery) -> Result<Vec<Value>, ApiError> {
        if self.pretended(name) == Some(true) {
            return Ok(Vec::new());
        }
        let database = self.settings().database.as_deref();
        let mut fields: Vec<&str> = query.fields.iter().map(String::as_str).collect();
        if fields.is_empty() {
            fields.push("*");
        }
        let body = Body {
            db_name: database,
            collection_name: name,
            filter: &query.filter,
            output_fields: fields,
            limit: query.limit,
            offset: query.offset,
            partition_names: &query.partitions,
        };
        let path = "/v2/vectordb/entities/query";
        let outgoing = self.post_body("read rows", Effect::Read, path, database, &body)?;
        self.call(outgoing, |data| {
            let rows = data.list()?.into_iter();
            let rows: Result<Vec<Value>, _> =
                rows.map(|row| serde_json::from_str(row.get())).collect();
            let rows = rows.map_err(|_| data.unreadable("a row is not JSON"))?;
            if rows.iter().all(Value::is_object) {
                Ok(rows)
            } else {
                Err(data.unreadable("its rows are not objects"))
            }
        })
    }
}
