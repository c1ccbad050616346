//! Settings of collections, by the rules of Milvus' proxy.

use crate::local::collections::post;
use crate::local::harness::Local;
use serde_json::{Value, json};

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
    // Rows can't be imported into such a collection with a partition.
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
    // pkg/util/merr/errors.go: an invalid field name and a missing parameter have separate codes.
    let keyword = json!({ "fieldName": "in", "dataType": "Int64" });
    assert_eq!(create(body("e", &keyword, json!({}))).refusal().0, 1701);
    let short = json!({ "fieldName": "t", "dataType": "VarChar" });
    assert_eq!(create(body("e", &short, json!({}))).refusal().0, 1101);
}

/// Milvus: `proxy/task.go`, `loadCollectionTask.Execute`; `handler_v2.go` creates a collection before it loads it.
#[test]
fn loading_needs_an_index_of_every_vector_field() {
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
    // Element metrics and list metrics are valid for a list of vectors, the metric of a binary vector isn't.
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
fn the_quick_form_accepts_metrics_of_automatic_indexes() {
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
fn a_function_output_is_not_part_of_a_row() {
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
