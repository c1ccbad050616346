//! Servers with unusual but realistic behaviour. The result is one job, or exit code 6.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{SETTLE, import, kill, request_hold, states, submissions};
use crate::support::harness::Folder;
use crate::support::server::Reply;

/// Returns an import of `day/1.json` under the key `k`, over a connection with these options.
fn keyed(
    folder: &Folder,
    cluster: &Cluster,
    api: &str,
    options: &str,
) -> crate::support::harness::Test {
    let url = if api == "milvus" {
        "day/1.json"
    } else {
        "s3://bucket/day/1.json"
    };
    folder.test().eval(format!(
        r#"{} print(import(#{{collection: "books", url: "{url}", key: "k"}}).id);"#,
        cluster.connect(api, options)
    ))
}

/// Starts a cluster whose first answer is lost, kills the run before it finds its job, and makes the service forget the
/// job.
fn lost_and_forgotten(folder: &Folder, api: &str) -> Cluster {
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |number, _| {
        if number == 1 {
            hold.wait();
            return CreateOutcome::Made(Reply::Drop);
        }
        CreateOutcome::Answer
    });
    let run = keyed(folder, &cluster, api, SETTLE).spawn();
    control.await_arrival();
    kill(run);
    control.release();
    while cluster.state().jobs.is_empty() {
        std::thread::yield_now();
    }
    cluster.state().jobs.clear();
    cluster
}

#[test]
fn a_missing_job_that_may_be_forgotten_stays_unknown() {
    for api in ["v1", "v2", "milvus"] {
        let folder = Folder::new();
        let cluster = lost_and_forgotten(&folder, api);
        for _ in 0..2 {
            let old = keyed(&folder, &cluster, api, "settle: 0.1, remembers: 0.01").status(6);
            old.run().complains("may have forgotten the job");
            assert_eq!(states(&folder), ["Unknown"], "{api}");
        }
        assert_eq!(cluster.state().creates, 1, "{api}");
        // A submission is sent again if it's recent or the service never forgets jobs.
        let young = keyed(
            &folder,
            &cluster,
            api,
            "settle: 0.1, remembers: \"forever\"",
        );
        young.stdout("job-2\n").run();
    }
}

/// Ages don't count across a restart of the machine, or in a journal without ages.
#[test]
fn an_unknown_age_counts_as_old() {
    for (from, to) in [
        ("\"boot\":\"", "\"boot\":\"other "),
        ("\"moment\"", "\"was\""),
    ] {
        let folder = Folder::new();
        let cluster = lost_and_forgotten(&folder, "milvus");
        let path = folder.path("data/journal/journal.jsonl");
        let text = std::fs::read_to_string(&path).expect("a journal");
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).expect("written");
        keyed(&folder, &cluster, "milvus", SETTLE).status(6).run();
        assert_eq!(cluster.state().creates, 1, "{to}");
    }
}

