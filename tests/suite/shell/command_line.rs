//! Commands, options and exit codes.

use crate::shell::service::{answer, connect, sent, service};
use crate::support::harness::{ACCESS, SECRET, TOKEN, Test};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};

/// Returns a run that connects to the server by its options.
fn connected(server: &Server) -> Test {
    Test::new()
        .env("MILVUS_URI", server.url())
        .env("MILVUS_TOKEN", TOKEN)
}

#[test]
fn import_jobs_progress_and_wait_are_commands() {
    let server = service();
    let ran = connected(&server)
        .args(["import", "books", "a/1.json", "a/2.json"])
        .args(["--partition", "p", "--db", "d", "--key", "k1"])
        .run();
    ran.says("job-1");
    let created = &sent(&server, "/create")[0];
    let body: Value = serde_json::from_str(&created.body).expect("JSON");
    assert_eq!(
        body,
        json!({"collectionName": "books", "files": [["a/1.json"], ["a/2.json"]], "dbName": "d", "partitionName": "p"})
    );
    let header = created.header("idempotency-key").unwrap_or_default();
    assert!(header.starts_with("zshell-key/"), "{header}");
    connected(&server).args(["jobs"]).run().says("Completed");
    connected(&server)
        .args(["progress", "job-1"])
        .run()
        .says("1.json");
    connected(&server)
        .args(["wait", "job-1"])
        .run()
        .says("Completed");
    let ran = connected(&server)
        .args(["wait", "job-1", "job-2", "-o", "json"])
        .run();
    assert_eq!(ran.json().as_array().map(Vec::len), Some(2));
    let ran = connected(&server)
        .args(["import", "books", "1.json", "--wait", "-o", "json"])
        .run();
    assert_eq!(ran.json()["state"], "Completed");
}

#[test]
fn the_jobs_command_has_filters() {
    let server = service();
    let run = |args: &[&str]| {
        let test = connected(&server).args(["jobs", "-o", "csv"]);
        test.args(args.iter().copied()).run().stdout
    };
    let row = "job-0,books,Completed";
    assert!(run(&["--state", "completed", "--state", "failed"]).contains(row));
    assert!(!run(&["--state", "active"]).contains(row));
    assert!(run(&["--collection", "books", "--limit", "all"]).contains(row));
    assert!(!run(&["--collection", "other"]).contains(row));
    let test = connected(&server).args(["jobs", "--state", "faild"]);
    test.status(2).run().complains("Failed");
}

