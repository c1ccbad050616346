//! Jobs that read from an object store: all formats, storage credentials, refusals, long lists, broken answers.

use crate::local::formats::parquet;
use crate::local::harness::{Local, rows, serve};
use crate::support::s3::{Asked, BUCKET, S3};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

const ACCESS: &str = "AKIATESTS";
const SECRET: &str = "never-shown-to-anybody";
const CREATE: &str = "/v2/vectordb/jobs/import/create";

/// Starts a service that reads buckets from this server, with the collection `books`.
fn service(s3: &S3, bucket: Option<(&str, &str)>) -> (TempDir, Local) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut served = serve(dir.path())
        .option("--s3-endpoint", s3.url())
        .option("--gcs-endpoint", s3.url());
    if let Some((option, place)) = bucket {
        served = served.option(option, place);
    }
    let local = Local::start(served);
    local.create("books");
    (dir, local)
}

fn json_rows(ids: std::ops::Range<u64>) -> Vec<u8> {
    let lines = ids.map(|id| crate::local::harness::row(id).to_string() + "\n");
    lines.collect::<String>().into_bytes()
}

fn import(local: &Local, url: &str, access: &str) -> Value {
    let body = json!({
        "clusterId": "in03", "collectionName": "books", "objectUrls": [[url]],
        "accessKey": access, "secretKey": SECRET, "token": "short-term",
    });
    let job = local.post(CREATE, &body).data();
    let ended = local.wait(job["jobId"].as_str().expect("an id"));
    assert!(!ended.to_string().contains(SECRET), "{ended}");
    ended
}

/// Returns the total size of the requested ranges in bytes.
fn bytes(asked: &[Asked]) -> usize {
    asked
        .iter()
        .filter_map(|it| it.range)
        .map(|(from, to)| to - from)
        .sum()
}

fn objects(dir: &Path, names: &[(&str, &Path)]) -> BTreeMap<String, Vec<u8>> {
    assert!(dir.exists());
    let read = |path: &Path| std::fs::read(path).expect("read");
    names
        .iter()
        .map(|(name, path)| ((*name).to_owned(), read(path)))
        .collect()
}

#[test]
fn files_and_folders_are_read_with_the_requests_keys() {
    let dir = tempfile::tempdir().unwrap();
    let json = rows(dir.path(), "a.json", 0..30);
    let parquet = parquet(dir.path(), "b.parquet", 30..70);
    let mut objects = objects(
        dir.path(),
        &[("in/a b.json", &json), ("in/b.parquet", &parquet)],
    );
    objects.insert("in/c.jsonl".to_owned(), json_rows(70..80));
    objects.insert("in/readme.txt".to_owned(), b"no data".to_vec());
    let s3 = S3::start(ACCESS, objects, 0);
    let (_dir, local) = service(&s3, None);
    let ended = import(&local, "s3://books/in/", ACCESS);
    assert_eq!(ended["state"], "Completed", "{ended}");
    assert_eq!(ended["details"].as_array().unwrap().len(), 3);
    assert_eq!(local.count("books"), 80);
    let ended = import(
        &local,
        "https://books.s3.eu-west-3.amazonaws.com/in/a%20b.json",
        ACCESS,
    );
    assert_eq!(ended["state"], "Completed", "{ended}");
    assert_eq!(local.count("books"), 110);
    let asked = s3.asked();
    assert!(
        asked
            .iter()
            .all(|it| it.session.as_deref() == Some("short-term"))
    );
    // All requests are for a range, a list or a head.
    let plain =
        |it: &&Asked| it.range.is_none() && it.method == "GET" && !it.target.contains("list-type");
    assert_eq!(asked.iter().find(plain).map(|it| &it.target), None);
}

#[test]
fn google_cloud_buckets_are_read_at_the_given_endpoint() {
    let objects = BTreeMap::from([("in/c.jsonl".to_owned(), json_rows(0..10))]);
    let s3 = S3::start(ACCESS, objects, 0);
    let (_dir, local) = service(&s3, None);
    for url in [
        "gs://books/in/c.jsonl",
        "https://storage.googleapis.com/books/in/c.jsonl",
    ] {
        let ended = import(&local, url, ACCESS);
        assert_eq!(ended["state"], "Completed", "{ended}");
        assert_eq!(ended["importedRows"], 10);
    }
}

#[test]
fn refusals_have_a_reason_and_show_no_key() {
    let s3 = S3::start(ACCESS, BTreeMap::new(), 0);
    let (dir, local) = service(&s3, None);
    for (url, access, why) in [
        ("s3://books/none.json", ACCESS, "no such object"),
        (
            "s3://books/none.json",
            "AKIAWRONG",
            "access denied (InvalidAccessKeyId)",
        ),
        ("s3://books/none/", ACCESS, "the folder holds no"),
        ("s3://other/none/", ACCESS, "no such bucket"),
        ("s3://other/none.json", ACCESS, "no such bucket"),
    ] {
        let ended = import(&local, url, access);
        let reason = ended["reason"].as_str().unwrap();
        assert!(
            ended["state"] == "Failed" && reason.contains(why),
            "{url}: {ended}"
        );
        assert!(!reason.contains("AKIA"), "{reason}");
    }
    let half = json!({ "clusterId": "in03", "collectionName": "books", "objectUrl": "s3://books/a.json", "accessKey": ACCESS });
    assert!(local.post(CREATE, &half).refusal().1.contains("pairs"));
    drop(local);
    for entry in std::fs::read_dir(dir.path().join("local"))
        .unwrap()
        .flatten()
    {
        let kept = std::fs::read(entry.path()).unwrap_or_default();
        let found = kept
            .windows(SECRET.len())
            .any(|bytes| bytes == SECRET.as_bytes());
        assert!(!found, "{}", entry.path().display());
    }
}

