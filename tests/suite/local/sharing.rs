//! Two services on one data folder, and jobs that outlive the service that received them.

use crate::local::harness::{Local, Serve, rows, serve, write};
use serde_json::json;
use std::net::TcpListener;
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn two_services_see_each_others_changes() {
    let (dir, one) = Local::fresh();
    let two = Local::start(serve(dir.path()));
    one.create("c");
    let job = one.import("c", &[&rows(dir.path(), "a.json", 0..1000)]);
    assert_eq!(two.wait(&job)["state"], "Completed");
    assert_eq!((two.count("c"), one.count("c")), (1000, 1000));
    two.post(
        "/v2/vectordb/collections/drop",
        &json!({ "collectionName": "c" }),
    )
    .data();
    assert_eq!(
        one.post("/v2/vectordb/collections/list", &json!({})).data(),
        json!([])
    );
}

#[test]
fn a_stopped_services_job_is_continued_and_imported_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = Local::start(serve(dir.path()).option("--import-rate", "1000"));
    first.create("c");
    let (a, b) = (
        rows(dir.path(), "a.json", 0..50),
        rows(dir.path(), "b.json", 50..5000),
    );
    let job = first.import("c", &[&a, &b]);
    first.until(&job, |progress| {
        progress["details"][1]["importedRows"].as_u64() > Some(0)
    });
    first.stop();

    let next = Local::start(serve(dir.path()));
    let progress = next.wait(&job);
    assert_eq!(
        (&progress["state"], &progress["importedRows"]),
        (&json!("Completed"), &json!(5000))
    );
    assert_eq!(next.count("c"), 5000);
    next.stop();
    let locks = dir.path().join("local/locks");
    assert_eq!(std::fs::read_dir(locks).unwrap().count(), 0);
}

#[test]
fn a_job_moves_to_another_service_only_after_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Local::start(serve(dir.path()).option("--import-rate", "500"));
    slow.create("c");
    let job = slow.import("c", &[&rows(dir.path(), "a.json", 0..100_000)]);
    slow.until(&job, |progress| progress["importedRows"].as_u64() > Some(0));
    let quick = Local::start(serve(dir.path()));
    // The quick service runs the next job, so its workers have checked the first one too.
    let other = quick.import("c", &[&rows(dir.path(), "b.json", 0..10)]);
    quick.wait(&other);
    assert_eq!(quick.count("c"), 10);
    assert_eq!(quick.progress(&job)["state"], "Importing");
    slow.stop();
    assert_eq!(quick.wait(&job)["state"], "Completed");
    assert_eq!(quick.count("c"), 100_010);
}

#[test]
fn equal_keys_sent_to_two_services_make_one_job_each() {
    let (dir, one) = Local::fresh();
    let two = Local::start(serve(dir.path()));
    one.create("c");
    let file = rows(dir.path(), "a.json", 0..10);
    let body = json!({ "collectionName": "c", "files": [[file.to_str()]] }).to_string();
    thread::scope(|scope| {
        for no in 0..16 {
            let (local, body) = (if no % 2 == 0 { &one } else { &two }, &body);
            scope.spawn(move || {
                for key in 0..8 {
                    let header = format!("Idempotency-Key: key-{key}");
                    local
                        .send("POST", "/v2/vectordb/jobs/import/create", &[&header], body)
                        .data();
                }
            });
        }
    });
    let listed = two.post("/v2/vectordb/jobs/import/list", &json!({})).data();
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(8));
    for job in listed["records"].as_array().unwrap() {
        assert_eq!(
            one.wait(job["jobId"].as_str().unwrap())["state"],
            "Completed"
        );
    }
    assert_eq!(one.count("c"), 80);
}

#[test]
fn a_newer_store_and_a_file_in_its_place_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "local", "a file");
    let (code, errors) = serve(dir.path()).refused();
    assert!(code == Some(3) && errors.contains("local"), "{errors}");
}

