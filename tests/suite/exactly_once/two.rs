//! Two processes at once.

use crate::exactly_once::cluster::{Cluster, Fate};
use crate::exactly_once::tools::{SETTLE, gate, import, states};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use std::sync::Mutex;

#[test]
fn the_same_key_at_the_same_time_is_one_job() {
    let folder = Folder::new();
    let (at_gate, key) = gate();
    let cluster = Cluster::start(move |_, _| {
        at_gate.pass();
        Fate::Answer
    });
    let first = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    key.await_arrival();
    let mut second = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    second.await_error("being submitted already");
    key.open();
    first.end();
    second.end();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn the_same_key_for_something_else_is_refused_while_the_first_is_under_way() {
    let folder = Folder::new();
    let (at_gate, key) = gate();
    let cluster = Cluster::start(move |_, _| {
        at_gate.pass();
        Fate::Answer
    });
    let first = import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .spawn();
    key.await_arrival();
    let test = import(&folder, &cluster, "partition: \"p\", key: \"k\"").status(7);
    test.run().complains("belongs to another submission");
    key.open();
    first.end();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_run_that_waits_for_another_can_be_stopped() {
    let folder = Folder::new();
    let (at_gate, key) = gate();
    let cluster = Cluster::start(move |_, _| {
        at_gate.pass();
        Fate::Answer
    });
    let first = import(&folder, &cluster, "").spawn();
    key.await_arrival();
    let mut second = import(&folder, &cluster, "").status(130).spawn();
    second.await_error("being submitted already");
    second.signal("INT");
    second.end();
    key.open();
    first.end();
    assert_eq!((cluster.state().creates, states(&folder).len()), (1, 1));
}

/// Two imports of files that a job's progress shows alike; which of them made the job nobody can tell.
#[test]
fn a_job_that_may_be_another_submissions_is_not_taken() {
    let folder = Folder::new();
    let (at_gate, key) = gate();
    let at_gate = Mutex::new(Some(at_gate));
    let cluster = Cluster::start(move |number, _| {
        if number == 1 {
            // Not made, and not answered before the second one is.
            at_gate
                .lock()
                .expect("a gate")
                .take()
                .expect("the first")
                .pass();
            return Fate::Instead(Reply::Drop);
        }
        Fate::Made(Reply::Drop)
    });
    let first = import(&folder, &cluster, "partition: \"p\"")
        .status(6)
        .spawn();
    key.await_arrival();
    let second = import(&folder, &cluster, "partition: \"q\"")
        .status(6)
        .spawn();
    while cluster.state().creates < 2 {
        std::thread::yield_now();
    }
    key.open();
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
fn different_files_lost_at_the_same_time_find_their_own_jobs() {
    let folder = Folder::new();
    let cluster = Cluster::start(|number, _| {
        if number % 2 == 0 {
            Fate::Made(Reply::Drop)
        } else {
            Fate::Instead(Reply::status(500, "oops"))
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
