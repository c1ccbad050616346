//! Exact search, beside a brute-force search of the test's own.

use crate::local::harness::{Local, rows, write};
use serde_json::{Value, json};

const SEARCH: &str = "/v2/vectordb/entities/search";

/// The dimension of the dense vectors; not a multiple of the lengths that loops like.
const DIM: u32 = 24;

/// Rows of each collection; more than one segment.
const ROWS: u64 = 90;

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A number that every float type holds exactly, as are its products: so most distances are exact.
    fn eighth(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(33)).expect("small")) / 8.0 - 2.0
    }
}

/// A vector of a field of this type, as JSON.
fn vector(data_type: &str, numbers: &mut Numbers) -> Value {
    match data_type {
        "BinaryVector" => (0..DIM / 8).map(|_| json!(numbers.below(256))).collect(),
        "Int8Vector" => (0..DIM)
            .map(|_| json!(i64::try_from(numbers.below(256)).expect("small") - 128))
            .collect(),
        "SparseFloatVector" => {
            let mut pairs = serde_json::Map::new();
            for _ in 0..4 {
                let index = numbers.below(20) * 1000;
                pairs.insert(index.to_string(), json!(numbers.eighth() + 2.0));
            }
            Value::Object(pairs)
        }
        _ => (0..DIM).map(|_| json!(numbers.eighth())).collect(),
    }
}

/// A vector's elements; a sparse vector's at their indices.
fn elements(vector: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().expect("a number");
    match vector {
        Value::Array(list) => list.iter().map(number).collect(),
        pairs => {
            let mut list = vec![0.0; 20_000];
            for (index, value) in pairs.as_object().expect("pairs") {
                list[index.parse::<usize>().expect("an index")] = number(value);
            }
            list
        }
    }
}

fn bits(vector: &Value) -> Vec<bool> {
    let bytes = elements(vector);
    let bit = |byte: &f64, bit: u32| (*byte / f64::from(1 << bit)).floor() % 2.0 > 0.5;
    let bits = |byte: f64| (0..8).map(move |at| bit(&byte, at));
    bytes.into_iter().flat_map(bits).collect()
}

/// The distance as the definition of the metric has it.
fn distance(metric: &str, one: &Value, other: &Value) -> f64 {
    let dot =
        |one: &[f64], other: &[f64]| -> f64 { one.iter().zip(other).map(|(x, y)| x * y).sum() };
    let (x, y) = (elements(one), elements(other));
    match metric {
        "L2" => x.iter().zip(&y).map(|(x, y)| (x - y).powi(2)).sum(),
        "IP" => dot(&x, &y),
        "COSINE" => dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt(),
        _ => {
            let pairs = || bits(one).into_iter().zip(bits(other));
            let count = |test: fn(bool, bool) -> bool| {
                f64::from(
                    u32::try_from(pairs().filter(|(x, y)| test(*x, *y)).count()).expect("few"),
                )
            };
            match metric {
                "HAMMING" => count(|x, y| x != y),
                _ => count(|x, y| x != y) / count(|x, y| x || y),
            }
        }
    }
}

