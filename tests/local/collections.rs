//! Collections, partitions and counts.

use crate::harness::{Local, rows};
use serde_json::{Value, json};

fn post(local: &Local, route: &str, body: Value) -> Value {
    local.post(&format!("/v2/vectordb/{route}"), &body).data()
}

#[test]
fn collections_are_made_described_and_dropped() {
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
fn the_same_collection_again_is_success_and_another_is_refused() {
    let (_dir, local) = Local::fresh();
    let create = |body: Value| local.post("/v2/vectordb/collections/create", &body).code();
    assert_eq!(create(json!({ "collectionName": "c", "dimension": 8 })), 0);
    assert_eq!(
        create(json!({ "collectionName": "c", "dimension": "8" })),
        0
    );
    assert_eq!(
        create(json!({ "collectionName": "c", "dimension": 9 })),
        65535
    );
    assert_eq!(
        create(json!({ "collectionName": "c-d", "dimension": 8 })),
        90011
    );
    assert_eq!(
        create(json!({ "collectionName": "1c", "dimension": 8 })),
        90011
    );
    assert_eq!(create(json!({ "collectionName": "d" })), 1100);
    assert_eq!(create(json!({ "dimension": 8 })), 1802);
    assert_eq!(
        create(json!({ "collectionName": "d", "dimension": 8, "dbName": "other" })),
        800
    );
}

#[test]
fn queries_want_a_loaded_collection_and_count_only() {
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
    post(&local, "collections/load", json!({ "collectionName": "c" }));
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
fn partitions_are_made_listed_and_dropped() {
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
fn collections_are_renamed_with_their_jobs() {
    let (dir, local) = Local::fresh();
    local.create("c");
    local.create("taken");
    let job = local.import("c", &[&rows(dir.path(), "a.json", 0..1)]);
    local.wait(&job);
    let rename = |body: Value| local.post("/v2/vectordb/collections/rename", &body);
    for (to, code) in [("taken", 65535), ("c", 65535), ("1", 90011)] {
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
fn indexes_are_those_the_collection_was_made_with() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let c = json!({ "collectionName": "c", "indexName": "vector" });
    assert_eq!(post(&local, "indexes/list", c.clone()), json!(["vector"]));
    let index = post(&local, "indexes/describe", c);
    assert_eq!(
        (
            &index[0]["fieldName"],
            &index[0]["metricType"],
            &index[0]["indexState"]
        ),
        (&json!("vector"), &json!("L2"), &json!("Finished"))
    );
    let none = json!({ "collectionName": "c", "indexName": "none" });
    let refused = local.post("/v2/vectordb/indexes/describe", &none);
    assert_eq!(refused.refusal().0, 700);
}

#[test]
fn indexes_are_made_and_dropped() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let index = |field: &str, name: &str, metric: &str| {
        json!({ "collectionName": "c", "indexParams": [
        { "fieldName": field, "indexName": name, "metricType": metric, "params": { "index_type": "INVERTED" } }] })
    };
    let drop = |name: &str| json!({ "collectionName": "c", "indexName": name });
    let list = || post(&local, "indexes/list", json!({ "collectionName": "c" }));
    for _ in 0..2 {
        post(&local, "indexes/create", index("word", "by_word", ""));
    }
    assert_eq!(list(), json!(["vector", "by_word"]));
    let described = post(&local, "indexes/describe", drop("by_word"));
    assert_eq!(described[0]["indexType"], "INVERTED");
    let described = post(
        &local,
        "collections/describe",
        json!({ "collectionName": "c" }),
    );
    assert_eq!(described["indexes"][1]["fieldName"], "word");
    for (body, code, part) in [
        (index("word", "other", ""), 65535, "distinct"),
        (
            index("nothing", "x", "L2"),
            1100,
            "non-exist field: nothing",
        ),
        (index("id", "x", "MILES"), 1100, "MILES"),
        (json!({ "collectionName": "c" }), 1802, "indexParams"),
        (
            json!({ "collectionName": "x", "indexParams": [] }),
            100,
            "x",
        ),
    ] {
        let answer = local.post("/v2/vectordb/indexes/create", &body);
        let (found, message) = answer.refusal();
        assert!(found == code && message.contains(part), "{body}: {message}");
    }
    for name in ["vector", "vector", "none"] {
        post(&local, "indexes/drop", drop(name));
    }
    assert_eq!(list(), json!(["by_word"]));
    post(&local, "indexes/create", index("vector", "v2", "IP"));
    assert_eq!(list(), json!(["by_word", "v2"]));
    // Also at once with the collection.
    let fields = json!([{ "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } }]);
    for (field, metric, part) in [("w", "L2", "non-exist"), ("v", "NEAR", "NEAR")] {
        let body = json!({ "collectionName": "d", "schema": { "fields": fields },
            "indexParams": [{ "fieldName": field, "metricType": metric }] });
        let answer = local.post("/v2/vectordb/collections/create", &body);
        let (code, message) = answer.refusal();
        assert!(code == 1100 && message.contains(part), "{message}");
    }
    let quick = json!({ "collectionName": "d", "dimension": 2, "metricType": "NEAR" });
    let answer = local.post("/v2/vectordb/collections/create", &quick);
    assert_eq!(answer.refusal().0, 1100);
}

#[test]
fn what_has_nothing_to_do_here_succeeds() {
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
fn aliases_stand_for_collections_everywhere() {
    let (dir, local) = Local::fresh();
    local.create("c");
    local.create("d");
    let alias =
        |name: &str, collection: &str| json!({ "aliasName": name, "collectionName": collection });
    for _ in 0..2 {
        post(&local, "aliases/create", alias("now", "c"));
    }
    let file = rows(dir.path(), "a.json", 0..3);
    let job = local.import("now", &[&file]);
    assert_eq!(local.wait(&job)["collectionName"], "c");
    assert_eq!((local.count("now"), local.count("c")), (3, 3));
    let jobs = post(
        &local,
        "jobs/import/list",
        json!({ "collectionName": "now" }),
    );
    assert_eq!(jobs["count"], 1);
    let described = post(
        &local,
        "collections/describe",
        json!({ "collectionName": "now" }),
    );
    assert_eq!(
        (&described["collectionName"], &described["aliases"]),
        (&json!("c"), &json!(["now"]))
    );
    assert_eq!(post(&local, "aliases/list", json!({})), json!(["now"]));
    assert_eq!(
        post(&local, "aliases/list", json!({ "collectionName": "d" })),
        json!([])
    );
    for (route, body, code) in [
        ("aliases/create", alias("now", "d"), 1602),
        ("aliases/create", alias("d", "c"), 1601),
        ("aliases/create", alias("new", "none"), 100),
        ("aliases/create", alias("1", "c"), 1100),
        ("aliases/alter", alias("none", "d"), 1600),
        ("aliases/describe", alias("none", "d"), 1600),
        (
            "collections/drop",
            json!({ "collectionName": "now" }),
            65535,
        ),
        ("collections/drop", json!({ "collectionName": "c" }), 65535),
        (
            "collections/create",
            json!({ "collectionName": "now", "dimension": 2 }),
            1601,
        ),
        (
            "collections/rename",
            json!({ "collectionName": "d", "newCollectionName": "now" }),
            65535,
        ),
    ] {
        let answer = local.post(&format!("/v2/vectordb/{route}"), &body);
        assert_eq!(answer.refusal().0, code, "{route} {body}");
    }
    post(&local, "aliases/alter", alias("now", "d"));
    let described = post(&local, "aliases/describe", json!({ "aliasName": "now" }));
    assert_eq!(
        described,
        json!({ "dbName": "default", "collectionName": "d", "aliasName": "now" })
    );
    assert_eq!(local.count("now"), 0);
    for _ in 0..2 {
        post(&local, "aliases/drop", json!({ "aliasName": "now" }));
    }
    post(&local, "collections/drop", json!({ "collectionName": "d" }));
    assert_eq!(
        post(
            &local,
            "collections/has",
            json!({ "collectionName": "now" })
        )["has"],
        false
    );
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
