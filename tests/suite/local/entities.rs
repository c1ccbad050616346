//! Query, get and insert.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

fn query(local: &Local, body: Value) -> Value {
    local.post("/v2/vectordb/entities/query", &body).data()
}

fn ids(found: &Value) -> Vec<i64> {
    let rows = found.as_array().expect("rows");
    rows.iter()
        .map(|row| row["id"].as_i64().expect("an id"))
        .collect()
}

/// Creates a collection of the rows 0 to 9.
fn with_ten_rows() -> (tempfile::TempDir, Local) {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let job = local.import("c", &[&file]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    (dir, local)
}

#[test]
fn filtered_rows_are_in_the_order_of_their_keys() {
    let (_dir, local) = with_ten_rows();
    let found = query(
        &local,
        json!({ "collectionName": "c", "filter": "id in [7, 3, 99]", "outputFields": ["*"] }),
    );
    assert_eq!(
        found,
        json!([
            { "id": 3, "word": "word 3", "vector": [0.5, 1.0, -2.25, 3.0] },
            { "id": 7, "word": "word 7", "vector": [0.5, 1.0, -2.25, 7.0] },
        ])
    );
    let some = |filter: &str, extra: Value| {
        let mut body = json!({ "collectionName": "c", "filter": filter, "outputFields": ["word"] });
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        query(&local, body)
    };
    assert_eq!(
        some("id == 4", json!({})),
        json!([{ "id": 4, "word": "word 4" }])
    );
    assert_eq!(ids(&some("", json!({ "limit": 3 }))), [0, 1, 2]);
    assert_eq!(
        ids(&some(
            "id > 2 and id != 5",
            json!({ "limit": 3, "offset": 1 })
        )),
        [4, 6, 7]
    );
    assert_eq!(ids(&some("word like \"%9\"", json!({}))), [9]);
    let texts = local.send(
        "POST",
        "/v2/vectordb/entities/query",
        &["Accept-Type-Allow-Int64: false"],
        &json!({ "collectionName": "c", "filter": "id == 4", "outputFields": ["id"] }).to_string(),
    );
    assert_eq!(texts.data(), json!([{ "id": "4" }]));
    let counted =
        json!({ "collectionName": "c", "filter": "id >= 4", "outputFields": ["count(*)"] });
    assert_eq!(query(&local, counted), json!([{ "count(*)": 6 }]));
}

#[test]
fn refused_queries_have_a_reason() {
    let (_dir, local) = with_ten_rows();
    for (extra, code, part) in [
        (json!({ "filter": "id = 4" }), 1100, "=="),
        (json!({ "filter": "nothing == 4" }), 1100, "nothing"),
        (json!({ "outputFields": ["nothing"] }), 1100, "nothing"),
        (json!({ "outputFields": ["count(*)", "id"] }), 1100, "count"),
        (json!({ "outputFields": "id" }), 1801, "outputFields"),
        (json!({ "limit": 0 }), 1100, "limit"),
        (json!({ "limit": 16_384, "offset": 1 }), 1100, "16384"),
        (json!({ "partitionNames": ["p"] }), 200, "p"),
        (json!({ "collectionName": "x" }), 100, "x"),
    ] {
        let mut body = json!({ "collectionName": "c" });
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        let answer = local.post("/v2/vectordb/entities/query", &body);
        let (found, message) = answer.refusal();
        assert_eq!(found, code, "{body}: {message}");
        assert!(message.contains(part), "{body}: {message}");
    }
}

#[test]
fn rows_of_unfinished_jobs_are_invisible() {
    let (dir, local) = with_ten_rows();
    let file = rows(dir.path(), "b.json", 10..12);
    let body = json!({ "collectionName": "c", "files": [[file.to_str().expect("text")]],
        "options": { "auto_commit": "false" } });
    let job = local.post("/v2/vectordb/jobs/import/create", &body).data();
    let job = job["jobId"].as_str().expect("an id").to_owned();
    local.until(&job, |progress| progress["state"] == "Uncommitted");
    let late = json!({ "collectionName": "c", "filter": "id >= 9", "outputFields": ["id"] });
    assert_eq!(ids(&query(&local, late.clone())), [9]);
    local
        .post("/v2/vectordb/jobs/import/commit", &json!({ "jobId": job }))
        .data();
    assert_eq!(ids(&query(&local, late)), [9, 10, 11]);
}

#[test]
fn inserted_rows_are_read_by_their_ids() {
    let (_dir, local) = Local::fresh();
    let create = json!({ "collectionName": "c", "schema": { "enableDynamicField": true, "autoId": true, "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "size", "dataType": "Int8", "defaultValue": 7 },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]}, "indexParams": [{ "fieldName": "v", "metricType": "L2" }] });
    local
        .post("/v2/vectordb/collections/create", &create)
        .data();
    let insert =
        |path: &str, data: Value| local.post(path, &json!({ "collectionName": "c", "data": data }));
    let rows = json!([{ "v": [1, 2], "colour": "red", "size": 3 }, { "v": [3, 4] }]);
    let made = insert("/v2/vectordb/entities/insert", rows).data();
    assert_eq!(made["insertCount"], 2);
    let found = local.post(
        "/v2/vectordb/entities/get",
        &json!({
            "collectionName": "c", "id": made["insertIds"], "outputFields": ["size", "colour"],
        }),
    );
    let ids = &made["insertIds"];
    assert_eq!(
        found.data(),
        json!([{ "id": ids[0], "size": 3, "colour": "red" }, { "id": ids[1], "size": 7 }])
    );
    let refused = insert(
        "/v2/vectordb/entities/insert",
        json!([{ "v": [1, 2] }, { "v": [1] }]),
    );
    assert_eq!(refused.refusal().0, 1804);
    assert_eq!(local.count("c"), 2);
    let old = insert("/v1/vector/insert", json!({ "v": [5, 6] }));
    assert_eq!((old.code(), local.count("c")), (200, 3));
    let id = old.data()["insertIds"][0].clone();
    let got = local.post(
        "/v1/vector/get",
        &json!({ "collectionName": "c", "id": id }),
    );
    assert_eq!(
        got.data(),
        json!([{ "id": id, "size": 7, "v": [5.0, 6.0] }])
    );
    let body =
        json!({ "collectionName": "c", "filter": "colour == \"red\"", "outputFields": ["v"] });
    let found = local.post("/v1/vector/query", &body);
    assert_eq!(found.data(), json!([{ "id": ids[0], "v": [1.0, 2.0] }]));
}
