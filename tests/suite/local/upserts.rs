//! Upserts as in Milvus (`internal/proxy/task_upsert.go`), vectors in base64, and queries of several rows with one
//! primary key.

use crate::local::harness::{Local, row, rows};
use serde_json::{Value, json};

fn post(local: &Local, route: &str, body: Value) -> Value {
    local.post(&format!("/v2/vectordb/{route}"), &body).data()
}

fn query(local: &Local, filter: &str, fields: &[&str]) -> Value {
    let body = json!({ "collectionName": "c", "filter": filter, "outputFields": fields });
    post(local, "entities/query", body)
}

fn upsert(local: &Local, extra: Value) -> crate::local::harness::Answer {
    let mut body = json!({ "collectionName": "c" });
    let extra = extra.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(extra);
    local.post("/v2/vectordb/entities/upsert", &body)
}

/// Creates a collection with a field of many types.
fn typed(auto: bool) -> (tempfile::TempDir, Local) {
    let (dir, local) = Local::fresh();
    let field =
        |name: &str, kind: &str| json!({ "fieldName": name, "dataType": kind, "nullable": true });
    let create = json!({ "collectionName": "c", "schema": { "autoID": auto, "enableDynamicField": true, "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        field("i64", "Int64"), field("share", "Double"), field("doc", "JSON"),
        { "fieldName": "size", "dataType": "Int8", "defaultValue": 7 },
        { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]}, "indexParams": [{ "fieldName": "vector", "metricType": "L2" }] });
    post(&local, "collections/create", create);
    (dir, local)
}

#[test]
fn a_partial_update_changes_only_the_given_fields() {
    let (_dir, local) = typed(false);
    let data = json!([
        { "id": 1, "i64": 9_007_199_254_740_993_i64, "share": 0.1, "doc": "\"text\"", "vector": [0.1, 2], "colour": "red", "old": 1 },
        { "id": 2, "vector": [3, 4] },
    ]);
    post(
        &local,
        "entities/insert",
        json!({ "collectionName": "c", "data": data }),
    );
    let before = query(&local, "id == 1", &["*"])[0].clone();
    let partial = |data: Value| upsert(&local, json!({ "partialUpdate": true, "data": data }));
    let made = partial(json!([{ "id": 1, "share": null, "colour": "blue", "new": true }])).data();
    assert_eq!(made, json!({ "upsertCount": 1, "upsertIds": [1] }));
    let mut expected = before.clone();
    expected["share"] = json!(null);
    expected["colour"] = json!("blue");
    expected["new"] = json!(true);
    let after = query(&local, "id == 1", &["*"]);
    assert_eq!(
        (after.as_array().map(Vec::len), &after[0]),
        (Some(1), &expected)
    );
    // A missing row is inserted, so it needs all fields.
    assert!(
        !partial(json!([{ "id": 3, "i64": 5 }]))
            .refusal()
            .1
            .is_empty()
    );
    partial(json!([{ "id": 3, "vector": [5, 6] }])).data();
    assert_eq!(
        query(&local, "id == 3", &["size", "i64"]),
        json!([{ "id": 3, "i64": null, "size": 7 }])
    );
    // All rows of a call have the same fields, and each has its primary key.
    for (rows, code, part) in [
        (
            json!([{ "id": 1, "i64": 5 }, { "id": 2, "share": 5 }]),
            1804,
            "same fields",
        ),
        (json!([{ "i64": 5 }]), 1100, "must assign pk when upsert"),
        (
            json!([{ "id": 1, "i64": 5 }, { "id": "1", "i64": 6 }]),
            1100,
            "duplicate primary keys",
        ),
        (json!([{ "id": 1, "vector": [1] }]), 1804, "vector"),
    ] {
        let answer = partial(rows.clone());
        let (found, message) = answer.refusal();
        assert!(
            found == code && message.contains(part),
            "{rows}: {found} {message}"
        );
    }
    assert_eq!(query(&local, "id == 1", &["*"])[0], expected);
    assert_eq!(local.count("c"), 3);
    // Without `partialUpdate` fields that aren't given become null, or their default.
    upsert(&local, json!({ "data": [{ "id": 1, "vector": [7, 8] }] })).data();
    assert_eq!(
        query(&local, "id == 1", &["*"]),
        json!([{ "id": 1, "i64": null, "share": null, "doc": null, "size": 7, "vector": [7.0, 8.0] }])
    );
}

#[test]
fn an_upserted_row_gets_a_new_auto_id() {
    let (_dir, local) = typed(true);
    let body = json!({ "collectionName": "c", "data": [{ "vector": [1, 2], "i64": 5 }, { "vector": [3, 4] }] });
    let ids = post(&local, "entities/insert", body)["insertIds"].clone();
    let (first, second) = (ids[0].clone(), ids[1].clone());
    let made = upsert(
        &local,
        json!({ "data": [{ "id": first, "vector": [5, 6] }] }),
    )
    .data();
    let new = made["upsertIds"][0].clone();
    assert_ne!(new, first);
    assert_eq!(local.count("c"), 2);
    let all = query(
        &local,
        &format!("id in [{first}, {second}, {new}]"),
        &["vector"],
    );
    assert_eq!(
        all,
        json!([{ "id": second, "vector": [3.0, 4.0] }, { "id": new, "vector": [5.0, 6.0] }])
    );
    let refused = upsert(&local, json!({ "data": [{ "vector": [5, 6] }] }));
    assert!(
        refused
            .refusal()
            .1
            .contains("must assign pk when upsert, primary field: id")
    );
    // handler_v2.go reads the rows before the proxy checks for primary keys.
    let unread = upsert(&local, json!({ "data": [{ "vector": [5] }] }));
    assert_eq!(unread.refusal().0, 1804);
    let partial = json!({ "partialUpdate": true, "data": [{ "id": second, "i64": 9 }] });
    let made = upsert(&local, partial).data();
    let new = &made["upsertIds"][0];
    assert_eq!(
        query(&local, &format!("id == {new}"), &["i64", "vector"]),
        json!([{ "id": new, "i64": 9, "vector": [3.0, 4.0] }])
    );
    assert_eq!(local.count("c"), 2);
}

