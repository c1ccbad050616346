//! Volumes: the calls about them, and uploads with temporary credentials.

use crate::support::harness::{ACCESS, Folder, SECRET, SESSION, Test};
use crate::support::s3::{BUCKET, S3, Trouble};
use crate::support::server::{Reply, Request, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Returns a service whose volume `staging` is at this S3 server, with credentials that expire after some seconds.
fn service(s3: &str, seconds: i64, condition: Value) -> Server {
    let endpoint = s3.to_owned();
    Server::start(move |request: &Request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let data = match (request.method.as_str(), path) {
            ("POST", "/v2/volumes/apply") => {
                let body: Value = serde_json::from_str(&request.body).expect("JSON");
                if body["volumeName"] != "staging" {
                    return Reply::json(
                        json!({"code": 63240, "message": "no such volume"}).to_string(),
                    );
                }
                let end = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .expect("a time after 1970")
                    .as_millis();
                let end = i64::try_from(end).expect("a time") + seconds * 1000;
                json!({
                    "endpoint": endpoint, "bucketName": BUCKET, "region": "us-east-1", "cloud": "aws",
                    "volumeName": "staging", "volumePrefix": "volumes/7/", "condition": condition,
                    "credentials": {
                        "tmpAK": ACCESS, "tmpSK": SECRET, "sessionToken": SESSION, "expireTime": end,
                    },
                })
            }
            ("GET", "/v2/projects") => json!([{"projectId": "proj-1", "projectName": "one"}]),
            ("GET", "/v2/volumes") => {
                assert!(request.target.contains("projectId=proj-1"));
                json!({"count": 1, "currentPage": 1, "pageSize": 100, "volumes": [{"volumeName": "staging", "type": "MANAGED"}]})
            }
            ("POST", "/v2/volumes/create") => {
                let body: Value = serde_json::from_str(&request.body).expect("JSON");
                let expected = json!({"projectId": "proj-1", "regionId": "aws-us-east-1", "volumeName": "new", "type": "MANAGED"});
                assert_eq!(body, expected);
                json!({"volumeName": "new"})
            }
            ("DELETE", "/v2/volumes/staging") => json!({"volumeName": "staging"}),
            ("POST", "/v2/vectordb/jobs/import/create") => {
                let body: Value = serde_json::from_str(&request.body).expect("JSON");
                assert_eq!(body["volumeName"], "staging");
                assert_eq!(body["dataPaths"], json!([["in/a.json"]]));
                let key = request.header("idempotency-key").expect("a key");
                json!({"jobId": format!("job-{}", crate::support::s3::md5(key.as_bytes()))})
            }
            _ => json!({"records": [], "count": 0}),
        };
        Reply::json(json!({"code": 0, "data": data}).to_string())
    })
}

fn test(folder: &Folder, service: &Server, text: &str) -> Test {
    let connect = format!(
        "connect(#{{endpoint: {:?}, api: \"v2\", token: \"k\", cluster_id: \"in03-1\", region: \"aws-us-east-1\", verify: false}});",
        service.url()
    );
    folder
        .test()
        .args(["-q", "-o", "json"])
        .eval(format!("{connect} {text}"))
}

const UPLOAD: &str = "upload(\"a.json\", \"volume://staging/in/\")";

#[test]
fn volumes_are_listed_created_and_dropped() {
    let server = service("http://127.0.0.1:1", 3600, json!({}));
    let folder = Folder::new();
    let listed = test(&folder, &server, "volumes()").run().json();
    assert_eq!(
        listed,
        json!([{"volumeName": "staging", "type": "MANAGED", "projectId": "proj-1"}])
    );
    test(
        &folder,
        &server,
        "create_volume(\"new\"); drop_volume(\"staging\")",
    )
    .run();
    assert!(server.requests().iter().any(|it| it.method == "DELETE"));
}

#[test]
fn a_self_hosted_server_has_no_volumes() {
    let folder = Folder::new();
    folder.work("a.json", "[]");
    for call in [
        "volumes(#{project_id: \"p\"})",
        UPLOAD,
        "glob(\"volume://staging/*.json\")",
    ] {
        let text = format!("connect(#{{endpoint: \"http://127.0.0.1:1\", verify: false}}); {call}");
        let ran = folder.test().eval(text).status(7).run();
        ran.complains("volumes belong to Zilliz Cloud");
    }
}

#[test]
fn uploaded_files_can_be_imported_from_the_volume() {
    let s3 = S3::start(ACCESS, BTreeMap::new(), 0);
    let server = service(
        &s3.url(),
        3600,
        json!({"maxContentLength": 1000, "maxFileNumber": 1}),
    );
    let folder = Folder::new();
    folder.work("a.json", "[1]");
    let text = format!(
        "let sent = {UPLOAD}; import(#{{collection: \"c\", volume: sent.volume, paths: sent.paths}}); \
         import(\"c\", glob(\"volume://staging/in/*.json\"), #{{key: \"two\"}}); sent"
    );
    let result = test(&folder, &server, &text).run().json();
    assert_eq!(
        (&result["volume"], &result["paths"]),
        (&json!("staging"), &json!(["in/a.json"]))
    );
    assert_eq!(s3.objects()["volumes/7/in/a.json"], b"[1]");
    let asked = s3.asked();
    assert!(
        asked
            .iter()
            .all(|it| it.session.as_deref() == Some(SESSION))
    );
}

#[test]
fn volume_limits_are_checked_before_the_upload() {
    for (condition, message) in [
        (json!({"maxContentLength": 2}), "at most 2 B an upload"),
        (json!({"maxFileNumber": 0}), "at most 0 files an upload"),
    ] {
        let s3 = S3::start(ACCESS, BTreeMap::new(), 0);
        let server = service(&s3.url(), 3600, condition);
        let folder = Folder::new();
        folder.work("a.json", "[1]");
        test(&folder, &server, UPLOAD)
            .status(7)
            .run()
            .complains(message);
        assert!(s3.objects().is_empty());
    }
}

#[test]
fn expired_credentials_are_renewed() {
    // Refused once, although they hadn't reached their expiry time.
    let seen = AtomicUsize::new(0);
    let s3 = S3::with_troubles(ACCESS, BTreeMap::new(), 0, move |asked| {
        if asked.method == "PUT" && seen.fetch_add(1, Ordering::SeqCst) == 0 {
            Trouble::Refused("400 Bad Request", "ExpiredToken")
        } else {
            Trouble::None
        }
    });
    let server = service(&s3.url(), 3600, json!({}));
    let folder = Folder::new();
    folder.work("a.json", "[1]");
    test(&folder, &server, UPLOAD).run();
    assert_eq!(s3.objects()["volumes/7/in/a.json"], b"[1]");
    let is_apply = |it: &&Request| it.target.ends_with("/apply");
    assert_eq!(server.requests().iter().filter(is_apply).count(), 2);
    // Credentials that have expired are renewed before each request.
    let server = service(&s3.url(), -10, json!({}));
    folder.work("a.json", "[12]");
    test(&folder, &server, UPLOAD).run();
    assert!(server.requests().iter().filter(is_apply).count() > 2);
}

#[test]
fn an_unknown_volume_is_named_with_a_hint() {
    let server = service("http://127.0.0.1:1", 3600, json!({}));
    let folder = Folder::new();
    folder.work("a.json", "[1]");
    let ran = test(&folder, &server, "upload(\"a.json\", \"volume://none/\")")
        .status(7)
        .run();
    ran.complains("63240")
        .complains("volumes() lists the names");
}
