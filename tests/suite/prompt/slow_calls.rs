//! The status lines and signals of a terminal while a service doesn't answer, and at the end of a long wait.

use crate::prompt::harness::{CTRL_C, ENTER, Home, Terminal, look_of};
use crate::prompt::service::Service;
use crate::shell::service::{answer, is_create};
use crate::support::server::{Reply, Server};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Returns a call that connects to a server without a request.
fn connect(server: &Server) -> String {
    let url = server.url();
    format!(
        "connect(#{{endpoint: \"{url}\", api: \"v2\", cluster_id: \"in03-3bf3c31f4248e22\", verify: false, settle: 0}});"
    )
}

/// Starts a service that delays its answers to calls with this path end until the flag is set.
fn delayed(end: &'static str) -> (Server, Arc<AtomicBool>) {
    let door = Arc::new(AtomicBool::new(false));
    let open = Arc::clone(&door);
    let server = Server::start(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let begin = Instant::now();
        while path.ends_with(end) && !open.load(Ordering::SeqCst) {
            assert!(begin.elapsed() < Duration::from_mins(1), "nobody opens");
            std::thread::sleep(Duration::from_millis(10));
        }
        answer(request)
    });
    (server, door)
}

/// Returns the server's host and port.
fn host(server: &Server) -> String {
    server.url().replace("http://", "")
}

#[test]
fn a_line_shows_the_call_until_the_answer_arrives() {
    let (server, door) = delayed("/jobs/import/list");
    let mut shell = Home::new().shell();
    shell.run(&connect(&server));
    shell.begin("jobs()");
    let line = format!("waiting for {} to list the jobs … ", host(&server));
    shell.see(&format!("{line}1s (Ctrl-C stops)"));
    let look = shell.look(|screen| look_of(screen, &line));
    assert!(look.expect("the line").dim);
    // The time is updated in place.
    shell.see(&format!("{line}2s (Ctrl-C stops)"));
    assert_eq!(shell.screen().matches("waiting for").count(), 1);
    door.store(true, Ordering::SeqCst);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.contains("job-0"), "{screen}");
    assert!(!screen.contains("waiting"), "{screen}");
}

#[test]
fn the_line_counts_attempts_and_ctrl_c_removes_it() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0..3 => Reply::status(503, "later"),
        _ => Reply::Silence,
    });
    let mut shell = Home::new().shell();
    shell.run(&connect(&server));
    shell.begin("describe(\"books\")");
    shell.wait_for("the fourth try", |screen| {
        let shown = screen.contents();
        shown.contains("waiting for") && shown.contains("s, try 4 (Ctrl-C stops)")
    });
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.contains("interrupted"), "{screen}");
    assert!(!screen.contains("waiting for"), "{screen}");
}

#[test]
fn the_line_of_a_submission_fits_narrow_terminals() {
    let server = Server::start(|request| {
        if is_create(request) {
            Reply::status(429, "busy")
        } else {
            answer(request)
        }
    });
    let home = Home::new();
    for (columns, stops) in [(100, true), (50, false)] {
        let mut shell = home.shell_with(columns, &[]);
        shell.run(&connect(&server));
        shell.begin("import(\"books\", \"s3://bucket/a.json\", #{busy_wait: \"1m\"})");
        let line = format!("submitting to {} … ", host(&server));
        shell.wait_for("a later try", |screen| {
            let shown = screen.contents();
            let found = shown.lines().find(|shown| shown.starts_with(&line));
            found.is_some_and(|shown| {
                shown.contains("s, try ") && shown.ends_with("(Ctrl-C stops)") == stops
            })
        });
        shell.send(CTRL_C);
        shell.prompt();
        assert!(!shell.screen().contains("submitting"), "{}", shell.screen());
    }
}

/// A placeholder for the script's text in the arguments of a program.
const SCRIPT: &str = "SCRIPT";

/// Runs `zshell` with these arguments on a terminal against a service that answers after two seconds.
fn slow_program(args: &[&str], env: &[(&str, &str)]) -> Terminal {
    let server = Server::start(move |request| {
        if request.target.contains("/jobs/import/list") {
            std::thread::sleep(Duration::from_secs(2));
        }
        answer(request)
    });
    let home = Home::new();
    let script = format!("{} show(jobs());", connect(&server));
    home.write("jobs.rhai", &script);
    home.write(
        "config/config.toml",
        &format!(
            "[profiles.slow]\nendpoint = \"{}\"\napi = \"v2\"\ncluster_id = \"in03-3bf3c31f4248e22\"\nverify = false\n",
            server.url()
        ),
    );
    let filled = args
        .iter()
        .map(|arg| if *arg == SCRIPT { &script } else { *arg });
    let mut program = home.program(100, &filled.collect::<Vec<_>>(), env);
    let end = program.end();
    assert!(end.success(), "{}", program.screen());
    assert!(program.screen().contains("job-0"), "{}", program.screen());
    program
}

