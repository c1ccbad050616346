//! `kill -9` between any two steps, and the same run again.

use crate::exactly_once::cluster::{Cluster, Fate};
use crate::exactly_once::proxy::proxy;
use crate::exactly_once::tools::{Key, SETTLE, gate, import, kill, states, submissions};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A proxy that holds the `number`th request (from 1) whose path ends so, before or after the cluster has acted.
fn holding(
    cluster: &Cluster,
    end: &'static str,
    number: usize,
    after: bool,
) -> (crate::support::server::Server, Key) {
    let (at_gate, key) = gate();
    let (at_gate, count) = (Mutex::new(at_gate), AtomicUsize::new(0));
    let server = proxy(&cluster.server.url(), move |request, pass_on| {
        if !request.target.ends_with(end) || count.fetch_add(1, Ordering::SeqCst) + 1 != number {
            return pass_on();
        }
        let hold = || at_gate.lock().expect("a gate").pass();
        if after {
            pass_on();
            hold();
        } else {
            hold();
        }
        Reply::Drop
    });
    (server, key)
}

#[test]
fn death_at_any_step_and_a_second_run_make_one_job() {
    // Where it dies, and the state in which that leaves the journal.
    let places: [(&str, usize, bool, &[&str]); 5] = [
        // At connect's own list call; at the baseline.
        ("/list", 1, false, &[]),
        ("/list", 3, true, &[]),
        // Before the server acts, and before its answer arrives.
        ("/create", 1, false, &["Open"]),
        ("/create", 1, true, &["Open"]),
        // In the middle of finding out what became of a lost answer.
        ("/list", 5, false, &["Open"]),
    ];
    for (end, number, after, left) in places {
        let folder = Folder::new();
        // The first answer is lost in any case, so that there is something to find out.
        let cluster = Cluster::start(move |create, _| match create {
            1 => Fate::Made(Reply::Drop),
            _ => Fate::Answer,
        });
        cluster.state().make("books", &["day/1.json"]);
        let (server, key) = holding(&cluster, end, number, after);
        let run = import_at(&folder, &server.url()).spawn();
        key.await_arrival();
        kill(run);
        let told = format!("{end} {number} {after}");
        assert_eq!(states(&folder), left, "{told}");
        import_at(&folder, &server.url()).stdout("job-2\n").run();
        import_at(&folder, &server.url()).stdout("job-2\n").run();
        assert_eq!(cluster.state().jobs.len(), 2, "{told}");
        assert_eq!(states(&folder), ["Submitted"], "{told}");
    }
}

fn import_at(folder: &Folder, url: &str) -> crate::support::harness::Test {
    folder.test().eval(format!(
        r#"connect(#{{endpoint: "{url}", api: "milvus", {SETTLE}}}); print(import(#{{collection: "books", url: "day/1.json", key: "k"}}).id);"#
    ))
}

#[test]
fn what_has_no_key_is_reported_and_not_sent_again() {
    for made in [true, false] {
        let folder = Folder::new();
        let cluster = Cluster::start(|_, _| Fate::Answer);
        let (server, key) = holding(&cluster, "/create", 1, made);
        let text = format!(
            r#"connect(#{{endpoint: "{}", api: "milvus", {SETTLE}}}); print(import("books", "day/1.json").id);"#,
            server.url()
        );
        let run = folder.test().eval(&text).spawn();
        key.await_arrival();
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
        // Told once.
        let ran = folder.test().eval(&text).run();
        assert_eq!(ran.stderr, "");
        assert_eq!(submissions(&folder).len(), 3);
    }
}

#[test]
fn a_torn_last_line_is_mended_by_the_next_run() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| Fate::Answer);
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    let path = folder.path("data/journal/journal.jsonl");
    let whole = std::fs::read_to_string(&path).expect("a journal");
    // All but the last bytes of the last line, as a crash may leave it: the job is looked for again.
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
