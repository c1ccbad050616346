//! The requests of each call, exactly as published, and the results of usual answers.

use super::server::{Reply, Request};
use super::{client, cloud, import, only, settings, start_answering};
use crate::api::model::{Dialect, ImportRequest, JobState, Source};
use crate::api::{JobFilter, Outcome, Settings};
use crate::error::Kind;
use crate::secret::{Secret, StorageKeys};

const MADE: &str = r#"{"code":0,"data":{"jobId":"job-1"}}"#;

/// Returns all headers except those of HTTP itself.
fn headers(request: &Request) -> Vec<(&str, &str)> {
    let plumbing = ["host", "user-agent", "content-length"];
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !plumbing.contains(name))
        .collect();
    headers.sort_unstable();
    headers
}

fn full_request() -> ImportRequest {
    ImportRequest {
        partition: Some("p1".to_owned()),
        keys: StorageKeys {
            access: Some(Secret::new("AK")),
            secret: Some(Secret::new("SK")),
            session: None,
        },
        ..import(&[&["s3://bucket/data.json"]])
    }
}

const CLOUD_HEADERS: [(&str, &str); 3] = [
    ("accept", "application/json"),
    ("authorization", "Bearer the-api-key"),
    ("content-type", "application/json"),
];

#[test]
fn v1_create_is_sent_as_documented() {
    let server = start_answering(Reply::json(r#"{"code":200,"data":{"jobId":"job-1"}}"#));
    let id = client(cloud(Dialect::V1, &server))
        .create(&full_request(), "k-1")
        .unwrap();
    assert_eq!(id, "job-1");
    let request = only(&server);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/v1/vector/collections/import")
    );
    let mut expected = CLOUD_HEADERS.to_vec();
    expected.push(("idempotency-key", "k-1"));
    assert_eq!(headers(&request), expected);
    assert_eq!(
        request.body,
        r#"{"clusterId":"in03-3bf3c31f4248e22","collectionName":"books","objectUrl":"s3://bucket/data.json","partitionName":"p1","accessKey":"AK","secretKey":"SK"}"#
    );
}

#[test]
fn v1_progress_and_list_match_the_published_api() {
    let server = start_answering(Reply::json(
        r#"{"code":200,"data":{"jobId":"a b&c","count":"0","records":[]}}"#,
    ));
    let client = client(cloud(Dialect::V1, &server));
    client.progress("a b&c").unwrap();
    client.list_page(&JobFilter::default(), 2, 50).unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|r| (r.method.as_str(), r.target.as_str(), r.body.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            (
                "GET",
                "/v1/vector/collections/import/get?jobId=a%20b%26c&clusterId=in03-3bf3c31f4248e22",
                ""
            ),
            (
                "GET",
                "/v1/vector/collections/import/list?clusterId=in03-3bf3c31f4248e22&pageSize=50&currentPage=2",
                ""
            ),
        ]
    );
    assert_eq!(headers(&requests[0]), CLOUD_HEADERS);
    assert_eq!(server.connections(), 1, "the connection is kept");
}

#[test]
fn v2_create_has_all_documented_forms() {
    let server = start_answering(Reply::json(MADE));
    let api = client(cloud(Dialect::V2, &server));
    let volume = ImportRequest {
        source: Source::Volume {
            name: "vol".to_owned(),
            paths: vec![vec!["a/b.parquet".to_owned()]],
        },
        ..import(&[])
    };
    let mut everything = ImportRequest {
        database: Some("db1".to_owned()),
        options: vec![("timeout".to_owned(), "300s".to_owned())],
        source: Source::Files(vec![vec!["x.json".to_owned()], vec!["y.json".to_owned()]]),
        ..full_request()
    };
    everything.keys.session = Some(Secret::new("ST"));
    for request in [&full_request(), &volume, &everything] {
        api.create(request, "k").unwrap();
    }
    let requests = server.requests();
    let bodies: Vec<_> = requests
        .iter()
        .map(|request| request.body.as_str())
        .collect();
    assert_eq!(
        bodies,
        [
            r#"{"clusterId":"in03-3bf3c31f4248e22","collectionName":"books","objectUrl":"s3://bucket/data.json","partitionName":"p1","accessKey":"AK","secretKey":"SK"}"#,
            r#"{"clusterId":"in03-3bf3c31f4248e22","collectionName":"books","volumeName":"vol","dataPaths":[["a/b.parquet"]]}"#,
            r#"{"clusterId":"in03-3bf3c31f4248e22","collectionName":"books","objectUrls":[["x.json"],["y.json"]],"dbName":"db1","partitionName":"p1","accessKey":"AK","secretKey":"SK","token":"ST","options":{"timeout":"300s"}}"#,
        ]
    );
    assert!(
        requests
            .iter()
            .all(|r| r.method == "POST" && r.target == "/v2/vectordb/jobs/import/create")
    );
    assert!(
        requests
            .iter()
            .all(|r| r.header("idempotency-key") == Some("k"))
    );
}

