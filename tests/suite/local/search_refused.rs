//! Searches that are refused.

use crate::local::harness::{Local, rows};
use crate::local::search::{SEARCH, found, with, with_ten_rows};
use serde_json::{Value, json};

/// Sends a search that must be refused with this code and a short message with this part.
fn check_refused(local: &Local, body: &Value, code: i64, part: &str) {
    let answer = local.post(SEARCH, body);
    let (found, message) = answer.refusal();
    let short = message.len() < 300;
    assert!(
        found == code && message.contains(part) && short,
        "{found} {message} for {part}"
    );
}

#[test]
fn invalid_vectors_are_refused() {
    let (_dir, local) = with_ten_rows();
    for (extra, code, part) in [
        // handler_v2.go: neither data nor ids, or both.
        (json!({ "data": null }), 1802, "either 'ids'"),
        (json!({ "data": [] }), 1802, "either 'ids'"),
        (json!({ "ids": [1] }), 1100, "mutually exclusive"),
        (json!({ "data": null, "ids": [1] }), 10, "ids"),
        // utils.go: serializeFloatVectors.
        (
            json!({ "data": [[1, 2, 3]] }),
            1801,
            "dimension: 4, but length of []float: 3",
        ),
        (json!({ "data": [[1, 2, 3, "x"]] }), 1801, "FloatVector"),
        (json!({ "data": [1, 2, 3, 4] }), 1801, "FloatVector"),
        (json!({ "data": ["AAAA"] }), 1801, "FloatVector"),
        (json!({ "data": [[1, 2, 3, 1e39]] }), 1801, "out of range"),
        (json!({ "data": { "a": 1 } }), 1801, "list"),
        (
            json!({ "annsField": "word" }),
            1801,
            "cannot find a vector field",
        ),
        (
            json!({ "annsField": "nothing" }),
            1801,
            "field not found[field=nothing]",
        ),
    ] {
        check_refused(&local, &with(extra), code, part);
    }
}

#[test]
fn invalid_limits_and_parameters_are_refused() {
    let (_dir, local) = with_ten_rows();
    let many: Vec<_> = (0..16_385).map(|_| [1, 2, 3, 4]).collect();
    for (extra, code, part) in [
        // search_util.go: parseSearchInfo.
        (
            json!({ "limit": 0 }),
            1100,
            "topk [0] is invalid, it should be in range [1, 16384], but got 0",
        ),
        (json!({ "limit": 16_385 }), 1100, "topk [16385]"),
        (json!({ "offset": -1 }), 1100, "offset [-1]"),
        (
            json!({ "limit": 16_000, "offset": 385 }),
            1100,
            "offset+topk [16385]",
        ),
        (json!({ "data": many }), 1100, "nq [16385] is invalid"),
        (
            json!({ "searchParams": { "range_filter": 1 } }),
            1100,
            "range_filter requires radius",
        ),
        // RangeSearchHelper.cpp: CheckRangeSearchParam.
        (
            json!({ "searchParams": { "params": { "radius": 1, "range_filter": 1.5 } } }),
            1100,
            "metric type (L2), range_filter(1.5) must be less than radius(1)",
        ),
        (
            json!({ "searchParams": { "params": { "radius": "x" } } }),
            1100,
            "radius must be a number",
        ),
        (
            json!({ "searchParams": { "round_decimal": 7 } }),
            1100,
            "round_decimal [7] is invalid",
        ),
        (
            json!({ "searchParams": { "params": 1 } }),
            1100,
            "must be a dict",
        ),
        (
            json!({ "searchParams": { "radius": 2, "params": { "radius": 3 } } }),
            1100,
            "ambiguous parameter: radius",
        ),
        // plan.go: NewSearchRequest.
        (
            json!({ "searchParams": { "metricType": "COSINE" } }),
            1100,
            "metric type not match: invalid parameter[expected=L2][actual=COSINE]",
        ),
        (
            json!({ "searchParams": { "params": { "metric_type": "UNSUPPORTED" } } }),
            1100,
            "metric type not match",
        ),
        (
            json!({ "searchParams": { "group_by_field": "word" } }),
            10,
            "group_by_field",
        ),
        (json!({ "filter": "nothing == 1" }), 1100, "nothing"),
        (json!({ "outputFields": ["nothing"] }), 1100, "nothing"),
        (json!({ "outputFields": ["count(*)"] }), 1100, "count(*)"),
        (json!({ "partitionNames": ["nothing"] }), 200, "nothing"),
        (
            json!({ "collectionName": "nothing" }),
            100,
            "can't find collection",
        ),
    ] {
        check_refused(&local, &with(extra), code, part);
    }
}

