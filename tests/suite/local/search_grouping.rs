//! Grouping search: the closest rows of the closest groups.

use crate::local::harness::{Answer, Local};
use serde_json::{Value, json};

const SEARCH: &str = "/v2/vectordb/entities/search";

/// Creates a collection whose rows have groups: `size` is `id % 3`, or null for the last two rows; `sound` is a Bool.
/// The metric is L2, and a row's distance to `[0, 0]` is its id squared. Half of the rows are in a second segment.
fn grouped() -> (tempfile::TempDir, Local) {
    let (dir, local) = Local::fresh();
    let schema = json!({
        "collectionName": "c",
        "schema": { "enableDynamicField": true, "fields": [
            { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
            { "fieldName": "size", "dataType": "Int16", "nullable": true },
            { "fieldName": "name", "dataType": "VarChar", "elementTypeParams": { "max_length": 8 } },
            { "fieldName": "sound", "dataType": "Bool" },
            { "fieldName": "share", "dataType": "Float" },
            { "fieldName": "meta", "dataType": "JSON" },
            { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
            { "fieldName": "bits", "dataType": "BinaryVector", "elementTypeParams": { "dim": 8 } },
        ]},
        "indexParams": [{ "fieldName": "vector", "metricType": "L2" }, { "fieldName": "bits", "metricType": "HAMMING" }],
    });
    local
        .post("/v2/vectordb/collections/create", &schema)
        .data();
    let row = |id: i32| {
        let size = (id < 18).then_some(id % 3);
        json!({ "id": id, "size": size, "name": format!("n{}", id % 4), "sound": id % 2 == 0, "share": 0.5,
            "meta": {}, "vector": [id, 0], "bits": [id] })
    };
    for rows in [
        [1, 4, 5, 8, 10, 13, 14, 16, 17, 19],
        [0, 2, 3, 6, 7, 9, 11, 12, 15, 18],
    ] {
        let data: Vec<_> = rows.into_iter().map(row).collect();
        let insert = json!({ "collectionName": "c", "data": data });
        local.post("/v2/vectordb/entities/insert", &insert).data();
    }
    (dir, local)
}

fn search_grouped(local: &Local, extra: Value) -> Answer {
    let mut body = json!({ "collectionName": "c", "data": [[0, 0]], "annsField": "vector" });
    let extra = extra.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(extra);
    local.post(SEARCH, &body)
}

/// Milvus: `exec/operator/search-groupby/SearchGroupByOperator.cpp` and `proxy/search_reduce_util.go`,
/// `reduceSearchResultDataWithGroupBy`.
#[test]
fn grouping_finds_the_closest_rows_of_the_closest_groups() {
    let (_dir, local) = grouped();
    let search = |extra: Value| search_grouped(&local, extra);
    let ids = |extra: Value| {
        let rows = search(extra).data();
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| row["id"].as_i64().expect("an id"))
            .collect::<Vec<_>>()
    };
    for (extra, expected) in [
        // Rows without a value are a group.
        (json!({ "groupingField": "size" }), vec![0, 1, 2, 18]),
        (json!({ "groupingField": "size", "limit": 2 }), vec![0, 1]),
        (
            json!({ "groupingField": "size", "limit": 2, "offset": 1 }),
            vec![1, 2],
        ),
        // The rows of a group are together.
        (
            json!({ "groupingField": "size", "groupSize": 2, "strictGroupSize": true, "limit": 2 }),
            vec![0, 3, 1, 4],
        ),
        (
            json!({ "groupingField": "size", "groupSize": 2, "limit": 2, "offset": 2 }),
            vec![2, 5, 18, 19],
        ),
        (
            json!({ "groupingField": "name", "filter": "id > 4" }),
            vec![5, 6, 7, 8],
        ),
        (
            json!({ "groupingField": "sound", "groupSize": 3 }),
            vec![0, 2, 4, 1, 3, 5],
        ),
        (json!({ "groupingField": "id", "limit": 3 }), vec![0, 1, 2]),
        // handler_v2.go: a size alone, or one that isn't positive, has no effect.
        (
            json!({ "groupSize": 2, "strictGroupSize": true, "limit": 3 }),
            vec![0, 1, 2],
        ),
        (
            json!({ "groupingField": "size", "groupSize": 0, "limit": 2 }),
            vec![0, 1],
        ),
        (json!({ "groupingField": "", "limit": 2 }), vec![0, 1]),
        (
            json!({ "groupingField": "size", "data": [[0, 0], [17, 0]], "limit": 2 }),
            vec![0, 1, 17, 16],
        ),
    ] {
        assert_eq!(ids(extra.clone()), expected, "{extra}");
    }
    let counts = search(
        json!({ "groupingField": "size", "data": [[0, 0], [17, 0]], "groupSize": 2, "limit": 3 }),
    );
    assert_eq!(counts.json["topks"], json!([6, 6]));
    // Among rows with one key, the row that was committed last counts, in its own group.
    let row = json!({ "id": 0, "size": 1, "name": "", "sound": true, "share": 1, "meta": {}, "vector": [9, 9], "bits": [0] });
    let body = json!({ "collectionName": "c", "data": [row] });
    local.post("/v2/vectordb/entities/insert", &body).data();
    assert_eq!(ids(json!({ "groupingField": "size" })), [1, 2, 3, 18]);
    assert_eq!(
        ids(json!({ "groupingField": "size", "groupSize": 2, "limit": 1 })),
        [1, 4]
    );
}

/// Milvus: `proxy/search_util.go`, `parseGroupByInfo`, and segcore's types of a group.
#[test]
fn an_invalid_grouping_search_is_refused() {
    let (_dir, local) = grouped();
    for (extra, code, part) in [
        (json!({ "groupingField": "nothing" }), 10, "dynamic field"),
        (json!({ "groupingField": "meta[\"a\"]" }), 10, "JSON field"),
        (
            json!({ "groupingField": "share" }),
            2001,
            "unsupported data type Float",
        ),
        (
            json!({ "groupingField": "vector" }),
            2001,
            "unsupported data type FloatVector",
        ),
        (
            json!({ "groupingField": "size", "groupSize": 11 }),
            1100,
            "exceeds configured max group size:10",
        ),
        (
            json!({ "groupingField": "size", "searchParams": { "radius": 9 } }),
            1100,
            "range-search",
        ),
        (
            json!({ "groupingField": "size", "annsField": "bits", "data": [[1]] }),
            1100,
            "binary vector column",
        ),
    ] {
        let answer = search_grouped(&local, extra.clone());
        let (found, message) = answer.refusal();
        assert!(
            found == code && message.contains(part),
            "{extra}: {found} {message}"
        );
    }
    let v1 = json!({ "collectionName": "c", "vector": [0, 0], "groupingField": "size" });
    assert_eq!(local.post("/v1/vector/search", &v1).refusal().0, 10);
}
