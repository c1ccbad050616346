//! Create calls that are refused at once, so that no job is made.

use crate::harness::Local;
use serde_json::json;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

#[test]
fn what_can_never_be_imported_is_refused_at_once() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let folder = dir.path().to_str().unwrap();
    for (path, part) in [
        ("folder/*.csv", "not valid"),
        ("s3://Bucket/x.json", "not a valid bucket name"),
        (
            "https://user:hidden@bucket.s3.us-east-1.amazonaws.com/x.json",
            "password",
        ),
        ("file://host/x.json", "not valid"),
        ("", "empty"),
    ] {
        let answer = local.post(CREATE, &json!({ "collectionName": "c", "files": [[path]] }));
        let (code, message) = answer.refusal();
        assert!(
            code == 10003 && message.contains(part),
            "{path}: {code} {message}"
        );
        assert!(!message.contains("hidden"));
    }
    // Milvus' importutilv2/util.go, GetFileType; only the cloud takes folders.
    for (path, part) in [
        ("x.txt", "extension \"txt\""),
        ("x.JSON", "extensions in lower case only"),
        ("x.parquet.gz", "extension \"gz\""),
        ("x.json.gz", "unpack it first"),
        ("s3://bucket/x.csv.gz", "extension \"gz\""),
        ("s3://bucket/x.txt", "extension \"txt\""),
        ("s3://bucket/x.Parquet", "rename the file"),
        (folder, "a folder ends in `/`"),
        ("folder/", "imports files only"),
        ("s3://bucket/", "imports files only"),
        ("folder/*.npy", "imports files only"),
    ] {
        let answer = local.post(CREATE, &json!({ "collectionName": "c", "files": [[path]] }));
        let (code, message) = answer.refusal();
        let start = format!("importing data failed: unexpected file type, files=[{path}]: ");
        assert!(
            code == 2100 && message.starts_with(&start) && message.contains(part),
            "{path}: {code} {message}"
        );
        if !path.ends_with('/') && !path.ends_with("*.npy") {
            let cloud = json!({ "collectionName": "c", "objectUrls": [[path]] });
            assert_eq!(local.post(CREATE, &cloud).refusal().0, 10003, "{path}");
        }
    }
    let many: Vec<_> = (0..1025).map(|no| [format!("{no}.json")]).collect();
    for (body, code) in [
        (json!({ "collectionName": "c" }), 90145),
        (json!({ "collectionName": "c", "files": [] }), 90145),
        (json!({ "collectionName": "c", "files": [[]] }), 90145),
        (json!({ "collectionName": "c", "objectUrls": [] }), 90145),
        (json!({ "collectionName": "c", "files": many }), 2100),
        (
            json!({ "collectionName": "c", "files": [["a.json", "b.json"]] }),
            2100,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.npy", "*.npy"]] }),
            2100,
        ),
        (json!({ "collectionName": "c", "files": "a.json" }), 1100),
        (json!({ "collectionName": "c", "files": [7] }), 1100),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "objectUrl": "b.json" }),
            1100,
        ),
        (
            json!({ "collectionName": "c", "volumeName": "v", "dataPaths": [["a.json"]] }),
            10,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": { "auto_commit": "perhaps" } }),
            1100,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "dbName": "other" }),
            800,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "partitionName": "p" }),
            2100,
        ),
        (
            json!({ "clusterId": "x", "collectionName": "c", "files": [["a.json"]], "partitionName": "p" }),
            80000,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.npy", "b.csv"]] }),
            2100,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.csv"]], "options": { "sep": "\"" } }),
            1100,
        ),
        (
            json!({ "clusterId": "x", "collectionName": "c", "files": [["a.csv"]], "options": { "nullkey": 0 } }),
            80000,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": "timeout" }),
            1100,
        ),
        (
            json!({ "collectionName": "c", "objectUrl": "a.json", "options": [] }),
            80000,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": { "timeout": "soon" } }),
            1100,
        ),
        (
            json!({ "clusterId": "x", "collectionName": "none", "files": [["a.json"]] }),
            47005,
        ),
        (
            json!({ "collectionName": "c", "files": [[format!("{}.json", "x".repeat(1024))]] }),
            10003,
        ),
        (
            json!({ "collectionName": "none", "files": [["a.json"]] }),
            100,
        ),
        (
            json!({ "collectionName": "none", "objectUrls": [["a.json"]] }),
            47005,
        ),
        (json!({ "files": [["a.json"]] }), 1802),
        (json!({ "objectUrl": "a.json" }), 80000),
    ] {
        let answer = local.post(CREATE, &body);
        assert_eq!(
            (answer.status, answer.refusal().0),
            (200, code),
            "{body} {}",
            answer.json
        );
        // Both mean success somewhere.
        assert!(![0, 200].contains(&code));
    }
    let body = json!({ "collectionName": "c", "objectUrl": "a.json", "partitionName": "p" });
    let answer = local.post("/v1/vector/collections/import", &body);
    assert_eq!(answer.refusal().0, 80000);
    let listed = local
        .post("/v2/vectordb/jobs/import/list", &json!({}))
        .data();
    assert_eq!(
        (&listed["count"], &listed["records"]),
        (&json!(0), &json!([]))
    );
}
