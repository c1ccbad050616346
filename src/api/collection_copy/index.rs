//! Copies indexes, from the short form in a description or the long one of `indexes/describe`.

use super::{Object, Problems, carry, get, is_empty, keep, pairs, text};
use serde_json::Value;

/// Properties of the old index itself.
const OWN_FACTS: &[&str] = &[
    "indexId",
    "indexID",
    "totalRows",
    "indexedRows",
    "pendingRows",
    "pendingIndexRows",
    "indexState",
    "state",
    "failReason",
    "indexStateFailReason",
    "minIndexVersion",
    "maxIndexVersion",
];
const CARRIED: &[&str] = &[
    "fieldName",
    "indexName",
    "metricType",
    "indexType",
    "params",
    "indexParams",
];
/// Settings that `indexes/describe` lists beside the parameters.
const SETTINGS: &[&str] = &["mmap.enabled", "indexoffsetcache.enabled", "warmup"];

/// Returns the item of `indexParams` that creates a copy of the index.
pub(super) fn index(described: &Object, problems: &mut Problems) -> Object {
    let of = format!("index {:?}: ", text(described, "indexName"));
    problems.unknown(&of, described, &[OWN_FACTS, CARRIED, SETTINGS]);
    let mut params = pairs(get(described, &["params", "indexParams"]));
    // The index's original parameters may be JSON text among the pairs.
    if let Some(Value::String(text)) = params.shift_remove("params")
        && let Ok(Value::Object(inner)) = serde_json::from_str(&text)
    {
        params.extend(inner);
    }
    let metric = params.shift_remove("metric_type");
    let mut index = Object::new();
    carry(&mut index, described, &["fieldName", "indexName"]);
    let sent = described.get("metricType").filter(|sent| !is_empty(sent));
    keep(&mut index, "metricType", sent.or(metric.as_ref()));
    let kind = described.get("indexType").filter(|kind| !is_empty(kind));
    if let Some(kind) = kind.cloned().or_else(|| params.get("index_type").cloned()) {
        // The published form has the type among the parameters; Milvus accepts either.
        params.insert("index_type".to_owned(), kind.clone());
        index.insert("indexType".to_owned(), kind);
    }
    carry(&mut params, described, SETTINGS);
    keep(&mut index, "params", Some(&Value::Object(params)));
    index
}
