//! Scripts of the cookbook that continue after an interruption and handle failures.

use crate::shell::cookbook::{assert_value, cook, path, prepared};
use crate::shell::local::rows;
use crate::shell::serve::serve;
use crate::support::harness::{Ran, TOKEN, Test};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Returns the numbers of files, failed jobs and rows of a batch.
fn batch_numbers(ran: &Ran) -> Value {
    let batch = ran.json();
    json!([batch["files"], batch["failed"], batch["rows"]])
}

#[test]
fn many_files_continues_after_a_failure() {
    let folder = prepared();
    for number in 0..10 {
        folder.work(&format!("in/{number}.jsonl"), rows(3));
    }
    folder.work("in/4.jsonl", "{\"id\": 1}\n");
    let batch = |status| {
        cook(
            &folder,
            "many_files.rhai",
            &["--running", "3", "--per-job", "1", "in/*.jsonl"],
        )
        .status(status)
        .run()
    };
    let first = batch(4);
    first.complains("warning: 1 of 10 jobs failed");
    assert_eq!(batch_numbers(&first), json!([10, 1, 27]));
    folder.work("in/4.jsonl", rows(3));
    folder.work("in/new.jsonl", rows(3));
    assert_eq!(batch_numbers(&batch(0)), json!([11, 0, 33]));
    // 11 files, and a second job for the corrected one.
    assert_value(&folder, "jobs(#{limit: \"all\"}).len()", "12");
    assert_value(&folder, "count(\"books\")", "33");
    assert_value(
        &folder,
        "submissions(#{key_prefix: \"books-\", state: \"Completed\"}).len()",
        "11",
    );
    let listed = folder.test().args(["-p", "local", "-o", "json", "run"]);
    let listed =
        listed
            .args([path("many_files.rhai")])
            .args(["--collection", "books", "--list", "-"]);
    let ran = listed.stdin("in/1.jsonl\n\nin/1.jsonl\nin/2.jsonl\n").run();
    assert_eq!(ran.json()["files"], 2);
    assert_value(&folder, "count(\"books\")", "33");
}

#[test]
fn a_killed_batch_imports_nothing_twice() {
    let folder = prepared();
    let (service, url) = serve(&folder, &["--import-rate", "200"]);
    let names: Vec<String> = (0..6).map(|number| format!("{number}.jsonl")).collect();
    for name in &names {
        folder.work(name, rows(20));
    }
    let batch = || {
        let test = folder.test().args(["-p", &url, "-o", "json", "run"]);
        let test = test.args([path("many_files.rhai")]);
        test.args(["--collection", "books", "--running", "2", "--per-job", "1"])
            .args(names.clone())
    };
    let mut killed = batch().status(130).spawn();
    killed.await_error("2 of 6 jobs");
    killed.signal("INT");
    killed.end();
    let ran = batch().run();
    assert_eq!(batch_numbers(&ran), json!([6, 0, 120]));
    let test = folder.test().args(["-p", &url]);
    test.eval("print(jobs().len()); print(count(\"books\"))")
        .stdout("6\n120\n")
        .run();
    service.signal("TERM");
    service.end();
}

#[test]
fn failures_of_a_cluster_are_reported_once() {
    let folder = prepared();
    folder.work("good.jsonl", rows(3));
    folder.work("bad.jsonl", "{\"id\": 1}\n");
    for (file, status) in [("good.jsonl", 0), ("bad.jsonl", 4)] {
        cook(&folder, "one_file.rhai", &["--file", file])
            .status(status)
            .run();
    }
    // Earlier failures aren't reported.
    cook(&folder, "watch.rhai", &[]).stdout("").run();
    let ran = cook(&folder, "watch.rhai", &["--all"]).status(4).run();
    let found = ran.json();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(found[0]["collection"], "books");
    assert!(
        found[0]["reason"]
            .as_str()
            .expect("a reason")
            .contains("word"),
        "{found}"
    );
}

#[test]
fn a_job_that_fails_under_watch_is_reported() {
    let rounds = Mutex::new(0);
    let server = Server::start(move |request| {
        let state = |now: i32| if now < 3 { "Importing" } else { "Failed" };
        let mut now = rounds.lock().expect("a round");
        let data = if request.target.ends_with("/list") {
            *now += 1;
            json!({"records": [{"jobId": "job-1", "collectionName": "books", "state": state(*now)}]})
        } else {
            json!({"jobId": "job-1", "collectionName": "books", "state": state(*now), "reason": "row 3"})
        };
        Reply::json(json!({"code": 0, "data": data}).to_string())
    });
    let test = Test::new().args(["-p", &server.url(), "-o", "json", "run"]);
    let ran = test
        .args([path("watch.rhai")])
        .args(["--every", "10ms"])
        .status(4)
        .run();
    assert_eq!(ran.json()[0]["job"], "job-1");
    assert_eq!(ran.json()[0]["reason"], "row 3");
}

