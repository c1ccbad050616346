//! Ctrl-C, SIGTERM and a closed pipe, each sent once the run has shown that it's ready.

use crate::shell::service::{answer, is_create};
use crate::support::harness::{Folder, Ran, Running, Test, quoted};
use crate::support::server::{Reply, Server};
use serde_json::json;
use std::io::BufRead;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Starts a server that gives this answer and sends each request's target to the test.
fn start_reporting(reply: Reply) -> (Server, Receiver<String>) {
    let (sender, arrivals) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = Server::start(move |request| {
        let sender = sender.lock().expect("a sender");
        // The test may have ended.
        let _ = sender.send(request.target.clone());
        reply.clone()
    });
    (server, arrivals)
}

fn await_request(arrivals: &Receiver<String>) {
    arrivals
        .recv_timeout(Duration::from_mins(1))
        .expect("a request");
}

fn ready(text: &str, status: i32) -> Running {
    let text = format!("print(\"ready\"); {text}");
    let mut running = Test::new().eval(text).status(status).spawn();
    assert_eq!(running.line(), "ready");
    running
}

#[test]
fn a_script_can_be_interrupted_anywhere() {
    for (signal, status, word) in [
        ("INT", 130, "interrupted"),
        ("TERM", 143, "terminated"),
        ("HUP", 129, "the terminal was closed"),
    ] {
        for text in [
            "sleep(3600)",
            "loop {}",
            "fn f() { loop { } } f()",
            "try { sleep(3600) } catch (e) { } print(\"on\")",
            "try { loop {} } catch (e) { } print(\"on\")",
            "[1].map(|x| sleep(3600))",
        ] {
            let running = ready(text, status);
            running.signal(signal);
            let ran = running.end();
            ran.complains(word);
            assert_eq!(ran.stdout, "ready\n", "{text}");
        }
    }
}

/// Opening a pipe waits until another process opens its other end, which may never happen.
#[cfg(unix)]
#[test]
fn opening_a_pipe_can_be_interrupted() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path("work/pipe"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    for text in [
        "write_text(\"pipe\", \"x\")",
        "write_text(\"pipe\", \"x\", #{append: true})",
        "read_text(\"pipe\")",
    ] {
        let limited = folder.test().args(["--timeout", "200ms"]).eval(text);
        limited.status(5).run().complains("--timeout");
        let text = format!("print(\"ready\"); {text}");
        let mut running = folder.test().eval(text).status(143).spawn();
        assert_eq!(running.line(), "ready");
        running.signal("TERM");
        running.end();
    }
}

#[test]
fn a_request_without_an_answer_is_interrupted() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (server, arrivals) = start_reporting(Reply::Silence);
        let test = Test::new().env("MILVUS_URI", server.url());
        let running = test.args(["jobs"]).status(status).spawn();
        await_request(&arrivals);
        running.signal(signal);
        running.end();
    }
}

#[test]
fn an_interrupted_submission_is_reported_as_unknown() {
    let (sender, arrivals) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = Server::start(move |request| {
        if !is_create(request) {
            return answer(request);
        }
        // The test may have ended.
        let _ = sender.lock().expect("a sender").send(String::new());
        Reply::Silence
    });
    let text = format!(
        "connect(#{{endpoint: {}, verify: false}}); import(\"books\", \"1.json\")",
        quoted(server.url())
    );
    let running = Test::new().eval(text).status(130).spawn();
    await_request(&arrivals);
    running.signal("INT");
    let ran = running.end();
    ran.complains("jobs()")
        .complains("zshell journal show zshell-");
    assert_eq!(
        server.requests().iter().filter(|it| is_create(it)).count(),
        1
    );
}

#[test]
fn an_interrupted_wait_has_a_hint() {
    let data = json!({"jobId": "job-1", "state": "Importing", "progress": 5});
    let (server, arrivals) =
        start_reporting(Reply::json(json!({"code": 0, "data": data}).to_string()));
    let text = format!(
        "connect(#{{endpoint: {}, verify: false}}); wait(\"job-1\", #{{interval: 0.01}})",
        quoted(server.url())
    );
    let running = Test::new().eval(text).status(130).spawn();
    await_request(&arrivals);
    await_request(&arrivals);
    running.signal("INT");
    running.end().complains("come back with wait(\"job-1\")");
}

/// Submits two jobs, of which the first has ended, and stops the run while `rest` runs.
fn stopped_after_submitting(rest: &str, signal: &str, status: i32) -> Ran {
    let made = Mutex::new(0);
    let server = Server::start(move |request| {
        let mut made = made.lock().expect("a count");
        let data = if is_create(request) {
            *made += 1;
            json!({"jobId": format!("job-{made}")})
        } else if request.target.ends_with("/list") {
            json!({"records": []})
        } else if request.body.contains("job-1") {
            json!({"jobId": "job-1", "state": "Completed"})
        } else {
            json!({"jobId": "job-2", "state": "Importing", "progress": 5})
        };
        Reply::json(json!({"code": 0, "data": data}).to_string())
    });
    let text = format!(
        "connect(#{{endpoint: {}, verify: false}}); wait(import(\"books\", \"1.json\"));
         let job = import(\"books\", \"2.json\"); print(\"ready\"); {rest}",
        quoted(server.url())
    );
    let mut running = Test::new().eval(text).status(status).spawn();
    assert_eq!(running.line(), "ready");
    running.signal(signal);
    running.end()
}

#[test]
fn a_stopped_run_names_the_jobs_it_submitted() {
    for rest in [
        "sleep(3600)",
        "loop {}",
        "wait(job)",
        "try { wait(job) } catch (e) { }",
    ] {
        for (signal, status) in [("INT", 130), ("TERM", 143)] {
            let ran = stopped_after_submitting(rest, signal, status);
            ran.complains("the job continues; come back with wait(\"job-2\")");
            assert_eq!(ran.stderr.matches("come back").count(), 1, "{}", ran.stderr);
        }
    }
}

#[test]
fn serve_ends_cleanly() {
    for (signal, status, error) in [
        ("TERM", 0, ""),
        ("INT", 0, ""),
        ("HUP", 129, "error: the terminal was closed\n"),
    ] {
        let test = Folder::new()
            .test()
            .args(["serve", "--listen", "127.0.0.1:0"]);
        let mut running = test.status(status).spawn();
        assert!(running.line().starts_with("listening on http://127.0.0.1:"));
        running.signal(signal);
        let ran = running.end();
        assert_eq!(ran.stderr, error);
    }
}

/// `nohup` starts a program with SIGHUP ignored, which must stay ignored.
#[cfg(target_os = "linux")]
#[test]
fn a_run_under_nohup_continues_without_its_terminal() {
    let folder = Folder::new();
    let test = folder
        .test()
        .eval("print(\"ready\"); sleep(0.3); print(\"done\")");
    let mut command = std::process::Command::new("nohup");
    let plain = test.command();
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("nohup runs");
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("its output")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    let sent = std::process::Command::new("kill")
        .args(["-HUP", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
    assert_eq!(lines.next().expect("a line").expect("text"), "done");
    assert!(child.wait().expect("an end").success());
}

#[test]
fn a_closed_standard_output_ends_the_run_quietly() {
    for text in [
        "loop { print(\"x\") }",
        "loop { show([1, 2, 3]) }",
        "loop { try { show(1) } catch (e) { } }",
        "loop { help() }",
    ] {
        let mut running = ready(text, 141);
        running.close_stdout();
        assert_eq!(running.end().stderr, "");
    }
}
