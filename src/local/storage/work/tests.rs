//! Tests of the rules for writing a job's data, and of sweeping.

use super::super::jobs::{Created, NewJob};
use super::*;
use crate::formats::{Batch, Schema};
use crate::interrupt::Interrupt;
use serde_json::json;
use std::sync::Arc;

/// Returns a store with one job, and a batch of one row for the job.
fn store(dir: &std::path::Path) -> (Store, Batch) {
    let store = Store::open(dir, &Interrupt::new()).unwrap();
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
        create_time: String::new(),
        source: Source::default(),
    };
    assert_eq!(store.create_job(&job).unwrap(), Created::New);
    let mut batch = Batch::new(&Arc::new(Schema::from_create_body(&body).unwrap()));
    batch
        .push_json(br#"{"id": 1, "vector": [1, 2]}"#, 1)
        .unwrap();
    (store, batch)
}

#[test]
fn a_worker_that_lost_its_job_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut batch) = store(dir.path());
    let lost = store.claim("job-1").unwrap().unwrap();
    assert!(
        store
            .append(&lost, &mut batch, &Report::default(), None)
            .unwrap()
    );
    let next = store.claim("job-1").unwrap().unwrap();
    assert!(
        store
            .append(&next, &mut batch, &Report::default(), None)
            .unwrap()
    );
    assert!(
        !store
            .append(&lost, &mut batch, &Report::default(), None)
            .unwrap()
    );
    assert!(!store.complete(&lost, None, &[], "").unwrap());
    let failing = JobFailure {
        reason: "lost".to_owned(),
        file: None,
    };
    store.fail(&lost, &failing, "").unwrap();
    store.release(&lost).unwrap();
    assert!(
        store
            .complete(&next, None, &["dropped".to_owned()], "")
            .unwrap()
    );
    assert_eq!(store.count(next.collection_id, None).unwrap(), 1);
    assert!(store.claim("job-1").unwrap().is_none());
}

#[test]
fn rows_of_failed_and_dropped_are_swept() {
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
    let job = store.claim("job-1").unwrap().unwrap();
    assert!(
        store
            .append(&job, &mut batch, &Report::default(), None)
            .unwrap()
    );
    assert!(columns() > 0 && !store.sweep().unwrap());
    let failing = JobFailure {
        reason: "bad".to_owned(),
        file: None,
    };
    store.fail(&job, &failing, "").unwrap();
    while store.sweep().unwrap() {}
    assert_eq!(columns(), 0);
}
