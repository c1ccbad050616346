//! The method, URL, headers and body of every call, as published.

use crate::shell::service::{answer, connect, failing, is_create, sent, service};
use crate::support::harness::{ACCESS, SECRET, SESSION, TOKEN, Test};
use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};

/// Runs a script on a connection to the server, with every secret of the tests in its environment.
fn script(server: &Server, api: &str, text: &str) -> Test {
    Test::new()
        .env("KEY", TOKEN)
        .env("AK", ACCESS)
        .env("SK", SECRET)
        .env("ST", SESSION)
        .eval(format!("{}\n{text}", connect(server, api)))
}

/// Returns the request line and the headers, without those of HTTP itself.
fn head(request: &Request) -> Value {
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| !["host", "content-length", "idempotency-key"].contains(&&**name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort();
    json!([request.method, request.target, headers])
}

fn expected(method: &str, target: &str) -> Value {
    let agent = concat!("user-agent: zshell/", env!("CARGO_PKG_VERSION"));
    let key = format!("authorization: Bearer {TOKEN}");
    let json = "application/json";
    json!([
        method,
        target,
        [
            "accept: ".to_owned() + json,
            key,
            "content-type: ".to_owned() + json,
            agent
        ]
    ])
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).expect("a JSON body")
}

fn only(server: &Server) -> Request {
    let mut requests = server.requests();
    requests.retain(is_create);
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

#[test]
fn v1_create_is_sent_as_documented() {
    let server = service();
    let call = r#"import(#{collection: "books", url: "s3://bucket/1.json", partition: "p", access_key: secret("AK"), secret_key: secret("SK")})"#;
    script(&server, "v1", call).run().says("job-1");
    let request = only(&server);
    assert_eq!(
        head(&request),
        expected("POST", "/v1/vector/collections/import")
    );
    assert_eq!(
        body(&request),
        json!({
            "clusterId": "in03-3bf3c31f4248e22", "collectionName": "books", "objectUrl": "s3://bucket/1.json",
            "partitionName": "p", "accessKey": ACCESS, "secretKey": SECRET,
        })
    );
    let key = request.header("idempotency-key").expect("a key");
    assert!(key.starts_with("zshell-") && key.len() > 20, "{key}");
}

#[test]
fn v1_create_needs_only_a_path() {
    let server = service();
    script(&server, "v1", r#"import("books", "s3://bucket/folder/")"#).run();
    let expected = json!({
        "clusterId": "in03-3bf3c31f4248e22", "collectionName": "books", "objectUrl": "s3://bucket/folder/",
    });
    assert_eq!(body(&only(&server)), expected);
}

#[test]
fn v1_progress_and_list_are_sent_as_documented() {
    let server = service();
    script(&server, "v1", r#"progress("job-1"); jobs()"#).run();
    let [progress, list] = server.requests().try_into().expect("two requests");
    let target = "/v1/vector/collections/import/get?jobId=job-1&clusterId=in03-3bf3c31f4248e22";
    assert_eq!(head(&progress), expected("GET", target));
    let target = "/v1/vector/collections/import/list?clusterId=in03-3bf3c31f4248e22&pageSize=100&currentPage=1";
    assert_eq!(head(&list), expected("GET", target));
    assert_eq!((&*progress.body, &*list.body), ("", ""));
}

#[test]
fn v2_create_is_sent_as_documented() {
    let server = service();
    let call = r#"import(#{collection: "books", urls: ["s3://bucket/1.json", "s3://bucket/2.json"], partition: "p", db: "d",
        access_key: secret("AK"), secret_key: secret("SK"), session_token: secret("ST"), options: #{timeout: "300s"}, key: "load 1"})"#;
    script(&server, "v2", call).run().says("job-1");
    let request = only(&server);
    assert_eq!(
        head(&request),
        expected("POST", "/v2/vectordb/jobs/import/create")
    );
    let header = request.header("idempotency-key").unwrap_or_default();
    assert!(header.starts_with("zshell-key/"), "{header}");
    assert_eq!(
        body(&request),
        json!({
            "clusterId": "in03-3bf3c31f4248e22", "collectionName": "books",
            "objectUrls": [["s3://bucket/1.json"], ["s3://bucket/2.json"]], "dbName": "d", "partitionName": "p",
            "accessKey": ACCESS, "secretKey": SECRET, "token": SESSION, "options": {"timeout": "300s"},
        })
    );
}

#[test]
fn v2_create_from_a_volume_is_sent_as_documented() {
    let server = service();
    let call =
        r#"import(#{collection: "books", volume: "vol", data_paths: ["a/1.json", "b/2.json"]})"#;
    script(&server, "v2", call).run();
    assert_eq!(
        body(&only(&server)),
        json!({
            "clusterId": "in03-3bf3c31f4248e22", "collectionName": "books", "volumeName": "vol",
            "dataPaths": [["a/1.json"], ["b/2.json"]],
        })
    );
}

#[test]
fn v2_progress_and_list_are_sent_as_documented() {
    let server = service();
    let calls =
        r#"progress("job-1"); jobs(#{collection: "books"}); commit("job-1"); abort("job-1")"#;
    script(&server, "v2", calls).status(7).run();
    let requests = server.requests();
    let heads: Vec<Value> = requests.iter().map(head).collect();
    let path = |end| expected("POST", &format!("/v2/vectordb/jobs/import/{end}"));
    assert_eq!(
        heads,
        [
            path("getProgress"),
            path("list"),
            path("commit"),
            path("getProgress"),
            path("getProgress"),
            path("abort"),
            path("getProgress"),
        ],
        "the job's state says what an unknown call means: it's committed, and can't be aborted"
    );
    let job = json!({"clusterId": "in03-3bf3c31f4248e22", "jobId": "job-1"});
    assert_eq!((body(&requests[0]), body(&requests[2])), (job.clone(), job));
    let list = json!({
        "clusterId": "in03-3bf3c31f4248e22", "collectionName": "books", "pageSize": 100, "currentPage": 1,
    });
    assert_eq!(body(&requests[1]), list);
}

#[test]
fn milvus_calls_are_sent_as_documented() {
    let server = service();
    let calls = r#"let job = import(#{collection: "books", files: ["1.parquet", ["id.npy", "v.npy"]], options: #{auto_commit: false}});
        job.progress(); jobs()"#
        .replace("job.progress()", "progress(job)");
    script(&server, "milvus", &calls).run();
    let requests: Vec<Request> = server
        .requests()
        .into_iter()
        .skip_while(|request| !is_create(request))
        .collect();
    let heads: Vec<Value> = requests.iter().map(head).collect();
    let path = |end| expected("POST", &format!("/v2/vectordb/jobs/import/{end}"));
    assert_eq!(heads, [path("create"), path("get_progress"), path("list")]);
    assert_eq!(
        body(&requests[0]),
        json!({
            "collectionName": "books", "files": [["1.parquet"], ["id.npy", "v.npy"]],
            "options": {"auto_commit": "false"},
        })
    );
    assert_eq!(body(&requests[1]), json!({"jobId": "job-1"}));
    assert_eq!(body(&requests[2]), json!({}));
}

#[test]
fn a_database_is_sent_in_body_and_header() {
    let server = service();
    let call = format!(
        r#"connect(#{{uri: "{}", db_name: "sales", verify: false}}); import("books", "1.json")"#,
        server.url()
    );
    Test::new().eval(call).run();
    let request = only(&server);
    assert_eq!(request.header("db-name"), Some("sales"));
    assert_eq!(body(&request)["dbName"], "sales");
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn every_submission_has_a_key_of_its_own() {
    let server = service();
    let calls = r#"import("books", "s3://bucket/1.json"); import("books", "s3://bucket/1.json");"#;
    script(&server, "v2", calls).run();
    let keys: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|request| Some(request.header("idempotency-key")?.to_owned()))
        .collect();
    assert!(
        matches!(&*keys, [first, second] if first != second),
        "{keys:?}"
    );
}

#[test]
fn a_create_is_sent_once_after_any_answer() {
    for api in ["v1", "v2", "milvus"] {
        for (reply, status) in [
            (Reply::status(500, "oops"), 6),
            (Reply::status(503, "<html>busy</html>"), 6),
            (Reply::Drop, 6),
            (Reply::Partial("{\"code\":0".to_owned()), 6),
            (Reply::json("{}"), 6),
            (Reply::json(r#"{"code":0,"data":{}}"#), 6),
            (
                Reply::status(429, "slow down").with_header("retry-after", "30"),
                75,
            ),
            (Reply::status(401, "who are you"), 3),
            (
                Reply::json(r#"{"code":47005,"message":"no collection"}"#),
                7,
            ),
            (
                Reply::status(307, "").with_header("location", "/elsewhere"),
                6,
            ),
        ] {
            let case = format!("{reply:?}");
            let server = failing(reply);
            let path = if api == "milvus" {
                "1.json"
            } else {
                "s3://bucket/1.json"
            };
            let call = format!(r#"import("books", "{path}")"#);
            let ran = script(&server, api, &call).status(status).run();
            let creates = server.requests().iter().filter(|it| is_create(it)).count();
            assert_eq!(creates, 1, "{api} {case} {}", ran.stderr);
            if status == 6 {
                ran.complains("jobs(").complains("zshell journal");
            }
        }
    }
}

#[test]
fn a_failed_connection_leaves_no_unknown_outcome() {
    let call =
        r#"connect(#{endpoint: "http://127.0.0.1:1", verify: false}); import("books", "1.json")"#;
    Test::new().eval(call).status(3).run();
}

#[test]
fn failed_reads_are_repeated() {
    for api in ["v1", "v2", "milvus"] {
        let failures = std::sync::atomic::AtomicUsize::new(0);
        let server = Server::start(move |request| {
            match failures.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::status(503, "not now"),
                1 => Reply::Drop,
                2 => Reply::status(429, "slow down").with_header("retry-after", "0"),
                _ => answer(request),
            }
        });
        let ran = script(&server, api, r#"progress("job-1").state"#).run();
        ran.says("Completed");
        assert_eq!(server.requests().len(), 4, "{api}");
    }
}

#[test]
fn connect_checks_the_endpoint_with_one_list_call() {
    let server = service();
    let text = connect(&server, "v1").replace(", verify: false", "");
    Test::new().env("KEY", TOKEN).eval(text).run();
    assert_eq!(sent(&server, "/list").len(), 1);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn all_calls_share_one_connection() {
    let server = service();
    let calls = r#"for i in 0..5 { progress("job-1"); } jobs()"#;
    script(&server, "v2", calls).run();
    assert_eq!(server.requests().len(), 6);
    assert_eq!(server.connections(), 1);
}