#[test]
fn an_object_with_an_invalid_name_is_named() {
    let names = ["in/a.jsonl", "in/x/../b.jsonl", "in//b.jsonl"];
    let objects = names.map(|name| (name.to_owned(), json_rows(0..1)));
    let s3 = S3::start(ACCESS, objects.into(), 0);
    let (_dir, local) = service(&s3, None);
    let ended = import(&local, "s3://books/in/", ACCESS);
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.contains("\"in//"), "{reason}");
}

#[test]
fn all_pages_of_long_lists_are_read() {
    let objects = (0..1020).map(|no| (format!("many/{no:04}.jsonl"), json_rows(no..no + 1)));
    let s3 = S3::start(ACCESS, objects.collect(), 0);
    let (_dir, local) = service(&s3, None);
    let ended = import(&local, "s3://books/many/", ACCESS);
    assert_eq!(ended["state"], "Completed", "{}", ended["reason"]);
    assert_eq!(local.count("books"), 1020);
    let lists = s3
        .asked()
        .iter()
        .filter(|it| it.target.contains("list-type"))
        .count();
    assert_eq!(lists, 2);
}

#[test]
fn only_broken_answers_are_requested_again() {
    let dir = tempfile::tempdir().unwrap();
    let parquet = parquet(dir.path(), "b.parquet", 0..400_000);
    let objects = objects(dir.path(), &[("b.parquet", &parquet)]);
    let size = objects["b.parquet"].len();
    let s3 = S3::start(ACCESS, objects, 2);
    let (_dir, local) = service(&s3, None);
    let ended = import(&local, "s3://books/b.parquet", ACCESS);
    assert_eq!(ended["state"], "Completed", "{ended}");
    assert_eq!(local.count("books"), 400_000);
    let asked = s3.asked();
    let most = asked
        .iter()
        .filter_map(|it| it.range)
        .map(|(from, to)| to - from)
        .max();
    assert!(
        most.unwrap() <= 2 << 20 && most.unwrap() < size,
        "{most:?} of {size}"
    );
    // Two blocks were requested twice.
    assert!(
        bytes(&asked) <= size + (4 << 20),
        "{} of {size}",
        bytes(&asked)
    );
}

#[test]
fn relative_paths_are_in_the_services_bucket() {
    let dir = tempfile::tempdir().unwrap();
    rows(dir.path(), "a.json", 0..3);
    let s3 = S3::start(
        ACCESS,
        BTreeMap::from([("in/a.jsonl".to_owned(), json_rows(0..5))]),
        0,
    );
    let url = format!("s3://{BUCKET}");
    let (_dir, local) = service(&s3, Some(("--bucket", &url)));
    for path in ["in/a.jsonl", "/in/a.jsonl"] {
        let body = json!({ "collectionName": "books", "files": [[path]], "accessKey": ACCESS, "secretKey": SECRET });
        let job = local.post(CREATE, &body).data();
        let ended = local.wait(job["jobId"].as_str().unwrap());
        assert_eq!(ended["state"], "Completed", "{ended}");
        assert_eq!(ended["details"][0]["fileName"], format!("[{path}]"));
    }
    assert_eq!(local.count("books"), 10);
    let (_dir, local) = service(&s3, Some(("--bucket-dir", dir.path().to_str().unwrap())));
    let body = json!({ "collectionName": "books", "files": [["a.json"]] });
    let job = local.post(CREATE, &body).data();
    assert_eq!(
        local.wait(job["jobId"].as_str().unwrap())["state"],
        "Completed"
    );
    assert_eq!(local.count("books"), 3);
}

#[test]
fn a_job_without_its_keys_fails_after_a_restart() {
    let objects = BTreeMap::from([("a.jsonl".to_owned(), json_rows(0..1000))]);
    let s3 = S3::start(ACCESS, objects, 0);
    let dir = tempfile::tempdir().unwrap();
    let start = |rate| {
        let served = serve(dir.path()).option("--s3-endpoint", s3.url());
        Local::start(served.option("--import-rate", rate))
    };
    let local = start("10");
    local.create("books");
    let body = json!({
        "clusterId": "in03", "collectionName": "books", "objectUrl": "s3://books/a.jsonl",
        "accessKey": ACCESS, "secretKey": SECRET,
    });
    let job = local.post(CREATE, &body).data();
    let job = job["jobId"].as_str().unwrap();
    local.until(job, |progress| progress["importedRows"].as_u64() > Some(0));
    // Another service on the same data folder doesn't run the job, because only the first one has the storage
    // credentials.
    let other = start("1000000");
    local.stop();
    let ended = other.wait(job);
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.contains("memory only"), "{ended}");
    assert_eq!(other.count("books"), 0);
}
