//! Volumes: the calls of the control plane, files through S3's protocol, and imports from a volume.

use crate::local::harness::{Local, exchange, rows, serve};
use crate::local::volume_client::{Bucket, Put, apply, create, service};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

#[test]
fn volumes_are_created_listed_described_and_deleted() {
    let (_dir, local) = Local::fresh();
    for name in ["b", "a", "c"] {
        let made = create(&local, name).data();
        assert_eq!(made, json!({ "volumeName": name }));
    }
    let list = |query: &str| local.get(&format!("/v2/volumes?projectId={query}"));
    let page = list("proj-1&pageSize=2&currentPage=1&type=MANAGED").data();
    let volume = |name: &str| json!({ "volumeName": name, "type": "MANAGED" });
    assert_eq!(
        page,
        json!({ "count": 3, "currentPage": 1, "pageSize": 2, "volumes": [volume("a"), volume("b")] })
    );
    let page = list("proj-1&pageSize=2&currentPage=2").data();
    assert_eq!(page["volumes"], json!([volume("c")]));
    for other in ["proj-2", "proj-1&type=EXTERNAL"] {
        assert_eq!(list(other).data()["count"], 0, "{other}");
    }
    let found = local.get("/v2/volumes/b").data();
    assert_eq!(found["regionId"], "aws-us-west-2");
    assert_eq!(found["status"], "RUNNING");
    assert_eq!(
        local.send("DELETE", "/v2/volumes/b", &[], "").data(),
        json!({ "volumeName": "b" })
    );
    for (method, path) in [("GET", "/v2/volumes/b"), ("DELETE", "/v2/volumes/b")] {
        assert_eq!(local.send(method, path, &[], "").code(), 63240);
    }
    for (query, code) in [
        ("", 80000),
        ("p&pageSize=0", 80003),
        ("p&pageSize=101", 80003),
        ("p&currentPage=0", 80004),
        ("p&type=OTHER", 80000),
    ] {
        assert_eq!(list(query).code(), code, "{query}");
    }
}

#[test]
fn wrong_calls_are_refused() {
    let (_dir, local) = Local::fresh();
    create(&local, "vol").data();
    let long = "v".repeat(65);
    for (change, code) in [
        (json!({ "projectId": null }), 80000),
        (json!({ "regionId": "" }), 80000),
        (json!({ "volumeName": null }), 80000),
        (json!({ "volumeName": "vol" }), 80000),
        (json!({ "volumeName": "a/b" }), 80000),
        (json!({ "volumeName": ".." }), 80000),
        (json!({ "volumeName": "apply" }), 80000),
        (json!({ "volumeName": long }), 80000),
        (json!({ "type": "OTHER" }), 80000),
        (
            json!({ "type": "EXTERNAL", "storageIntegrationId": "x" }),
            10,
        ),
        (json!({ "path": "a/" }), 80000),
    ] {
        let mut body = json!({ "projectId": "p", "regionId": "r", "volumeName": "new" });
        for (key, value) in change.as_object().expect("an object") {
            body[key] = value.clone();
        }
        let answer = local.post("/v2/volumes/create", &body);
        assert_eq!(answer.refusal().0, code, "{body}");
    }
    for (name, path, code) in [
        ("none", "", 63240),
        ("vol", "a", 80000),
        ("vol", "/", 80000),
        ("vol", "../", 80000),
        ("vol", "a//", 80000),
    ] {
        let body = json!({ "volumeName": name, "path": path });
        let answer = local.post("/v2/volumes/apply", &body);
        assert_eq!(answer.refusal().0, code, "{body}");
    }
}

#[test]
fn objects_are_written_read_listed_and_deleted() {
    let (_dir, _local, bucket) = service();
    bucket.put("vol/a b/ü+&.json", b"0123456789").expect("put");
    bucket.put("vol/a b.json", b"x").expect("put");
    bucket.put("vol/empty", b"").expect("put");
    assert_eq!(bucket.size("vol/empty"), Some(0));
    assert_eq!(bucket.size("vol/a b/ü+&.json"), Some(10));
    let part = bucket.get("vol/a b/ü+&.json", Some((3..6).into()));
    assert_eq!(part.as_deref(), Some(b"345".as_slice()));
    let (objects, folders) = bucket.list("vol");
    assert_eq!(objects, ["vol/a b.json", "vol/empty"]);
    assert_eq!(folders, ["vol/a b"]);
    assert_eq!(bucket.list("vol/a b").0, ["vol/a b/ü+&.json"]);
    assert!(bucket.put_new("vol/empty", b"y").is_err());
    bucket.put("vol/empty", b"now").expect("overwritten");
    assert_eq!(
        bucket.get("vol/empty", None).as_deref(),
        Some(b"now".as_slice())
    );
    for _ in 0..2 {
        bucket.delete("vol/a b/ü+&.json").expect("deleted");
    }
    assert_eq!(bucket.size("vol/a b/ü+&.json"), None);
    assert_eq!(bucket.list("vol").1, Vec::<String>::new());
}

