//! Two services on one data folder, and jobs that outlive the service they were given to.

use crate::local::harness::{BUCKET, CHILD, Child, Local, config, rows, write};
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use zshell::interrupt::Interrupt;
use zshell::local::{Config, OwnBucket, Places};

#[test]
fn what_one_service_does_the_other_sees() {
    let (dir, one) = Local::fresh();
    let two = Local::start(config(dir.path()));
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
fn a_stopped_services_job_is_carried_on_and_imported_once() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Config {
        import_rate: Some(1000),
        ..config(dir.path())
    };
    let first = Local::start(slow);
    first.create("c");
    let (a, b) = (
        rows(dir.path(), "a.json", 0..50),
        rows(dir.path(), "b.json", 50..5000),
    );
    let job = first.import("c", &[&a, &b]);
    first.until(&job, |progress| {
        progress["details"][1]["importedRows"].as_u64() > Some(0)
    });
    assert_eq!(first.service.running_jobs(), 1);
    first.service.stop();

    let next = Local::start(config(dir.path()));
    let progress = next.wait(&job);
    assert_eq!(
        (&progress["state"], &progress["importedRows"]),
        (&json!("Completed"), &json!(5000))
    );
    assert_eq!(next.count("c"), 5000);
    next.service.wait_idle(&Interrupt::new()).unwrap();
    assert_eq!(next.service.running_jobs(), 0);
    let locks = dir.path().join("local/locks");
    assert_eq!(std::fs::read_dir(locks).unwrap().count(), 0);
}

#[test]
fn a_living_services_job_is_left_alone_and_taken_over_when_it_stops() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Local::start(Config {
        import_rate: Some(500),
        ..config(dir.path())
    });
    slow.create("c");
    let job = slow.import("c", &[&rows(dir.path(), "a.json", 0..100_000)]);
    slow.until(&job, |progress| progress["importedRows"].as_u64() > Some(0));
    let quick = Local::start(config(dir.path()));
    // Its workers take the next job, so they have looked at the first one too.
    let other = quick.import("c", &[&rows(dir.path(), "b.json", 0..10)]);
    quick.wait(&other);
    assert_eq!(quick.count("c"), 10);
    assert_eq!(
        (
            quick.progress(&job)["state"].clone(),
            slow.service.running_jobs()
        ),
        (json!("Importing"), 1)
    );
    slow.service.stop();
    assert_eq!(quick.wait(&job)["state"], "Completed");
    assert_eq!(quick.count("c"), 100_010);
}

#[test]
fn many_clients_of_two_services_with_the_same_keys_make_one_job_each() {
    let (dir, one) = Local::fresh();
    let two = Local::start(config(dir.path()));
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
fn a_newer_store_and_a_folder_in_the_way_are_clear_errors() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "local", "a file");
    let error = zshell::local::Service::start(config(dir.path()))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("local"), "{error}");
}

#[test]
fn a_store_that_another_process_locks_is_still_read() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let other = rusqlite::Connection::open(dir.path().join("local/store.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = json!({ "collectionName": "c", "files": [["a.json"]] });
    thread::scope(|scope| {
        // More than there are threads for requests.
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

/// Not a test of its own: what [`Child`] runs.
#[test]
#[ignore = "run by other tests in a process of its own"]
fn serve_until_killed() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let places = std::env::var(BUCKET).map_or_else(|_| Places::default(), bucket_at);
    let _service = Local::start(Config {
        import_rate: Some(20_000),
        places,
        ..config(dir.as_ref())
    });
    loop {
        thread::park();
    }
}

#[test]
fn a_killed_services_job_is_carried_on_and_imported_once() {
    let dir = tempfile::tempdir().unwrap();
    // Its only worker is busy for long, so the job is the child's.
    let observer = Local::start(Config {
        import_rate: Some(1),
        workers: 1,
        query_timeout: zshell::local::QUERY_TIMEOUT,
        ..config(dir.path())
    });
    observer.create("c");
    let busy = rows(dir.path(), "busy.json", 0..1000);
    observer.create("busy");
    let busy = observer.import("busy", &[&busy]);
    observer.until(&busy, |progress| progress["state"] == "Importing");

    let job = observer.import("c", &[&rows(dir.path(), "a.json", 0..100_000)]);
    // What a killed owner reported stays to be read until the next one begins again.
    let mut stale = Some(0);
    for _ in 0..4 {
        let child = Child::start(dir.path());
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
    let last = Local::start(config(dir.path()));
    assert_eq!(last.wait(&job)["importedRows"], 100_000);
    assert_eq!(last.count("c"), 100_000);
}

/// Returns how often processes have begun a job.
fn begins(dir: &Path, job: &str) -> i64 {
    let store = rusqlite::Connection::open(dir.join("local/store.sqlite")).unwrap();
    let sql = "SELECT attempt FROM jobs WHERE id = ?1";
    store.query_row(sql, [job], |row| row.get(0)).unwrap()
}

/// A bucket of a server at this address.
fn bucket_at(endpoint: String) -> Places {
    Places {
        bucket: Some(OwnBucket::Url("s3://books".to_owned())),
        s3_endpoint: Some(endpoint),
        ..Places::default()
    }
}

#[test]
fn a_job_that_kills_its_process_is_begun_four_times_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    // This server never answers, so a job that has begun stays at its first step until its process is killed.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", server.local_addr().unwrap());
    // Its only worker is busy for long, so the job is the child's.
    let observer = Local::start(Config {
        import_rate: Some(1),
        workers: 1,
        places: bucket_at(endpoint.clone()),
        ..config(dir.path())
    });
    observer.create("c");
    // Paths in Milvus' own form are in the bucket, those of the cloud are not.
    let busy = rows(dir.path(), "busy.json", 0..1000);
    let busy = json!({ "clusterId": "x", "collectionName": "c", "objectUrls": [[busy]] });
    let busy = observer
        .post("/v2/vectordb/jobs/import/create", &busy)
        .data();
    let busy = busy["jobId"].as_str().unwrap();
    observer.until(busy, |progress| progress["state"] == "Importing");
    let job = observer.import("c", &[Path::new("in/a.json")]);
    for begin in 1..=4 {
        let child = Child::start_with_bucket(dir.path(), &endpoint);
        let started = Instant::now();
        while begins(dir.path(), &job) < begin {
            assert!(started.elapsed() < Duration::from_mins(1), "begin {begin}");
            thread::sleep(Duration::from_millis(5));
        }
        drop(child);
        assert_eq!(observer.progress(&job)["state"], "Importing");
    }
    let child = Child::start_with_bucket(dir.path(), &endpoint);
    let failed = observer.wait(&job);
    drop(child);
    let reason = failed["reason"].as_str().unwrap();
    for part in ["in/a.json", "ended abruptly 4 times"] {
        assert!(reason.contains(part), "{reason}");
    }
}
