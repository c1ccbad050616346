//! The effect of import keys.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{SETTLE, import, states, submissions};
use crate::support::harness::Folder;
use crate::support::server::Reply;

fn healthy_cluster() -> Cluster {
    Cluster::start(|_, _| CreateOutcome::Answer)
}

fn set_job_state(cluster: &Cluster, state: &str) {
    let mut held = cluster.state();
    state.clone_into(&mut held.jobs.last_mut().expect("a job").state);
}

#[test]
fn a_known_key_returns_its_running_or_completed_job() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    for state in ["Importing", "Uncommitted", "Completed", "Completed"] {
        let ran = import(&folder, &cluster, "key: \"k\"")
            .stdout("job-1\n")
            .run();
        if state != "Importing" {
            ran.complains("\"k\" is known: job job-1");
        }
        set_job_state(&cluster, state);
    }
    assert_eq!(cluster.state().creates, 1);
    assert_eq!(states(&folder), ["Completed"]);
    // The job's end is in the journal, so no further request is needed, and the service may forget the job.
    cluster.state().jobs.clear();
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    let text = format!(
        "{} let p = wait(\"job-1\"); print(p.state);",
        cluster.connect("milvus", SETTLE)
    );
    folder.test().eval(text).stdout("Completed\n").run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_job_that_the_service_forgot_is_not_repeated() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "key: \"k\"").run();
    cluster.state().jobs.clear();
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    assert_eq!(cluster.state().creates, 1);
}

/// A service that has forgotten a job can't report its end, so the user settles the submission.
#[test]
fn the_end_of_a_forgotten_job_can_be_settled() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "key: \"k\"").run();
    cluster.state().jobs.clear();
    let id = submissions(&folder)[0]["submission"]
        .as_str()
        .expect("an id")
        .to_owned();
    let settle = |words: &[&str], status: i32| {
        let test = folder.test().args(["journal", "settle", &id]);
        test.args(words.iter().copied()).status(status).run()
    };
    settle(&["--absent"], 7).complains("is Submitted");
    settle(&["--job", "job-7"], 7).complains("is Submitted");
    settle(&["--ended", "aborted"], 2);
    settle(&["--ended", "failed", "--absent"], 2);
    settle(&["--ended", "failed"], 0).complains("job-1, which is Failed");
    assert_eq!(states(&folder), ["Failed"]);
    settle(&["--ended", "completed"], 0).complains("job-1, which is Completed");
    assert_eq!(states(&folder), ["Completed"]);
    let again = import(&folder, &cluster, "key: \"k\"");
    let ran = again.stdout("job-1\n").run();
    ran.complains("Completed");
    assert_eq!(cluster.state().creates, 1);
    // The job's shown state is the settled one, and settling doesn't change the job.
    let text = format!(
        "{} print(wait(\"job-1\").state)",
        cluster.connect("milvus", SETTLE)
    );
    folder.test().eval(text).stdout("Completed\n").run();
    settle(&["--ended", "failed"], 0);
    import(&folder, &cluster, "key: \"k\"").run();
    assert_eq!(cluster.state().creates, 2);
    assert_eq!(states(&folder), ["Submitted", "Failed"]);
    let shown = folder.test().args(["journal", "show", &id]).run();
    shown.says("settled").says("\"state\":\"Completed\"");
}

#[test]
fn a_failed_or_aborted_job_is_submitted_again() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    for (number, state) in ["Failed", "Aborted", "Completed"].into_iter().enumerate() {
        let job = format!("job-{}\n", number + 1);
        import(&folder, &cluster, "key: \"k\"").stdout(job).run();
        set_job_state(&cluster, state);
    }
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-3\n")
        .run();
    assert_eq!(states(&folder), ["Completed", "Aborted", "Failed"]);
    let requests = cluster.server.requests();
    let headers: Vec<&str> = requests
        .iter()
        .filter_map(|it| it.header("idempotency-key"))
        .collect();
    let [first, second, third] = headers.as_slice() else {
        panic!("{headers:?}");
    };
    for (attempt, header) in [first, second, third].into_iter().enumerate() {
        assert!(header.starts_with("zshell-key/"), "{header}");
        assert_eq!(header.split('/').nth(2), Some(&*(attempt + 1).to_string()));
        assert_eq!(header.split('/').nth(1), first.split('/').nth(1));
    }
}

#[test]
fn ends_are_journalled_by_progress_wait_and_jobs() {
    for call in ["progress(\"job-1\")", "wait(\"job-1\")", "jobs()"] {
        let folder = Folder::new();
        let cluster = healthy_cluster();
        import(&folder, &cluster, "").run();
        let text = format!("{} {call}", cluster.connect("milvus", SETTLE));
        if !call.starts_with("wait") {
            folder.test().eval(&text).run();
            assert_eq!(states(&folder), ["Submitted"], "{call}");
        }
        set_job_state(&cluster, "Completed");
        folder.test().eval(&text).run();
        folder.test().eval(&text).run();
        assert_eq!(states(&folder), ["Completed"], "{call}");
    }
}