#[test]
fn long_lists_are_paged() {
    let (dir, local, bucket) = service();
    // Files are created directly in the data folder, since 1,500 requests would take long.
    bucket.put("vol/in/first", b"").expect("put");
    let folder = dir.path().join("local/volumes/1/objects/in");
    for number in 0..1500 {
        std::fs::write(folder.join(format!("{number:04}")), b"x").expect("write");
    }
    let (objects, _) = bucket.list("vol/in");
    assert_eq!(objects.len(), 1501);
    assert!(objects.is_sorted(), "in order, each once");
    drop(local);
}

#[test]
fn tags_are_checksums_of_the_received_data() {
    let (dir, _local, bucket) = service();
    let digest = |content: &[u8]| Md5::digest(content);
    let hex = |sum: &[u8]| {
        sum.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    bucket.put("vol/a", b"0123456789").expect("put");
    assert_eq!(bucket.tag("vol/a"), hex(&digest(b"0123456789")));
    let parts = [vec![b'a'; 5 << 20], vec![b'b'; 3]];
    bucket.put_parts("vol/b", &parts, true).expect("complete");
    let both = [digest(&parts[0]), digest(&parts[1])].concat();
    assert_eq!(bucket.tag("vol/b"), format!("{}-2", hex(&digest(&both))));
    // A file that was changed without the service has no checksum.
    let path = dir.path().join("local/volumes/1/objects/a");
    std::fs::write(path, b"9876543210").expect("write");
    assert!(bucket.tag("vol/a").starts_with("a-"));
}

#[test]
fn parts_become_one_object() {
    let (dir, _local, bucket) = service();
    let parts = vec![vec![b'a'; 5 << 20], vec![b'b'; 3]];
    bucket.put_parts("vol/big", &parts, true).expect("complete");
    assert_eq!(bucket.size("vol/big"), Some((5 << 20) + 3));
    let end = bucket.get("vol/big", Some(object_store::GetRange::Suffix(4)));
    assert_eq!(end.as_deref(), Some(b"abbb".as_slice()));
    bucket
        .put_parts("vol/gone", &parts, false)
        .expect("aborted");
    assert_eq!(bucket.size("vol/gone"), None);
    let small = vec![vec![b'a'; 3], vec![b'b'; 3]];
    let error = bucket.put_parts("vol/small", &small, true).unwrap_err();
    assert!(error.to_string().contains("EntityTooSmall"), "{error}");
    let uploads = std::fs::read_dir(dir.path().join("local/volumes/1/uploads"));
    assert_eq!(
        uploads.expect("a folder").count(),
        1,
        "only the refused one"
    );
}

#[test]
fn names_cannot_leave_the_volume_or_the_folder() {
    let (_dir, local, bucket) = service();
    create(&local, "other").data();
    let inner = Bucket::open(&apply(&local, "vol", "in/"));
    inner.put("vol/in/a", b"1").expect("put");
    let refused = |put: Put, code: &str| {
        let error = put.unwrap_err().to_string();
        assert!(error.contains(code), "{code}: {error}");
    };
    refused(inner.put("vol/out", b""), "AccessDenied");
    refused(inner.put("vol/inner", b""), "AccessDenied");
    refused(bucket.put("other/a", b""), "AccessDenied");
    refused(inner.delete("vol/out"), "AccessDenied");
    refused(bucket.put("vol/in", b""), "InvalidObjectName");
    refused(bucket.put("vol/in/a/b", b""), "InvalidObjectName");
    let long = format!("vol/{}", "x".repeat(256));
    refused(bucket.put(&long, b""), "InvalidObjectName");
}

#[test]
fn wrong_signatures_are_refused() {
    let (_dir, local, _) = service();
    let access = apply(&local, "vol", "");
    let wrong = Bucket::signed(&access, |secret| format!("{secret}x"));
    let error = wrong.put("vol/a", b"").unwrap_err().to_string();
    assert!(error.contains("SignatureDoesNotMatch"), "{error}");
    let head = "Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let path = "/local-volumes/vol/a";
    let unsigned = exchange(local.addr, &format!("PUT {path} HTTP/1.1\r\n{head}"));
    assert_eq!(unsigned.status, 403);
    let mut other = access.clone();
    for (key, code) in [
        ("AKIAOTHER", "InvalidAccessKeyId"),
        ("ZSHELLx", "ExpiredToken"),
    ] {
        other["credentials"]["tmpAK"] = json!(key);
        let error = Bucket::open(&other).put("vol/a", b"").unwrap_err();
        assert!(error.to_string().contains(code), "{error}");
    }
    other = access;
    other["credentials"]["sessionToken"] = json!("x");
    let error = Bucket::open(&other).put("vol/a", b"").unwrap_err();
    assert!(error.to_string().contains("InvalidToken"), "{error}");
}

#[test]
fn files_survive_a_restart_but_not_their_volume() {
    let (dir, local, bucket) = service();
    bucket.put("vol/a", b"1").expect("put");
    drop(local);
    let local = Local::start(serve(dir.path()));
    let bucket = Bucket::open(&apply(&local, "vol", ""));
    assert_eq!(bucket.get("vol/a", None).as_deref(), Some(b"1".as_slice()));
    local.send("DELETE", "/v2/volumes/vol", &[], "").data();
    let error = bucket.put("vol/a", b"1").unwrap_err();
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    create(&local, "vol").data();
    let again = Bucket::open(&apply(&local, "vol", ""));
    assert_eq!(again.size("vol/a"), None);
    assert!(bucket.put("vol/a", b"1").is_err(), "keys of the old volume");
    assert!(!dir.path().join("local/volumes/1").exists());
}

#[test]
fn imports_read_the_files_of_a_volume() {
    let (dir, local, bucket) = service();
    local.create("books");
    for (name, ids) in [("1.json", 0..3), ("2.json", 3..5), ("x.json", 5..6)] {
        let content = std::fs::read(rows(dir.path(), name, ids)).expect("read");
        let folder = if name == "x.json" { "" } else { "in/" };
        bucket
            .put(&format!("vol/{folder}{name}"), &content)
            .expect("put");
    }
    let import = |volume: &str, paths: Value| {
        let body = json!({
            "clusterId": "in03", "collectionName": "books", "volumeName": volume, "dataPaths": paths,
        });
        local.post("/v2/vectordb/jobs/import/create", &body)
    };
    let job = import("vol", json!([["in/"], ["x.json"]])).data();
    let id = job["jobId"].as_str().expect("an id");
    assert_eq!(local.wait(id)["state"], "Completed");
    assert_eq!(local.count("books"), 6);
    let shown = local.get(&format!("/v2/jobs/{id}")).data();
    assert_eq!(
        (&shown["status"], &shown["progress"]),
        (&json!("SUCCESSFUL"), &json!(100))
    );
    let missing = import("vol", json!([["none.json"]])).data();
    let missing = local.wait(missing["jobId"].as_str().expect("an id"));
    assert_eq!(missing["state"], "Failed");
    for (volume, paths, code) in [
        ("none", json!([["a.json"]]), 63240),
        ("vol", json!([]), 80000),
        ("vol", json!([["/a.json"]]), 10003),
        ("vol", json!([["../../store.json"]]), 10003),
        ("vol", json!([["s3://b/a.json"]]), 10003),
    ] {
        assert_eq!(import(volume, paths.clone()).code(), code, "{paths}");
    }
}

#[test]
fn the_service_is_one_project_region_and_cluster() {
    let (_dir, local) = Local::fresh();
    let project = local.get("/v2/projects").data()[0].clone();
    assert_eq!(project["instanceCount"], 1);
    assert_eq!(local.get("/v2/regions").data()[0]["cloudId"], "aws");
    assert_eq!(local.get("/v2/regions?cloudId=gcp").data(), json!([]));
    let clusters = local.get("/v2/clusters?pageSize=10&currentPage=1").data();
    let cluster = &clusters["clusters"][0];
    assert_eq!(
        (&clusters["count"], &cluster["status"]),
        (&json!(1), &json!("RUNNING"))
    );
    let id = cluster["clusterId"].as_str().expect("an id");
    assert_eq!(&local.get(&format!("/v2/clusters/{id}")).data(), cluster);
    let project = project["projectId"].as_str().expect("an id");
    for (query, count) in [("other", 0), (project, 1)] {
        let found = local.get(&format!("/v2/clusters?projectId={query}")).data();
        assert_eq!(found["count"], count, "{query}");
    }
    assert_eq!(
        local.get("/v2/clusters/onDemandClusters").data()["count"],
        0
    );
    for (path, code) in [
        ("/v2/clusters/in03-none", 40021),
        ("/v2/clusters?pageSize=101", 80003),
        ("/v2/clusters?currentPage=x", 80004),
        ("/v2/jobs/job-none", 90144),
    ] {
        assert_eq!(local.get(path).refusal().0, code, "{path}");
    }
}
