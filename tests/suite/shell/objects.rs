//! Object paths are checked before anything is sent.

use crate::shell::service::{connect, sent, service};
use crate::support::harness::{Test, quoted};
use serde_json::{Value, json};

/// Imports the path on a verified connection. Returns standard error and the create bodies.
fn import(api: &str, path: &str, status: i32) -> (String, Vec<Value>) {
    let server = service();
    let text = format!(
        "{} import(\"books\", {path});",
        connect(&server, api).replace("cluster_id", "region: \"aws-us-west-2\", cluster_id")
    );
    let test = Test::new().env("KEY", "k").eval(text).status(status);
    let ran = test.run();
    let bodies = sent(&server, if api == "v1" { "/import" } else { "/create" });
    let bodies = bodies
        .iter()
        .map(|request| serde_json::from_str(&request.body).expect("JSON"));
    (ran.stderr, bodies.collect())
}

#[test]
fn an_unreadable_path_is_refused_without_a_request() {
    for api in ["v1", "v2"] {
        for (path, reason) in [
            ("./data.json", "a path on this machine"),
            ("/abs/data.parquet", "a path on this machine"),
            ("file:///abs/data.parquet", "file"),
            ("s3:///data.json", "names no bucket"),
            ("s3://bucket", "no object"),
            ("s3://Bucket_Name/data.json", "not a valid bucket name"),
            ("s3://192.168.1.1/data.json", "not a valid bucket name"),
            ("s3://ab/data.json", "not a valid bucket name"),
            ("s3://bucket/data.xlsx", ".xlsx"),
            ("s3://bucket/data", "no extension"),
            ("ftp://bucket/data.json", "ftp"),
            ("https://example.com/bucket/data.json", "example.com"),
            ("s3://bucket/*.json", "*.npy"),
            ("", "empty"),
            (" s3://bucket/data.json", "blank"),
        ] {
            let (errors, sent) = import(api, &quoted(path), 7);
            assert!(errors.contains(reason), "{path}: {reason:?} in\n{errors}");
            assert!(
                errors.contains("hint: ") || path.is_empty(),
                "{path}\n{errors}"
            );
            assert_eq!(sent, Vec::<Value>::new(), "{path}");
        }
    }
}

#[test]
fn a_self_hosted_server_accepts_paths_of_its_bucket() {
    for path in ["/abs/1.parquet", "s3://bucket/1.parquet", "a/1.txt"] {
        let (_, sent) = import("milvus", &quoted(path), 7);
        assert_eq!(sent, Vec::<Value>::new(), "{path}");
    }
    let (_, sent) = import("milvus", "\"folder/1.parquet\"", 0);
    assert_eq!(sent[0]["files"], json!([["folder/1.parquet"]]));
}

#[test]
fn the_server_bucket_is_removed_from_paths() {
    let server = service();
    let run = |path: &str, status: i32| {
        let text = format!(
            "connect(#{{endpoint: {}, storage: #{{url: \"s3://milvus-bucket\"}}}}); import(\"books\", {path:?})",
            quoted(server.url())
        );
        Test::new().eval(text).status(status).run()
    };
    run("s3://milvus-bucket/x/1.json", 0);
    run("s3://other-bucket/x/1.json", 7).complains("s3://milvus-bucket");
    let bodies = sent(&server, "/create");
    assert_eq!(bodies.len(), 1);
    assert!(
        bodies[0].body.contains(r#"[["x/1.json"]]"#),
        "{}",
        bodies[0].body
    );
}

#[test]
fn lists_are_files_and_nested_lists_are_sets() {
    let urls = |path: &str| {
        let (_, sent) = import("v2", path, 0);
        sent[0].clone()
    };
    let body = urls(r#""s3://bucket/1.json""#);
    assert_eq!(body["objectUrl"], "s3://bucket/1.json");
    let body = urls(r#"["s3://bucket/1.json", "gs://bucket/folder/"]"#);
    assert_eq!(
        body["objectUrls"],
        json!([["s3://bucket/1.json"], ["gs://bucket/folder/"]])
    );
    let body = urls(r#"[["s3://bucket/id.npy", "s3://bucket/v.npy"], "s3://bucket/f/*.npy"]"#);
    let sets = json!([
        ["s3://bucket/id.npy", "s3://bucket/v.npy"],
        ["s3://bucket/f/*.npy"]
    ]);
    assert_eq!(body["objectUrls"], sets);
    for (path, status) in [
        (r#"[["s3://bucket/1.json", "s3://bucket/2.json"]]"#, 7),
        ("[]", 1),
        ("[[]]", 1),
        ("[[[\"s3://bucket/1.json\"]]]", 1),
        ("[1]", 1),
        ("#{}", 1),
    ] {
        let (_, sent) = import("v2", path, status);
        assert_eq!(sent, Vec::<Value>::new(), "{path}");
    }
}

#[test]
fn an_option_that_a_dialect_lacks_has_a_hint() {
    for (api, call) in [
        (
            "v1",
            r#"import("books", ["s3://bucket/1.json", "s3://bucket/2.json"])"#,
        ),
        ("v1", r#"import("books", "s3://bucket/1.json", #{db: "d"})"#),
        (
            "v1",
            r#"import("books", "s3://bucket/1.json", #{options: #{timeout: "1s"}})"#,
        ),
        (
            "v1",
            r#"import(#{collection: "books", volume: "v", data_paths: ["1.json"]})"#,
        ),
        ("v1", r#"commit("job-1")"#),
        (
            "milvus",
            r#"import(#{collection: "books", volume: "v", data_paths: ["1.json"]})"#,
        ),
        (
            "milvus",
            r#"import("books", "1.json", #{access_key: "a", secret_key: "b"})"#,
        ),
    ] {
        let server = service();
        let text = format!("{} {call}", connect(&server, api));
        let test = Test::new().env("KEY", "k").eval(text).status(7);
        let ran = test.run();
        assert!(
            ran.stderr.contains("hint: ") && ran.stderr.contains('('),
            "{}",
            ran.stderr
        );
        assert_eq!(server.requests().len(), 0, "{api} {call}");
    }
}

#[test]
fn a_bucket_on_another_cloud_is_a_warning() {
    let (errors, sent) = import("v2", "\"gs://bucket/1.json\"", 0);
    assert!(
        errors.starts_with("warning: bucket bucket is on"),
        "{errors}"
    );
    assert!(errors.contains("83004"), "{errors}");
    assert_eq!(sent.len(), 1);
    let (errors, _) = import("v2", "\"s3://bucket/1.json\"", 0);
    assert_eq!(errors, "");
}
