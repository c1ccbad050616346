//! Lost answers, and the scans that look for their jobs.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{import, states, submissions};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use serde_json::Value;

/// Returns answers that don't show whether a job was made.
fn lost_answers() -> Vec<Reply> {
    vec![
        Reply::Drop,
        Reply::status(500, "oops"),
        Reply::status(502, "<html>bad gateway</html>"),
        Reply::json("{\"code\":0"),
        Reply::json(r#"{"code":0,"data":{}}"#),
        Reply::Partial("{\"code\":0".to_owned()),
    ]
}

#[test]
fn a_created_job_is_found_by_its_files() {
    for loss in lost_answers() {
        let folder = Folder::new();
        let case = format!("{loss:?}");
        let cluster = Cluster::start(move |_, _| CreateOutcome::Made(loss.clone()));
        // Jobs of other clients aren't mistaken for this one, neither an earlier job of the same file nor one of
        // another file.
        cluster.state().make("books", &["day/1.json"]);
        cluster.state().make("books", &["night/1.json"]);
        import(&folder, &cluster, "").stdout("job-3\n").run();
        assert_eq!(cluster.state().creates, 1, "{case}");
        assert_eq!(states(&folder), ["Submitted"], "{case}");
    }
}

#[test]
fn a_request_that_made_no_job_is_sent_again() {
    for loss in lost_answers() {
        let folder = Folder::new();
        let case = format!("{loss:?}");
        let cluster = Cluster::start(move |number, _| match number {
            1 => CreateOutcome::Instead(loss.clone()),
            _ => CreateOutcome::Answer,
        });
        cluster.state().make("books", &["day/1.json"]);
        import(&folder, &cluster, "").stdout("job-2\n").run();
        assert_eq!(cluster.state().creates, 2, "{case}");
        assert_eq!(states(&folder), ["Submitted"], "{case}");
    }
}

#[test]
fn a_job_of_an_alias_is_found_by_either_name() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    cluster.state().alias = Some(("books".to_owned(), "books_v2".to_owned()));
    cluster.state().make("books_v2", &["day/1.json"]);
    import(&folder, &cluster, "").stdout("job-2\n").run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_lagging_list_is_waited_for() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    // Each scan reads two lists in this dialect.
    cluster.state().lag = 5;
    import(&folder, &cluster, "").stdout("job-1\n").run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_job_that_shows_no_files_yet_is_polled() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    cluster.state().mute = 4;
    import(&folder, &cluster, "").stdout("job-1\n").run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_job_that_never_shows_its_files_is_unknown() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    cluster.state().mute = usize::MAX;
    let text = format!(
        r#"{} try {{ import("books", "day/1.json") }} catch (e) {{ print(e.kind); print(e.exit); print(e.jobs); throw e; }}"#,
        cluster.connect("milvus", "settle: 0.05")
    );
    let test = folder.test().eval(text).status(6);
    let ran = test.stdout("unknown\n6\n[\"job-1\"]\n").run();
    ran.complains("do not tell their files")
        .complains("progress(\"job-1\")");
    assert_eq!(cluster.state().creates, 1);
    assert_eq!(states(&folder), ["Unknown"]);
}

