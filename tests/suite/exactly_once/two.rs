//! Two processes at the same time.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{SETTLE, import, request_hold, states};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use std::sync::Mutex;

#[test]
fn one_key_used_twice_at_the_same_time_makes_one_job() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |_, _| {
        hold.wait();
        CreateOutcome::Answer
    });
    let first = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    control.await_arrival();
    let mut second = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    second.await_error("being submitted already");
    control.release();
    first.end();
    second.end();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_key_in_use_is_refused_for_another_import() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |_, _| {
        hold.wait();
        CreateOutcome::Answer
    });
    let first = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    control.await_arrival();
    let test = import(&folder, &cluster, "partition: \"p\", key: \"k\"").status(7);
    test.run().complains("belongs to another submission");
    control.release();
    first.end();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_run_that_waits_for_another_can_be_interrupted() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |_, _| {
        hold.wait();
        CreateOutcome::Answer
    });
    let first = import(&folder, &cluster, "").spawn();
    control.await_arrival();
    let mut second = import(&folder, &cluster, "").status(130).spawn();
    second.await_error("being submitted already");
    second.signal("INT");
    second.end();
    control.release();
    first.end();
    assert_eq!((cluster.state().creates, states(&folder).len()), (1, 1));
}

/// A job's progress shows the files of both imports alike, so nothing proves which import made the job.
#[test]
fn a_job_that_may_belong_to_another_submission_is_rejected() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let hold = Mutex::new(Some(hold));
    let cluster = Cluster::start(move |number, _| {
        if number == 1 {
            // The first request makes no job, and its answer comes after the second one.
            hold.lock()
                .expect("the hold")
                .take()
                .expect("the first")
                .wait();
            return CreateOutcome::Instead(Reply::Drop);
        }
        CreateOutcome::Made(Reply::Drop)
    });
    let first = import(&folder, &cluster, "partition: \"p\"")
        .status(6)
        .spawn();
    control.await_arrival();
    let second = import(&folder, &cluster, "partition: \"q\"")
        .status(6)
        .spawn();
    while cluster.state().creates < 2 {
        std::thread::yield_now();
    }
    control.release();
    first
        .end()
        .complains("so has another submission")
        .complains("job-1");
    second
        .end()
        .complains("so has another submission")
        .complains("job-1");
    assert_eq!(cluster.state().creates, 2);
}

#[test]
fn concurrent_lost_imports_find_their_own_jobs() {
    let folder = Folder::new();
    let cluster = Cluster::start(|number, _| {
        if number % 2 == 0 {
            CreateOutcome::Made(Reply::Drop)
        } else {
            CreateOutcome::Instead(Reply::status(500, "oops"))
        }
    });
    let runs: Vec<_> = (0..4)
        .map(|run| {
            let text = format!(
                r#"{} for no in 0..4 {{ import(#{{collection: "books", url: `run-{run}/${{no}}.json`, key: `{run} ${{no}}`}}); }}"#,
                cluster.connect("milvus", SETTLE)
            );
            folder.test().eval(text).spawn()
        })
        .collect();
    for run in runs {
        run.end();
    }
    let state = cluster.state();
    assert_eq!(state.jobs.len(), 16);
    for run in 0..4 {
        for no in 0..4 {
            assert_eq!(state.of_file(&format!("run-{run}/{no}.json")).len(), 1);
        }
    }
}
