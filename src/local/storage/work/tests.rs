//! Tests of the rules for writing a job's data, and of sweeping.

use super::super::jobs::{JobCreation, NewJob};
use super::*;
use crate::formats::{Batch, Schema};
use crate::interrupt::Interrupt;
use std::sync::Arc;

/// Returns a store with one job, and a batch of one row for the job.
fn store(dir: &std::path::Path) -> (DataStore, Batch) {
    let store = DataStore::open(dir, &Interrupt::new()).unwrap();
    let body = json!({ "dimension": 2 });
    assert!(
        store
            .create_collection("default", "c", &body, &["_default".to_owned()], true)
            .unwrap()
    );
    let job = NewJob {
        id: "job-1".to_owned(),
        database: "default".to_owned(),
        collection: "c".to_owned(),
        partition: None,
        key: None,
        two_phase: false,
        deadline: None,
        source: JobInput::default(),
    };
    assert_eq!(store.create_job(&job).unwrap(), JobCreation::New);
    let mut batch = Batch::new(&Arc::new(Schema::from_create_body(&body).unwrap()));
    batch
        .push_json(br#"{"id": 1, "vector": [1, 2]}"#, 1)
        .unwrap();
    (store, batch)
}

#[test]
fn a_worker_that_lost_its_job_adds_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut batch) = store(dir.path());
    let lost = store.claim("job-1", false).unwrap().unwrap();
    let mut append = |job| store.append(job, &mut batch, &WorkerReport::default(), None);
    append(&lost).unwrap();
    let next = store.claim("job-1", false).unwrap().unwrap();
    append(&next).unwrap();
    assert!(matches!(append(&lost), Err(StoreError::Ended)));
    let completed = store.complete(&lost, None, &[]);
    assert!(matches!(completed, Err(StoreError::Ended)));
    let failing = JobFailure {
        reason: "lost".to_owned(),
        file: None,
    };
    store.fail(&lost, &failing).unwrap();
    store.release(&lost).unwrap();
    let warnings = ["dropped".to_owned()];
    store.complete(&next, None, &warnings).unwrap();
    assert_eq!(store.count(next.collection_id, None).unwrap(), 1);
    assert!(store.claim("job-1", false).unwrap().is_none());
}

#[test]
fn rows_of_failed_jobs_and_dropped_collections_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut batch) = store(dir.path());
    let columns = || {
        let count = |view: &rusqlite::Connection| {
            Ok(
                view.query_row("SELECT count(*) FROM segment_columns", [], |row| {
                    row.get::<_, i64>(0)
                })?,
            )
        };
        store.read(count).unwrap()
    };
    let job = store.claim("job-1", false).unwrap().unwrap();
    let stored = store.append(&job, &mut batch, &WorkerReport::default(), None);
    stored.unwrap();
    assert!(columns() > 0 && !store.sweep().unwrap());
    let failing = JobFailure {
        reason: "bad".to_owned(),
        file: None,
    };
    store.fail(&job, &failing).unwrap();
    while store.sweep().unwrap() {}
    assert_eq!(columns(), 0);
}

/// Claims the job as another process would, and returns false if the job has ended instead.
fn claim_and_die(store: &DataStore, rows: u64) -> bool {
    let Some(job) = store.claim("job-1", false).unwrap() else {
        return false;
    };
    let files = [("a.json".to_owned(), 1), ("b.json".to_owned(), 1)];
    store.set_files(&job, &files).unwrap();
    let report = WorkerReport {
        file: 1,
        rows,
        ..WorkerReport::default()
    };
    if rows > 0 || job.is_suspect {
        store.start_file(&job, &report).unwrap();
    }
    true
}

fn reason(store: &DataStore) -> String {
    let standing = store.job("job-1").unwrap().unwrap().job.standing;
    format!(
        "{:?} {}",
        standing.state,
        standing.reason.unwrap_or_default()
    )
}

#[test]
fn a_job_without_rows_is_retried_three_times_after_deaths() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = store(dir.path());
    for _ in 0..3 {
        assert!(claim_and_die(&store, 0));
    }
    // Neither a clean stop nor a retry of the same process is a death.
    let own = store.claim("job-1", true).unwrap().unwrap();
    store.release(&own).unwrap();
    // A stored row shows that the file can be read, so the count restarts.
    assert!(claim_and_die(&store, 5));
    for _ in 0..4 {
        assert!(claim_and_die(&store, 0));
    }
    assert!(!claim_and_die(&store, 0));
    let reason = reason(&store);
    for part in ["Failed", "b.json", "4 times"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_job_without_progress_is_retried_ten_times() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = store(dir.path());
    for rows in 1..30 {
        assert!(claim_and_die(&store, rows));
    }
    for _ in 0..11 {
        assert!(claim_and_die(&store, 29));
    }
    assert!(!claim_and_die(&store, 29));
    assert!(reason(&store).contains("11 times"), "{}", reason(&store));
}
