//! Rows of v1, and features that Milvus before 2.4 lacks, with answers of the Python package `milvus` 2.3.5.

use super::server::{Reply, Server};
use super::{client, cloud, settings};
use crate::api::model::Dialect;
use crate::api::query::RowQuery;
use crate::api::{ApiError, JobFilter, Outcome};
use crate::error::Kind;
use serde_json::{Value, json};

const TYPES: &str = r#"{"code":200,"data":{"collectionName":"types","enableDynamicField":true,"fields":[
    {"name":"pk","primaryKey":true,"type":"VarChar(20)"},{"name":"i64","type":"Int64"},{"name":"j","type":"JSON"},
    {"name":"arr","type":"Array"},{"name":"v","type":"FloatVector(2)"}],"load":"LoadStateLoaded","shardsNum":1}}"#;
const ROWS: &str = r#"{"code":200,"data":[
    {"arr":{"Data":{"LongData":{"data":[1,9007199254740993]}}},"dyn":{"q":[1]},"i64":"9007199254740993","j":"eyJ4IjpbMSxudWxsLCLDqSJdfQ==","pk":"7","v":[1,2]},
    {"arr":{"Data":null},"i64":"-5","j":"{\"y\":true}","pk":"b","v":[1,2]}]}"#;

/// Starts a Milvus 2.3.5: v1's collections and rows, and gin's 404 for other calls.
fn milvus_2_3() -> Server {
    Server::start(|request| match request.target.split('?').next() {
        Some("/v1/vector/collections") => Reply::json(r#"{"code":200,"data":["types"]}"#),
        Some("/v1/vector/collections/describe") => Reply::json(TYPES),
        Some("/v1/vector/query") if request.body.contains("count(*)") => {
            Reply::json(r#"{"code":200,"data":[{"count(*)":"13"}]}"#)
        }
        Some("/v1/vector/query") => Reply::json(ROWS),
        _ => Reply::status(404, "404 page not found"),
    })
}

fn filtered(filter: &str, fields: &[&str]) -> RowQuery {
    RowQuery {
        filter: filter.to_owned(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        ..RowQuery::default()
    }
}

#[test]
fn v1_rows_are_typed_by_the_schema() {
    let server = milvus_2_3();
    let api = client(settings(Dialect::V1, &server));
    let rows = json!([
        {"arr": [1, 9_007_199_254_740_993_i64], "dyn": {"q": [1]}, "i64": 9_007_199_254_740_993_i64,
            "j": {"x": [1, null, "é"]}, "pk": "7", "v": [1, 2]},
        {"arr": [], "i64": -5, "j": {"y": true}, "pk": "b", "v": [1, 2]},
    ]);
    let mut chosen = filtered("i64 > 0", &["i64"]);
    chosen.extra.insert("newer".to_owned(), json!(1));
    assert_eq!(json!(api.query("types", &chosen).unwrap()), rows);
    let all = RowQuery {
        limit: Some(5),
        ..filtered("", &[])
    };
    assert_eq!(json!(api.query("types", &all).unwrap()), rows);
    let counted = api.query("types", &filtered("i64 > 0", &["count(*)"]));
    assert_eq!(json!(counted.unwrap()), json!([{"count(*)": 13}]));
    let sent: Vec<Value> = server
        .requests()
        .iter()
        .filter(|request| request.target == "/v1/vector/query")
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    assert_eq!(
        sent,
        [
            json!({"collectionName": "types", "filter": "i64 > 0", "outputFields": ["i64"], "newer": 1}),
            json!({"collectionName": "types", "filter": "pk >= \"\"", "outputFields": ["*"], "limit": 5}),
            json!({"collectionName": "types", "filter": "i64 > 0", "outputFields": ["count(*)"], "limit": 0}),
        ]
    );
    assert!(api.has_collection("types").unwrap() && !api.has_collection("nope").unwrap());
    assert_eq!(api.load_state("types").unwrap(), "LoadStateLoaded");
}

#[test]
fn calls_that_v1_lacks_are_errors() {
    let server = milvus_2_3();
    let api = client(settings(Dialect::V1, &server));
    let partitions = RowQuery {
        partitions: vec!["p".to_owned()],
        ..RowQuery::default()
    };
    for error in [
        api.count("types").map(drop).unwrap_err(),
        api.load("types", &serde_json::Map::new()).unwrap_err(),
        api.query("types", &partitions).map(drop).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("cannot be sent over the v1 API"), "{text}");
        assert_eq!(error.kind(), Kind::Refused);
        assert!(!error.hint().unwrap().contains(r#"api: "v1""#), "{error}");
    }
}

#[test]
fn a_milvus_older_than_2_4_is_recognized() {
    let server = milvus_2_3();
    for dialect in [Dialect::V1, Dialect::V2, Dialect::Milvus] {
        let api = client(settings(dialect, &server));
        for error in [
            api.verify().unwrap_err(),
            api.scan(&JobFilter::default()).map(drop).unwrap_err(),
            api.progress("1").map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, ApiError::TooOld { .. }), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("older than 2.4, whose REST API has no imports"),
                "{text}"
            );
            let (kind, outcome) = (error.kind(), error.outcome());
            assert_eq!((kind, outcome), (Kind::Refused, Outcome::Refused));
            let proposes_v1 = error.hint().unwrap().contains(r#"api: "v1""#);
            assert_eq!(proposes_v1, dialect != Dialect::V1);
        }
    }
    // A server that isn't Milvus, and Zilliz Cloud, whose imports and collections have different hosts.
    let other = Server::start(|_| Reply::status(404, "404 page not found"));
    for dialect in [Dialect::V1, Dialect::V2, Dialect::Milvus] {
        let error = client(cloud(dialect, &other)).verify().unwrap_err();
        assert!(matches!(error, ApiError::Service { .. }), "{error}");
        let hint = error.hint().unwrap();
        let own = format!("api: {:?}", dialect.word());
        assert!(hint.contains("api: ") && !hint.contains(&own), "{hint}");
    }
}