/// A collection of `id`, `even` (whether `id` is), a nullable `vector` of this type.
fn create(local: &Local, data_type: &str, metric: &str) {
    let params = match data_type {
        "SparseFloatVector" => json!({}),
        _ => json!({ "dim": DIM }),
    };
    let body = json!({
        "collectionName": "c",
        "schema": { "fields": [
            { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
            { "fieldName": "even", "dataType": "Bool" },
            { "fieldName": "vector", "dataType": data_type, "elementTypeParams": params },
        ]},
        "indexParams": [{ "fieldName": "vector", "metricType": metric }],
    });
    local.post("/v2/vectordb/collections/create", &body).data();
}

/// Puts rows into the collection: some by insert, some by import. Gives their vectors by id.
fn fill(
    local: &Local,
    dir: &std::path::Path,
    data_type: &str,
    numbers: &mut Numbers,
) -> Vec<Value> {
    let vectors: Vec<Value> = (0..ROWS).map(|_| vector(data_type, numbers)).collect();
    // The keys are in another order than the rows.
    let row = |id: u64| json!({ "id": id, "even": id.is_multiple_of(2), "vector": vectors[usize::try_from(id).expect("small")] });
    let (inserted, imported): (Vec<u64>, Vec<u64>) = (0..ROWS).rev().partition(|id| id % 3 == 0);
    let inserted: Vec<Value> = inserted.into_iter().map(row).collect();
    let body = json!({ "collectionName": "c", "data": inserted });
    local.post("/v2/vectordb/entities/insert", &body).data();
    let imported: Vec<Value> = imported.into_iter().map(row).collect();
    let file = write(dir, "rows.json", &Value::from(imported).to_string());
    let job = local.import("c", &[&file]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    vectors
}

/// Ids and distances of the rows `ids`, closest first, equal ones by id.
fn expected(metric: &str, query: &Value, vectors: &[Value], ids: &[usize]) -> Vec<(usize, f64)> {
    let mut all: Vec<(usize, f64)> = ids
        .iter()
        .map(|id| (*id, distance(metric, query, &vectors[*id])))
        // Rows without a common index aren't found.
        .filter(|(_, distance)| vectors[0].is_array() || *distance > 0.0)
        .collect();
    let sign = if ["IP", "COSINE"].contains(&metric) {
        -1.0
    } else {
        1.0
    };
    all.sort_by(|(id, one), (other_id, other)| {
        (one * sign)
            .total_cmp(&(other * sign))
            .then(id.cmp(other_id))
    });
    all
}

/// Compares found rows with the expected ones, whose distances may be off by rounding.
fn check(case: &str, found: &[Value], expected: &[(usize, f64)], vectors: &dyn Fn(usize) -> f64) {
    assert_eq!(found.len(), expected.len(), "{case}: {found:?}");
    let mut seen = std::collections::HashSet::new();
    for (row, (id, distance)) in found.iter().zip(expected) {
        let found = row["distance"].as_f64().expect("a distance");
        let close = |wanted: f64| (found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0);
        assert!(close(*distance), "{case}: {found} for {distance}");
        let found_id = usize::try_from(row["id"].as_u64().expect("an id")).expect("small");
        assert!(close(vectors(found_id)), "{case}: row {found_id}");
        assert!(seen.insert(found_id), "{case}: row {found_id} twice");
        if !case.contains("COSINE") {
            assert_eq!(found_id, *id, "{case}");
        }
    }
}

#[test]
fn every_type_and_metric_finds_what_brute_force_finds() {
    let cases = [
        ("FloatVector", &["L2", "IP", "COSINE"][..]),
        ("Float16Vector", &["L2", "IP", "COSINE"]),
        ("BFloat16Vector", &["L2", "IP", "COSINE"]),
        ("Int8Vector", &["L2", "IP", "COSINE"]),
        ("BinaryVector", &["HAMMING", "JACCARD"]),
        ("SparseFloatVector", &["IP"]),
    ];
    for (data_type, metrics) in cases {
        for metric in metrics {
            let (dir, local) = Local::fresh();
            let mut numbers = Numbers(7);
            create(&local, data_type, metric);
            let vectors = fill(&local, dir.path(), data_type, &mut numbers);
            let queries: Vec<Value> = (0..3).map(|_| vector(data_type, &mut numbers)).collect();
            let search = |extra: Value| {
                let mut body = json!({ "collectionName": "c", "data": queries, "limit": 20 });
                let extra = extra.as_object().expect("an object").clone();
                body.as_object_mut().expect("an object").extend(extra);
                let answer = local.post(SEARCH, &body);
                let topks = answer.json["topks"].clone();
                (answer.data().as_array().expect("rows").clone(), topks)
            };
            for (what, extra, even, window) in [
                ("all", json!({}), false, 0..20),
                ("a filter", json!({ "filter": "even == true" }), true, 0..20),
                (
                    "an offset",
                    json!({ "offset": 5, "limit": 7 }),
                    false,
                    5..12,
                ),
                (
                    "the metric",
                    json!({ "searchParams": { "metricType": metric } }),
                    false,
                    0..20,
                ),
            ] {
                let case = format!("{data_type} {metric}, {what}");
                let (found, topks) = search(extra);
                let mut rest = found.as_slice();
                for (query, topk) in queries.iter().zip(topks.as_array().expect("topks")) {
                    let ids: Vec<usize> = (0..vectors.len())
                        .filter(|id| !even || id % 2 == 0)
                        .collect();
                    let all = expected(metric, query, &vectors, &ids);
                    let wanted = &all[window.start.min(all.len())..window.end.min(all.len())];
                    let count = usize::try_from(topk.as_u64().expect("a count")).expect("small");
                    let (rows, after) = rest.split_at(count);
                    check(&case, rows, wanted, &|id| {
                        distance(metric, query, &vectors[id])
                    });
                    rest = after;
                }
                assert!(rest.is_empty(), "{case}");
            }
            // Milvus: CheckRangeSearchParam; the radius is open, the range filter closed.
            let one = &queries[..1];
            let all = expected(
                metric,
                &one[0],
                &vectors,
                &(0..vectors.len()).collect::<Vec<_>>(),
            );
            let (near, far) = (all[2].1, all[all.len() / 2].1);
            let params = json!({ "radius": far, "range_filter": near });
            let (found, _) =
                search(json!({ "data": one, "limit": ROWS, "searchParams": { "params": params } }));
            let within: Vec<_> = all
                .iter()
                .filter(|(_, at)| {
                    let (least, most) = (near.min(far), near.max(far));
                    // Rounded distances can't be told from the limits.
                    *at > least + 1e-6 && *at < most - 1e-6
                })
                .collect();
            assert!(
                found.len() >= within.len() && !within.is_empty(),
                "{data_type} {metric}"
            );
            for row in &found {
                let at = row["distance"].as_f64().expect("a distance");
                assert!(
                    at >= near.min(far) - 1e-6 && at <= near.max(far) + 1e-6,
                    "{data_type} {metric}"
                );
            }
        }
    }
}

/// The ids and distances of an answer.
fn found(answer: &Value) -> Vec<(i64, f64)> {
    let rows = answer.as_array().expect("rows").iter();
    rows.map(|row| {
        let distance = row["distance"].as_f64().expect("a distance");
        (row["id"].as_i64().expect("an id"), distance)
    })
    .collect()
}

/// A collection of the rows 0 to 9, whose vectors are `[0.5, 1, -2.25, id]`; the metric is L2.
fn ten() -> (tempfile::TempDir, Local) {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let job = local.import("c", &[&file]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    (dir, local)
}

fn with(extra: Value) -> Value {
    let mut body = json!({ "collectionName": "c", "data": [[0.5, 1, -2.25, 4]] });
    let extra = extra.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(extra);
    body
}

#[test]
fn an_answer_has_the_key_the_distance_and_the_output_fields() {
    let (_dir, local) = ten();
    let search = |extra: Value| local.post(SEARCH, &with(extra)).json;
    // Milvus' rows without outputFields; equal distances are in the order of the keys.
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
    // Without limit 100, as Milvus' handler has it; without rows no counts.
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

/// The first API: `vector` in place of `data`, success is 200, the key is `id` (Milvus: `handler_v1.go`).
#[test]
fn the_first_api_takes_one_vector() {
    let (_dir, local) = ten();
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
    // A vector is at exactly 1 from itself and its multiples, and at 0 from one without length.
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
fn partitions_deletions_and_nulls_are_heeded() {
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
    // The distance wins over a dynamic field of that name (Milvus: buildQueryResp).
    assert_eq!(
        search(json!({ "limit": 1, "outputFields": ["*"] })),
        json!([{ "distance": 6, "id": 6, "vector": [6.0, 0.0], "more": 6 }])
    );
    // Of equal keys the row that came last counts.
    let newer = json!({ "collectionName": "c", "data": [{ "id": 6, "vector": [-1, 0] }] });
    local.post("/v2/vectordb/entities/upsert", &newer).data();
    assert_eq!(found(&search(json!({ "filter": "id == 6" }))), [(6, -1.0)]);
}

/// Base64 as Milvus' `serializeFloatOrByteVectors` and `serializeByteVectors` take it, and both forms of sparse vectors.
#[test]
fn vectors_come_in_every_form() {
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
        // The metric is the default one of the type (Milvus: indexparamcheck/constraints.go).
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
fn vectors_that_cannot_be_searched_are_refused() {
    let (_dir, local) = ten();
    for (extra, code, part) in [
        // handler_v2.go: neither data nor ids, and both.
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
fn limits_and_parameters_that_make_no_sense_are_refused() {
    let (_dir, local) = ten();
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
fn what_is_not_there_or_not_supported_is_refused_by_name() {
    let (_dir, local) = ten();
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
    // Without effect on an exact search, or the default.
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
fn a_vector_field_among_several_is_named() {
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

/// More rows than one answer may hold, and a body larger than that of other calls.
#[test]
fn a_search_for_too_many_rows_is_refused() {
    let (dir, local) = ten();
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
