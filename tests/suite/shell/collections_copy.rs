//! `create_collection`: copies of described collections, checked option names, `extra`. The server answers as Milvus
//! does (`handler_v2.go`: `getCollectionDetails`, `createCollection`; `utils.go`: `printFieldDetail`,
//! `printFunctionDetails`).

use crate::support::harness::Test;
use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};

/// Returns a describe answer with everything that Milvus can return.
fn described() -> Value {
    json!({
        "collectionName": "old", "collectionID": 448_707_763_883_002_000_i64, "description": "all of it",
        "autoId": true, "enableDynamicField": true, "aliases": ["a"], "load": "LoadStateLoaded",
        "shardsNum": 2, "partitionsNum": 64, "consistencyLevel": "Eventually", "externalSource": "",
        "externalSpec": "",
        "properties": [
            {"key": "collection.ttl.seconds", "value": "3600"},
            {"key": "mmap.enabled", "value": "true"},
            {"key": "timezone", "value": "Asia/Tokyo"},
        ],
        "fields": [
            {"id": 100, "name": "id", "type": "Int64", "primaryKey": true, "partitionKey": false,
             "clusteringKey": false, "autoId": true, "nullable": false, "description": "key", "params": []},
            {"id": 101, "name": "tenant", "type": "VarChar", "primaryKey": false, "partitionKey": true,
             "nullable": false, "params": [{"key": "max_length", "value": "64"}]},
            {"id": 102, "name": "year", "type": "Int64", "clusteringKey": true, "nullable": true,
             "defaultValue": {"Data": {"LongData": 5}}, "params": []},
            {"id": 103, "name": "ok", "type": "Bool", "defaultValue": {"Data": {"BoolData": false}}},
            {"id": 104, "name": "note", "type": "VarChar", "defaultValue": {"Data": {"StringData": ""}},
             "params": [{"key": "max_length", "value": "100"}, {"key": "enable_analyzer", "value": "true"}]},
            {"id": 105, "name": "tags", "type": "Array", "elementType": "VarChar",
             "params": [{"key": "max_capacity", "value": "8"}, {"key": "max_length", "value": "16"}]},
            {"id": 106, "name": "v", "type": "FloatVector", "params": [{"key": "dim", "value": "4"}]},
            {"id": 107, "name": "s", "type": "SparseFloatVector", "isFunctionOutput": true, "params": []},
        ],
        "structFields": [
            {"id": 108, "name": "clips", "type": "ArrayOfStruct", "nullable": false, "description": "c",
             "params": [{"key": "max_capacity", "value": "9"}],
             "fields": [{"id": 109, "name": "clips[emb]", "type": "ArrayOfVector", "elementType": "FloatVector",
                         "params": [{"key": "dim", "value": "4"}]}]},
        ],
        // Go writes the function's type as its number.
        "functions": [
            {"id": 100, "name": "bm25", "description": "", "type": 1, "inputFieldNames": ["note"],
             "outputFieldNames": ["s"], "params": [{"key": "bm25_k1", "value": "1.2"}]},
        ],
        "indexes": [
            {"indexName": "v", "fieldName": "v", "metricType": "L2"},
            {"indexName": "s", "fieldName": "s", "metricType": "BM25", "indexType": "SPARSE_INVERTED_INDEX",
             "params": [{"key": "drop_ratio_build", "value": "0.2"}], "indexState": "Finished"},
        ],
    })
}

