//! `query`, `peek`, `search`: rows of a collection.

use super::collections::with_load_hint;
use crate::api::ApiError;
use crate::api::query::{RowQuery, RowSearch};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Family, Opt, Takes, opt};
use crate::engine::options::EXTRA;
use crate::engine::types::{Gives, List, ListKind, as_texts, found, json_of, map_of, ordered};
use crate::error::Failure;
use rhai::{Array, Dynamic};
use serde_json::Value;

/// The number of rows that servers return if a query has no limit.
const QUERY: u64 = 100;

/// The default number of rows of `peek`.
const PEEK: u64 = 5;

// Options of both query() and search().
const LIMIT: Opt = opt("limit", "maximum number of rows; servers allow up to 16384")
    .or("100")
    .of(Takes::Number);
const OFFSET: Opt = opt("offset", "rows to skip").or("0").of(Takes::Number);
const PARTITION: Opt = opt("partition", "a partition, or a list of them")
    .alias(&["partitions", "partitionNames"])
    .of(Takes::Partition)
    .list();

const OPTIONS: &[Opt] = &[
    opt(
        "filter",
        "condition for the rows, e.g. \"id in [1, 2] and year > 1999\"",
    )
    .alias(&["expr"])
    .or("\"\"")
    .of(Takes::Filter),
    opt("fields", "fields to return, or [\"count(*)\"]")
        .alias(&["outputFields"])
        .or("[\"*\"]")
        .of(Takes::Field)
        .list(),
    LIMIT,
    OFFSET,
    PARTITION,
    EXTRA,
];

const SEARCH_OPTIONS: &[Opt] = &[
    LIMIT,
    OFFSET,
    opt("field", "the vector field, if there are several")
        .alias(&["annsField", "anns_field"])
        .of(Takes::Field),
    opt(
        "filter",
        "condition for the rows to search, e.g. \"year > 1999\"",
    )
    .alias(&["expr"])
    .or("\"\"")
    .of(Takes::Filter),
    opt(
        "fields",
        "fields to return with primary key and distance, or [\"*\"]",
    )
    .alias(&["outputFields"])
    .or("[]")
    .of(Takes::Field)
    .list(),
    PARTITION,
    opt(
        "params",
        "the server's search parameters, e.g. #{radius: 0.8}",
    )
    .alias(&["searchParams"])
    .of(Takes::Json),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Collections.table([
    Function::new(
        &[
            "query(collection, filter)",
            "query(collection, filter, fields)",
            "query(collection, #{filter, fields, limit, offset, partition})",
        ],
        "returns the rows that match a filter, as maps, at most 100 by default",
        "query(\"books\", \"id in [1, 2]\", [\"title\"])",
        query,
    )
    .takes(&[Takes::Collection, Takes::Filter, Takes::Field])
    .options(OPTIONS)
    .gives(Gives::Maps(&[]))
    .related(&["peek", "count", "load"]),
    Function::new(
        &["peek(collection)", "peek(collection, n)"],
        "returns some rows of a collection with all fields, 5 by default",
        "peek(\"books\", 3)",
        peek,
    )
    .takes(&[Takes::Collection, Takes::Number])
    .gives(Gives::Maps(&[]))
    .related(&["query", "count", "describe"]),
    Function::new(
        &[
            "search(collection, vector)",
            "search(collection, vector, #{limit, offset, field, filter, fields, partition, params})",
        ],
        "returns the rows closest to a vector, closest first, as maps with their distance",
        "search(\"books\", peek(\"books\", 1)[0].vector, #{limit: 3, fields: [\"title\"]})",
        search,
    )
    .takes(&[Takes::Collection, Takes::Json, Takes::Options])
    .options(SEARCH_OPTIONS)
    .gives(Gives::Maps(&["distance"]))
    .related(&["query", "peek", "load"]),
]);

fn query(call: &Call) -> Result<Dynamic, Failure> {
    let second = call.arg(1, "the filter")?;
    let asked = if map_of(second).is_some() {
        if call.args.len() > 2 {
            return Err(call.misused("the fields go into the map: #{filter, fields}"));
        }
        from_options(call)?
    } else if call.args.get(2).and_then(map_of).is_some() {
        return Err(call.misused("options go into one map with the filter: #{filter, limit}"));
    } else {
        let fields = |value: &Dynamic| {
            let wrong = || call.wrong_type("the fields are a list of names", value);
            as_texts(value).ok_or_else(wrong)
        };
        RowQuery {
            filter: call.text(1, "the filter")?,
            fields: call
                .args
                .get(2)
                .map(fields)
                .transpose()?
                .unwrap_or_default(),
            ..RowQuery::default()
        }
    };
    read(call, &asked, Some(asked.limit.unwrap_or(QUERY)))
}

fn from_options(call: &Call) -> Result<RowQuery, Failure> {
    let options = call.options(1)?;
    Ok(RowQuery {
        filter: options.text("filter")?.unwrap_or_default(),
        fields: options.texts("fields")?.unwrap_or_default(),
        limit: options.number("limit")?,
        offset: options.number("offset")?,
        partitions: options.texts("partition")?.unwrap_or_default(),
        extra: options.extra()?,
    })
}

fn peek(call: &Call) -> Result<Dynamic, Failure> {
    let limit = match call.args.get(1) {
        None => PEEK,
        Some(count) => {
            let count = count.as_int().ok().and_then(|n| u64::try_from(n).ok());
            count.filter(|count| *count > 0).ok_or_else(|| {
                call.misused(
                    "the number of rows to show is a whole number from 1, e.g. peek(name, 3)",
                )
            })?
        }
    };
    let asked = RowQuery {
        limit: Some(limit),
        ..RowQuery::default()
    };
    read(call, &asked, None)
}

/// Returns the rows of a query. `limit` is the limit that the user may want to raise.
fn read(call: &Call, asked: &RowQuery, limit: Option<u64>) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let connection = call.connection()?;
    let rows = connection.client.query(&name, asked);
    if let Ok(rows) = &rows {
        call.warn_of_near_fields(&connection, asked, rows);
    }
    listing(rows, &name, None, limit)
}

