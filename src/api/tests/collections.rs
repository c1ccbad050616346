//! Collection and cluster calls.

use super::server::{Reply, Server};
use super::{client, cloud, settings, start_answering};
use crate::api::Settings;
use crate::api::model::Dialect;
use crate::api::query::RowSearch;
use crate::error::Kind;
use serde_json::json;
use url::Url;

const DATA: &str = r#"{"code":0,"data":{"has":true,"collectionName":"books","loadState":"LoadStateLoaded","rowCount":"7",
    "enableDynamicField":true,"load":"LoadStateLoaded","shardsNum":1,
    "fields":[{"name":"id","type":"Int64","primaryKey":true,"autoId":true},
              {"name":"v","type":"FloatVector","params":[{"key":"dim","value":"768"}]},
              {"name":"t","type":"VarChar(512)","nullable":"true"},
              {"name":"a","type":"Array","elementType":"Int64","params":[{"key":"max_capacity","value":10}]}],
    "indexes":[{"fieldName":"v","indexName":"i","metricType":"COSINE"}]}}"#;

#[test]
fn v2_calls_go_to_the_cluster_with_a_database() {
    let server = Server::start(|request| match request.target.rsplit('/').next() {
        Some("list") => Reply::json(r#"{"code":0,"data":["a","b"]}"#),
        Some("query") => Reply::json(r#"{"code":0,"data":[{"count(*)":"2000"}]}"#),
        Some("load" | "drop" | "create") => Reply::status(204, ""),
        _ => Reply::json(DATA),
    });
    let api = client(Settings {
        import_base: Url::parse("http://127.0.0.1:1").unwrap(),
        database: Some("db1".to_owned()),
        ..cloud(Dialect::V2, &server)
    });
    assert_eq!(api.collections().unwrap(), ["a", "b"]);
    assert!(api.has_collection("books").unwrap());
    assert_eq!(api.count("books").unwrap(), 2000);
    assert_eq!(api.load_state("books").unwrap(), "LoadStateLoaded");
    api.load("books", &serde_json::Map::new()).unwrap();
    api.create_collection(&json!({"collectionName": "books", "dimension": 8}))
        .unwrap();
    api.drop_collection("books").unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|r| {
            (
                r.target.trim_start_matches("/v2/vectordb/"),
                r.body.as_str(),
            )
        })
        .collect();
    let named = r#"{"dbName":"db1","collectionName":"books"}"#;
    assert_eq!(
        sent,
        [
            ("collections/list", r#"{"dbName":"db1"}"#),
            ("collections/has", named),
            (
                "entities/query",
                r#"{"dbName":"db1","collectionName":"books","filter":"","outputFields":["count(*)"]}"#
            ),
            ("collections/get_load_state", named),
            ("collections/load", named),
            (
                "collections/create",
                r#"{"collectionName":"books","dimension":8,"dbName":"db1"}"#
            ),
            ("collections/drop", named),
        ]
    );
    assert!(
        requests
            .iter()
            .all(|request| request.header("db-name") == Some("db1"))
    );
}

#[test]
fn descriptions_are_typed_and_keep_the_answer() {
    let server = start_answering(Reply::json(DATA));
    let description = client(settings(Dialect::Milvus, &server))
        .describe("books")
        .unwrap();
    assert_eq!(
        (
            description.name.as_str(),
            description.dynamic,
            description.shards
        ),
        ("books", true, Some(1))
    );
    let fields: Vec<_> = description
        .fields
        .iter()
        .map(|f| {
            (
                f.name.as_str(),
                f.data_type.as_str(),
                f.dim,
                f.max_length,
                f.max_capacity,
            )
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("id", "Int64", None, None, None),
            ("v", "FloatVector", Some(768), None, None),
            ("t", "VarChar", None, Some(512), None),
            ("a", "Array", None, None, Some(10)),
        ]
    );
    assert!(
        description.fields[0].primary
            && description.fields[0].auto_id
            && description.fields[2].nullable
    );
    assert_eq!(
        (
            description.indexes[0].metric.as_str(),
            &description.raw["load"]
        ),
        ("COSINE", &json!("LoadStateLoaded"))
    );
}

#[test]
fn v1_has_its_own_calls() {
    let server = Server::start(|request| match request.target.as_str() {
        "/v1/vector/collections" => Reply::json(r#"{"code":200,"data":["a"]}"#),
        _ => Reply::json(DATA),
    });
    let api = client(cloud(Dialect::V1, &server));
    api.collections().unwrap();
    api.describe("my books").unwrap();
    api.create_collection(&json!({"collectionName": "c", "dimension": 8}))
        .unwrap();
    api.create_collection(&json!({"collectionName": "c", "schema": {}}))
        .unwrap();
    api.drop_collection("c").unwrap();
    let sent: Vec<_> = server
        .requests()
        .into_iter()
        .map(|r| (r.method, r.target))
        .collect();
    let expected = [
        ("GET", "/v1/vector/collections"),
        (
            "GET",
            "/v1/vector/collections/describe?collectionName=my%20books",
        ),
        ("POST", "/v1/vector/collections/create"),
        ("POST", "/v2/vectordb/collections/create"),
        ("POST", "/v1/vector/collections/drop"),
    ];
    assert_eq!(
        sent,
        expected.map(|(method, target)| (method.to_owned(), target.to_owned()))
    );
}

#[test]
fn collection_calls_without_a_cluster_endpoint_are_refused() {
    let server = start_answering(Reply::Drop);
    let api = client(Settings {
        collection_base: None,
        ..cloud(Dialect::V2, &server)
    });
    let error = api.collections().unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.hint().unwrap().contains("cluster_endpoint"));
    assert!(server.requests().is_empty());
}

#[test]
fn clusters_are_read_page_by_page() {
    let server = Server::start(|request| {
        let ids = if request.target.contains("currentPage=1&") {
            0..100
        } else {
            100..120
        };
        let clusters: Vec<_> = ids
            .map(|id| json!({"clusterId": format!("in03-{id}"), "regionId": "aws-us-east1", "cuSize": "1"}))
            .collect();
        Reply::json(json!({"code": 0, "data": {"count": 120, "clusters": clusters}}).to_string())
    });
    let api = client(Settings {
        project_id: Some("p 1".to_owned()),
        ..cloud(Dialect::V2, &server)
    });
    let clusters = api.clusters().unwrap();
    assert_eq!(
        (
            clusters.len(),
            clusters[119].id.as_str(),
            clusters[0].cu_size
        ),
        (120, "in03-119", Some(1))
    );
    assert_eq!(
        server.requests()[1].target,
        "/v2/clusters?pageSize=100&currentPage=2&projectId=p%201"
    );
}

/// Answers as published in the REST reference: v2.6 `POST /v2/vectordb/entities/search`, and similar calls.
const FOUND: &str = r#"{"code":0,"data":[{"color":"orange_6781","distance":1,"id":448300048035776800},
    {"color":"red_4794","distance":0.9353201,"id":448300048035776800}]}"#;
