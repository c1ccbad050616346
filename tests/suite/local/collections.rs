//! Collections, partitions and counts.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

pub(crate) fn post(local: &Local, route: &str, body: Value) -> Value {
    local.post(&format!("/v2/vectordb/{route}"), &body).data()
}

#[test]
fn collections_are_created_described_and_dropped() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    post(
        &local,
        "collections/create",
        json!({ "collectionName": "q", "dimension": 8, "metricType": "IP", "dbName": "default" }),
    );
    assert_eq!(
        post(&local, "collections/list", json!({})),
        json!(["c", "q"])
    );
    assert_eq!(
        post(&local, "collections/has", json!({ "collectionName": "c" })),
        json!({ "has": true })
    );
    assert_eq!(
        post(&local, "collections/has", json!({ "collectionName": "x" })),
        json!({ "has": false })
    );

    let c = post(
        &local,
        "collections/describe",
        json!({ "collectionName": "c" }),
    );
    assert_eq!(
        (&c["collectionName"], &c["autoId"], &c["enableDynamicField"]),
        (&json!("c"), &json!(false), &json!(false))
    );
    assert_eq!(
        c["fields"][1]["params"],
        json!([{ "key": "max_length", "value": "16" }])
    );
    assert_eq!(
        c["indexes"],
        json!([{ "fieldName": "vector", "indexName": "vector", "metricType": "L2" }])
    );
    assert_eq!(
        (&c["load"], &c["shardsNum"]),
        (&json!("LoadStateLoaded"), &json!(1))
    );
    let q = post(
        &local,
        "collections/describe",
        json!({ "collectionName": "q" }),
    );
    assert_eq!(
        (&q["enableDynamicField"], &q["indexes"][0]["metricType"]),
        (&json!(true), &json!("IP"))
    );

    assert_eq!(
        post(
            &local,
            "collections/get_stats",
            json!({ "collectionName": "c" })
        ),
        json!({ "rowCount": 0 })
    );
    post(&local, "collections/drop", json!({ "collectionName": "c" }));
    post(&local, "collections/drop", json!({ "collectionName": "c" }));
    assert_eq!(post(&local, "collections/list", json!({})), json!(["q"]));
}

#[test]
fn creating_the_same_collection_again_succeeds() {
    let (_dir, local) = Local::fresh();
    let create = |body: Value| local.post("/v2/vectordb/collections/create", &body).code();
    assert_eq!(create(json!({ "collectionName": "c", "dimension": 8 })), 0);
    assert_eq!(create(json!({ "collectionName": "c", "dimension": 8 })), 0);
    // Go's JSON decoder refuses a text for a number.
    assert_eq!(
        create(json!({ "collectionName": "c", "dimension": "8" })),
        1801
    );
    assert_eq!(
        create(json!({ "collectionName": "c", "dimension": 9 })),
        65535
    );
    assert_eq!(
        create(json!({ "collectionName": "c-d", "dimension": 8 })),
        1100
    );
    assert_eq!(
        create(json!({ "collectionName": "1c", "dimension": 8 })),
        1100
    );
    assert_eq!(create(json!({ "collectionName": "d" })), 1100);
    assert_eq!(create(json!({ "dimension": 8 })), 1802);
    assert_eq!(
        create(json!({ "collectionName": "d", "dimension": 8, "dbName": "other" })),
        800
    );
}

#[test]
fn count_queries_need_a_loaded_collection() {
    let (_dir, local) = Local::fresh();
    let fields = json!([
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
    ]);
    post(
        &local,
        "collections/create",
        json!({ "collectionName": "c", "schema": { "fields": fields } }),
    );
    let state = |local: &Local| {
        post(
            local,
            "collections/get_load_state",
            json!({ "collectionName": "c" }),
        )["loadState"]
            .clone()
    };
    let query = |body: Value| local.post("/v2/vectordb/entities/query", &body).code();
    let count = json!({ "collectionName": "c", "outputFields": ["count(*)"] });
    assert_eq!(
        (state(&local), query(count.clone())),
        (json!("LoadStateNotLoad"), 101)
    );
    let load = json!({ "collectionName": "c" });
    let early = local.post("/v2/vectordb/collections/load", &load);
    assert_eq!(early.refusal().0, 700);
    let index =
        json!({ "collectionName": "c", "indexParams": [{ "fieldName": "v", "metricType": "L2" }] });
    post(&local, "indexes/create", index);
    post(&local, "collections/load", load);
    assert_eq!(
        (state(&local), query(count.clone())),
        (json!("LoadStateLoaded"), 0)
    );
    post(
        &local,
        "collections/release",
        json!({ "collectionName": "c" }),
    );
    assert_eq!(query(count), 101);
    for route in ["describe", "load", "release", "get_load_state", "get_stats"] {
        let answer = local.post(
            &format!("/v2/vectordb/collections/{route}"),
            &json!({ "collectionName": "x" }),
        );
        assert_eq!(answer.refusal().0, 100, "{route}");
    }
}

