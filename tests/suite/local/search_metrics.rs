//! Exact search, compared with a brute-force search of the test.

use crate::local::harness::{Local, write};
use crate::local::search::SEARCH;
use serde_json::{Value, json};

/// Dimension of the dense vectors, not a multiple of typical loop widths.
const DIM: u32 = 24;

/// Rows of each collection, more than one segment.
const ROWS: u64 = 90;

/// Reproducible numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Returns a number that every float type represents exactly, as well as its products, so most distances are exact.
    fn eighth(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(33)).expect("small")) / 8.0 - 2.0
    }
}

/// Returns a vector of a field of this type, as JSON.
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

/// Returns a vector's elements. Those of a sparse vector are at their indices.
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

/// Returns the distance by the definition of the metric.
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

/// Creates a collection of `id`, `even` (whether `id` is even), and a nullable `vector` of this type.
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

/// Adds rows to the collection, some by insert, some by import. Returns their vectors by id.
fn fill(
    local: &Local,
    dir: &std::path::Path,
    data_type: &str,
    numbers: &mut Numbers,
) -> Vec<Value> {
    let vectors: Vec<Value> = (0..ROWS).map(|_| vector(data_type, numbers)).collect();
    // The primary keys aren't in the order of the rows.
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

/// Returns the ids and distances of the rows `ids`, closest first. Rows with equal distances are ordered by id.
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

/// Compares found rows with the expected ones, whose distances may differ by rounding.
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
fn search_equals_brute_force_for_every_type_and_metric() {
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
                    // Rounded distances can't be distinguished from the limits.
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
