//! `wait` for many jobs, results in every output format, and a reader that closes the pipe early.

use crate::support::harness::Test;
use crate::support::server::{Reply, Request, Server};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

fn is_progress(request: &Request) -> bool {
    !request.target.ends_with("/list")
}

/// Returns the job id in a progress call.
fn job_in(request: &Request) -> String {
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
    body["jobId"].as_str().unwrap_or_default().to_owned()
}

fn progress(id: &str, state: &str) -> Reply {
    Reply::json(format!(
        r#"{{"code":0,"data":{{"jobId":"{id}","collectionName":"books","state":"{state}","progress":50}}}}"#
    ))
}

fn script(server: &Server, wait: &str) -> String {
    format!(
        "connect(#{{endpoint: {:?}, verify: false}}); let ids = []; for n in 0..40 {{ ids.push(`job-${{n}}`); }} {wait}",
        server.url()
    )
}

#[test]
fn wait_reads_at_most_eight_jobs_at_once() {
    let under_way = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let most = Arc::new(AtomicUsize::new(0));
    let (shared, seen) = (Arc::clone(&under_way), Arc::clone(&most));
    let server = Server::start(move |request| {
        if !is_progress(request) {
            return Reply::json(r#"{"code":1,"message":"no list here"}"#);
        }
        let (count, changed) = &*shared;
        let mut now = count.lock().unwrap_or_else(PoisonError::into_inner);
        *now += 1;
        seen.fetch_max(*now, Ordering::Relaxed);
        changed.notify_all();
        // Waits until a second request arrives, unless two have overlapped before.
        let alone = |_: &mut usize| seen.load(Ordering::Relaxed) < 2;
        let mut now = changed
            .wait_timeout_while(now, Duration::from_mins(1), alone)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        *now -= 1;
        drop(now);
        progress(&job_in(request), "Completed")
    });
    let text = script(
        &server,
        "let all = wait(ids); print(all.len()); print(all[39].id)",
    );
    Test::new().eval(text).run().says("40\njob-39\n");
    let most = most.load(Ordering::Relaxed);
    assert!((2..=8).contains(&most), "{most} at once");
    let mut requests = server.requests();
    requests.retain(is_progress);
    assert_eq!(requests.len(), 40);
}

#[test]
fn a_missing_job_ends_the_wait() {
    let server = Server::start(|request| match job_in(request).as_str() {
        "job-7" => Reply::json(r#"{"code":90144,"message":"no such job"}"#),
        id => progress(id, "Completed"),
    });
    let ran = Test::new()
        .eval(script(&server, "wait(ids)"))
        .status(7)
        .run();
    ran.complains("no such job").complains("wait(");
}

#[test]
fn a_too_short_interval_is_raised_with_a_notice() {
    let readings = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let first = readings.fetch_add(1, Ordering::Relaxed) == 0;
        progress(
            &job_in(request),
            if first { "Importing" } else { "Completed" },
        )
    });
    let text = script(&server, "wait(\"job-1\", #{interval: \"10ms\"}).state");
    let ran = Test::new().eval(text).run();
    ran.says("Completed\n")
        .complains("no more than twice a second, so interval is 0.5s");
}

#[test]
fn a_result_has_every_output_format() {
    let rows = "[#{a: 1, b: \"x|y\"}, #{a: 2, b: \"no\"}]";
    for (form, expected) in [
        ("table", "a  b\n1  x|y\n2  no\n"),
        (
            "vertical",
            "-[ 1 ]----------------------------------\na  1\nb  x|y\n-[ 2 ]----------------------------------\na  2\nb  no\n",
        ),
        (
            "ndjson",
            "{\"a\":1,\"b\":\"x|y\"}\n{\"a\":2,\"b\":\"no\"}\n",
        ),
        ("csv", "a,b\n1,x|y\n2,no\n"),
        (
            "markdown",
            "| a | b |\n| ---: | --- |\n| 1 | x\\|y |\n| 2 | no |\n",
        ),
        ("yaml", "- a: 1\n  b: x|y\n- a: 2\n  b: \"no\"\n"),
    ] {
        Test::new()
            .args(["-o", form])
            .eval(rows)
            .run()
            .says(expected);
        let shown = format!("show({rows}, #{{format: \"{form}\"}})");
        Test::new().eval(shown).run().says(expected);
    }
    let first = format!("show({rows}, #{{limit: 1, columns: [\"b\"], format: \"ndjson\"}})");
    Test::new().eval(first).run().says("{\"b\":\"x|y\"}\n");
    let note = format!("show({rows}, #{{limit: 1}})");
    Test::new()
        .eval(note)
        .run()
        .says("a  b\n1  x|y\n... 1 more row\n");
    Test::new()
        .eval(format!("show({rows}, #{{limit: \"some\"}})"))
        .status(1)
        .run()
        .complains("limit is a whole number, or \"all\"");
    Test::new()
        .args(["-o", "yml"])
        .eval("1")
        .status(2)
        .run()
        .complains("yaml");
}

#[test]
fn closing_the_pipe_ends_a_large_result_quietly() {
    let rows = "let l = []; for n in 0..20000 { l.push(#{n: n, text: `row ${n} of many`}); } l";
    for form in [
        "table", "vertical", "json", "ndjson", "csv", "markdown", "yaml",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_zshell"))
            .args(["-o", form, "eval", rows])
            .env("ZSHELL_DATA_DIR", folder.path())
            .env("ZSHELL_CONFIG_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start");
        let mut stdout = child.stdout.take().expect("its output");
        stdout.read_exact(&mut [0; 8]).expect("a beginning");
        drop(stdout);
        let ended = child.wait_with_output().expect("an end");
        assert_eq!(ended.status.code(), Some(141), "{form}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{form}");
    }
}