const FOUND_V1: &str = r#"{"code":200,"data":[{"color":"pink_8682","distance":1,"id":0},{"color":"red_7025","distance":0.6290165,"id":1}]}"#;
const FOUND_NEWER: &str =
    r#"{"code":0,"cost":6,"data":[{"color":"a","distance":0.5,"id":"7"}],"topks":[1]}"#;

#[test]
fn searches_are_sent_in_the_dialects_form() {
    let search = RowSearch {
        vector: json!([0.25, -1]),
        limit: Some(3),
        fields: vec!["color".to_owned()],
        params: [("radius".to_owned(), json!(0.5))].into_iter().collect(),
        ..RowSearch::default()
    };
    let named = RowSearch {
        field: Some("vector".to_owned()),
        filter: "id > 1".to_owned(),
        partitions: vec!["p".to_owned()],
        offset: Some(2),
        ..search.clone()
    };
    let plain = r#"{"collectionName":"books","data":[[0.25,-1]],"outputFields":["color"],"limit":3,"searchParams":{"radius":0.5}}"#;
    let first = r#"{"collectionName":"books","vector":[0.25,-1],"outputFields":["color"],"limit":3,"params":{"radius":0.5}}"#;
    let whole = r#"{"collectionName":"books","data":[[0.25,-1]],"annsField":"vector","filter":"id > 1","outputFields":["color"],"limit":3,"offset":2,"partitionNames":["p"],"searchParams":{"radius":0.5}}"#;
    let (v1, v2) = ("/v1/vector/search", "/v2/vectordb/entities/search");
    for (dialect, search, target, body, answer, distances) in [
        (
            Dialect::V1,
            &search,
            v1,
            first,
            FOUND_V1,
            vec![1.0, 0.629_016_5],
        ),
        // A search that the first API can't express goes to the cluster's other call, as queries do.
        (
            Dialect::V1,
            &named,
            v2,
            whole,
            FOUND,
            vec![1.0, 0.935_320_1],
        ),
        (
            Dialect::V2,
            &search,
            v2,
            plain,
            FOUND,
            vec![1.0, 0.935_320_1],
        ),
        (Dialect::Milvus, &named, v2, whole, FOUND_NEWER, vec![0.5]),
    ] {
        let server = start_answering(Reply::json(answer));
        let rows = client(cloud(dialect, &server))
            .search("books", search)
            .unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|row| row["distance"].as_f64().unwrap())
            .collect();
        assert_eq!(found, distances);
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(
            (requests[0].target.as_str(), requests[0].body.as_str()),
            (target, body)
        );
    }
    let refused = start_answering(Reply::json(
        r#"{"code":1802,"message":"reason for failure"}"#,
    ));
    let error = client(cloud(Dialect::V2, &refused)).search("books", &search);
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("reason for failure")
    );
}
