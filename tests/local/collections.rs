//! Collections, partitions and counts.

use crate::harness::Local;
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