/// Returns the create body that makes the described collection again.
fn copy() -> Value {
    json!({
        "collectionName": "new",
        "description": "all of it",
        "schema": {
            "autoID": true, "enableDynamicField": true,
            "fields": [
                {"fieldName": "id", "isPrimary": true, "description": "key", "dataType": "Int64"},
                {"fieldName": "tenant", "isPartitionKey": true, "dataType": "VarChar",
                 "elementTypeParams": {"max_length": "64"}},
                {"fieldName": "year", "isClusteringKey": true, "nullable": true, "defaultValue": 5,
                 "dataType": "Int64"},
                {"fieldName": "ok", "defaultValue": false, "dataType": "Bool"},
                {"fieldName": "note", "defaultValue": "", "dataType": "VarChar",
                 "elementTypeParams": {"max_length": "100", "enable_analyzer": "true"}},
                {"fieldName": "tags", "dataType": "Array", "elementDataType": "VarChar",
                 "elementTypeParams": {"max_capacity": "8", "max_length": "16"}},
                {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "4"}},
                {"fieldName": "s", "dataType": "SparseFloatVector"},
            ],
            "structFields": [
                {"fieldName": "clips", "description": "c", "typeParams": {"max_capacity": "9"},
                 "fields": [{"fieldName": "emb", "dataType": "ArrayOfVector", "elementDataType": "FloatVector",
                             "elementTypeParams": {"dim": "4"}}]},
            ],
            "functions": [
                {"name": "bm25", "type": "BM25", "inputFieldNames": ["note"], "outputFieldNames": ["s"],
                 "params": {"bm25_k1": "1.2"}},
            ],
        },
        "indexParams": [
            {"fieldName": "v", "indexName": "v", "metricType": "L2"},
            {"fieldName": "s", "indexName": "s", "metricType": "BM25", "indexType": "SPARSE_INVERTED_INDEX",
             "params": {"index_type": "SPARSE_INVERTED_INDEX", "drop_ratio_build": "0.2"}},
        ],
        "consistencyLevel": "Eventually",
        "params": {"consistencyLevel": "Eventually", "shardsNum": 2, "partitionsNum": 64, "ttlSeconds": 3600,
                   "mmap.enabled": true},
        "properties": {"mmap.enabled": "true", "timezone": "Asia/Tokyo"},
    })
}

/// Starts a server that describes `old` with this answer, and every other collection without properties.
fn milvus(old: Value) -> Server {
    Server::start(move |request: &Request| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let data = match request.target.rsplit('/').next().unwrap_or_default() {
            "list" if request.target.contains("jobs") => json!({"records": []}),
            "describe" if body["collectionName"] == "old" => old.clone(),
            "describe" => json!({"collectionName": "new", "fields": [], "properties": []}),
            "query" => json!([{"id": 1}]),
            "create" if request.target.contains("jobs") => json!({"jobId": "7"}),
            _ => json!({}),
        };
        Reply::json(json!({"code": 0, "data": data}).to_string())
    })
}

fn eval(server: &Server, text: &str) -> Test {
    let text = format!("connect({:?}); {text}", server.url());
    Test::new().eval(text)
}

/// Returns the bodies of the calls to paths that end with `end`.
fn bodies(server: &Server, end: &str) -> Vec<Value> {
    let requests = server.requests().into_iter();
    let sent = requests.filter(|request| request.target.ends_with(end));
    sent.map(|request| serde_json::from_str(&request.body).expect("JSON"))
        .collect()
}