#[test]
fn partitions_are_created_listed_and_dropped() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let p = json!({ "collectionName": "c", "partitionName": "p" });
    for _ in 0..2 {
        post(&local, "partitions/create", p.clone());
    }
    assert_eq!(
        post(&local, "partitions/list", p.clone()),
        json!(["_default", "p"])
    );
    assert_eq!(
        post(&local, "partitions/has", p.clone()),
        json!({ "has": true })
    );
    // Milvus: internal/proxy/task.go, dropPartitionTask.
    let refused = local.post("/v2/vectordb/partitions/drop", &p);
    let (code, message) = refused.refusal();
    assert!(
        code == 1100 && message.contains("release it first"),
        "{message}"
    );
    post(
        &local,
        "partitions/release",
        json!({ "collectionName": "c", "partitionNames": ["p"] }),
    );
    post(&local, "partitions/drop", p.clone());
    assert_eq!(
        post(&local, "partitions/has", p.clone()),
        json!({ "has": false })
    );
    let default = json!({ "collectionName": "c", "partitionName": "_default" });
    assert_eq!(
        local
            .post("/v2/vectordb/partitions/drop", &default)
            .refusal()
            .0,
        1100
    );
}

#[test]
fn renaming_a_collection_renames_it_in_its_jobs() {
    let (dir, local) = Local::fresh();
    local.create("c");
    local.create("taken");
    let job = local.import("c", &[&rows(dir.path(), "a.json", 0..1)]);
    local.wait(&job);
    let rename = |body: Value| local.post("/v2/vectordb/collections/rename", &body);
    for (to, code) in [("taken", 65535), ("c", 65535), ("1", 1100)] {
        let refused = rename(json!({ "collectionName": "c", "newCollectionName": to }));
        assert_eq!(refused.refusal().0, code, "{to}");
    }
    let missing = rename(json!({ "collectionName": "x", "newCollectionName": "y" }));
    assert_eq!(missing.refusal().0, 100);
    let nowhere =
        json!({ "collectionName": "c", "newCollectionName": "d", "newDbName": "nowhere" });
    assert_eq!(rename(nowhere).refusal().0, 800);

    post(&local, "databases/create", json!({ "dbName": "other" }));
    rename(json!({ "collectionName": "c", "newCollectionName": "d", "newDbName": "other" })).data();
    assert_eq!(
        post(&local, "collections/list", json!({})),
        json!(["taken"])
    );
    let other = json!({ "collectionName": "d", "dbName": "other" });
    assert_eq!(
        post(&local, "collections/get_stats", other.clone()),
        json!({ "rowCount": 1 })
    );
    let jobs = post(&local, "jobs/import/list", other);
    assert_eq!(jobs["records"][0]["jobId"], json!(job), "{jobs}");
    post(
        &local,
        "collections/flush",
        json!({ "collectionName": "taken" }),
    );
}

#[test]
fn calls_without_an_effect_succeed() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let c = || json!({ "collectionName": "c" });
    let id = post(&local, "collections/compact", c())["compactionID"].clone();
    assert!(id.is_number(), "{id}");
    let state = post(
        &local,
        "collections/get_compaction_state",
        json!({ "jobID": id }),
    );
    assert_eq!(state["state"], "Completed");
    post(&local, "collections/refresh_load", c());
    let named = |name: &str| json!({ "collectionName": "c", "partitionNames": [name] });
    for route in ["partitions/release", "partitions/load"] {
        post(&local, route, named("_default"));
        let refused = local.post(&format!("/v2/vectordb/{route}"), &named("none"));
        assert_eq!(refused.refusal().0, 200, "{route}");
        let refused = local.post(&format!("/v2/vectordb/{route}"), &c());
        assert_eq!(refused.refusal().0, 1802, "{route}");
    }
    for route in ["compact", "refresh_load"] {
        let path = format!("/v2/vectordb/collections/{route}");
        let refused = local.post(&path, &json!({ "collectionName": "x" }));
        assert_eq!(refused.refusal().0, 100, "{route}");
    }
}

#[test]
fn rows_of_a_partition_are_counted() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let count = |name: &str| {
        let body = json!({ "collectionName": "c", "partitionName": name });
        local.post("/v2/vectordb/partitions/get_stats", &body)
    };
    assert_eq!(count("_default").data(), json!({ "rowCount": 0 }));
    assert_eq!(count("none").refusal().0, 200);
}
