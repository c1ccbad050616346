//! Request bodies, bound as Milvus binds them (`internal/distributed/proxy/httpserver/request_v2.go`, `handler_v2.go`).

use crate::local::harness::{Local, rows};
use serde_json::{Value, json};

fn post(local: &Local, route: &str, body: &Value) -> crate::local::harness::Answer {
    local.post(&format!("/v2/vectordb/{route}"), body)
}

#[test]
fn keys_match_in_any_case_and_nulls_are_ignored() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..3);
    let create =
        json!({ "COLLECTIONNAME": "c", "Files": [[file]], "partitionname": null, "OPTIONS": null });
    let job = post(&local, "jobs/import/create", &create).data()["jobId"].clone();
    local.wait(job.as_str().expect("an id"));
    let described = post(&local, "jobs/import/describe", &json!({ "jobID": job })).data();
    assert_eq!(described["state"], "Completed");
    let query = json!({ "collectionname": "c", "OutputFields": ["id"], "FILTER": "id > 0", "Limit": 1, "offset": null });
    assert_eq!(
        post(&local, "entities/query", &query).data(),
        json!([{ "id": 1 }])
    );
    for body in ["null", "", "{}", " null "] {
        let listed = local.send("POST", "/v2/vectordb/collections/list", &[], body);
        assert_eq!(listed.data(), json!(["c"]), "{body:?}");
    }
    let created = json!({ "CollectionName": "d", "Schema": { "Fields": [
        { "FieldName": "id", "DATATYPE": "Int64", "isprimary": true },
        { "fieldname": "v", "dataType": "FloatVector", "elementtypeparams": { "dim": 2 } },
    ] } });
    post(&local, "collections/create", &created).data();
    let described = post(
        &local,
        "collections/describe",
        &json!({ "collectionName": "d" }),
    )
    .data();
    assert_eq!(described["fields"][1]["name"], "v");
}

#[test]
fn values_of_another_type_are_refused_on_every_route() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    for (route, extra) in [
        ("collections/has", json!({ "collectionName": 5 })),
        ("collections/list", json!({ "dbName": ["default"] })),
        ("collections/create", json!({ "dimension": "8" })),
        ("collections/create", json!({ "schema": { "fields": "x" } })),
        (
            "collections/create",
            json!({ "schema": { "fields": [{ "isPrimary": "true" }] } }),
        ),
        ("collections/create", json!({ "indexParams": {} })),
        ("partitions/create", json!({ "partitionName": ["p"] })),
        ("partitions/load", json!({ "partitionNames": "p" })),
        (
            "databases/create",
            json!({ "dbName": "d", "properties": [] }),
        ),
        ("indexes/create", json!({ "indexParams": [1] })),
        ("aliases/create", json!({ "aliasName": 1 })),
        ("entities/query", json!({ "outputFields": "id" })),
        ("entities/query", json!({ "limit": "10" })),
        ("entities/query", json!({ "limit": 1.5 })),
        ("entities/query", json!({ "filter": 1 })),
        ("entities/query", json!({ "exprParams": [] })),
        ("entities/get", json!({ "id": 1, "outputFields": [1] })),
        ("entities/delete", json!({ "filter": ["id == 1"] })),
        ("entities/insert", json!({ "data": { "id": 1 } })),
        ("entities/upsert", json!({ "data": "x" })),
        (
            "entities/upsert",
            json!({ "data": [], "partialUpdate": "true" }),
        ),
        (
            "entities/search",
            json!({ "data": [[1, 2, 3, 4]], "limit": "10" }),
        ),
        ("jobs/import/list", json!({ "collectionName": 12_345 })),
        (
            "jobs/import/create",
            json!({ "files": [["a.json"]], "options": { "x": true } }),
        ),
    ] {
        let mut body = json!({ "collectionName": "c" });
        let extra = extra.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(extra);
        let answer = post(&local, route, &body);
        let (code, message) = answer.refusal();
        assert!(
            code == 1801 && message.contains("cannot unmarshal"),
            "{route} {body}: {code} {message}"
        );
    }
}

#[test]
fn unsupported_keys_are_refused_by_name() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    for (route, key, value) in [
        ("entities/query", "orderByFields", json!(["id:asc"])),
        ("entities/query", "groupByFields", json!(["word"])),
        ("entities/get", "partitionName", json!("p")),
        ("entities/delete", "id", json!([1])),
        ("entities/delete", "partitionNames", json!(["p"])),
        ("entities/insert", "partialUpdate", json!(true)),
        (
            "entities/insert",
            "fieldOps",
            json!([{ "fieldName": "id", "op": "REPLACE" }]),
        ),
        (
            "entities/upsert",
            "fieldOps",
            json!([{ "fieldName": "id", "op": "array_append" }]),
        ),
        ("collections/create", "externalSource", json!("s3://b")),
        (
            "collections/create",
            "schema",
            json!({ "externalSpec": "x" }),
        ),
    ] {
        let mut body = json!({ "collectionName": "c", "id": 1, "filter": "id == 1", "data": [{ "id": 1 }], "dimension": 4 });
        if route == "entities/delete" {
            body.as_object_mut().expect("an object").remove("id");
        }
        body[key] = value;
        let answer = post(&local, route, &body);
        let (code, message) = answer.refusal();
        let name = if key == "schema" { "externalSpec" } else { key };
        assert!(
            code == 10 && message.contains(name),
            "{route} {key}: {code} {message}"
        );
    }
    // Zero values have no effect, and Milvus ignores unknown keys.
    let body = json!({ "collectionName": "c", "groupByFields": [], "orderByFields": null, "unknown": 1, "clusterId": "x" });
    assert_eq!(post(&local, "entities/query", &body).data(), json!([]));
    let levels = [
        ("Strong", 0),
        ("Customized", 0),
        ("", 0),
        ("strong", 1100),
        ("x", 1100),
    ];
    for (level, code) in levels {
        let body = json!({ "collectionName": "c", "consistencyLevel": level });
        assert_eq!(
            post(&local, "entities/query", &body).code(),
            code,
            "{level}"
        );
    }
    let op = json!({ "collectionName": "c", "data": [{ "id": 1 }], "fieldOps": [{ "fieldName": "id", "op": "x" }] });
    assert_eq!(post(&local, "entities/upsert", &op).refusal().0, 1100);
    let id = json!({ "collectionName": "c", "id": ["x"] });
    assert_eq!(post(&local, "entities/get", &id).refusal().0, 1806);
}
