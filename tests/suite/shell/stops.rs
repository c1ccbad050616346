//! A stop can't be caught by a script, and its exit code isn't lost.

use crate::shell::service::{connect, service};
use crate::support::harness::{Folder, TOKEN, Test};
use crate::support::server::{Reply, Server};
use std::fs::{self, File, OpenOptions};
use std::time::{Duration, Instant};

#[test]
fn the_time_limit_cannot_be_caught() {
    for text in [
        "try { sleep(3600) } catch (e) {} 5",
        "loop { try { sleep(3600) } catch (e) {} }",
    ] {
        let test = Test::new()
            .args(["--timeout", "100ms"])
            .eval(text)
            .status(5);
        let ran = test.run();
        ran.complains("--timeout");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_wait_with_a_timeout_ends_if_the_service_is_silent() {
    let server = Server::start(|_| Reply::Silence);
    let text = format!(
        "{} wait(\"job-1\", #{{timeout: \"200ms\"}})",
        connect(&server, "v2")
    );
    let test = Test::new().env("KEY", TOKEN).eval(text).status(5);
    test.run()
        .complains("not ended")
        .complains("wait(\"job-1\")");
}

#[test]
fn a_failed_wait_has_a_hint() {
    let server = Server::start(|_| Reply::json(r#"{"code": 90144, "message": "no such job"}"#));
    let text = format!(
        "{} try {{ wait([\"job-1\", \"job-2\"]) }} catch (e) {{ print(e.jobs); throw e; }}",
        connect(&server, "v2")
    );
    let test = Test::new().env("KEY", TOKEN).eval(text).status(7);
    let ran = test.run();
    assert_eq!(ran.stdout, "[\"job-1\", \"job-2\"]\n");
}

#[test]
fn a_sleep_beyond_the_clocks_range_is_an_error() {
    let reply = Reply::status(429, "").with_header("retry-after", "18446744073709551615");
    let server = Server::start(move |_| reply.clone());
    let text = format!("{} jobs()", connect(&server, "v2"));
    let test = Test::new().env("KEY", TOKEN).eval(text).status(75);
    test.run();
}

/// Writes to `/dev/full` fail like writes to a full disk.
#[test]
fn lost_output_is_an_error() {
    for text in ["print(1)", "print(1); show([1])", "[1, 2, 3]"] {
        let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
            eprintln!("skipped: there is no /dev/full here");
            return;
        };
        let test = Test::new().eval(text);
        let output = test.command().stdout(full).output().expect("zshell runs");
        assert_eq!(output.status.code(), Some(7), "{text}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            complaint.contains("cannot write to standard output"),
            "{complaint}"
        );
    }
}

#[test]
fn a_secret_is_masked_in_all_output() {
    for text in [
        "secret(\"KEY\")",
        "print(secret(\"KEY\"))",
        "debug(secret(\"KEY\"))",
        "print(`key ${secret(\"KEY\")}`)",
        "print(\"user:\" + secret(\"KEY\"))",
        "show(#{key: [secret(\"KEY\")]})",
        "[secret(\"KEY\")].to_json()",
        "try { throw secret(\"KEY\") } catch (e) { print(e) }",
    ] {
        // The harness fails a run whose output contains the key.
        let ran = Test::new().env("KEY", TOKEN).eval(text).run();
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        assert!(shown.contains("****"), "{text}: {shown}");
    }
}

#[test]
fn a_secret_joined_with_text_is_sent_unmasked() {
    let server = service();
    let text = format!(
        "connect(#{{endpoint: \"{}\", token: \"root:\" + secret(\"KEY\")}})",
        server.url()
    );
    Test::new().env("KEY", TOKEN).eval(text).run();
    let sent = server.requests();
    let expected = format!("Bearer root:{TOKEN}");
    assert_eq!(sent[0].header("authorization"), Some(expected.as_str()));
}

/// Scripts that wait for a lock, and the file in the data folder that another process has locked.
const LOCK_WAITS: &[(&str, &str)] = &[
    ("local/open.lock", "connect(\"local\")"),
    (
        "journal/journal.lock",
        "import(#{collection: \"c\", url: \"s3://bucket/a.json\", key: \"k\"})",
    ),
];

#[test]
fn a_stop_ends_the_wait_for_another_processs_lock() {
    let server = Server::start(|_| {
        Reply::json(
            r#"{"code": 0, "data": {"count": 0, "currentPage": 1, "pageSize": 100, "records": []}}"#,
        )
    });
    for (file, script) in LOCK_WAITS {
        let test = Test::new().env("KEY", TOKEN);
        let path = test.folder().path("data").join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let held = File::create(&path).expect("a lock file");
        held.lock().expect("the lock");
        let text = format!("{} print(\"begun\"); {script}", connect(&server, "v2"));
        let timed = test
            .clone()
            .args(["--timeout", "300ms"])
            .eval(text.clone())
            .status(5);
        let begin = Instant::now();
        timed.run();
        assert!(begin.elapsed() < Duration::from_secs(10), "{file}");
        let mut waiting = test.eval(text).status(143).spawn();
        assert_eq!(waiting.line(), "begun");
        waiting.signal("TERM");
        let begin = Instant::now();
        waiting.end();
        assert!(begin.elapsed() < Duration::from_secs(5), "{file}");
        drop(held);
    }
}

/// Opening a pipe waits for a writer, which may never come. Script files and texts may be pipes; modules and settings
/// may not.
#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_does_not_block() {
    let pipe = |test: &Test, name: &str| {
        let path = test.folder().path(name);
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo runs").success());
    };
    for (name, text) in [
        ("work/part.rhai", "import \"part\" as part;"),
        ("config/config.toml", "connect(\"prod\")"),
        (
            "work/ca.pem",
            "connect(#{endpoint: \"https://127.0.0.1:1\", ca_cert: \"ca.pem\"})",
        ),
    ] {
        let test = Test::new();
        pipe(&test, name);
        let code = if name.ends_with("pem") { 1..8 } else { 1..2 };
        let output = test.eval(text).command().output().expect("zshell runs");
        let status = output.status.code().expect("a code");
        assert!(code.contains(&status), "{name}: {status}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            complaint.contains("not a regular file"),
            "{name}: {complaint}"
        );
    }
    let test = Test::new();
    pipe(&test, "work/token");
    let serve = ["--timeout", "200ms", "serve", "--token-file", "token"];
    test.args(serve).status(5).run().complains("--timeout");
}

/// Another process has locked the service's database, and a request waits for the lock.
#[cfg(feature = "local")]
#[test]
fn a_service_with_a_busy_database_ends_at_once() {
    let folder = Folder::new();
    folder.test().eval("connect(\"local\")").run();
    let go = folder.path("work/go");
    let made = std::process::Command::new("mkfifo").arg(&go).status();
    assert!(made.expect("mkfifo runs").success());
    let database = folder.path("data/local/store.sqlite");
    let text = "connect(\"local\"); print(\"begun\"); read_text(\"go\"); create_collection(\"b\", #{dimension: 2})";
    let mut waiting = folder.test().args(["-v"]).eval(text).status(143).spawn();
    assert_eq!(waiting.line(), "begun");
    let locked = rusqlite::Connection::open(database).expect("the database");
    locked.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    fs::write(&go, "x").expect("the script reads");
    waiting.await_error("collections/create");
    waiting.signal("TERM");
    let begin = Instant::now();
    waiting.end();
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
}