#[test]
fn a_script_is_a_file_standard_input_or_an_argument() {
    Test::new().script("1 + 1").stdout("2\n").run();
    let test = Test::new().args(["run", "-", "a", "b"]).stdin("args.len()");
    test.stdout("2\n").run();
    Test::new().stdin("1 + 1\n").stdout("2\n").run();
    Test::new().eval("1 + 1").stdout("2\n").run();
    Test::new().eval("-1").stdout("-1\n").run();
    Test::new().stdin("").stdout("").stderr("").run();
    let bytes = b"#!/usr/bin/env -S zshell run\r\nprint(1);\r\n";
    Test::new().script(bytes).stdout("1\n").run();
    let marked = [b"\xef\xbb\xbf".as_slice(), bytes].concat();
    Test::new().script(marked).stdout("1\n").run();
    Test::new().script("#!/usr/bin/zshell").stdout("").run();
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for args in [
        &["run"][..],
        &["run", "none.rhai"],
        &["eval"],
        &["-o", "xml", "jobs"],
        &["nonesuch"],
        &["import", "books"],
        &["--timeout", "soon", "jobs"],
        &["jobs", "--nonesuch"],
        &["serve", "--import-rate", "0"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--token-file", "none"],
        &["serve", "--listen", "0.0.0.0:0"],
        &["progress"],
        &["run", "."],
    ] {
        let ran = Test::new().args(args.iter().copied()).status(2).run();
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(!ran.stderr.is_empty(), "{args:?}");
    }
    let bytes = Test::new().script([b'1', 0xff]).status(2).run();
    bytes.complains("main.rhai");
}

#[test]
fn help_and_version_go_to_standard_output() {
    for args in [["--help"], ["-h"], ["help"]] {
        Test::new().args(args).stderr("").run().says("Commands:");
    }
    let version = format!("zshell {}\n", env!("CARGO_PKG_VERSION"));
    Test::new().args(["--version"]).stdout(version).run();
    Test::new().args(["run", "--help"]).run().says("[ARG]...");
}

#[test]
fn commands_have_the_exit_codes_of_their_functions() {
    let server = Server::start(|request| match answer(request) {
        _ if request.target.contains("progress") => {
            let data = json!({"jobId": "job-1", "state": "Failed", "reason": "row 3: too long"});
            Reply::json(json!({"code": 0, "data": data}).to_string())
        }
        reply => reply,
    });
    let test = connected(&server).args(["import", "books", "1.json", "--wait"]);
    test.status(4).stdout("").run().complains("row 3: too long");
    let test = connected(&server).args(["wait", "job-1"]).status(4);
    test.run().complains("row 3: too long");
    connected(&server)
        .args(["progress", "job-1"])
        .run()
        .says("Failed");
    let test = connected(&server).args(["import", "books", "1.xlsx"]);
    test.status(7).run();
}

#[test]
fn the_time_limit_ends_any_run_with_5() {
    let silent = Server::start(|_| Reply::Silence);
    let importing = Server::start(|_| {
        let data = json!({"jobId": "job-1", "state": "Importing", "progress": 5});
        Reply::json(json!({"code": 0, "data": data}).to_string())
    });
    let limit = ["--timeout", "300ms"];
    let wait = connected(&importing).args(limit).args(["wait", "job-1"]);
    let ran = wait.status(5).run();
    ran.complains("--timeout").complains("zshell wait job-1");
    for text in [
        "jobs()",
        "sleep(3600)",
        "loop {}",
        "try { sleep(3600) } catch { } sleep(3600)",
    ] {
        let test = connected(&silent).args(limit).eval(text).status(5);
        test.run().complains("--timeout");
    }
}

#[test]
fn quiet_keeps_results_and_errors() {
    let server = service();
    let ran = connected(&server).args(["-q", "wait", "job-1"]).run();
    assert_eq!(ran.stderr, "");
    ran.says("Completed");
    let test = connected(&server).args(["-q"]).eval("throw 1").status(1);
    test.run().complains("error: 1");
}

#[test]
fn progress_of_a_wait_goes_to_standard_error_without_colour() {
    let server = service();
    let ran = connected(&server)
        .args(["wait", "job-1", "-o", "csv"])
        .run();
    ran.complains("job-1");
    assert!(
        !ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\r'),
        "{:?}",
        ran.stderr
    );
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    let colour = connected(&server).args(["--color", "always", "jobs"]).run();
    colour.says("\u{1b}[");
}

#[test]
fn the_log_shows_each_call_and_no_secret() {
    let server = service();
    let call = r#"import("books", "s3://bucket/1.json", #{access_key: secret("AK"), secret_key: secret("SK")})"#;
    let ran = Test::new()
        .args(["-v"])
        .env("KEY", TOKEN)
        .env("AK", ACCESS)
        .env("SK", SECRET)
        .eval(format!("{} {call}", connect(&server, "v2")))
        .run();
    ran.complains("POST ")
        .complains("/v2/vectordb/jobs/import/create");
    ran.complains("200");
}

#[test]
fn the_data_folder_is_an_option() {
    let test = Test::new();
    let folder = test.folder().clone();
    let ran = test
        .args(["--data-dir", "here"])
        .eval("connect(\"local\"); collections()")
        .run();
    ran.says("no collections");
    assert!(folder.path("work/here").is_dir());
    assert_eq!(folder.kept(), []);
}
