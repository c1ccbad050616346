use super::*;
use crate::api::model::JobState;
use crate::interrupt::Interrupt;
use crate::local::faults::Faults;
use crate::local::source::{JobInput, PathOrigin, Places, Rules};
use crate::local::storage::DataStore;
use crate::local::storage::jobs::{JobCreation, NewJob, StoredProgress};
use crate::secret::StorageKeys;
use rusqlite::Connection;
use serde_json::json;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

thread_local! {
    /// Warnings about the jobs that this thread has tried.
    static WARNED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Returns the workers' state, with one waiting job.
fn shared(dir: &Path) -> Shared {
    let file = dir.join("a.jsonl");
    std::fs::write(&file, "{\"id\": 1, \"vector\": [1, 2]}").unwrap();
    let store = DataStore::open(dir, &Interrupt::new()).unwrap();
    let made = store.create_collection(
        "default",
        "c",
        &json!({ "dimension": 2 }),
        &["_default".to_owned()],
        true,
    );
    assert!(made.unwrap());
    let job = NewJob {
        id: "job-1".to_owned(),
        database: "default".to_owned(),
        collection: "c".to_owned(),
        partition: None,
        key: None,
        two_phase: false,
        deadline: None,
        source: JobInput::parse(
            &[vec![file.to_str().unwrap().to_owned()]],
            &Rules::new(Places::default(), false).unwrap(),
            PathOrigin::Cloud,
        )
        .unwrap(),
    };
    assert_eq!(store.create_job(&job).unwrap(), JobCreation::New);
    let shared = Shared::new(
        store.with_patience(Duration::from_millis(1)),
        dir.to_owned(),
        None,
        Faults::default(),
        |text| WARNED.with_borrow_mut(|warned| warned.push(text.to_owned())),
    );
    shared.submit("job-1");
    shared
}

fn other(dir: &Path) -> Connection {
    Connection::open(dir.join("store.sqlite")).unwrap()
}

fn standing(shared: &Shared) -> StoredProgress {
    shared.store.job("job-1").unwrap().unwrap().job.standing
}

#[test]
fn a_job_runs_once_the_store_is_unlocked() {
    let dir = tempfile::tempdir().unwrap();
    let shared = shared(dir.path());
    let other = other(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let tried = shared.run_next();
    assert!(matches!(tried, Err(StoreError::Busy)), "{tried:?}");
    let reason = shared.trouble("job-1").unwrap();
    assert!(reason.contains("busy"), "{reason}");
    let warned = WARNED.take();
    assert!(
        warned.len() == 1 && warned[0].contains("job-1") && warned[0].contains("tried again"),
        "{warned:?}"
    );
    // The job is still listed, and isn't retried at once.
    assert_eq!(
        (shared.running(), standing(&shared).state),
        (1, JobState::Pending)
    );
    assert!(!shared.run_next().unwrap());
    other.execute_batch("ROLLBACK").unwrap();
    while !shared.run_next().unwrap() {
        std::thread::yield_now();
    }
    assert_eq!(standing(&shared).state, JobState::Completed);
    assert_eq!((shared.trouble("job-1"), shared.running()), (None, 0));
}

#[test]
fn a_job_with_a_broken_record_fails_once() {
    let dir = tempfile::tempdir().unwrap();
    let shared = shared(dir.path());
    let broken = other(dir.path()).execute("UPDATE jobs SET source = '{'", []);
    assert_eq!(broken.unwrap(), 1);
    assert!(shared.run_next().unwrap());
    let standing = standing(&shared);
    assert_eq!(standing.state, JobState::Failed);
    assert!(standing.reason.unwrap().contains("cannot be read"));
    assert!(!shared.run_next().unwrap());
    assert_eq!(shared.running(), 0);
}

#[test]
fn a_broken_collection_fails_its_job() {
    let dir = tempfile::tempdir().unwrap();
    let shared = shared(dir.path());
    let broken = other(dir.path()).execute("UPDATE collections SET body = '7'", []);
    assert_eq!(broken.unwrap(), 1);
    assert!(shared.run_next().unwrap());
    assert_eq!(standing(&shared).state, JobState::Failed);
}

#[test]
fn submitted_jobs_survive_an_unreadable_store() {
    let dir = tempfile::tempdir().unwrap();
    let shared = shared(dir.path());
    other(dir.path())
        .execute_batch("ALTER TABLE jobs RENAME TO gone")
        .unwrap();
    assert!(shared.store.pending_jobs().is_err());
    assert_eq!(shared.running(), 1);
}

#[test]
fn stopping_does_not_wait_for_a_locked_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut shared = shared(dir.path());
    // A wait far longer than the test may take.
    shared.store = shared.store.with_patience(Duration::from_hours(24));
    let other = other(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shared = Arc::new(shared);
    let workers = Workers::start(&shared, 2).unwrap();
    while shared.board.lock().claimed.is_empty() {
        std::thread::yield_now();
    }
    drop(workers);
    assert_eq!(shared.board.lock().threads, 0);
}

#[test]
fn keys_of_a_job_that_is_being_created_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let shared = shared(dir.path());
    shared.keep_keys("job-2", StorageKeys::default()).unwrap();
    // Workers check for jobs between the storing of the keys and the creation of the job.
    while shared.run_next().unwrap() {}
    shared.forget_ended().unwrap();
    assert!(shared.key_store.keys("job-2").is_some());
    // The keys of a job that existed and has ended are removed.
    shared.key_store.made("job-2");
    shared.board.lock().looked = None;
    shared.forget_ended().unwrap();
    assert!(shared.key_store.keys("job-2").is_none());
}
