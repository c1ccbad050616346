//! Indexes, which are stored and shown, and aliases of collections.

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

fn post(local: &Local, route: &str, body: Value) -> Value {
    local.post(&format!("/v2/vectordb/{route}"), &body).data()
}

#[test]
fn indexes_are_created_with_the_collection() {
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
fn indexes_are_created_and_dropped() {
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
    // Created together with the collection.
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
fn aliases_replace_collection_names_everywhere() {
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
    assert_eq!(jobs["records"].as_array().map(Vec::len), Some(1));
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
