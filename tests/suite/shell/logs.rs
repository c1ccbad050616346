//! Log lines, and standard error as JSON.

use crate::shell::service::{connect, service};
use crate::support::harness::{TOKEN, Test};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};

const ALL: &str =
    "log_debug(\"d\"); log_info(\"i\"); log_warn(\"w\"); log_error(#{n: 1}); print(\"out\")";

/// Returns each line of standard error as JSON. The time is checked and removed.
fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| {
        let mut value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let object = value.as_object_mut().expect("an object");
        let time = object.shift_remove("time").expect("a time");
        time.as_str()
            .expect("text")
            .parse::<jiff::Timestamp>()
            .expect("RFC 3339");
        value
    };
    text.lines().map(line).collect()
}

#[test]
fn log_lines_have_time_and_level() {
    let words = |args: &[&str]| {
        let ran = Test::new()
            .args(args.iter().copied())
            .eval(ALL)
            .stdout("out\n")
            .run();
        let words = ran.stderr.lines().map(|line| {
            let (time, rest) = line.split_once(' ').expect("a time");
            time.parse::<jiff::Timestamp>().expect("RFC 3339");
            rest.to_owned()
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(words(&[]), ["info  i", "warn  w", "error {\"n\":1}"]);
    assert_eq!(words(&["-v"])[0], "debug d");
    assert_eq!(words(&["-q"]), ["warn  w", "error {\"n\":1}"]);
    let ran = Test::new()
        .env("KEY", TOKEN)
        .eval("log_warn(secret(\"KEY\")); log_warn(`x ${secret(\"KEY\")}`)")
        .run();
    ran.complains("****");
}

#[test]
fn standard_error_is_json_on_request() {
    let json = ["--log-format", "json"];
    let ran = Test::new().args(json).eval(ALL).stdout("out\n").run();
    assert_eq!(
        lines(&ran.stderr),
        [
            json!({"level": "info", "message": "i"}),
            json!({"level": "warn", "message": "w"}),
            json!({"level": "error", "message": "{\"n\":1}"}),
        ]
    );
    let server = Server::start(|_| Reply::json(r#"{"code":1100,"message":"no \"such\" thing"}"#));
    let text = format!(
        "{}\nfn f() {{ import(\"b\", \"1.json\") }}\nf()",
        connect(&server, "milvus")
    );
    let ran = Test::new()
        .env("KEY", TOKEN)
        .args(json)
        .script(text)
        .status(7)
        .run();
    let found = lines(&ran.stderr);
    assert_eq!(found.len(), 1, "{}", ran.stderr);
    assert_eq!(found[0]["kind"], "refused");
    assert_eq!(found[0]["code"], 1100);
    assert_eq!(found[0]["exit"], 7);
    assert_eq!(
        found[0]["place"],
        json!({"file": "main.rhai", "line": 2, "column": 10})
    );
    assert_eq!(
        found[0]["trace"],
        json!([{"in": "f", "file": "main.rhai", "line": 3, "column": 1}])
    );
    let message = found[0]["message"].as_str().expect("text");
    assert!(message.contains("no \"such\" thing"), "{message}");
}

#[test]
fn wait_and_the_http_log_write_json_lines() {
    let server = service();
    let text = format!(
        "{} wait(\"job-1\"); debug(1); ()",
        connect(&server, "milvus")
    );
    let test = Test::new()
        .env("KEY", TOKEN)
        .args(["--log-format", "json", "-v"]);
    let ran = test.eval(text).run();
    let found = lines(&ran.stderr);
    let state = found
        .iter()
        .find(|line| line["level"] == "info")
        .expect("a change of state");
    assert_eq!(state["jobs"], json!(["job-1"]));
    assert_eq!(state["state"], "Completed");
    assert_eq!(state["percent"], 100.0);
    let http = found.iter().filter(|line| line["level"] == "debug");
    assert!(http.count() >= 3, "{}", ran.stderr);
}

#[test]
fn an_error_has_the_failed_jobs_id() {
    let server = Server::start(|_| {
        let data = json!({"jobId": "job-1", "state": "Failed", "progress": 5, "reason": "row 3"});
        Reply::json(json!({"code": 0, "data": data}).to_string())
    });
    let text = format!("{} wait(\"job-1\")", connect(&server, "milvus"));
    let test = Test::new()
        .env("KEY", "k")
        .args(["--log-format", "json", "-q"]);
    let ran = test.eval(text).status(4).run();
    let found = lines(&ran.stderr);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["jobs"], json!(["job-1"]));
    assert_eq!(found[0]["kind"], "job_failed");
    assert!(found[0]["hint"].is_string());
}

/// Errors about the command line are JSON lines with exit code 2.
#[test]
fn a_wrong_command_line_is_a_json_line() {
    for args in [
        &["--bogus"][..],
        &["eval"],
        &["-o", "x", "jobs"],
        &["--timeout", "x", "jobs"],
        &["journal"],
        &["journal", "list", "--state", "foo"],
        &["wait", "x", "--interval", "foo"],
        &["run", "none.rhai"],
        &["lint", "none.rhai"],
        &["profile", "show", "none"],
        &["profile", "add", "a b"],
    ] {
        for format in [&["--log-format", "json"][..], &["--log-format=json"]] {
            let test = Test::new().args(format.iter().chain(args).copied());
            let ran = test.status(2).stdout("").run();
            let found = lines(&ran.stderr);
            assert_eq!(found.len(), 1, "{args:?}: {}", ran.stderr);
            assert_eq!(found[0]["level"], "error", "{args:?}");
            assert_eq!(found[0]["kind"], "arguments", "{args:?}");
            assert_eq!(found[0]["exit"], 2, "{args:?}");
            let message = found[0]["message"].as_str().expect("text");
            assert!(!message.is_empty() && !message.starts_with("error"));
        }
    }
    let ran = Test::new().args(["--bogus"]).status(2).run();
    ran.complains("error: unexpected argument '--bogus'");
    assert!(!ran.stderr.contains("--data-dir"), "{}", ran.stderr);
    let help = ["--log-format", "json", "--help"];
    Test::new().args(help).stderr("").run().says("Commands:");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf8_is_a_json_line() {
    use std::os::unix::ffi::OsStrExt;
    let test = Test::new().args(["--log-format", "json", "eval"]);
    let mut command = test.command();
    command.arg(std::ffi::OsStr::from_bytes(b"\xff"));
    let output = command.output().expect("zshell runs");
    assert_eq!(output.status.code(), Some(2));
    let found = lines(&String::from_utf8(output.stderr).expect("text"));
    assert_eq!(found[0]["exit"], 2);
}