#[test]
fn two_jobs_of_the_same_files_are_unknown_until_settled() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    // Both jobs appear at the same time after the baseline. One is another client's, but nothing shows which.
    let running = import(&folder, &cluster, "key: \"k\"").status(6);
    let doubtful = {
        let hidden = cluster.state().make("books", &["day/1.json"]);
        let mut state = cluster.state();
        let job = state.jobs.last_mut().expect("a job");
        // connect's list, then the two lists of the baseline.
        job.hidden = 3;
        hidden
    };
    let ran = running.run();
    ran.complains(&doubtful)
        .complains("job-2")
        .complains("more jobs than one");
    assert_eq!(states(&folder), ["Unknown"]);
    // A run under the same key looks for the job again, with the same result, and sends nothing.
    import(&folder, &cluster, "key: \"k\"").status(6).run();
    assert_eq!(cluster.state().creates, 1);
    let id = submissions(&folder)[0]["submission"]
        .as_str()
        .expect("an id")
        .to_owned();
    folder
        .test()
        .args(["journal", "settle", &id])
        .status(2)
        .run();
    let settle = |words: &[&str]| {
        let test = folder.test().args(["journal", "settle", &id]);
        test.args(words.iter().copied()).run()
    };
    // A wrong `settle` can be corrected.
    settle(&["--job", "job-22"]).complains("settling it again");
    settle(&["--job", "job-2"]).complains("has made the job job-2");
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-2\n")
        .run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn an_unreadable_list_leaves_the_job_unknown() {
    let folder = Folder::new();
    let (broken, lists) = (
        Reply::status(500, "oops"),
        std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)),
    );
    let counted = std::sync::Arc::clone(&lists);
    let server = crate::support::server::Server::start(move |request| {
        use std::sync::atomic::Ordering;
        if request.target.ends_with("/list") && counted.load(Ordering::SeqCst) == 0 {
            return Reply::json(r#"{"code":0,"data":{"records":[]}}"#);
        }
        counted.fetch_add(1, Ordering::SeqCst);
        broken.clone()
    });
    let text = format!(
        r#"connect(#{{endpoint: "{}", settle: 0.05}}); import("books", "1.json")"#,
        server.url()
    );
    let ran = folder.test().eval(text).status(6).run();
    ran.complains("could not be read whole").complains("jobs()");
    let creates = server
        .requests()
        .iter()
        .filter(|it| it.target.ends_with("/create"))
        .count();
    assert_eq!(creates, 1);
}

#[test]
fn a_list_that_changes_while_it_is_read_is_ignored() {
    let folder = Folder::new();
    let cluster = Cluster::start(|number, _| match number {
        1 => CreateOutcome::Instead(Reply::Drop),
        _ => CreateOutcome::Answer,
    });
    for _ in 0..250 {
        cluster.state().make("books", &["old.json"]);
    }
    // For a while the first page shows a new job when it's read again, so the scan proves nothing.
    let text = format!(
        r#"{} print("ready"); let job = import("books", "s3://bucket/day/1.json"); print(job.id != "");"#,
        cluster.connect("v2", "settle: 0.6")
    );
    cluster.state().churn = 40;
    folder.test().eval(text).stdout("ready\ntrue\n").run();
    let state = cluster.state();
    assert_eq!(state.creates, 2);
    assert!(state.lists > 30, "{}", state.lists);
    assert_eq!(state.of_file("s3://bucket/day/1.json").len(), 1);
}

#[test]
fn a_service_that_loses_every_request_leaves_no_unknown_job() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Instead(Reply::Drop));
    let text = format!(
        r#"{} import(#{{collection: "books", url: "day/1.json", key: "k"}})"#,
        cluster.connect("milvus", "settle: 0.01")
    );
    let ran = folder.test().eval(text).status(3).run();
    ran.complains("without a job being made");
    assert!(cluster.state().jobs.is_empty());
    assert_eq!(states(&folder), ["Absent"]);
}

#[test]
fn a_server_that_honours_keys_gets_the_request_again() {
    let folder = Folder::new();
    let cluster = Cluster::start(|number, _| match number {
        1 => CreateOutcome::Instead(Reply::Drop),
        2 => CreateOutcome::Instead(Reply::status(429, "slow")),
        3 => CreateOutcome::Instead(Reply::status(401, "a moment please")),
        4 => CreateOutcome::Instead(Reply::status(500, "oops")),
        _ => CreateOutcome::Answer,
    });
    let text = format!(
        r#"{} print(import("books", "day/1.json").id);"#,
        cluster.connect("milvus", "settle: 5, honours_keys: true")
    );
    folder.test().eval(text).stdout("job-1\n").run();
    let requests = cluster.server.requests();
    let mut keys: Vec<Option<&str>> = requests
        .iter()
        .filter(|it| it.target.ends_with("/create"))
        .map(|it| it.header("idempotency-key"))
        .collect();
    assert_eq!(keys.len(), 5);
    keys.dedup();
    assert!(matches!(&*keys, [Some(_)]), "{keys:?}");
    let _: Vec<Value> = submissions(&folder);
}