#[test]
fn v2_other_calls_name_the_cluster_or_project_and_region() {
    let server = start_answering(Reply::json(
        r#"{"code":"0","data":{"jobId":"j","count":0,"records":[]}}"#,
    ));
    let project = client(Settings {
        cluster_id: None,
        project_id: Some("proj-1".to_owned()),
        region: Some("aws-us-east1".to_owned()),
        ..cloud(Dialect::V2, &server)
    });
    let filter = JobFilter {
        collection: Some("books".to_owned()),
        database: Some("db1".to_owned()),
    };
    let cluster = client(cloud(Dialect::V2, &server));
    cluster.progress("j").unwrap();
    cluster.commit("j").unwrap();
    cluster.abort("j").unwrap();
    project.list_page(&filter, 1, 100).unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|r| (r.target.as_str(), r.body.as_str()))
        .collect();
    let job = r#"{"clusterId":"in03-3bf3c31f4248e22","jobId":"j"}"#;
    assert_eq!(
        sent,
        [
            ("/v2/vectordb/jobs/import/getProgress", job),
            ("/v2/vectordb/jobs/import/commit", job),
            ("/v2/vectordb/jobs/import/abort", job),
            (
                "/v2/vectordb/jobs/import/list",
                r#"{"projectId":"proj-1","regionId":"aws-us-east1","collectionName":"books","dbName":"db1","pageSize":100,"currentPage":1}"#
            ),
        ]
    );
    assert!(
        requests
            .iter()
            .all(|request| headers(request) == CLOUD_HEADERS)
    );
}

#[test]
fn milvus_calls_match_the_published_api() {
    let server = start_answering(Reply::json(
        r#"{"code":0,"data":{"jobId":"j","records":[]}}"#,
    ));
    let api = client(Settings {
        database: Some("db1".to_owned()),
        token: Some(Secret::new("root:Milvus")),
        ..settings(Dialect::Milvus, &server)
    });
    let request = ImportRequest {
        options: vec![("auto_commit".to_owned(), "false".to_owned())],
        partition: Some("p1".to_owned()),
        ..import(&[&["a/1.parquet"], &["n/id.npy", "n/v.npy"]])
    };
    api.create(&request, "k").unwrap();
    api.progress("j").unwrap();
    api.list_page(&JobFilter::default(), 1, 100).unwrap();
    api.commit("j").unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|r| (r.target.as_str(), r.body.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            (
                "/v2/vectordb/jobs/import/create",
                r#"{"collectionName":"books","files":[["a/1.parquet"],["n/id.npy","n/v.npy"]],"dbName":"db1","partitionName":"p1","options":{"auto_commit":"false"}}"#
            ),
            (
                "/v2/vectordb/jobs/import/get_progress",
                r#"{"jobId":"j","dbName":"db1"}"#
            ),
            ("/v2/vectordb/jobs/import/list", r#"{"dbName":"db1"}"#),
            (
                "/v2/vectordb/jobs/import/commit",
                r#"{"jobId":"j","dbName":"db1"}"#
            ),
        ]
    );
    let expected = [
        ("accept", "application/json"),
        ("authorization", "Bearer root:Milvus"),
        ("content-type", "application/json"),
        ("db-name", "db1"),
    ];
    assert!(
        requests[1..]
            .iter()
            .all(|request| headers(request) == expected)
    );
}

#[test]
fn without_a_key_there_is_no_authorization() {
    let server = start_answering(Reply::json(MADE));
    client(settings(Dialect::Milvus, &server))
        .progress("job-1")
        .unwrap();
    assert_eq!(only(&server).header("authorization"), None);
}