#[test]
fn a_copy_has_everything_that_describe_returns() {
    let server = milvus(described());
    eval(&server, r#"create_collection("new", describe("old"))"#).run();
    assert_eq!(bodies(&server, "collections/create"), [copy()]);
    // Milvus' create call reads only some of the properties.
    assert_eq!(
        bodies(&server, "collections/alter_properties"),
        [json!({"collectionName": "new",
                "properties": {"mmap.enabled": "true", "timezone": "Asia/Tokyo"}})]
    );
}

#[test]
fn a_copy_has_the_sizes_in_v1_types() {
    let server = milvus(json!({"collectionName": "old", "shardsNum": 1, "fields": [
        {"name": "id", "type": "VarChar(64)", "primaryKey": true, "autoId": false},
        {"name": "v", "type": "FloatVector(4)", "primaryKey": false, "autoId": false},
    ]}));
    eval(&server, r#"create_collection("new", describe("old"))"#).run();
    let body = bodies(&server, "collections/create").remove(0);
    assert_eq!(
        body["schema"]["fields"],
        json!([
            {"fieldName": "id", "isPrimary": true, "dataType": "VarChar", "elementTypeParams": {"max_length": "64"}},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": "4"}},
        ])
    );
}

#[test]
fn an_incomplete_copy_is_refused() {
    let field = json!({"name": "id", "type": "Int64", "primaryKey": true});
    for (more, named) in [
        (json!({"partitionsNum": 3}), "3 partitions"),
        (json!({"shiny": {"new": 1}}), "shiny"),
        (
            json!({"functions": [{"name": "f", "type": 99}]}),
            "function \"f\": type",
        ),
        (
            json!({"indexes": [{"indexName": "i", "fieldName": "id", "odd": 1}]}),
            "index \"i\": odd",
        ),
        (
            json!({"fields": [field, {"name": "a", "type": "Int8", "odd": true}]}),
            "field \"a\": odd",
        ),
        (
            json!({"fields": [field, {"name": "s", "type": "SparseFloatVector", "isFunctionOutput": true}]}),
            "field \"s\": isFunctionOutput",
        ),
        (
            json!({"fields": [{"name": "n", "type": "Int64",
                    "defaultValue": {"Data": {"LongData": 9_007_199_254_740_993_i64}}}]}),
            "beyond 2^53",
        ),
    ] {
        let mut old = json!({"collectionName": "old", "fields": [field]});
        let keys = more.as_object().expect("an object").clone();
        old.as_object_mut().expect("an object").extend(keys);
        let server = milvus(old);
        let test = eval(&server, r#"create_collection("new", describe("old"))"#);
        test.status(7).run().complains(named).complains("d.remove");
        assert_eq!(bodies(&server, "collections/create").len(), 0, "{named}");
    }
}

#[test]
fn option_names_are_accepted_in_every_spelling() {
    let server = milvus(json!({}));
    eval(
        &server,
        r#"create_collection("new", #{consistency_level: "Strong", schema: #{enable_dynamic_field: true, fields: [
            #{name: "id", type: "Int64", is_primary: true, auto_id: true},
            #{field_name: "v", data_type: "FloatVector", params: #{dim: 4}},
            #{field_name: "t", data_type: "VarChar", max_length: 9},
        ]}, index_params: [#{field_name: "v", params: #{index_type: "HNSW", M: 16, newest: 1}}], extra: #{shiny: [1]}})"#,
    )
    .run();
    assert_eq!(
        bodies(&server, "collections/create"),
        [json!({
            "collectionName": "new", "consistencyLevel": "Strong",
            "schema": {"autoID": true, "enableDynamicField": true, "fields": [
                {"fieldName": "id", "dataType": "Int64", "isPrimary": true},
                {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 4}},
                {"fieldName": "t", "dataType": "VarChar", "elementTypeParams": {"max_length": 9}},
            ]},
            "indexParams": [{"fieldName": "v", "params": {"index_type": "HNSW", "M": 16, "newest": 1}}],
            "shiny": [1],
        })]
    );
}

#[test]
fn unknown_option_names_have_suggestions() {
    let server = milvus(json!({}));
    for (settings, place, near) in [
        ("#{dimensions: 4}", "no option \"dimensions\"", "dimension"),
        (
            "#{dimension: 4, params: #{shardNum: 1}}",
            "in params",
            "shardsNum",
        ),
        ("#{schema: #{field: []}}", "in schema", "fields"),
        (
            "#{schema: #{fields: [#{}, #{fieldNam: \"a\"}]}}",
            "in schema.fields[1]",
            "fieldName",
        ),
        (
            "#{schema: #{fields: [#{elementTypeParams: #{max_lenght: 1}}]}}",
            "in schema.fields[0].elementTypeParams",
            "max_length",
        ),
        (
            "#{schema: #{functions: [#{inputFields: []}]}}",
            "in schema.functions[0]",
            "inputFieldNames",
        ),
        (
            "#{schema: #{structFields: [#{fields: [#{dimm: 1}]}]}}",
            "in schema.structFields[0].fields[0]",
            "dim",
        ),
        (
            "#{indexParams: [#{metric: \"L2\"}]}",
            "in indexParams[0]",
            "metricType",
        ),
        (
            "#{indexParams: [#{params: #{efconstruction: 1}}]}",
            "indexParams.params",
            "efConstruction",
        ),
        ("#{dimension: 4, dim: 5}", "given twice", ""),
        (
            "#{dimension: 4, extra: #{dimension: 5}}",
            "gives already",
            "",
        ),
        ("#{dimension: 4, extra: 5}", "extra is a map", ""),
    ] {
        let test = eval(&server, &format!("create_collection(\"new\", {settings})"));
        test.status(1).run().complains(place).complains(near);
    }
    assert_eq!(bodies(&server, "collections/create").len(), 0);
}

#[test]
fn extra_reaches_the_body_of_every_call_with_options() {
    let server = milvus(json!({}));
    eval(
        &server,
        r#"let extra = #{shiny: #{a: [1, "x"]}, flag: true};
           import("c", "a.json", #{extra: extra}); query("c", #{filter: "id > 0", extra: extra})"#,
    )
    .run();
    for end in ["import/create", "entities/query"] {
        let body = bodies(&server, end).remove(0);
        assert_eq!(body["shiny"], json!({"a": [1, "x"]}), "{body}");
        assert_eq!(body["flag"], true);
        assert_eq!(body["collectionName"], "c");
    }
    let test = eval(&server, r#"import("c", "a.json", #{extra: #{files: []}})"#);
    test.status(1).run().complains("gives \"files\" already");
}
