//! A run killed with `kill -9` between any two steps, and a second run of the same command.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::proxy::proxy;
use crate::exactly_once::tools::{
    HoldControl, SETTLE, import, kill, request_hold, states, submissions,
};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Starts a proxy that holds the `number`th request (from 1) whose path ends with `end`, before or after the cluster
/// has acted.
fn holding(
    cluster: &Cluster,
    end: &'static str,
    number: usize,
    after: bool,
) -> (crate::support::server::Server, HoldControl) {
    let (hold, control) = request_hold();
    let (hold, count) = (Mutex::new(hold), AtomicUsize::new(0));
    let server = proxy(&cluster.server.url(), move |request, pass_on| {
        if !request.target.ends_with(end) || count.fetch_add(1, Ordering::SeqCst) + 1 != number {
            return pass_on();
        }
        let hold = || hold.lock().expect("the hold").wait();
        if after {
            pass_on();
            hold();
        } else {
            hold();
        }
        Reply::Drop
    });
    (server, control)
}

#[test]
fn a_run_killed_at_any_step_and_repeated_makes_one_job() {
    // The request at which the run is killed, and the resulting states of the journal's submissions.
    let places: [(&str, usize, bool, &[&str]); 5] = [
        // At the list call of connect, and at the baseline.
        ("/list", 1, false, &[]),
        ("/list", 3, true, &[]),
        // Before the server acts, and before its answer arrives.
        ("/create", 1, false, &["Open"]),
        ("/create", 1, true, &["Open"]),
        // During the scan for the job of a lost answer.
        ("/list", 5, false, &["Open"]),
    ];
    for (end, number, after, left) in places {
        let folder = Folder::new();
        // The first answer is always lost, so the run scans for the job.
        let cluster = Cluster::start(move |create, _| match create {
            1 => CreateOutcome::Made(Reply::Drop),
            _ => CreateOutcome::Answer,
        });
        cluster.state().make("books", &["day/1.json"]);
        let (server, control) = holding(&cluster, end, number, after);
        let run = import_at(&folder, &server.url()).spawn();
        control.await_arrival();
        kill(run);
        let case = format!("{end} {number} {after}");
        assert_eq!(states(&folder), left, "{case}");
        import_at(&folder, &server.url()).stdout("job-2\n").run();
        import_at(&folder, &server.url()).stdout("job-2\n").run();
        assert_eq!(cluster.state().jobs.len(), 2, "{case}");
        assert_eq!(states(&folder), ["Submitted"], "{case}");
    }
}

fn import_at(folder: &Folder, url: &str) -> crate::support::harness::Test {
    folder.test().eval(format!(
        r#"connect(#{{endpoint: "{url}", api: "milvus", {SETTLE}}}); print(import(#{{collection: "books", url: "day/1.json", key: "k"}}).id);"#
    ))
}

#[test]
fn an_import_without_a_key_is_reported_and_not_repeated() {
    for made in [true, false] {
        let folder = Folder::new();
        let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
        let (server, control) = holding(&cluster, "/create", 1, made);
        let text = format!(
            r#"connect(#{{endpoint: "{}", api: "milvus", {SETTLE}}}); print(import("books", "day/1.json").id);"#,
            server.url()
        );
        let run = folder.test().eval(&text).spawn();
        control.await_arrival();
        kill(run);
        let ran = folder.test().eval(&text).run();
        if made {
            assert_eq!(ran.stdout, "job-2\n");
            ran.complains("whose answer was lost has made job job-1");
            assert_eq!(states(&folder), ["Submitted", "Submitted"]);
        } else {
            assert_eq!(ran.stdout, "job-1\n");
            ran.complains("was left without an answer");
            assert_eq!(states(&folder), ["Submitted", "Unknown"]);
        }
        // The warning appears once.
        let ran = folder.test().eval(&text).run();
        assert_eq!(ran.stderr, "");
        assert_eq!(submissions(&folder).len(), 3);
    }
}

#[test]
fn a_torn_last_line_is_repaired_by_the_next_run() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    let path = folder.path("data/journal/journal.jsonl");
    let whole = std::fs::read_to_string(&path).expect("a journal");
    // All but the last bytes of the last line, as after a crash. The job is looked up again.
    for cut in [1, 2, 30] {
        std::fs::write(&path, &whole[..whole.len() - cut]).expect("written");
        import(&folder, &cluster, "key: \"k\"")
            .stdout("job-1\n")
            .run();
        let mended = std::fs::read_to_string(&path).expect("a journal");
        assert!(
            mended
                .lines()
                .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
            "{mended}"
        );
        assert!(mended.ends_with('\n'));
    }
    assert_eq!(cluster.state().creates, 1);
}