#[test]
fn options_that_a_dialect_lacks_have_a_suggestion() {
    let server = start_answering(Reply::json(MADE));
    let base = import(&[&["x.json"]]);
    let volume = Source::Volume {
        name: "v".to_owned(),
        paths: Vec::new(),
    };
    let option = ("timeout".to_owned(), "1s".to_owned());
    let on_v1 = [
        import(&[&["a"], &["b"]]),
        import(&[&["a", "b"]]),
        ImportRequest {
            source: volume.clone(),
            ..base.clone()
        },
        ImportRequest {
            database: Some("db1".to_owned()),
            ..base.clone()
        },
        ImportRequest {
            options: vec![option],
            ..base.clone()
        },
        ImportRequest {
            keys: StorageKeys {
                session: Some(Secret::new("t")),
                ..StorageKeys::default()
            },
            ..base.clone()
        },
    ];
    let v1 = client(cloud(Dialect::V1, &server));
    let milvus = client(settings(Dialect::Milvus, &server));
    let errors = on_v1
        .iter()
        .map(|request| v1.create(request, "k").unwrap_err())
        .chain([v1.commit("j").unwrap_err(), v1.abort("j").unwrap_err()])
        .chain([
            milvus
                .create(
                    &ImportRequest {
                        source: volume,
                        ..base
                    },
                    "k",
                )
                .unwrap_err(),
            milvus.create(&full_request(), "k").unwrap_err(),
            milvus.clusters().unwrap_err(),
        ]);
    for error in errors {
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("connect(#{") || hint.contains("import("),
            "{hint}"
        );
        assert_eq!(
            (error.kind(), error.outcome()),
            (Kind::Refused, Outcome::Refused),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[test]
fn milvus_progress_falls_back_once_to_the_other_spelling() {
    let server = super::server::Server::start(|request| {
        if request.target.ends_with("/describe") {
            Reply::json(
                r#"{"code":0,"data":{"jobId":"7","state":"Completed","progress":99,"fileName":"[5.parquet]"}}"#,
            )
        } else {
            Reply::status(404, "404 page not found")
        }
    });
    let api = client(settings(Dialect::Milvus, &server));
    let progress = api.progress("7").unwrap();
    api.progress("7").unwrap();
    assert_eq!(
        (progress.state.kind, progress.file_name.as_str()),
        (JobState::Completed, "5.parquet")
    );
    assert!((progress.percent - 100.0).abs() < f64::EPSILON);
    let targets: Vec<_> = server.requests().into_iter().map(|r| r.target).collect();
    let ends: Vec<_> = targets
        .iter()
        .filter_map(|target| target.rsplit('/').next())
        .collect();
    assert_eq!(ends, ["get_progress", "describe", "describe"]);
}

#[test]
fn v1_state_follows_from_the_other_fields() {
    for (fields, state, percent) in [
        (r#""readyPercentage":0"#, JobState::Pending, 0.0),
        (
            r#""readyPercentage":0.5,"completeTime":null,"errorMessage":null"#,
            JobState::Importing,
            50.0,
        ),
        (
            r#""readyPercentage":"1","completeTime":"""#,
            JobState::Importing,
            1.0,
        ),
        (
            r#""readyPercentage":1,"completeTime":"2024-01-01T00:00:00Z""#,
            JobState::Completed,
            100.0,
        ),
        (
            r#""readyPercentage":120,"errorMessage":"boom""#,
            JobState::Failed,
            100.0,
        ),
        (
            r#""readyPercentage":-3,"errorMessage":"""#,
            JobState::Pending,
            0.0,
        ),
    ] {
        let server = start_answering(Reply::json(format!(
            r#"{{"code":200,"data":{{"jobId":1,{fields},"fileSize":"12","details":[{{{fields}}}]}}}}"#
        )));
        let progress = client(cloud(Dialect::V1, &server)).progress("1").unwrap();
        assert_eq!(progress.state.kind, state, "{fields}");
        assert!(
            (progress.percent - percent).abs() < 1e-9,
            "{fields}: {}",
            progress.percent
        );
        assert_eq!(progress.file_size, Some(12));
        assert_eq!(progress.details[0].state.kind, state);
    }
}