fn search(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the collection")?;
    let vector = vector(call.arg(1, "the vector")?).map_err(|problem| call.misused(&problem))?;
    let options = call.options(2)?;
    let asked = RowSearch {
        vector,
        field: options.text("field")?,
        filter: options.text("filter")?.unwrap_or_default(),
        fields: options.texts("fields")?.unwrap_or_default(),
        limit: options.number("limit")?,
        offset: options.number("offset")?,
        partitions: options.texts("partition")?.unwrap_or_default(),
        params: options.object("params")?,
    };
    let rows = call.connection()?.client.search(&name, &asked);
    listing(rows, &name, Some("distance"), None)
}

/// Returns a vector in the API's form, or a description of the value's error.
fn vector(given: &Dynamic) -> Result<Value, String> {
    let value = json_of(given);
    let problem = match &value {
        Value::String(text) if !text.is_empty() => return Ok(value),
        Value::Array(numbers) => match numbers.iter().find(|number| !number.is_number()) {
            None if !numbers.is_empty() => return Ok(value),
            None => "an empty array".to_owned(),
            Some(Value::Array(_)) => {
                "an array of arrays: search for one vector at a time".to_owned()
            }
            Some(other) => format!("an array with {other}"),
        },
        Value::Object(pairs) => {
            let is_index = |key: &String| key.parse::<u32>().is_ok();
            let is_list = |key: &String| matches!(key.as_str(), "indices" | "values");
            let by_lists = pairs.len() == 2 && pairs.keys().all(is_list);
            if by_lists || pairs.keys().all(is_index) {
                return Ok(value);
            }
            "a map whose keys are no indices (the vector of a row is row.vector, or however the field is called)".to_owned()
        }
        _ => found(given),
    };
    Err(format!(
        "the vector is an array of numbers, or a sparse one's map of index and value, got {problem}"
    ))
}

/// Returns rows of a collection for a table, with this column first.
fn listing(
    rows: Result<Vec<Value>, ApiError>,
    name: &str,
    first: Option<&str>,
    limit: Option<u64>,
) -> Result<Dynamic, Failure> {
    let need = "rows are read from a loaded collection";
    let rows = rows.map_err(|error| with_load_hint(error, need, name))?;
    let rows = rows.into_iter().map(|row| match (row, first) {
        (Value::Object(mut row), Some(first)) => {
            let own = row.shift_remove(first);
            let own = own.map(|value| (first.to_owned(), value));
            Value::Object(own.into_iter().chain(row).collect())
        }
        (row, _) => row,
    });
    let rows: Array = rows.map(ordered).collect();
    let cut = limit.filter(|limit| rows.len() as u64 >= *limit);
    Ok(Dynamic::from(List::new(ListKind::Rows(cut), rows)))
}
