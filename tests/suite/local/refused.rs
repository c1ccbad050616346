//! Create calls that are refused without a job.

use crate::local::harness::Local;
use serde_json::json;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

#[test]
fn invalid_files_are_refused_at_once() {
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
            code == 2100 && message.contains(part),
            "{path}: {code} {message}"
        );
        assert!(!message.contains("hidden"));
        let cloud = json!({ "clusterId": "x", "collectionName": "c", "files": [[path]] });
        assert_eq!(local.post(CREATE, &cloud).refusal().0, 10003, "{path}");
    }
    // Milvus' importutilv2/util.go, GetFileType. Only the cloud accepts folders.
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
        let start = format!("unexpected file type, files=[{path}]: ");
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
        (json!({ "collectionName": "c" }), 1802),
        (json!({ "collectionName": "c", "files": null }), 1802),
        (json!({ "collectionName": "c", "files": [] }), 1100),
        (json!({ "collectionName": "c", "files": [[]] }), 1100),
        (json!({ "collectionName": "c", "files": [null] }), 1100),
        (json!({ "collectionName": "c", "objectUrls": [] }), 1802),
        (
            json!({ "clusterId": "x", "collectionName": "c", "objectUrls": [] }),
            90145,
        ),
        (json!({ "collectionName": "c", "files": many }), 2100),
        (
            json!({ "collectionName": "c", "files": [["a.json", "b.json"]] }),
            2100,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.npy", "*.npy"]] }),
            2100,
        ),
        (json!({ "collectionName": "c", "files": "a.json" }), 1801),
        (json!({ "collectionName": "c", "files": ["a.json"] }), 1801),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "partitionName": ["p"] }),
            1801,
        ),
        (json!({ "collectionName": 5, "files": [["a.json"]] }), 1801),
        (json!({ "collectionName": "c", "files": [7] }), 1801),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "objectUrl": "b.json" }),
            1100,
        ),
        (
            json!({ "collectionName": "c", "volumeName": "v", "dataPaths": [["a.json"]] }),
            63240,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": { "auto_commit": "perhaps" } }),
            1801,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "dbName": "other" }),
            800,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "partitionName": "p" }),
            200,
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
            json!({ "clusterId": "x", "collectionName": "c", "files": [["a.csv"]], "options": { "nullkey": 0 } }),
            80000,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": "timeout" }),
            1801,
        ),
        (
            json!({ "collectionName": "c", "objectUrl": "a.json", "options": [] }),
            80000,
        ),
        (
            json!({ "collectionName": "c", "files": [["a.json"]], "options": { "timeout": "soon" } }),
            2100,
        ),
        (
            json!({ "clusterId": "x", "collectionName": "none", "files": [["a.json"]] }),
            47005,
        ),
        (
            json!({ "collectionName": "c", "files": [[format!("{}.json", "x".repeat(1024))]] }),
            2100,
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
    }
    let body = json!({ "collectionName": "c", "objectUrl": "a.json", "partitionName": "p" });
    let answer = local.post("/v1/vector/collections/import", &body);
    assert_eq!(answer.refusal().0, 80000);
    let listed = local
        .post("/v2/vectordb/jobs/import/list", &json!({}))
        .data();
    assert_eq!(listed["records"], json!([]));
}

