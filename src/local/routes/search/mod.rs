//! The search calls: exact (flat) search compares each row that matches the filter with the call's vectors.
//!
//! [`params`] and [`grouping`] read a call's parameters; [`crate::local::search`] reads the rows.

mod grouping;
mod params;

use super::entities::{self, RowsTarget};
use super::lookup::{self, DIALECT};
use super::{App, Result, Routes, ServiceCall, ServiceError, Value, keys};
use crate::formats::Schema;
use crate::local::search::hits::SearchHit;
use crate::local::search::metric::DistanceRange;
use crate::local::search::outputs::{FoundRows, Outputs};
use crate::local::search::query::PrimaryKey;
use crate::local::search::scan::{Grouping, VectorScan};
use crate::local::search::vectors::SearchVectors;
use crate::local::storage::rows::Segment;
use params::SearchParams;

/// Most rows in one answer, over all its vectors.
const MAX_ROWS: usize = 1 << 20;

/// The key of a row's distance in an answer.
const DISTANCE: &str = "distance";

/// Adds the search routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .vectors("entities/search", keys::SEARCH, search)
        .vectors("entities/hybrid_search", keys::UNCHECKED, hybrid)
        .vectors("entities/advanced_search", keys::UNCHECKED, hybrid)
        .vectors("/v1/vector/search", keys::UNCHECKED, search_v1)
}

/// Returns the rows closest to each vector of `data`.
fn search(app: &App, call: &ServiceCall) -> Result<FoundRows> {
    let target = entities::target(app, call)?;
    params::refuse_unsupported(call)?;
    let data = call.object.data.as_deref().unwrap_or_default();
    let empty = matches!(data.trim_ascii(), b"" | b"null" | b"[]" | b"[ ]");
    match call.get(&["ids"]) {
        Some(_) if !empty => {
            return Err(ServiceError::invalid(
                "primary keys (ids) and query vectors (data) are mutually exclusive. Please provide either 'ids' or 'data', not both",
            ));
        }
        Some(_) => return Err(ServiceError::unsupported("searching by ids is")),
        None if empty => {
            let message = "missing required parameters, error: either 'ids' (for primary key search) or 'data' (for vector search) must be provided";
            return Err(ServiceError::new(1802, message));
        }
        None => {}
    }
    let params = SearchParams::read(call.get(&["searchParams"]))?;
    run(app, call, &target, (data, params, Keyed::ByField))
}

/// Returns the rows closest to `vector`, in the first API's form.
fn search_v1(app: &App, call: &ServiceCall) -> Result<FoundRows> {
    let target = entities::target(app, call)?;
    params::refuse_unsupported(call)?;
    if call.text(&["groupingField"]).is_some() {
        // Milvus' v1 call has no such key.
        return Err(ServiceError::unsupported("groupingField in a v1 search is"));
    }
    let vector = call.get(&["vector"]);
    let vector = vector.ok_or_else(|| ServiceError::missing(DIALECT, "vector"))?;
    let data = Value::Array(vec![vector.clone()]).to_string();
    let params = SearchParams::read(call.get(&["params"]))?;
    let answer = run(app, call, &target, (data.as_bytes(), params, Keyed::AsId))?;
    Ok(answer.rows.into())
}

fn hybrid(_: &App, _: &ServiceCall) -> Result<FoundRows> {
    let what = "hybrid_search (several searches and a rerank) is";
    Err(ServiceError::unsupported(what))
}

/// The name of the primary key in the rows of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyed {
    /// The field's name.
    ByField,
    /// `id`, as in Milvus' v1 handler, which builds rows without the schema.
    AsId,
}

