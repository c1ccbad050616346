//! Answers of searches, and forms of vectors in requests.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

pub(crate) const SEARCH: &str = "/v2/vectordb/entities/search";

/// Returns the ids and distances in an answer.
pub(crate) fn found(answer: &Value) -> Vec<(i64, f64)> {
    let rows = answer.as_array().expect("rows").iter();
    rows.map(|row| {
        let distance = row["distance"].as_f64().expect("a distance");
        (row["id"].as_i64().expect("an id"), distance)
    })
    .collect()
}

/// Creates a collection of the rows 0 to 9, whose vectors are `[0.5, 1, -2.25, id]`, with the metric L2.
pub(crate) fn with_ten_rows() -> (tempfile::TempDir, Local) {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let job = local.import("c", &[&file]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    (dir, local)
}

pub(crate) fn with(extra: Value) -> Value {
    let mut body = json!({ "collectionName": "c", "data": [[0.5, 1, -2.25, 4]] });
    let extra = extra.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(extra);
    body
}

#[test]
fn an_answer_has_the_key_the_distance_and_the_output_fields() {
    let (_dir, local) = with_ten_rows();
    let search = |extra: Value| local.post(SEARCH, &with(extra)).json;
    // The rows that Milvus returns without outputFields. Rows with equal distances are in the order of their keys.
    assert_eq!(
        search(json!({ "limit": 3 })),
        json!({ "code": 0, "topks": [3], "data": [
            { "distance": 0, "id": 4 }, { "distance": 1, "id": 3 }, { "distance": 1, "id": 5 },
        ]})
    );
    assert_eq!(
        search(json!({ "filter": "id in [1, 2]", "outputFields": ["word", "id"] }))["data"],
        json!([
            { "distance": 4, "id": 2, "word": "word 2" },
            { "distance": 9, "id": 1, "word": "word 1" },
        ])
    );
    let all = &search(json!({ "limit": 1, "outputFields": ["*"] }))["data"];
    assert_eq!(
        *all,
        json!([{ "distance": 0, "id": 4, "word": "word 4", "vector": [0.5, 1.0, -2.25, 4.0] }])
    );
    // The default limit is 100, as in Milvus' handler. Without rows there are no counts.
    assert_eq!(found(&search(json!({}))["data"]).len(), 10);
    let none = search(json!({ "filter": "id > 99" }));
    assert_eq!(none, json!({ "code": 0, "data": [] }));
    let texts = local.send(
        "POST",
        SEARCH,
        &["Accept-Type-Allow-Int64: false"],
        &with(json!({ "limit": 1 })).to_string(),
    );
    assert_eq!(texts.data(), json!([{ "distance": 0, "id": "4" }]));
    let rounded = search(json!({
        "data": [[0.5, 1, -2.25, 4.06]], "limit": 1, "searchParams": { "round_decimal": 2 },
    }));
    assert_eq!(rounded["data"], json!([{ "distance": 0, "id": 4 }]));
}

/// In the first API `vector` replaces `data`, success is 200, and the primary key is `id` (Milvus: `handler_v1.go`).
#[test]
fn the_first_api_accepts_one_vector() {
    let (_dir, local) = with_ten_rows();
    let body = json!({
        "collectionName": "c", "vector": [0.5, 1, -2.25, 4], "limit": 2, "offset": 1,
        "params": { "radius": 3.5, "range_filter": 0.5 }, "outputFields": ["word"],
    });
    let answer = local.post("/v1/vector/search", &body);
    assert_eq!(
        answer.json,
        json!({ "code": 200, "data": [{ "distance": 1, "id": 5, "word": "word 5" }] })
    );
    let without = local.post("/v1/vector/search", &json!({ "collectionName": "c" }));
    assert_eq!(without.refusal().0, 1802);

    let schema = json!({
        "collectionName": "named",
        "schema": { "fields": [
            { "fieldName": "name", "dataType": "VarChar", "isPrimary": true, "elementTypeParams": { "max_length": 9 } },
            { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
        ]},
        "indexParams": [{ "fieldName": "vector", "metricType": "COSINE" }],
    });
    local
        .post("/v2/vectordb/collections/create", &schema)
        .data();
    let data = json!([
        { "name": "b", "vector": [0.1, 0.7] }, { "name": "a", "vector": [0.2, 1.4] }, { "name": "c", "vector": [0, 0] },
    ]);
    let insert = json!({ "collectionName": "named", "data": data });
    local.post("/v2/vectordb/entities/insert", &insert).data();
    let v1 = json!({ "collectionName": "named", "vector": [0.1, 0.7] });
    // A vector's cosine is exactly 1 with itself and its multiples, and 0 with a zero vector.
    assert_eq!(
        local.post("/v1/vector/search", &v1).data(),
        json!([{ "distance": 1, "id": "a" }, { "distance": 1, "id": "b" }, { "distance": 0, "id": "c" }])
    );
    let v2 = json!({ "collectionName": "named", "data": [[0.1, 0.7]], "limit": 1 });
    assert_eq!(
        local.post(SEARCH, &v2).data(),
        json!([{ "distance": 1, "name": "a" }])
    );
}

#[test]
fn search_skips_other_partitions_deleted_rows_and_nulls() {
    let (_dir, local) = Local::fresh();
    let schema = json!({
        "collectionName": "c",
        "schema": { "enableDynamicField": true, "fields": [
            { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
            { "fieldName": "vector", "dataType": "FloatVector", "nullable": true, "elementTypeParams": { "dim": 2 } },
        ]},
        "indexParams": [{ "fieldName": "vector", "metricType": "IP" }],
    });
    local
        .post("/v2/vectordb/collections/create", &schema)
        .data();
    let part = json!({ "collectionName": "c", "partitionName": "p" });
    local.post("/v2/vectordb/partitions/create", &part).data();
    let rows = |ids: std::ops::Range<i64>| -> Value {
        ids.map(|id| match id {
            3 => json!({ "id": 3, "vector": null }),
            id => json!({ "id": id, "vector": [id, 0], "distance": "far", "more": id }),
        })
        .collect()
    };
    for (partition, ids) in [("_default", 0..5), ("p", 5..8)] {
        let body = json!({ "collectionName": "c", "partitionName": partition, "data": rows(ids) });
        local.post("/v2/vectordb/entities/insert", &body).data();
    }
    let gone = json!({ "collectionName": "c", "filter": "id in [4, 7]" });
    local.post("/v2/vectordb/entities/delete", &gone).data();
    let search = |extra: Value| {
        let mut body = json!({ "collectionName": "c", "data": [[1, 0]] });
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        local.post(SEARCH, &body).data()
    };
    let ids = |answer: &Value| {
        found(answer)
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&search(json!({}))), [6, 5, 2, 1, 0]);
    assert_eq!(ids(&search(json!({ "partitionNames": ["p"] }))), [6, 5]);
    assert_eq!(
        ids(&search(json!({ "partitionNames": ["_default", "p"] }))).len(),
        5
    );
    assert_eq!(ids(&search(json!({ "filter": "more < 6" }))), [5, 2, 1, 0]);
    // The distance overrides a dynamic field with this name (Milvus: buildQueryResp).
    assert_eq!(
        search(json!({ "limit": 1, "outputFields": ["*"] })),
        json!([{ "distance": 6, "id": 6, "vector": [6.0, 0.0], "more": 6 }])
    );
    // Among rows with one key, the latest one counts.
    let newer = json!({ "collectionName": "c", "data": [{ "id": 6, "vector": [-1, 0] }] });
    local.post("/v2/vectordb/entities/upsert", &newer).data();
    assert_eq!(found(&search(json!({ "filter": "id == 6" }))), [(6, -1.0)]);
}

/// Base64 as in Milvus' `serializeFloatOrByteVectors` and `serializeByteVectors`, and both forms of sparse vectors.
#[test]
fn vectors_are_accepted_in_every_form() {
    for (data_type, stored, forms) in [
        (
            "BinaryVector",
            json!([255, 1]),
            vec![json!([255, 1]), json!("/wE=")],
        ),
        // 1 and -2, little-endian.
        (
            "Float16Vector",
            json!([1, -2]),
            vec![json!([1.0, -2]), json!("ADwAwA==")],
        ),
        (
            "BFloat16Vector",
            json!([1, -2]),
            vec![json!([1.0, -2]), json!("gD8AwA==")],
        ),
        ("Int8Vector", json!([1, -128]), vec![json!([1, -128])]),
        (
            "SparseFloatVector",
            json!({ "7": 0.5, "100": 2 }),
            vec![
                json!({ "100": 2, "7": 0.5 }),
                json!({ "indices": [7, 100], "values": [0.5, 2] }),
                json!("{\"7\": 0.5, \"100\": 2}"),
            ],
        ),
    ] {
        let (_dir, local) = Local::fresh();
        let params = match data_type {
            "BinaryVector" => json!({ "dim": 16 }),
            "SparseFloatVector" => json!({}),
            _ => json!({ "dim": 2 }),
        };
        // The metric is the type's default (Milvus: indexparamcheck/constraints.go).
        let schema = json!({
            "collectionName": "c",
            "schema": { "fields": [
                { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
                { "fieldName": "vector", "dataType": data_type, "elementTypeParams": params },
            ]},
            "indexParams": [{ "fieldName": "vector" }],
        });
        local
            .post("/v2/vectordb/collections/create", &schema)
            .data();
        let body = json!({ "collectionName": "c", "data": [{ "id": 1, "vector": stored }] });
        local.post("/v2/vectordb/entities/insert", &body).data();
        let wanted = match data_type {
            "BinaryVector" => 0.0,
            "SparseFloatVector" => 4.25,
            _ => 1.0,
        };
        for form in forms {
            let body = json!({ "collectionName": "c", "annsField": "vector", "data": [form] });
            let answer = local.post(SEARCH, &body).data();
            assert_eq!(found(&answer), [(1, wanted)], "{data_type} {form}");
        }
    }
}