#[test]
fn a_locked_store_can_be_read() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let other = rusqlite::Connection::open(dir.path().join("local/store.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = json!({ "collectionName": "c", "files": [["a.json"]] });
    thread::scope(|scope| {
        // More requests than the service has threads.
        let create = || local.post("/v2/vectordb/jobs/import/create", &body);
        let creating: Vec<_> = (0..6).map(|_| scope.spawn(create)).collect();
        for _ in 0..20 {
            assert_eq!(local.count("c"), 0);
        }
        for created in creating {
            let answer = created.join().unwrap();
            assert_eq!((answer.status, answer.refusal().0), (429, 429));
            assert!(answer.head.contains("retry-after: "), "{}", answer.head);
        }
    });
    other.execute_batch("ROLLBACK").unwrap();
    let listed = local
        .post("/v2/vectordb/jobs/import/list", &json!({}))
        .data();
    assert_eq!(listed["records"], serde_json::json!([]));
    local.import("c", &["a.json".as_ref()]);
}

/// Large columns are stored in files beside the database.
#[test]
fn column_files_are_shared_checked_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("local/columns");
    let files = || -> Vec<_> {
        let entries = std::fs::read_dir(&folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let until_none = || {
        let begin = Instant::now();
        while !files().is_empty() {
            assert!(begin.elapsed() < Duration::from_mins(1), "{:?}", files());
            thread::sleep(Duration::from_millis(20));
        }
    };
    std::fs::create_dir_all(&folder).unwrap();
    // A killed process left this file behind.
    write(&folder, "7-1", "stray");
    let one = Local::start(serve(dir.path()));
    until_none();
    let body = json!({ "collectionName": "c", "dimension": 64 });
    one.post("/v2/vectordb/collections/create", &body).data();
    let vector = |id: u64| json!(vec![id; 64]);
    let rows = (0..2000).map(|id| json!({ "id": id, "vector": vector(id) }).to_string());
    let rows = write(dir.path(), "a.jsonl", &rows.collect::<Vec<_>>().join("\n"));
    let job = one.import("c", &[&rows]);
    assert_eq!(one.wait(&job)["state"], "Completed");
    assert!(!files().is_empty());
    let two = Local::start(serve(dir.path()));
    let query =
        json!({ "collectionName": "c", "filter": "id in [7, 1999]", "outputFields": ["vector"] });
    let found = || two.post("/v2/vectordb/entities/query", &query);
    let answer = found().data();
    let vectors: Vec<_> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["vector"])
        .collect();
    let floats = |id: f64| json!(vec![id; 64]);
    assert_eq!(vectors, [&floats(7.0), &floats(1999.0)]);
    for file in files() {
        std::fs::write(file, "cut").unwrap();
    }
    let answer = found();
    let (code, message) = answer.refusal();
    assert!(code != 0 && message.contains("doesn't have"), "{message}");
    one.post(
        "/v2/vectordb/collections/drop",
        &json!({ "collectionName": "c" }),
    )
    .data();
    until_none();
}

/// Starts a service whose workers are all busy with a long job, so other services run all further jobs.
fn busy(served: Serve, dir: &Path) -> Local {
    let local = Local::start(served.option("--import-rate", "1"));
    local.create("busy");
    let file = rows(dir, "busy.json", 0..1000);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let body = json!({ "clusterId": "x", "collectionName": "busy", "objectUrls": [[file]] });
    let jobs: Vec<_> = (0..workers)
        .map(|_| local.post("/v2/vectordb/jobs/import/create", &body).data())
        .collect();
    for job in jobs {
        let job = job["jobId"].as_str().expect("an id");
        local.until(job, |progress| progress["state"] == "Importing");
    }
    local
}

#[test]
fn a_killed_services_job_is_continued_and_imported_once() {
    let dir = tempfile::tempdir().unwrap();
    let observer = busy(serve(dir.path()), dir.path());
    observer.create("c");
    let job = observer.import("c", &[&rows(dir.path(), "a.json", 0..100_000)]);
    // The progress that a killed owner reported is shown until the next owner starts the job.
    let mut stale = Some(0);
    for _ in 0..4 {
        let child = Local::start(serve(dir.path()).option("--import-rate", "20000"));
        let fresh = |progress: &serde_json::Value| {
            let rows = progress["importedRows"].as_u64();
            rows > Some(0) && rows != stale
        };
        observer.until(&job, fresh);
        drop(child);
        let progress = observer.progress(&job);
        assert_eq!(
            (&progress["state"], observer.count("c")),
            (&json!("Importing"), 0)
        );
        stale = progress["importedRows"].as_u64();
    }
    let last = Local::start(serve(dir.path()));
    assert_eq!(last.wait(&job)["importedRows"], 100_000);
    assert_eq!(last.count("c"), 100_000);
}

/// Returns how many times processes have begun a job.
fn attempts(dir: &Path, job: &str) -> i64 {
    let store = rusqlite::Connection::open(dir.join("local/store.sqlite")).unwrap();
    let sql = "SELECT attempt FROM jobs WHERE id = ?1";
    store.query_row(sql, [job], |row| row.get(0)).unwrap()
}

#[test]
fn a_job_that_kills_its_process_is_begun_four_times_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    // This server never answers, so a job that has begun stays at its first step until its process is killed.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", server.local_addr().unwrap());
    let served = || {
        serve(dir.path())
            .option("--bucket", "s3://books")
            .option("--s3-endpoint", &endpoint)
    };
    // Paths in Milvus' own form are in the bucket, paths of the cloud aren't.
    let observer = busy(served(), dir.path());
    observer.create("c");
    let job = observer.import("c", &[Path::new("in/a.json")]);
    for begin in 1..=4 {
        let child = Local::start(served());
        let started = Instant::now();
        while attempts(dir.path(), &job) < begin {
            assert!(started.elapsed() < Duration::from_mins(1), "begin {begin}");
            thread::sleep(Duration::from_millis(5));
        }
        drop(child);
        assert_eq!(observer.progress(&job)["state"], "Importing");
    }
    let child = Local::start(served());
    let failed = observer.wait(&job);
    drop(child);
    let reason = failed["reason"].as_str().unwrap();
    for part in ["in/a.json", "ended abruptly 4 times"] {
        assert!(reason.contains(part), "{reason}");
    }
}