fn run(
    app: &App,
    call: &ServiceCall,
    target: &RowsTarget,
    (data, params, keyed): (&[u8], SearchParams, Keyed),
) -> Result<FoundRows> {
    let schema = &target.schema;
    let field = params::vector_field(call, schema)?;
    let vectors = params::vectors(data, schema, field)?;
    if schema.has_partition_key() && !lookup::names(call, "partitionNames")?.is_empty() {
        return Err(ServiceError::invalid(
            "not support manually specifying the partition names if partition key mode is used",
        ));
    }
    let partitions = lookup::partitions(app, call, &target.collection)?;
    let outputs = outputs(call, schema, keyed)?;
    let (skip, limit) = params::window(call)?;
    let metric = params::metric(&target.collection, schema, (field, &params))?;
    let range = DistanceRange::new(metric, params.radius, params.range_filter);
    let range = range.map_err(ServiceError::invalid)?;
    let grouping = grouping::read(call, schema, (field, &params))?;
    let filter = entities::filter(call, schema)?;
    target.check_loaded()?;
    let query = target.query(app, call, partitions, filter);
    let segments = query.segments()?;
    let scan = VectorScan {
        query: &query,
        field,
        metric,
        vectors: &vectors,
        range,
        keep: keep(
            skip.saturating_add(limit),
            &vectors,
            &segments,
            grouping.as_ref(),
        )?,
        skip,
        grouping,
    };
    let hits = scan.run(&segments)?;
    answer(&scan, &segments, hits, (&params, &outputs, keyed))
}

/// Returns the output fields without the primary key and the distance, which each answer has anyway.
fn outputs(call: &ServiceCall, schema: &Schema, keyed: Keyed) -> Result<Outputs> {
    let names = lookup::names(call, "outputFields")?;
    let mut outputs = Outputs::parse(&names, schema).map_err(ServiceError::invalid)?;
    let key = schema.primary().map_or("", |field| &field.name);
    let asked = names.iter().any(|name| name == key || name == "*");
    outputs.leave_out(DISTANCE, schema);
    let is_renamed = keyed == Keyed::AsId && key != "id";
    if is_renamed {
        outputs.leave_out("id", schema);
    }
    if !is_renamed || !asked {
        outputs.leave_out(key, schema);
    }
    Ok(outputs)
}

/// Returns the number of rows or groups to keep for each vector: `most`, or all rows if there are fewer.
fn keep(
    most: usize,
    vectors: &SearchVectors,
    segments: &[Segment],
    grouping: Option<&Grouping>,
) -> Result<usize> {
    let rows = segments.iter().map(Segment::live);
    let rows = rows.fold(0, usize::saturating_add);
    let keep = most.min(rows);
    let size = grouping.map_or(1, |grouping| grouping.size);
    let all = vectors.len().saturating_mul(keep).saturating_mul(size);
    if all <= MAX_ROWS {
        return Ok(keep);
    }
    Err(ServiceError::unexpected(format!(
        "the local service finds at most {MAX_ROWS} rows in one search: {} vectors with offset+limit {keep} and group size {size} ask for {all}; send fewer vectors, or ask for fewer rows",
        vectors.len()
    )))
}

fn answer(
    scan: &VectorScan<'_>,
    segments: &[Segment],
    hits: Vec<Vec<SearchHit>>,
    (params, outputs, keyed): (&SearchParams, &Outputs, Keyed),
) -> Result<FoundRows> {
    let schema = scan.query.schema;
    let key_name = match (keyed, schema.primary()) {
        (Keyed::ByField, Some(field)) => field.name.as_str(),
        _ => "id",
    };
    let key_name = Value::from(key_name).to_string();
    let (mut rows, mut places, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for hits in hits {
        for hit in hits {
            let distance = params.round(scan.metric.converted(hit.rank));
            let key = match hit.key {
                PrimaryKey::Int(key) if scan.query.texts_for_int64 => Value::from(key.to_string()),
                PrimaryKey::Int(key) => Value::from(key),
                PrimaryKey::Text(key) => Value::from(key),
            };
            rows.push(format!("\"{DISTANCE}\":{distance},{key_name}:{key}"));
            places.push((hit.segment, hit.row));
        }
        ends.push(rows.len());
    }
    scan.query
        .add_fields(segments, outputs, places, &mut rows)?;
    // Rows of a segment that was deleted meanwhile are empty here.
    let mut start = 0;
    let counts = ends.into_iter().map(|end| {
        let rows = rows.get(start..end).unwrap_or_default();
        start = end;
        rows.iter().filter(|row| !row.is_empty()).count()
    });
    let topks: Vec<usize> = counts.collect();
    rows.retain(|row| !row.is_empty());
    // Milvus omits the counts from an answer without rows.
    let topks = if rows.is_empty() { Vec::new() } else { topks };
    Ok(FoundRows { rows, topks })
}