#[test]
fn scripts_show_the_line_unless_disabled() {
    let line = b"waiting for 127.0.0.1:";
    for args in [
        &["run", "jobs.rhai"][..],
        &["eval", SCRIPT],
        &["-p", "slow", "jobs"],
    ] {
        let program = slow_program(args, &[]);
        let screen = program.screen();
        assert!(program.was_sent(line), "{args:?}: {screen}");
        assert!(!screen.contains("waiting"), "{args:?}: {screen}");
    }
    for (args, env) in [
        (&["-q", "run", "jobs.rhai"][..], &[][..]),
        (&["--log-format", "json", "run", "jobs.rhai"], &[]),
        (&["run", "jobs.rhai"], &[("TERM", "dumb")]),
    ] {
        assert!(!slow_program(args, env).was_sent(line), "{args:?} {env:?}");
    }
}

#[test]
fn the_line_appears_for_silent_buckets() {
    let server = Server::start(|_| Reply::Silence);
    let home = Home::new();
    home.rows("a.json", 1);
    let url = server.url();
    let env = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_REGION", "us-east-1"),
    ];
    let mut shell = home.shell_with(100, &env);
    for (statement, line) in [
        (
            "glob(\"s3://bucket/*.json\")",
            "waiting for the bucket bucket to list objects … ",
        ),
        (
            "upload(\"a.json\", \"s3://bucket/x/\")",
            "uploading to s3://bucket/x/ … ",
        ),
    ] {
        shell.begin(statement);
        shell.see(line);
        shell.send(CTRL_C);
        shell.prompt();
        let screen = shell.screen();
        assert!(
            screen.contains("interrupted") && !screen.contains(line),
            "{screen}"
        );
    }
}

#[test]
fn bars_show_that_the_service_does_not_answer() {
    let running = r#"{"code":0,"data":{"jobId":"job-1","collectionName":"books","state":"Importing","progress":40,"importedRows":4,"totalRows":10,"fileName":"a.json","details":[]}}"#;
    let answered = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        if !path.ends_with("/jobs/import/getProgress") {
            return answer(request);
        }
        match answered.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::json(running),
            _ => Reply::Silence,
        }
    });
    let mut shell = Home::new().shell();
    shell.run(&connect(&server));
    shell.begin("wait(\"job-1\")");
    shell.wait_for("a bar and the silence", |screen| {
        let shown = screen.contents();
        shown.contains("a.json") && shown.contains("no answer for 3s")
    });
    shell.send(CTRL_C);
    shell.prompt();
    assert!(!shell.screen().contains("no answer"), "{}", shell.screen());
    // The bar of a batch.
    shell.begin("import_all(\"books\", [\"s3://bucket/1.json\", \"s3://bucket/2.json\"])");
    shell.see("no answer for ");
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(
        !screen.contains("no answer") && !screen.contains('─'),
        "{screen}"
    );
}

/// Starts an import of this many rows on a service that imports 100 rows a second, and begins to wait for it.
fn begin_wait(home: &Home, service: &Service, rows: usize, settings: &[&str]) -> Terminal {
    home.rows("books.json", rows);
    let mut shell = home.shell();
    for setting in settings {
        shell.run(setting);
    }
    shell.run(&format!("connect(\"{}\");", service.url));
    shell.run("create_collection(\"books\", #{dimension: 4});");
    let file = home.path().join("books.json");
    shell.run(&format!(
        "let job = import(\"books\", \"{}\");",
        file.display()
    ));
    shell.begin("wait(job)");
    shell
}

#[test]
fn the_end_of_a_long_wait_is_signalled() {
    let (homes, services) = (
        [Home::new(), Home::new()],
        [Service::start(100), Service::start(100)],
    );
    let chosen = [":set bell notify", ":set taskbar on", ":set title on"];
    let loud = begin_wait(&homes[0], &services[0], 1400, &chosen);
    let usual = begin_wait(&homes[1], &services[1], 1400, &[]);
    let quick = Service::start(1000);
    let short = begin_wait(&Home::new(), &quick, 10, &[]);
    short.prompt();
    assert!(!short.was_sent(b"\x07"));
    loud.prompt();
    usual.prompt();
    for sent in [
        "\x1b]9;zshell: wait done\x07",
        "\x1b]9;4;0;\x07",
        "\x1b[22;2t",
        "% zshell\x07",
        "\x1b[23;2t",
    ] {
        assert!(loud.was_sent(sent.as_bytes()), "{sent:?}");
        assert!(!usual.was_sent(sent.as_bytes()), "{sent:?}");
    }
    assert!(usual.was_sent(b"\x07"));
}

#[test]
fn vi_mode_shows_in_the_cursor() {
    let mut shell = Home::new().shell();
    assert!(!shell.was_sent(b" q"));
    shell.run(":set edit_mode vi");
    shell.wait_for("a bar", |_| true);
    let block = b"\x1b[2 q";
    assert!(shell.was_sent(b"\x1b[6 q") && !shell.was_sent(block));
    shell.send("40 + 3\x1b");
    while !shell.was_sent(block) {
        std::thread::yield_now();
    }
    // In command mode: x erases the 3, a appends.
    shell.send("xa2");
    shell.send(ENTER);
    shell.see("42");
    shell.prompt();
    // A statement runs with the usual cursor.
    assert!(shell.was_sent(b"\x1b[0 q"));
}
