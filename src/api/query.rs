//! Reads rows with `entities/query` of the cluster's own endpoint or its v1 form, and runs searches.

use super::Client;
use super::bodies::CollectionBody;
use super::catalog;
use super::envelope::read_rows;
use super::error::ApiError;
use super::request::{CallForm, Outgoing};
use serde_json::{Map, Value};

/// A query for rows of a collection.
#[derive(Clone, Debug, Default)]
pub struct RowQuery {
    /// An expression on the fields, e.g. `id in [1, 2]`; empty for all rows.
    pub filter: String,
    /// Names of the fields to return; empty for all.
    pub fields: Vec<String>,
    /// Largest number of rows; `None` is the server's default.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: Option<u64>,
    /// Names of partitions; empty for all.
    pub partitions: Vec<String>,
    /// Further keys of the body, sent unchanged.
    pub extra: Map<String, Value>,
}

impl RowQuery {
    /// Returns the body of the query in the server's default database. Without fields, all are returned.
    pub(super) fn body<'a>(&'a self, name: &'a str) -> CollectionBody<'a> {
        let mut fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        if fields.is_empty() {
            fields.push("*");
        }
        CollectionBody {
            filter: Some(&self.filter),
            output_fields: fields,
            limit: self.limit,
            offset: self.offset,
            partition_names: &self.partitions,
            ..CollectionBody::of(name)
        }
    }
}

/// A search for the rows closest to a vector.
#[derive(Clone, Debug, Default)]
pub struct RowSearch {
    /// The vector: a list of numbers, a sparse vector's object, or a text (base64, or the input of an embedding
    /// function).
    pub vector: Value,
    /// The vector field; `None` for the only one.
    pub field: Option<String>,
    /// An expression on the fields; empty for all rows.
    pub filter: String,
    /// Names of the fields to return beside primary key and distance.
    pub fields: Vec<String>,
    /// Largest number of rows; `None` is the server's default.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: Option<u64>,
    /// Names of partitions; empty for all.
    pub partitions: Vec<String>,
    /// Search parameters of the server, e.g. `radius`.
    pub params: Map<String, Value>,
}

impl Client {
    /// Returns the rows as objects of field and value; the collection has to be loaded.
    pub fn query(&self, name: &str, query: &RowQuery) -> Result<Vec<Value>, ApiError> {
        if self.pretended(name) == Some(true) {
            return Ok(Vec::new());
        }
        if self.speaks_v1() {
            return self.v1_rows(name, query);
        }
        let database = self.settings().database.as_deref();
        let body = CollectionBody {
            db_name: database,
            ..query.body(name)
        };
        let outgoing = self.post_body(catalog::QUERY, database, &body)?;
        let outgoing = outgoing.with_extra(&query.extra)?;
        self.call(outgoing, read_rows)
    }

    /// Returns the rows closest to a vector, closest first, as objects of field and value with `distance`. The
    /// collection has to be loaded.
    pub fn search(&self, name: &str, search: &RowSearch) -> Result<Vec<Value>, ApiError> {
        if self.pretended(name) == Some(true) {
            return Ok(Vec::new());
        }
        self.call(self.search_call(name, search)?, read_rows)
    }

    fn search_call(&self, name: &str, search: &RowSearch) -> Result<Outgoing, ApiError> {
        let database = self.settings().database.as_deref();
        let filter = search.filter.as_str();
        let mut body = CollectionBody {
            db_name: database,
            anns_field: search.field.as_deref(),
            filter: Some(filter).filter(|filter| !filter.is_empty()),
            output_fields: search.fields.iter().map(String::as_str).collect(),
            limit: search.limit,
            offset: search.offset,
            partition_names: &search.partitions,
            ..CollectionBody::of(name)
        };
        let params = Some(&search.params).filter(|params| !params.is_empty());
        // v1's call takes a list of numbers for the only vector field.
        let fits_v1 = search.vector.is_array() && search.field.is_none();
        if self.speaks_v1() && fits_v1 && search.partitions.is_empty() && database.is_none() {
            body.vector = Some(&search.vector);
            body.params = params;
            let call = CallForm {
                path: "/v1/vector/search",
                ..catalog::SEARCH
            };
            return self.post_body(call, None, &body);
        }
        body.data = Some([&search.vector]);
        body.search_params = params;
        self.post_body(catalog::SEARCH, database, &body)
    }
}