/// Milvus: internal/util/importutilv2/option.go. Milvus ignores unknown options, and `skip_disk_quota_check` only
/// affects backup imports.
#[test]
fn backup_options_are_refused_and_unknown_ones_ignored() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = crate::local::harness::rows(dir.path(), "a.json", 0..3);
    let create = |options: serde_json::Value| {
        let body = json!({ "collectionName": "c", "files": [[file]], "options": options });
        local.post(CREATE, &body)
    };
    for options in [
        json!({ "l0_import": "true" }),
        json!({ "start_ts": "5" }),
        json!({ "endTs": "5" }),
        json!({ "storage_version": "2" }),
        json!({ "ezk": "x" }),
    ] {
        let answer = create(options.clone());
        let (code, message) = answer.refusal();
        assert!(
            code == 1100 && message.contains("backup imports are not supported"),
            "{options}: {message}"
        );
    }
    for options in [json!({ "backup": true }), json!({ "x": [] })] {
        assert_eq!(create(options.clone()).refusal().0, 1801, "{options}");
    }
    for options in [
        json!({ "backup": "false", "l0_import": null, "start_ts": "" }),
        json!({ "skip_disk_quota_check": "true", "unknown": "x", "autoCommit": "false" }),
    ] {
        let job = create(options).data()["jobId"].as_str().unwrap().to_owned();
        assert_eq!(local.wait(&job)["state"], "Completed");
    }
}

/// Milvus: `proxy/task_import.go` checks a backup's partition and no file names; `importutilv2/option.go` checks the
/// options' values.
#[test]
fn a_backup_import_is_refused_by_its_own_checks_first() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let create = |partition: Option<&str>, options: serde_json::Value| {
        let mut body =
            json!({ "collectionName": "c", "files": [["insert_log/1/2"]], "options": options });
        if let Some(partition) = partition {
            body["partitionName"] = json!(partition);
        }
        local.post(CREATE, &body)
    };
    for flag in ["true", "True"] {
        let answer = create(None, json!({ "backup": flag }));
        let (code, message) = answer.refusal();
        assert!(
            code == 1101 && message.contains("partition not specified"),
            "{message}"
        );
    }
    for (extra, code, part) in [
        (json!({}), 1100, "backup imports are not supported"),
        (
            json!({ "storage_version": "2" }),
            1100,
            "backup imports are not supported",
        ),
        (
            json!({ "storage_version": "abc" }),
            2100,
            "parse storage_version failed",
        ),
        (json!({ "start_ts": "soon" }), 2100, "parse start_ts failed"),
        (json!({ "startTs": "soon" }), 2100, "parse startTs failed"),
        (json!({ "end_ts": "-1" }), 2100, "parse end_ts failed"),
        (
            json!({ "start_ts": "6", "end_ts": "5" }),
            2100,
            "start_ts shouldn't be larger than end_ts",
        ),
        (
            json!({ "startTs": "6", "endTs": "5" }),
            2100,
            "start_ts shouldn't be larger than end_ts",
        ),
        (
            json!({ "start_ts": "5", "end_ts": "5" }),
            1100,
            "backup imports are not supported",
        ),
    ] {
        let mut options = extra.as_object().expect("an object").clone();
        options.insert("backup".to_owned(), json!("true"));
        let answer = create(Some("_default"), options.into());
        let (found, message) = answer.refusal();
        assert!(
            found == code && message.contains(part),
            "{extra}: {found} {message}"
        );
    }
}

/// Milvus: internal/util/importutilv2/option.go, `GetCSVSep`, which is called when a CSV file is read.
#[test]
fn an_invalid_separator_fails_the_job_of_a_csv_file() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let csv =
        crate::local::harness::write(dir.path(), "a.csv", "id,word,vector\n1,a,\"[1,2,3,4]\"\n");
    let list = crate::local::harness::rows(dir.path(), "a.json", 0..3);
    let run = |file: &std::path::Path, sep: &str| {
        let body = json!({ "collectionName": "c", "files": [[file]], "options": { "sep": sep } });
        let data = local.post(CREATE, &body).data();
        local.wait(data["jobId"].as_str().unwrap())
    };
    for sep in ["\n", "\r", "\"", "\0", "\u{fffd}"] {
        let ended = run(&csv, sep);
        assert!(
            ended["state"] == "Failed" && ended["reason"].as_str().unwrap().contains("separator"),
            "{sep:?}: {ended}"
        );
        assert_eq!(run(&list, sep)["state"], "Completed");
    }
    for sep in ["", ",", ",;"] {
        assert_eq!(run(&csv, sep)["state"], "Completed", "{sep:?}");
    }
}
