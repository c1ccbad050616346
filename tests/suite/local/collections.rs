//! Collections, partitions and counts.

use crate::local::harness::{Local, rows};
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
    assert_eq!(create(json!({ "collectionName": "c", "dimension": 8 })), 0);
    // Go refuses a text for a number.
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
fn collections_are_renamed_with_their_jobs() {
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

/// Milvus: `handler_v2.go`, `createCollection`; proxy/task.go, `PreExecute`, `validatePartitionKey`.
#[test]
fn settings_are_checked_and_described() {
    let (_dir, local) = Local::fresh();
    let key = json!({ "fieldName": "k", "dataType": "Int64", "isPartitionKey": true });
    let body = |name: &str, key: &Value, extra: Value| {
        let mut body = json!({ "collectionName": name, "schema": { "fields": [
            { "fieldName": "id", "dataType": "Int64", "isPrimary": true }, key,
            { "fieldName": "v", "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } },
        ] } });
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        body
    };
    let create = |body: Value| local.post("/v2/vectordb/collections/create", &body);
    let describe = |name: &str| {
        post(
            &local,
            "collections/describe",
            json!({ "collectionName": name }),
        )
    };
    create(body("c", &key, json!({}))).data();
    let names = post(&local, "partitions/list", json!({ "collectionName": "c" }));
    assert_eq!(names.as_array().expect("a list").len(), 16);
    assert_eq!(
        (&names[0], &names[15]),
        (&json!("_default_0"), &json!("_default_15"))
    );
    let shown = describe("c");
    assert_eq!(
        (
            &shown["partitionsNum"],
            &shown["shardsNum"],
            &shown["consistencyLevel"]
        ),
        (&json!(16), &json!(1), &json!("Bounded"))
    );
    // Rows get into such a collection without a partition.
    let rows = json!({ "collectionName": "c", "data": [{ "id": 1, "k": 2, "v": [1, 2] }] });
    post(&local, "entities/insert", rows);
    let asked = json!({ "params": { "partitionsNum": "4", "shardsNum": 2, "consistencyLevel": "Strong" },
        "properties": { "mmap.enabled": true } });
    create(body("d", &key, asked)).data();
    let shown = describe("d");
    assert_eq!(
        (
            &shown["partitionsNum"],
            &shown["shardsNum"],
            &shown["consistencyLevel"]
        ),
        (&json!(4), &json!(2), &json!("Strong"))
    );
    let properties = json!([{ "key": "mmap.enabled", "value": "true" }]);
    assert_eq!(shown["properties"], properties);
    for (extra, part) in [
        (json!({ "params": { "shardsNum": 17 } }), "limited to 16"),
        (
            json!({ "params": { "partitionsNum": 1025 } }),
            "exceeds max",
        ),
        (
            json!({ "consistencyLevel": "Foo" }),
            "consistencyLevel can only be",
        ),
        (
            json!({ "consistencyLevel": "Strong", "params": { "consistencyLevel": "Bounded" } }),
            "conflicts",
        ),
        (
            json!({ "indexParams": [{ "fieldName": "v", "metricType": "HAMMING" }] }),
            "does not support metric type",
        ),
    ] {
        let answer = create(body("e", &key, extra));
        let (code, message) = answer.refusal();
        assert!(code == 1100 && message.contains(part), "{message}");
    }
    // pkg/util/merr/errors.go: a field's name, and what is missing, have codes of their own.
    let keyword = json!({ "fieldName": "in", "dataType": "Int64" });
    assert_eq!(create(body("e", &keyword, json!({}))).refusal().0, 1701);
    let short = json!({ "fieldName": "t", "dataType": "VarChar" });
    assert_eq!(create(body("e", &short, json!({}))).refusal().0, 1101);
}

/// Milvus: `proxy/task.go`, `loadCollectionTask.Execute`; `handler_v2.go` creates a collection before it loads it.
#[test]
fn a_collection_is_loaded_only_if_every_vector_field_has_an_index() {
    let (_dir, local) = Local::fresh();
    let vector = |name: &str| json!({ "fieldName": name, "dataType": "FloatVector", "elementTypeParams": { "dim": 2 } });
    let element = json!({ "fieldName": "sub", "dataType": "ArrayOfVector", "elementDataType": "FloatVector", "elementTypeParams": { "dim": 2, "max_capacity": 4 } });
    let body = json!({
        "collectionName": "c",
        "schema": {
            "fields": [{ "fieldName": "id", "dataType": "Int64", "isPrimary": true }, vector("v"), vector("w")],
            "structFields": [{ "fieldName": "s", "elementTypeParams": { "max_capacity": 4 }, "fields": [element] }],
        },
        "indexParams": [{ "fieldName": "v", "metricType": "L2" }],
    });
    let create = || local.post("/v2/vectordb/collections/create", &body);
    let made = create();
    let (code, message) = made.refusal();
    assert!(
        code == 1100 && message.contains("there is no vector index on field: [w s[sub]]"),
        "{message}"
    );
    let name = json!({ "collectionName": "c" });
    let load = |wanted: &str| {
        let answer = local.post("/v2/vectordb/collections/load", &name);
        assert!(answer.refusal().1.contains(wanted), "{}", answer.json);
    };
    load("[w s[sub]]");
    // Element metrics and list metrics suit a list of vectors; the metric of a binary vector doesn't.
    let index = |field: &str, metric: &str| {
        let index = json!({ "fieldName": field, "metricType": metric });
        let body = json!({ "collectionName": "c", "indexParams": [index] });
        local.post("/v2/vectordb/indexes/create", &body)
    };
    index("w", "L2").data();
    load("[s[sub]]");
    let refused = index("s[sub]", "HAMMING");
    let message = refused.refusal().1;
    assert!(
        message.contains("array of vector does not support metric type: HAMMING"),
        "{message}"
    );
    index("s[sub]", "COSINE").data();
    post(&local, "collections/load", name.clone());
    let state = post(&local, "collections/get_load_state", name.clone());
    assert_eq!(state["loadState"], "LoadStateLoaded");
}

/// Milvus: `handler_v2.go`, `validateMetricTypeForQuickCreate`.
#[test]
fn the_quick_form_takes_the_metrics_of_automatic_indexes() {
    let (_dir, local) = Local::fresh();
    for (kind, dimension, metric, part) in [
        (
            "BinaryVector",
            Some(8),
            "COSINE",
            "binary vector index does not support metric type: COSINE",
        ),
        (
            "BinaryVector",
            Some(8),
            "MHJACCARD",
            "binary vector index does not support metric type: MHJACCARD",
        ),
        (
            "BinaryVector",
            Some(8),
            "SUBSTRUCTURE",
            "binary vector index does not support metric type: SUBSTRUCTURE",
        ),
        (
            "FloatVector",
            Some(8),
            "JACCARD",
            "float vector index does not support metric type: JACCARD",
        ),
        (
            "SparseFloatVector",
            None,
            "COSINE",
            "only IP&BM25 is the supported metric type for sparse index",
        ),
        (
            "SparseFloatVector",
            None,
            "BM25",
            "only BM25 Function output field support BM25 metric type",
        ),
    ] {
        let mut body =
            json!({ "collectionName": "q", "vectorFieldType": kind, "metricType": metric });
        if let Some(dimension) = dimension {
            body["dimension"] = json!(dimension);
        }
        let answer = local.post("/v2/vectordb/collections/create", &body);
        let (code, message) = answer.refusal();
        assert!(
            code == 1100 && message.contains(part),
            "{kind} {metric}: {message}"
        );
    }
    let body = json!({ "collectionName": "q", "vectorFieldType": "BinaryVector", "dimension": 8, "metricType": "JACCARD" });
    post(&local, "collections/create", body);
}

/// Milvus: proxy/util.go, `validatePartitionTag`.
#[test]
fn partition_names_may_begin_with_a_digit_and_have_hyphens() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let create = |name: &str| {
        let body = json!({ "collectionName": "c", "partitionName": name });
        local.post("/v2/vectordb/partitions/create", &body)
    };
    for name in ["2026-01", "2026", "a-b", "_p"] {
        create(name).data();
    }
    for name in ["-a", "a.b", "a b", "ä"] {
        assert_eq!(create(name).refusal().0, 1100, "{name}");
    }
}

/// Milvus: `json/row_parser.go`, `rejectedFuncOutputFields`; proxy/util.go, `translateOutputFields`.
#[test]
fn rows_of_a_full_text_collection_come_without_the_output() {
    let (dir, local) = Local::fresh();
    let body = json!({ "collectionName": "c", "schema": {
        "functions": [{ "name": "b", "type": "BM25", "inputFieldNames": ["t"], "outputFieldNames": ["s"] }],
        "fields": [
            { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
            { "fieldName": "t", "dataType": "VarChar", "elementTypeParams": { "max_length": 9, "enable_analyzer": true } },
            { "fieldName": "s", "dataType": "SparseFloatVector" },
        ],
    }, "indexParams": [{ "fieldName": "s", "metricType": "BM25" }] });
    post(&local, "collections/create", body);
    let file = dir.path().join("a.json");
    std::fs::write(&file, r#"[{"id": 1, "t": "hello"}]"#).expect("write");
    local.wait(&local.import("c", &[&file]));
    let insert = json!({ "collectionName": "c", "data": [{ "id": 2, "t": "world" }] });
    post(&local, "entities/insert", insert);
    let query = |fields: Value| {
        local.post(
            "/v2/vectordb/entities/query",
            &json!({ "collectionName": "c", "filter": "", "outputFields": fields }),
        )
    };
    let rows = json!([{ "id": 1, "t": "hello" }, { "id": 2, "t": "world" }]);
    assert_eq!(query(json!(["*"])).data(), rows);
    let answer = query(json!(["s"]));
    assert!(
        answer
            .refusal()
            .1
            .contains("not allowed to retrieve raw data")
    );
}

/// Milvus: proxy/task.go, `alterCollectionTask.PreExecute`; `handler_v2.go`, `alterCollectionProperties`.
#[test]
fn properties_of_a_collection_are_altered_and_dropped() {
    let (_dir, local) = Local::fresh();
    let call =
        |path: &str, body: Value| local.post(&format!("/v2/vectordb/collections/{path}"), &body);
    let properties = || {
        let shown = call("describe", json!({ "collectionName": "c" })).data();
        let pairs = shown["properties"].as_array().expect("pairs").clone();
        let text = |pair: &Value, key: &str| pair[key].as_str().expect("a text").to_owned();
        pairs
            .iter()
            .map(|pair| format!("{}={}", text(pair, "key"), text(pair, "value")))
            .collect::<Vec<_>>()
    };
    call(
        "create",
        json!({ "collectionName": "c", "dimension": 2, "params": { "ttlSeconds": 100 } }),
    )
    .data();
    assert_eq!(properties(), ["collection.ttl.seconds=100"]);
    let set = json!({ "collectionName": "c",
        "properties": { "collection.ttl.seconds": 200, "timezone": "Asia/Shanghai" } });
    call("alter_properties", set).data();
    assert_eq!(
        properties(),
        ["collection.ttl.seconds=200", "timezone=Asia/Shanghai"]
    );
    let remove = json!({ "collectionName": "c", "propertyKeys": ["collection.ttl.seconds", "no"] });
    call("drop_properties", remove).data();
    assert_eq!(properties(), ["timezone=Asia/Shanghai"]);
    for (wrong, code) in [
        (
            json!({ "collectionName": "c", "properties": { "timezone": "Nowhere" } }),
            1100,
        ),
        (
            json!({ "collectionName": "c", "properties": { "mmap.enabled": true } }),
            104,
        ),
        (json!({ "collectionName": "no", "properties": {} }), 100),
        (json!({ "properties": {} }), 1802),
        (json!({ "collectionName": "c", "properties": [] }), 1801),
    ] {
        let answer = call("alter_properties", wrong.clone());
        assert_eq!(answer.code(), code, "{wrong}");
    }
    assert_eq!(properties(), ["timezone=Asia/Shanghai"]);
    call("release", json!({ "collectionName": "c" })).data();
    let released = json!({ "collectionName": "c", "properties": { "mmap.enabled": true } });
    call("alter_properties", released).data();
    assert_eq!(
        properties(),
        ["timezone=Asia/Shanghai", "mmap.enabled=true"]
    );
}