#[test]
fn missing_and_unsupported_things_are_refused_by_name() {
    let (_dir, local) = with_ten_rows();
    for (extra, code, part) in [
        (
            json!({ "consistencyLevel": "Exact" }),
            1100,
            "consistencyLevel can only be",
        ),
        (
            json!({ "functionScore": { "functions": [{}] } }),
            10,
            "functionScore",
        ),
        (json!({ "rerank": { "strategy": "rrf" } }), 10, "rerank"),
        (
            json!({ "searchAggregation": { "fields": ["id"], "size": 1 } }),
            10,
            "searchAggregation",
        ),
        (json!({ "orderByFields": ["id"] }), 10, "orderByFields"),
    ] {
        check_refused(&local, &with(extra), code, part);
    }
    for path in ["hybrid_search", "advanced_search"] {
        let answer = local.post(
            &format!("/v2/vectordb/entities/{path}"),
            &json!({ "collectionName": "c" }),
        );
        assert!(answer.refusal().1.contains("hybrid_search"));
    }
    // No effect on an exact search, or the default.
    for extra in [
        json!({ "searchParams": { "metricType": "L2", "params": { "nprobe": 1, "ef": 8, "level": 2 } } }),
        json!({ "searchParams": { "ignoreGrowing": true, "radius": 10, "params": { "radius": 10.0 } } }),
        json!({ "consistencyLevel": "Strong", "functionScore": { "functions": [] }, "strictGroupSize": false }),
    ] {
        assert_eq!(local.post(SEARCH, &with(extra)).code(), 0);
    }
    let name = json!({ "collectionName": "c" });
    local.post("/v2/vectordb/collections/release", &name).data();
    assert_eq!(local.post(SEARCH, &with(json!({}))).refusal().0, 101);
}

#[test]
fn one_of_several_vector_fields_must_be_named() {
    let (_dir, local) = Local::fresh();
    let vector = |name: &str, metric: &str| {
        (
            json!({ "fieldName": name, "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } }),
            json!({ "fieldName": name, "metricType": metric }),
        )
    };
    let ((one, by_one), (other, by_other)) = (vector("one", "L2"), vector("other", "IP"));
    let schema = json!({
        "collectionName": "c",
        "schema": { "fields": [{ "fieldName": "id", "dataType": "Int64", "isPrimary": true }, one, other] },
        "indexParams": [by_one, by_other],
    });
    local
        .post("/v2/vectordb/collections/create", &schema)
        .data();
    let data = json!([{ "id": 1, "one": [1, 0], "other": [5, 0] }, { "id": 2, "one": [9, 0], "other": [7, 0] }]);
    let insert = json!({ "collectionName": "c", "data": data });
    local.post("/v2/vectordb/entities/insert", &insert).data();
    let search = |extra: Value| {
        let mut body = with(json!({ "data": [[2, 0]] }));
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        local.post(SEARCH, &body)
    };
    // Milvus: generatePlaceholderGroup.
    let (code, message) = (
        1801,
        "already found multiple vector fields: [one, other,,,]",
    );
    let answer = search(json!({}));
    assert!(answer.refusal().0 == code && answer.refusal().1.contains(message));
    assert_eq!(
        found(&search(json!({ "annsField": "one" })).data()),
        [(1, 1.0), (2, 49.0)]
    );
    assert_eq!(
        found(&search(json!({ "annsField": "other" })).data()),
        [(2, 14.0), (1, 10.0)]
    );
}

/// More rows than an answer may have, in a body larger than other calls may send.
#[test]
fn a_search_for_too_many_rows_is_refused() {
    let (dir, local) = with_ten_rows();
    let vectors: Vec<_> = (0..16_384)
        .map(|number| [0.5, 1.0, -2.25, f64::from(number)])
        .collect();
    let one_each = local.post(SEARCH, &with(json!({ "data": vectors, "limit": 1 })));
    assert_eq!(found(&one_each.data()).len(), 16_384);
    let body = with(json!({ "limit": 1 })).to_string();
    let body = body.replace("[[", &format!("[{}[", " ".repeat(5 << 20)));
    assert_eq!(local.send("POST", SEARCH, &[], &body).code(), 0);
    // 16,384 vectors of 65 rows each are too many.
    let file = rows(dir.path(), "b.json", 100..200);
    let job = local.import("c", &[&file]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    let answer = local.post(SEARCH, &with(json!({ "data": vectors, "limit": 65 })));
    let (code, message) = answer.refusal();
    assert!(
        code == 65535 && message.contains("at most 1048576 rows"),
        "{message}"
    );
}
