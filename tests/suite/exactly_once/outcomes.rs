//! Every answer to a create call has one of four outcomes: made, refused, never sent, unknown.

use crate::exactly_once::cluster::{Cluster, CreateOutcome};
use crate::exactly_once::tools::{SETTLE, import, request_hold, states, submissions};
use crate::support::harness::Folder;
use crate::support::server::Reply;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::{self, JoinHandle};

#[test]
fn a_created_job_is_journalled() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    let made = &submissions(&folder)[0];
    assert_eq!(made["state"], "Submitted");
    assert_eq!((&made["job"], &made["key"]), (&"job-1".into(), &"k".into()));
    assert_eq!((&made["files"], &made["attempt"]), (&1.into(), &1.into()));
    let id = made["submission"].as_str().expect("an id");
    let shown = folder
        .test()
        .args(["-o", "json", "journal", "show", id])
        .run()
        .json();
    let events: Vec<&str> = shown["history"]
        .as_array()
        .expect("a history")
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    assert_eq!(events, ["intent", "made"]);
}

#[test]
fn a_refused_request_is_not_repeated() {
    for (reply, status) in [
        (
            Reply::json(r#"{"code":47005,"message":"no collection"}"#),
            7,
        ),
        (Reply::status(401, "who are you"), 3),
        (Reply::json(r#"{"code":9,"message":"quota exceeded"}"#), 7),
        // Longer than the maximum wait for one import.
        (
            Reply::status(429, "slow down").with_header("retry-after", "30"),
            75,
        ),
    ] {
        let folder = Folder::new();
        let case = format!("{reply:?}");
        let cluster = Cluster::start(move |_, _| CreateOutcome::Instead(reply.clone()));
        import(&folder, &cluster, "key: \"k\"").status(status).run();
        assert_eq!(cluster.state().creates, 1, "{case}");
        assert_eq!(states(&folder), ["Refused"], "{case}");
        // The key can be used again.
        import(&folder, &cluster, "key: \"k\"").status(status).run();
        assert_eq!(cluster.state().creates, 2, "{case}");
    }
}

#[test]
fn a_request_is_repeated_while_the_service_is_busy() {
    for reply in [
        Reply::status(429, "slow down"),
        Reply::json(r#"{"code":47039,"message":"later"}"#),
        Reply::json(r#"{"code":8,"message":"rate limit exceeded"}"#),
        Reply::json(r#"{"code":2100,"message":"the number of jobs has reached the limit"}"#),
    ] {
        let case = format!("{reply:?}");
        let folder = Folder::new();
        let busy = reply.clone();
        let cluster = Cluster::start(move |number, _| match number {
            1 | 2 => CreateOutcome::Instead(busy.clone()),
            _ => CreateOutcome::Answer,
        });
        import(&folder, &cluster, "key: \"k\"").run();
        assert_eq!(cluster.state().creates, 3, "{case}");
        let folder = Folder::new();
        let cluster = Cluster::start(move |_, _| CreateOutcome::Instead(reply.clone()));
        let ran = import(&folder, &cluster, "key: \"k\", busy_wait: 0.5").status(75);
        ran.run().complains("still busy after");
        assert!(cluster.state().creates > 1, "{case}");
        assert_eq!(states(&folder), ["Refused"], "{case}");
    }
}

#[test]
fn busy_wait_limits_the_repeats() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| {
        CreateOutcome::Instead(Reply::status(429, "slow").with_header("retry-after", "7"))
    });
    let connect = cluster.connect("milvus", "busy_wait: \"5s\"");
    for call in [
        r#"import("books", "day/1.json")"#,
        r#"import_all("books", ["day/1.json"])"#,
        r#"import_all("books", ["day/1.json"], #{busy_wait: 1})"#,
    ] {
        let ran = folder.test().eval(format!("{connect} {call}")).status(75);
        ran.run().complains("try again in 7s");
    }
    // The default of a batch is longer.
    let ran = folder.test().eval(format!(
        r#"{} import_all("books", ["day/1.json"])"#,
        cluster.connect("milvus", SETTLE)
    ));
    let mut run = ran.status(130).spawn();
    run.await_error("the batch waits and continues");
    run.signal("INT");
    run.end();
    assert_eq!(cluster.state().creates, 4);
}

#[test]
fn a_request_that_fails_local_checks_is_not_journalled() {
    let folder = Folder::new();
    let cluster = Cluster::start(|_, _| CreateOutcome::Answer);
    import(&folder, &cluster, "access_key: \"a\"")
        .status(7)
        .run();
    import(&folder, &cluster, "key: \"ü\"").status(1).run();
    import(&folder, &cluster, "key: \"\"").status(1).run();
    import(&folder, &cluster, "key: \"zshell-key/1\"")
        .status(1)
        .run();
    assert_eq!(cluster.state().lists, 4, "connect's own");
    assert!(states(&folder).is_empty());
}

/// A server that identifies itself as zshell's own, so no scan is needed. It frees its port when dropped.
struct OwnServer {
    address: SocketAddr,
    serving: Option<JoinHandle<usize>>,
}

impl OwnServer {
    fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("its address");
        let serving = thread::spawn(move || {
            let creates = listener.incoming().map_while(|stream| answer(stream.ok()?));
            creates.filter(|is_create| *is_create).count()
        });
        let serving = Some(serving);
        Self { address, serving }
    }

    /// Ends the server and returns the number of create calls.
    fn end(mut self) -> usize {
        self.stop().expect("it was serving")
    }

    fn stop(&mut self) -> Option<usize> {
        let serving = self.serving.take()?;
        // A connection without a request ends the server.
        drop(TcpStream::connect(self.address));
        serving.join().ok()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Answers one request. Returns true for a create call, and `None` if there was no request.
fn answer(mut stream: TcpStream) -> Option<bool> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head).ok()? > 2 {
        let last = head.lines().last().unwrap_or_default().to_ascii_lowercase();
        if let Some(value) = last.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    if head.is_empty() {
        return None;
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let is_create = head.contains("/import/create ");
    let data = if is_create {
        r#"{"jobId":"job-1"}"#
    } else {
        r#"{"records":[]}"#
    };
    let body = format!(r#"{{"code":0,"data":{data}}}"#);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nserver: zshell/0\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    Some(is_create)
}

#[test]
fn a_request_that_was_never_sent_is_sent_again() {
    let folder = Folder::new();
    let server = OwnServer::at("127.0.0.1:0");
    let address = server.address.to_string();
    // The script continues once the pipe is closed.
    let go = folder.path("work/go");
    let made = Command::new("mkfifo").arg(&go).status();
    assert!(made.expect("mkfifo runs").success());
    let text = format!(
        r#"connect("http://{address}"); print("ready"); read_text("go"); print(import("books", "/day/1.json").id);"#
    );
    let test = folder.test().args(["-v"]).eval(text);
    let mut run = test.stdout("ready\njob-1\n").spawn();
    assert_eq!(run.line(), "ready");
    assert_eq!(server.end(), 0);
    std::fs::write(&go, "").expect("the script goes on");
    run.await_error("< failed POST");
    let again = OwnServer::at(&address);
    run.end();
    assert_eq!(again.end(), 1);
    assert_eq!(states(&folder), ["Submitted"]);
}

#[test]
fn an_answer_that_comes_after_ctrl_c_is_journalled() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |_, _| {
        hold.wait();
        CreateOutcome::Answer
    });
    let mut run = import(&folder, &cluster, "key: \"k\"").status(130).spawn();
    control.await_arrival();
    run.signal("INT");
    run.await_error("waiting for the answer");
    control.release();
    run.end()
        .complains("journal show zshell-")
        .complains("interrupted");
    let made = &submissions(&folder)[0];
    assert_eq!(
        (&made["state"], &made["job"]),
        (&"Submitted".into(), &"job-1".into())
    );
    import(&folder, &cluster, "key: \"k\"")
        .stdout("job-1\n")
        .run();
    assert_eq!(cluster.state().creates, 1);
}

#[test]
fn a_terminated_run_does_not_wait_for_a_missing_answer() {
    let folder = Folder::new();
    let (hold, control) = request_hold();
    let cluster = Cluster::start(move |number, _| {
        if number == 1 {
            hold.wait();
        }
        CreateOutcome::Answer
    });
    let run = import(&folder, &cluster, "key: \"k\"").status(143).spawn();
    control.await_arrival();
    run.signal("TERM");
    run.end();
    assert_eq!(states(&folder), ["Unknown"]);
    control.release();
    // The first job appears only after its request is released, so now it's found or made again, but never both.
    import(&folder, &cluster, "key: \"k\"").run();
    assert_eq!(cluster.state().of_file("day/1.json").len(), 1);
}