#[test]
fn the_id_of_another_submissions_job_is_rejected() {
    for api in ["v1", "v2", "milvus"] {
        let folder = Folder::new();
        let cluster = Cluster::start(|number, _| match number {
            2 => CreateOutcome::Made(Reply::json(r#"{"code":0,"data":{"jobId":"job-1"}}"#)),
            _ => CreateOutcome::Answer,
        });
        let text = format!(
            r#"{} for no in 1..3 {{ print(import(#{{collection: "books", url: `s3://bucket/day/${{no}}.json`, key: `${{no}}`}}).id) }}"#,
            cluster.connect(api, SETTLE)
        );
        let text = if api == "milvus" {
            text.replace("s3://bucket/", "")
        } else {
            text
        };
        folder.test().eval(text).stdout("job-1\njob-2\n").run();
        assert_eq!(cluster.state().creates, 2, "{api}");
    }
}

#[test]
fn an_import_without_a_key_rejects_the_id_of_an_older_job() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| {
        CreateOutcome::Made(Reply::json(r#"{"code":0,"data":{"jobId":"job-1"}}"#))
    });
    cluster.state().make("books", &["night/1.json"]);
    import(&folder, &cluster, "").stdout("job-2\n").run();
}

#[test]
fn a_failed_job_with_the_same_header_leads_to_a_new_attempt() {
    for (state, expected) in [
        ("Failed", "job-2\n"),
        ("Aborted", "job-2\n"),
        ("Completed", "job-1\n"),
        ("Importing", "job-1\n"),
    ] {
        let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
        cluster.state().honours = true;
        import(&Folder::new(), &cluster, "key: \"k\"").run();
        state.clone_into(&mut cluster.state().jobs[0].state);
        // A new data folder has no record of the key.
        let folder = Folder::new();
        import(&folder, &cluster, "key: \"k\"")
            .stdout(expected)
            .run();
        import(&folder, &cluster, "key: \"k\"")
            .stdout(expected)
            .run();
    }
}

#[test]
fn a_job_with_the_same_header_but_no_files_is_unknown() {
    let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
    cluster.state().honours = true;
    import(&Folder::new(), &cluster, "key: \"k\"").run();
    cluster.state().jobs[0].mute = usize::MAX;
    let ran = import(&Folder::new(), &cluster, "key: \"k\"")
        .status(6)
        .run();
    ran.complains("was there before").complains("job-1");
    assert_eq!(cluster.state().jobs.len(), 1);
}

/// The server checks limits and rights before it looks up the key.
#[test]
fn a_refused_repeat_proves_nothing_about_the_first_request() {
    for reply in [
        Reply::json(r#"{"code":1807,"message":"limiter"}"#),
        Reply::json(r#"{"code":1100,"message":"invalid"}"#),
        Reply::status(401, "who are you"),
    ] {
        let folder = Folder::new();
        let case = format!("{reply:?}");
        let cluster = Cluster::start(move |number, _| match number {
            1 => CreateOutcome::Made(Reply::Drop),
            _ => CreateOutcome::Instead(reply.clone()),
        });
        cluster.state().honours = true;
        let test = keyed(
            &folder,
            &cluster,
            "milvus",
            "settle: 0.2, honours_keys: true",
        );
        let ran = test.stdout("job-1\n").run();
        assert_eq!(states(&folder), ["Submitted"], "{case} {}", ran.stderr);
        assert!(cluster.state().creates > 1, "{case}");
    }
}

#[test]
fn a_placeholder_for_the_file_excludes_no_job() {
    for name in ["N/A", "-", "pending", "staging/x.tmp"] {
        let folder = Folder::new();
        let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
        cluster.state().placeholder = Some((2, name));
        import(&folder, &cluster, "").stdout("job-1\n").run();
        assert_eq!(cluster.state().creates, 1, "{name}");
    }
}

#[test]
fn a_bare_file_name_is_no_proof() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    cluster.state().base_names = true;
    let ran = keyed(&folder, &cluster, "milvus", "settle: 0.05")
        .status(6)
        .run();
    ran.complains("job-1");
    assert_eq!(
        (cluster.state().creates, &*states(&folder)),
        (1, &["Unknown".to_owned()][..])
    );
}

#[test]
fn a_service_that_refuses_lists_accepts_imports() {
    for reply in [
        Reply::status(403, "no rights"),
        Reply::json(r#"{"code":80002,"message":"unauthorized"}"#),
    ] {
        let cluster = Cluster::start(|number, _| match number {
            3.. => CreateOutcome::Made(Reply::Drop),
            _ => CreateOutcome::Answer,
        });
        cluster.state().refused_list = Some(reply);
        let folder = Folder::new();
        let connect = cluster.connect("milvus", "verify: false, settle: 5");
        let text = format!(
            r#"{connect} print(import("books", "1.json").id); print(import("books", "2.json").id);"#
        );
        let ran = folder.test().eval(text).stdout("job-1\njob-2\n").run();
        assert_eq!(
            ran.stderr.matches("the import continues").count(),
            1,
            "{}",
            ran.stderr
        );
        let lost = format!(r#"{connect} import("books", "3.json")"#);
        let ran = folder.test().eval(lost).status(6).run();
        ran.complains("doesn't let this API key list");
        assert_eq!(submissions(&folder)[0]["state"], "Unknown");
    }
}

#[test]
fn jobs_of_an_alias_are_found_on_v1() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Made(Reply::Drop));
    cluster.state().alias = Some(("books".to_owned(), "books_v2".to_owned()));
    cluster
        .state()
        .make("books_v2", &["s3://bucket/day/1.json"]);
    cluster.state().make("films", &["s3://bucket/film.json"]);
    keyed(&folder, &cluster, "v1", SETTLE)
        .stdout("job-3\n")
        .run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn after_a_lost_answer_commit_and_abort_read_the_state() {
    for (call, state) in [("commit", "Completed"), ("abort", "Aborted")] {
        for reply in [
            Reply::Drop,
            Reply::status(500, "oops"),
            Reply::status(502, "<html>"),
            Reply::json(r#"{"code":65535,"message":"unexpected"}"#),
            Reply::json(r#"{"code":500,"message":"internal"}"#),
            Reply::json("garbage"),
        ] {
            let case = format!("{call} {reply:?}");
            let folder = Folder::new();
            let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
            cluster.state().make("books", &["1.json"]);
            "Uncommitted".clone_into(&mut cluster.state().jobs[0].state);
            cluster.state().lost_ends.push(reply);
            cluster.state().commit_lag = 2;
            let text = format!(
                "{} print({call}(\"job-1\").state);",
                cluster.connect("milvus", SETTLE)
            );
            let test = || folder.test().args(["--yes"]).eval(&text);
            test().stdout(format!("{state}\n")).run();
            // A repeat succeeds, because the job is already in the state.
            test().stdout(format!("{state}\n")).run();
            assert!(cluster.state().ends >= 2, "{case}");
        }
    }
}

#[test]
fn a_commit_without_a_known_result_is_unknown() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
    cluster.state().make("books", &["1.json"]);
    "Uncommitted".clone_into(&mut cluster.state().jobs[0].state);
    cluster.state().lost_ends = vec![Reply::Drop; 100];
    cluster.state().commit_lag = usize::MAX;
    let text = format!("{} commit(\"job-1\")", cluster.connect("milvus", SETTLE));
    folder.test().eval(text).status(6).run();
    // A commit that isn't possible in the job's state is refused at once.
    cluster.state().commit_lag = 0;
    cluster.state().lost_ends.clear();
    for state in ["Failed", "Importing"] {
        state.clone_into(&mut cluster.state().jobs[0].state);
        let ends = cluster.state().ends;
        let text = format!("{} commit(\"job-1\")", cluster.connect("milvus", SETTLE));
        let ran = folder.test().eval(text).status(7).run();
        ran.complains(&format!("the job is {state}"));
        assert_eq!(cluster.state().ends, ends + 1);
    }
}