#[test]
fn another_submission_under_the_same_key_is_refused() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "key: \"k\"").run();
    for other in [
        r#"#{collection: "books", url: "day/2.json", key: "k"}"#,
        r#"#{collection: "films", url: "day/1.json", key: "k"}"#,
        r#"#{collection: "books", url: "day/1.json", partition: "p", key: "k"}"#,
        r#"#{collection: "books", url: "day/1.json", options: #{sep: ","}, key: "k"}"#,
    ] {
        let connect = cluster.connect("milvus", SETTLE);
        let text =
            format!("{connect} try {{ import({other}) }} catch (e) {{ print(e.kind); throw e; }}");
        let ran = folder.test().eval(text).status(7).stdout("refused\n").run();
        ran.complains("belongs to another submission")
            .complains("zshell journal show");
    }
    assert_eq!(cluster.state().creates, 1);
    // Import keys are separate for each service.
    let elsewhere = healthy_cluster();
    import(&folder, &elsewhere, "key: \"k\"").run();
    assert_eq!(elsewhere.state().creates, 1);
}

#[test]
fn a_repeated_import_without_a_key_makes_two_jobs() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    import(&folder, &cluster, "").stdout("job-1\n").run();
    import(&folder, &cluster, "").stdout("job-2\n").run();
    assert_eq!(states(&folder), ["Submitted", "Submitted"]);
}

#[test]
fn the_local_service_is_identified_by_its_data_folder() {
    let folder = Folder::new();
    folder.work("rows.jsonl", "{\"id\": 1, \"vector\": [1, 2]}\n");
    let text = r#"connect("local"); if "c" in collections() {} else { create_collection("c", #{dimension: 2}); }
        let job = import(#{collection: "c", url: "rows.jsonl", key: "k"}); wait(job); print(job.id); print(count("c"));"#;
    let first = folder.test().eval(text).run();
    folder.test().eval(text).stdout(first.stdout).run();
    assert_eq!(states(&folder), ["Completed"]);
    assert_eq!(submissions(&folder)[0]["rows"], 1);
}

#[test]
fn submissions_can_be_listed_and_filtered() {
    let folder = Folder::new();
    let cluster = Cluster::start(|number, _| match number {
        2 => CreateOutcome::Instead(Reply::json(r#"{"code":47005,"message":"no"}"#)),
        _ => CreateOutcome::Answer,
    });
    import(&folder, &cluster, "key: \"a 1\"").run();
    import(&folder, &cluster, "key: \"a 2\"").status(7).run();
    import(&folder, &cluster, "key: \"b 1\"").run();
    let keys = |options: &str| {
        let text = format!("submissions({options}).map(|it| it.key).to_json()");
        folder
            .test()
            .args(["-o", "json"])
            .eval(format!("print({text})"))
            .run()
            .stdout
    };
    assert_eq!(keys(""), "[\"b 1\",\"a 2\",\"a 1\"]\n");
    assert_eq!(keys("#{key_prefix: \"a\"}"), "[\"a 2\",\"a 1\"]\n");
    assert_eq!(keys("#{state: \"refused\"}"), "[\"a 2\"]\n");
    assert_eq!(
        keys("#{state: [\"Submitted\", \"open\"], limit: 1}"),
        "[\"b 1\"]\n"
    );
    assert_eq!(keys("#{collection: \"films\"}"), "[]\n");
    folder
        .test()
        .eval("submissions(#{state: \"opne\"})")
        .status(1)
        .run()
        .complains("\"Open\"");
    let listed = folder
        .test()
        .args(["journal", "list", "--key-prefix", "b"])
        .run();
    listed.says("job-2").says("b 1").says("Submitted");
    let csv = folder
        .test()
        .args(["-o", "csv", "journal", "list", "--limit", "1"])
        .run();
    csv.says("submission,key,state,job,collection,files,rows,attempt,connection,database,submitted,updated\n");
    folder
        .test()
        .args(["journal", "list", "--state", "unresolved"])
        .stdout("no submissions\n")
        .run();
    folder
        .test()
        .args(["journal", "show", "zshell-x"])
        .status(7)
        .run();
}

#[test]
fn a_dry_run_applies_known_keys_and_writes_nothing() {
    let folder = Folder::new();
    let cluster = healthy_cluster();
    let dry = |options: &str| {
        let test = import(&folder, &cluster, options);
        let mut args = vec!["--dry-run".to_owned()];
        args.extend(
            test.command()
                .get_args()
                .map(|arg| arg.to_string_lossy().into_owned()),
        );
        folder.test().args(args).run()
    };
    let ran = dry("key: \"k\"");
    ran.says("/import/create").says("dry-run-1");
    assert!(states(&folder).is_empty() && !folder.path("data/journal").exists());
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    let ran = dry("key: \"k\"");
    assert!(!ran.stdout.contains("/import/create"), "{}", ran.stdout);
    assert_eq!((cluster.state().creates, states(&folder).len()), (1, 1));
}
