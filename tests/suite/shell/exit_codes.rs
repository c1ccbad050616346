//! Tests each documented exit code.

use crate::shell::service::{connect, failing, service};
use crate::support::harness::{Test, quoted};
use crate::support::server::{Reply, Server};
use serde_json::json;

fn reply(reply: Reply) -> Server {
    Server::start(move |_| reply.clone())
}

fn progress(state: &str) -> Server {
    let data = json!({"jobId": "job-1", "state": state, "progress": 5, "reason": "row 3"});
    reply(Reply::json(json!({"code": 0, "data": data}).to_string()))
}

/// Checks that a run on this server exits with this status, with an error message on failure.
fn exits(server: &Server, call: &str, status: i32) {
    let text = format!("{} {call}", connect(server, "milvus"));
    let ran = Test::new().env("KEY", "k").eval(text).status(status).run();
    assert_eq!(
        ran.stderr.contains("error: "),
        status != 0,
        "{call}: {}",
        ran.stderr
    );
}

#[test]
fn done_is_0() {
    exits(&service(), "jobs()", 0);
    exits(&progress("Uncommitted"), "wait(\"job-1\")", 0);
    exits(&service(), "try { throw 1 } catch {}", 0);
}

#[test]
fn a_script_that_throws_or_does_not_parse_is_1() {
    exits(&service(), "throw 1", 1);
    exits(&service(), "1 +", 1);
    exits(&service(), "nonesuch()", 1);
    exits(&service(), "assert(false)", 1);
    exits(&service(), "jobs(#{stat: 1})", 1);
    Test::new()
        .stdin("nonesuch()")
        .args(["lint", "-"])
        .status(1)
        .run();
}

#[test]
fn a_wrong_command_line_is_2() {
    for args in [
        &["--nonesuch"][..],
        &["run", "none.rhai"],
        &["eval", "params(#{x: 1})", "--y"],
        &["journal", "list", "--state", "foo"],
        &["-p", "local", "wait", "x", "--interval", "foo"],
        &["-p", "local", "import", "books", "1.json", "--key", "ü"],
        &["lint", "none.rhai"],
        &["profile", "show", "none"],
    ] {
        Test::new().args(args.iter().copied()).status(2).run();
    }
}

#[test]
fn no_connection_or_a_refused_key_is_3() {
    exits(&reply(Reply::status(401, "no")), "jobs()", 3);
    exits(
        &reply(Reply::json(r#"{"code":1800,"message":"no"}"#)),
        "jobs()",
        3,
    );
    Test::new()
        .eval("connect(\"http://127.0.0.1:1\")")
        .status(3)
        .run();
    Test::new().eval("connect(\"nonesuch\")").status(3).run();
    Test::new().args(["jobs"]).status(3).run();
}

#[test]
fn a_failed_job_is_4() {
    exits(&progress("Failed"), "wait(\"job-1\")", 4);
    exits(&progress("Aborted"), "wait(\"job-1\")", 4);
}

#[test]
fn a_timeout_while_waiting_is_5() {
    let wait = "wait(\"job-1\", #{timeout: \"50ms\", interval: \"10ms\"})";
    exits(&progress("Importing"), wait, 5);
    let test = Test::new().args(["--timeout", "50ms"]).eval("sleep(3600)");
    test.status(5).run();
}

#[test]
fn an_unknown_submission_is_6() {
    exits(
        &failing(Reply::status(500, "x")),
        "import(\"b\", \"1.json\")",
        6,
    );
}

#[test]
fn a_refused_request_is_7() {
    let server = failing(Reply::json(r#"{"code":1100,"message":"no"}"#));
    exits(&server, "import(\"b\", \"1.json\")", 7);
    exits(&service(), "import(\"b\", \"1.xlsx\")", 7);
    Test::new()
        .eval(format!("read_text({})", quoted("none")))
        .status(7)
        .run();
}

#[test]
fn a_busy_service_is_75() {
    let full = r#"{"code":2100,"message":"the number of jobs has reached the limit"}"#;
    exits(&reply(Reply::json(full)), "import(\"b\", \"1.json\")", 75);
}

#[test]
fn interrupted_is_130_and_terminated_143() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let test = Test::new().eval("print(\"ready\"); sleep(3600)");
        let mut running = test.status(status).spawn();
        running.line();
        running.signal(signal);
        running.end();
    }
}

#[test]
fn a_closed_standard_output_is_141() {
    for args in [&["eval"][..], &["--dry-run", "eval"]] {
        let text = "print(\"ready\"); loop { print(\"on\"); }";
        let test = Test::new().args(args.iter().copied()).args([text]);
        let mut running = test.status(141).spawn();
        running.line();
        running.close_stdout();
        assert_eq!(running.end().stderr, "");
    }
}

#[test]
fn a_script_can_choose_its_exit_code() {
    for code in [0, 9, 42, 255] {
        Test::new().eval(format!("exit({code})")).status(code).run();
    }
}

#[test]
fn the_manual_lists_all_exit_codes() {
    let page = Test::new().args(["man"]).run().stdout;
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 75, 130, 141, 143] {
        assert!(page.contains(&format!(".TP\n\\fB{code}\\fR\n")), "{code}");
    }
}