#[test]
fn an_upsert_replaces_only_rows_of_its_partition() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let p = json!({ "collectionName": "c", "partitionName": "p" });
    post(&local, "partitions/create", p);
    let insert = |partition: &str| json!({ "collectionName": "c", "partitionName": partition, "data": [row(1)] });
    post(&local, "entities/insert", insert("p"));
    post(&local, "entities/upsert", insert("_default"));
    assert_eq!(local.count("c"), 2);
    post(&local, "entities/upsert", insert("p"));
    assert_eq!(local.count("c"), 2);
}

#[test]
fn the_last_committed_row_of_a_key_is_found() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let mut first = row(1);
    first["word"] = json!("import");
    let file = crate::local::harness::write(dir.path(), "a.json", &json!([first]).to_string());
    let body =
        json!({ "collectionName": "c", "files": [[file]], "options": { "auto_commit": "false" } });
    let job = post(&local, "jobs/import/create", body)["jobId"].clone();
    let job = job.as_str().expect("an id");
    local.until(job, |progress| progress["state"] == "Uncommitted");
    // The import was written first and is committed last.
    upsert(&local, json!({ "data": [row(1), row(2)] })).data();
    assert_eq!(query(&local, "id == 1", &["word"])[0]["word"], "word 1");
    post(&local, "jobs/import/commit", json!({ "jobId": job }));
    let one = json!([{ "id": 1, "word": "import" }]);
    assert_eq!(query(&local, "id == 1", &["word"]), one);
    let get = json!({ "collectionName": "c", "id": [1], "outputFields": ["word"] });
    assert_eq!(post(&local, "entities/get", get), one);
    assert_eq!(local.count("c"), 3);
    let search = json!({ "collectionName": "c", "data": [[0.5, 1, -2.25, 1]], "limit": 3, "outputFields": ["word"] });
    let found = post(&local, "entities/search", search);
    let words: Vec<_> = found
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["word"])
        .collect();
    assert_eq!(words, ["import", "word 2"], "{found}");
    // The filter applies first, to all rows.
    assert_eq!(
        query(&local, "word == \"word 1\"", &["id"]),
        json!([{ "id": 1 }])
    );
    // Pages don't repeat a key.
    let again = rows(dir.path(), "b.json", 0..5);
    local.wait(&local.import("c", &[&again]));
    let page = |offset: u64| {
        let body =
            json!({ "collectionName": "c", "outputFields": ["id"], "limit": 2, "offset": offset });
        post(&local, "entities/query", body)
    };
    assert_eq!(
        (page(0), page(2), page(4)),
        (
            json!([{ "id": 0 }, { "id": 1 }]),
            json!([{ "id": 2 }, { "id": 3 }]),
            json!([{ "id": 4 }])
        )
    );
    assert_eq!(local.count("c"), 8);
}

/// Milvus: `internal/distributed/proxy/httpserver/utils.go`, `checkAndSetData` and `buildQueryResp`.
#[test]
fn binary_and_half_vectors_are_accepted_in_base64() {
    let (_dir, local) = Local::fresh();
    let vector = |name: &str, kind: &str, dim: u32| json!({ "fieldName": name, "dataType": kind, "elementTypeParams": { "dim": dim } });
    let create = json!({ "collectionName": "c", "schema": { "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        vector("bits", "BinaryVector", 16), vector("half", "Float16Vector", 2), vector("brain", "BFloat16Vector", 2),
    ]}, "indexParams": [{ "fieldName": "bits", "metricType": "HAMMING" }, { "fieldName": "half", "metricType": "L2" },
        { "fieldName": "brain", "metricType": "L2" }] });
    post(&local, "collections/create", create);
    // 1.0 and -2.0, little-endian.
    let good = json!({ "id": 1, "bits": "AQI=", "half": "ADwAwA==", "brain": "gD8AwA==" });
    for route in ["entities/insert", "entities/upsert"] {
        let body = json!({ "collectionName": "c", "data": [good] });
        post(&local, route, body);
        assert_eq!(
            query(&local, "id == 1", &["bits", "half", "brain"]),
            json!([good])
        );
    }
    for (field, bad) in [
        ("bits", "AQ=="),
        ("bits", "AQID"),
        ("bits", "*"),
        ("half", "ADw="),
        ("half", "AHwAPA=="),
        ("brain", "wH8AwA=="),
        ("brain", ""),
    ] {
        let mut row = good.clone();
        row[field] = json!(bad);
        let body = json!({ "collectionName": "c", "data": [row] });
        let answer = local.post("/v2/vectordb/entities/insert", &body);
        let (code, message) = answer.refusal();
        assert!(
            code == 1804 && message.contains(field),
            "{field} {bad}: {message}"
        );
    }
    assert_eq!(local.count("c"), 1);
}
