//! Reads the parameters of a search call. Unsupported parameters are refused by name.

use crate::formats::found::describe;
use crate::formats::vectors::{self as lists, VectorError};
use crate::formats::{DataType, Schema};
use crate::local::routes::{Map, Result, ServiceCall, ServiceError, Value, indexes};
use crate::local::search::metric::Metric;
use crate::local::search::vectors::SearchVectors;
use crate::local::storage::collections::Collection;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most vectors in one search, as in Milvus (`quotaAndLimits.limits.nq`).
const MAX_VECTORS: usize = 16_384;

/// The largest `limit`, `offset`, and sum of both, as in Milvus (`quotaAndLimits.limits.topK`).
const MAX_WINDOW: i64 = 16_384;

/// Default `limit` of a search, as in Milvus.
const LIMIT: i64 = 100;

/// Keys of a call that change which rows are found or how they are ordered.
const UNSUPPORTED: [&str; 8] = [
    "groupingSize",
    "functionScore",
    "functionChains",
    "rerank",
    "searchAggregation",
    "orderByFields",
    "highlight",
    "highlighter",
];

/// Parameters of approximate indexes and hints for the search. An exact search finds the same rows with all of them.
const WITHOUT_EFFECT: [&str; 22] = [
    "level",
    "nprobe",
    "ef",
    "search_list",
    "search_list_size",
    "reorder_k",
    "refine_k",
    "rbq_query_bits",
    "with_raw_data",
    "drop_ratio_search",
    "dim_max_score_ratio",
    "max_empty_result_buckets",
    "itopk_size",
    "search_width",
    "min_iterations",
    "max_iterations",
    "team_size",
    "retrieve_friendly",
    "ignoreGrowing",
    "ignore_growing",
    "hints",
    "enable_recall_calculation",
];

/// Refuses keys with an unsupported value, and an unknown consistency level.
pub(crate) fn refuse_unsupported(call: &ServiceCall) -> Result<()> {
    for name in UNSUPPORTED {
        let asks = call.get(&[name]).is_some_and(|value| match value {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::Array(list) => !list.is_empty(),
            // Milvus only checks the functions.
            Value::Object(object) => object
                .get("functions")
                .map_or(!object.is_empty(), |list| list != &Value::Array(Vec::new())),
            _ => true,
        });
        if asks {
            return Err(ServiceError::unsupported(format!("{name} is")));
        }
    }
    Ok(())
}

/// Returns the error for vectors that can't be read: 1801.
fn bad_vectors(message: impl std::fmt::Display) -> ServiceError {
    let message = format!("can only accept json format request, error: {message}");
    ServiceError::new(1801, message)
}

/// Returns the number of the field that `annsField` names, or of the only vector field (Milvus:
/// `generatePlaceholderGroup` in `handler_v2.go`).
pub(crate) fn vector_field(call: &ServiceCall, schema: &Schema) -> Result<usize> {
    let missing = |name: &str| {
        bad_vectors(format!(
            "cannot find a vector field: field not found[field={name}]"
        ))
    };
    let fields = schema.fields.iter().enumerate();
    let mut vectors = fields.filter(|(_, field)| field.data_type.is_vector());
    if let Some(name) = call.text(&["annsField"]) {
        let named = vectors.find(|(_, field)| field.name == name);
        let named = named.map(|(number, _)| number);
        return named.ok_or_else(|| missing(&name));
    }
    match (vectors.next(), vectors.next()) {
        (Some((number, _)), None) => Ok(number),
        (Some((_, one)), Some((_, other))) => Err(bad_vectors(format!(
            "search without annsField, but already found multiple vector fields: [{}, {},,,]: invalid parameter",
            one.name, other.name
        ))),
        _ => Err(missing("")),
    }
}

/// Reads the vectors in a JSON list for the field with this number (Milvus: `serializeFloatVectors` and its siblings in
/// `httpserver/utils.go`).
pub(crate) fn vectors(data: &[u8], schema: &Schema, field: usize) -> Result<SearchVectors> {
    let field = schema.fields.get(field);
    let field = field.ok_or_else(|| ServiceError::unexpected("the schema has no such field"))?;
    let data_type = &field.data_type;
    let column = lists::parse(data_type, data, |text| STANDARD.decode(text).ok());
    let column = column.map_err(|error| {
        let dim = data_type.dim().unwrap_or(0);
        let list = match data_type {
            DataType::BinaryVector { .. } => "byte",
            DataType::Int8Vector { .. } => "int8",
            _ => "float",
        };
        let bytes = match data_type {
            DataType::BinaryVector { .. } => dim / 8,
            _ => dim * 2,
        };
        let (message, actual) = match error {
            VectorError::Elements { found, shown } => {
                let message = format!("dimension: {dim}, but length of []{list}: {found}");
                (message, shown)
            }
            VectorError::Bytes { found, shown } => (
                format!("dimension: {dim}, bytesLen: {bytes}, but length of []byte: {found}"),
                shown,
            ),
            VectorError::NotAList(shown) => ("data must be a list of vectors".to_owned(), shown),
            VectorError::Value(found) => ("a vector can't be read".to_owned(), found),
        };
        let expected = data_type.name();
        bad_vectors(format!(
            "{message}: invalid parameter[expected={expected}][actual={actual}]"
        ))
    })?;
    if column.is_empty() || column.len() > MAX_VECTORS {
        let count = column.len();
        return Err(ServiceError::invalid(format!(
            "nq [{count}] is invalid, nq (number of search vector per search request) should be in range [1, {MAX_VECTORS}], but got {count}"
        )));
    }
    SearchVectors::new(&column).map_err(ServiceError::unexpected)
}