/// Several failures are a table or a CSV file. A watch without an end prints a line for each failure.
#[test]
fn failures_are_printed_together() {
    let folder = prepared();
    for (name, other) in [("a", "b"), ("b", "a")] {
        folder.work(
            &format!("{name}.jsonl"),
            format!("{{\"id\": 1, \"{other}\": 2}}\n"),
        );
        let file = format!("{name}.jsonl");
        cook(&folder, "one_file.rhai", &["--file", &file])
            .status(4)
            .run();
    }
    let watch = |form: &str| {
        let test = folder.test().args(["-p", "local", "-o", form, "run"]);
        test.args([path("watch.rhai")]).args(["--all"])
    };
    let csv = watch("csv").status(4).run().stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    assert_eq!(header, vec!["job", "collection", "reason", "found"]);
    let rows: Result<Vec<_>, _> = reader.records().collect();
    assert_eq!(rows.expect("rows").len(), 2, "{csv}");
    let table = watch("table").status(4).run();
    assert_eq!(table.stdout.matches("collection").count(), 1);
    table.complains("error job ");
    let mut running = watch("table").args(["--forever"]).status(143).spawn();
    for _ in 0..2 {
        let line: Value = serde_json::from_str(&running.line()).expect("JSON");
        assert_eq!(line["collection"], "books");
    }
    running.signal("TERM");
    running.end();
}

#[test]
fn an_empty_list_of_files_is_an_error() {
    let folder = prepared();
    for (text, problem) in [
        ("path\nx.jsonl\n", "has no column \"file\""),
        ("file\n", "lists no files"),
    ] {
        folder.work("files.csv", text);
        let test = cook(&folder, "retry_failed.rhai", &["--list", "files.csv"]);
        test.status(1).run().complains(problem);
    }
}

#[test]
fn failed_jobs_are_tried_again() {
    let folder = prepared();
    folder.work("good.jsonl", rows(3));
    folder.work("bad.jsonl", "{\"id\": 1}\n");
    folder.work("files.csv", "file,note\ngood.jsonl,x\nbad.jsonl,y\n");
    let args = ["--list", "files.csv", "--pause", "0.01", "--attempts", "3"];
    let ran = cook(&folder, "retry_failed.rhai", &args).status(4).run();
    assert_eq!(ran.json()[0]["file"], "bad.jsonl");
    assert_eq!(ran.json()[0]["attempt"], 3);
    assert_value(&folder, "jobs().len()", "4");
    folder.work("bad.jsonl", rows(2));
    cook(&folder, "retry_failed.rhai", &args).stdout("").run();
    assert_value(&folder, "count(\"books\")", "5");
    assert_value(&folder, "jobs().len()", "5");
}

/// Starts a service with two-phase imports, whose job has 5 rows and waits for a commit or abort.
fn two_phase() -> Server {
    let state = Mutex::new("Uncommitted");
    Server::start(move |request| {
        let mut state = state.lock().expect("a state");
        let mut data = json!({"jobId": "job-1"});
        match request.target.rsplit('/').next().unwrap_or_default() {
            "create" => assert!(
                request.body.contains(r#""auto_commit":"false""#),
                "{}",
                request.body
            ),
            "list" => data = json!({"records": []}),
            "commit" => *state = "Completed",
            "abort" => *state = "Aborted",
            _ => {
                data =
                    json!({"jobId": "job-1", "state": *state, "importedRows": 5, "progress": 100});
            }
        }
        Reply::json(json!({"code": 0, "data": data}).to_string())
    })
}

#[test]
fn two_phase_commits_only_the_expected_number_of_rows() {
    for (rows, status, call) in [("5", 0, "/commit"), ("6", 1, "/abort")] {
        let server = two_phase();
        let test = Test::new().args(["-p", &server.url(), "-o", "json", "run"]);
        let test = test
            .args([path("two_phase.rhai")])
            .env("MILVUS_TOKEN", TOKEN);
        let args = [
            "--collection",
            "books",
            "--file",
            "a/1.json",
            "--rows",
            rows,
        ];
        let ran = test.args(args).status(status).run();
        if status == 0 {
            assert_eq!(
                ran.json(),
                json!({"job": "job-1", "state": "Completed", "rows": 5})
            );
        } else {
            ran.complains("job job-1 was aborted: it has 5 rows, expected 6");
        }
        let ended = |end: &str| {
            server
                .requests()
                .iter()
                .filter(|it| it.target.ends_with(end))
                .count()
        };
        assert_eq!(ended(call), 1);
        assert_eq!(ended("/commit") + ended("/abort"), 1);
    }
}

#[test]
fn a_dry_run_of_two_phase_shows_the_commit() {
    let server = two_phase();
    let test = Test::new().args(["-p", &server.url(), "--dry-run", "run"]);
    let test = test.args([path("two_phase.rhai"), "--collection".to_owned()]);
    let ran = test
        .args(["books", "--file", "a/1.json", "--rows", "9"])
        .run();
    ran.says("# create the import job\n")
        .says("# commit the job\n");
    // The create call, the progress until the job is ready, and the commit.
    assert_eq!(ran.stdout.matches("\ncurl ").count(), 3, "{}", ran.stdout);
    assert!(!ran.stdout.contains("Completed\n"), "{}", ran.stdout);
    let mut changes = server.requests();
    changes.retain(|it| !it.target.ends_with("/list"));
    assert!(changes.is_empty(), "{changes:?}");
}
