//! Databases: separation, and names in the body or in a header.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

const LIST: &str = "/v2/vectordb/collections/list";

fn database(local: &Local, route: &str, name: &str) -> crate::local::harness::Answer {
    let path = format!("/v2/vectordb/databases/{route}");
    local.post(&path, &json!({ "dbName": name }))
}

#[test]
fn databases_have_separate_collections_and_jobs() {
    let (dir, local) = Local::fresh();
    database(&local, "create", "other").data();
    assert_eq!(database(&local, "create", "other").refusal().0, 65535);
    assert_eq!(
        database(&local, "list", "").data(),
        json!(["default", "other"])
    );
    assert_eq!(
        database(&local, "describe", "other").data()["dbName"],
        "other"
    );
    local.create("c");
    let make = json!({ "dbName": "other", "collectionName": "c", "dimension": 2 });
    local.post("/v2/vectordb/collections/create", &make).data();
    let make = json!({ "dbName": "other", "collectionName": "d", "dimension": 2 });
    local.post("/v2/vectordb/collections/create", &make).data();
    assert_eq!(local.post(LIST, &json!({})).data(), json!(["c"]));
    assert_eq!(
        local.post(LIST, &json!({ "dbName": "other" })).data(),
        json!(["c", "d"])
    );
    let by_header = local.send("POST", LIST, &["DB-Name: other"], "{}");
    assert_eq!(by_header.data(), json!(["c", "d"]));

    let job = local.import("c", &[&rows(dir.path(), "a.json", 0..4)]);
    assert_eq!(local.wait(&job)["state"], "Completed");
    let count = |database: &str| {
        let body =
            json!({ "dbName": database, "collectionName": "c", "outputFields": ["count(*)"] });
        let data = local.post("/v2/vectordb/entities/query", &body).data();
        data[0]["count(*)"].clone()
    };
    assert_eq!((count("default"), count("other")), (json!(4), json!(0)));
    let jobs = |database: &str| {
        let data = local
            .post(
                "/v2/vectordb/jobs/import/list",
                &json!({ "dbName": database }),
            )
            .data();
        data["records"].as_array().map(Vec::len)
    };
    // Milvus lists the jobs of all databases if no collection is named (internal/proxy/impl.go, ListImports).
    assert_eq!((jobs("default"), jobs("other")), (Some(1), Some(1)));
    let named = json!({ "dbName": "other", "collectionName": "c" });
    let named = local.post("/v2/vectordb/jobs/import/list", &named).data();
    assert_eq!(named["records"], json!([]));

    assert_eq!(database(&local, "drop", "other").refusal().0, 65535);
    for name in ["c", "d"] {
        let body = json!({ "dbName": "other", "collectionName": name });
        local.post("/v2/vectordb/collections/drop", &body).data();
    }
    database(&local, "drop", "other").data();
    assert_eq!(local.count("c"), 4);
}

#[test]
fn a_missing_database_is_refused_everywhere() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let body: Value = json!({ "dbName": "nowhere", "collectionName": "c", "jobId": "job-1", "files": [["a.json"]] });
    for route in [
        "collections/list",
        "collections/has",
        "collections/describe",
        "collections/drop",
        "entities/query",
        "jobs/import/create",
        "jobs/import/list",
        "jobs/import/describe",
        "databases/describe",
    ] {
        let answer = local.post(&format!("/v2/vectordb/{route}"), &body);
        assert_eq!(answer.refusal().0, 800, "{route}");
    }
    assert_eq!(database(&local, "drop", "default").refusal().0, 65535);
    assert_eq!(database(&local, "create", "no-name").refusal().0, 802);
}

#[test]
fn database_properties_are_altered_and_dropped() {
    let (_dir, local) = Local::fresh();
    let post =
        |route: &str, body: Value| local.post(&format!("/v2/vectordb/databases/{route}"), &body);
    let described = || {
        let data = post("describe", json!({ "dbName": "d" })).data();
        data["properties"].clone()
    };
    let key = "database.replica.number";
    post(
        "create",
        json!({ "dbName": "d", "properties": { key: 2, "b": "x" } }),
    )
    .data();
    assert_eq!(
        described(),
        json!([{ "key": key, "value": "2" }, { "key": "b", "value": "x" }])
    );
    post(
        "alter",
        json!({ "dbName": "d", "properties": { key: "3", "c": true } }),
    )
    .data();
    post(
        "drop_properties",
        json!({ "dbName": "d", "propertyKeys": ["b"] }),
    )
    .data();
    assert_eq!(
        described(),
        json!([{ "key": key, "value": "3" }, { "key": "c", "value": "true" }])
    );
    for route in ["alter", "drop_properties"] {
        assert_eq!(post(route, json!({ "dbName": "none" })).refusal().0, 800);
    }
    for _ in 0..2 {
        post("drop", json!({ "dbName": "d" })).data();
    }
}