/// Returns `offset` and `limit` (Milvus: `parseSearchInfo` in `internal/proxy/search_util.go`).
pub(crate) fn window(call: &ServiceCall) -> Result<(usize, usize)> {
    let number = |key: &str, default: i64| {
        call.integer(key, default)
            .ok_or_else(|| ServiceError::invalid(format!("{key} must be a whole number")))
    };
    let within = |name: &str, least: i64, value: i64| match value {
        value if (least..=MAX_WINDOW).contains(&value) => Ok(usize::try_from(value).unwrap_or(0)),
        _ => Err(ServiceError::invalid(format!(
            "{name} [{value}] is invalid, it should be in range [1, {MAX_WINDOW}], but got {value}"
        ))),
    };
    let (limit, skip) = (number("limit", LIMIT)?, number("offset", 0)?);
    let most = within("topk", 1, limit)?;
    let window = (within("offset", 0, skip)?, most);
    within("offset+topk", 1, limit.saturating_add(skip))?;
    Ok(window)
}

/// The values in `searchParams` and in its `params`.
#[derive(Debug, Default)]
pub(crate) struct SearchParams {
    metric: Option<String>,
    /// Set for a range search.
    pub(super) radius: Option<f32>,
    pub(super) range_filter: Option<f32>,
    /// Decimal places to which distances are rounded.
    round_decimal: Option<i32>,
}

impl SearchParams {
    /// Reads the parameters. A key may be in `params` or beside it, but two different values are an error (Milvus:
    /// `generateSearchParams`).
    pub(crate) fn read(given: Option<&Value>) -> Result<Self> {
        let mut read = Self::default();
        let Some(given) = given else {
            return Ok(read);
        };
        let outer = object(given, "searchParams must be a dict")?;
        let none = Map::new();
        let inner = match outer.get("params") {
            None | Some(Value::Null) => &none,
            Some(inner) => object(inner, "searchParams.params must be a dict")?,
        };
        for (key, value) in outer.iter().filter(|(key, _)| *key != "params") {
            if inner.get(key).is_some_and(|other| !same(value, other)) {
                return Err(ServiceError::invalid(format!(
                    "ambiguous parameter: {key}, in search_param: {value}, in search_param.params: {}",
                    inner.get(key).unwrap_or(&Value::Null)
                )));
            }
            read.set(key, value)?;
        }
        for (key, value) in inner {
            read.set(key, value)?;
        }
        Ok(read)
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<()> {
        let wrong = |expected: &str| {
            let found = describe(&value.to_string());
            ServiceError::invalid(format!("{key} must be {expected}, got {found}"))
        };
        match key {
            _ if value.is_null() => {}
            "metricType" | "metric_type" => {
                let name = value.as_str().ok_or_else(|| wrong("a text"))?;
                self.metric = Some(name.to_owned());
            }
            "radius" => self.radius = Some(number(value).ok_or_else(|| wrong("a number"))?),
            "range_filter" => {
                self.range_filter = Some(number(value).ok_or_else(|| wrong("a number"))?);
            }
            "round_decimal" => {
                let places = value.as_i64().or_else(|| value.as_str()?.parse().ok());
                let places = places.and_then(|places| i32::try_from(places).ok());
                self.round_decimal = match places {
                    Some(-1) => None,
                    Some(places @ 0..=6) => Some(places),
                    _ => {
                        return Err(ServiceError::invalid(format!(
                            "round_decimal [{value}] is invalid, should be -1 or an integer in range [0, 6]"
                        )));
                    }
                };
            }
            key if WITHOUT_EFFECT.contains(&key) => {}
            key => {
                let what = format!("the search parameter {key} is");
                return Err(ServiceError::unsupported(what));
            }
        }
        Ok(())
    }

    /// Rounds a distance for the answer. JSON has no infinity.
    pub(crate) fn round(&self, distance: f32) -> f32 {
        let distance = distance.clamp(f32::MIN, f32::MAX);
        match self.round_decimal {
            None => distance,
            Some(places) => {
                let factor = 10_f32.powi(places);
                (distance * factor).round() / factor
            }
        }
    }
}

fn object<'v>(value: &'v Value, expected: &str) -> Result<&'v Map<String, Value>> {
    let object = value.as_object();
    object.ok_or_else(|| ServiceError::invalid(expected))
}

/// Returns whether two values are equal, with 10 equal to 10.0.
fn same(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && one.as_f64() == other.as_f64())
}

fn number(value: &Value) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "distances have 32 bits")]
    let number = value.as_f64()? as f32;
    Some(number)
}

/// Returns the metric of a field's index, or the default metric of the field's type. If the call names another metric,
/// returns an error (Milvus: `NewSearchRequest` in `internal/util/segcore/plan.go`).
pub(crate) fn metric(
    collection: &Collection,
    schema: &Schema,
    (field, params): (usize, &SearchParams),
) -> Result<Metric> {
    let field = schema.fields.get(field);
    let field = field.ok_or_else(|| ServiceError::unexpected("the schema has no such field"))?;
    let name = indexes::metric_of(collection, schema, &field.name);
    let metric = name.parse::<Metric>().ok();
    let metric = metric.filter(|metric| metric.suits(&field.data_type));
    let metric = metric.ok_or_else(|| {
        let kind = field.data_type.name();
        ServiceError::unsupported(format!("searching {kind} fields by the metric {name} is"))
    })?;
    match &params.metric {
        Some(asked) if !asked.is_empty() && asked.parse() != Ok(metric) => {
            Err(ServiceError::invalid(format!(
                "metric type not match: invalid parameter[expected={}][actual={asked}]",
                metric.name()
            )))
        }
        _ => Ok(metric),
    }
}
