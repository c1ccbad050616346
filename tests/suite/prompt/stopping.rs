//! Ctrl-C stops the running statement and keeps the session.

use crate::prompt::harness::{CTRL_C, Home, Terminal, is_job_id};
use crate::prompt::service::Service;
use std::io::Read;
use std::net::TcpListener;
use std::sync::mpsc;

/// Interrupts the statement, and checks that the shell still works and has its variables.
fn interrupt(shell: &mut Terminal) -> String {
    shell.send(CTRL_C);
    shell.prompt();
    let screen = shell.screen();
    assert!(screen.contains("interrupted"), "{screen}");
    shell.gives("kept * 2", "42");
    screen
}

#[test]
fn a_wait_can_be_interrupted_and_resumed() {
    let home = Home::new();
    // About five seconds of work, enough to interrupt on a busy machine too.
    home.rows("books.json", 500);
    let service = Service::start(100);
    // The bar fills this width, so the terminal's `^C` has little space after it.
    let mut shell = home.shell_with(80, &[]);
    let file = home.path().join("books.json");
    shell.run("let kept = 21;");
    shell.run(&format!(
        r#"let server = connect(#{{endpoint: "{}", api: "v2"}});"#,
        service.url
    ));
    shell.run(r#"create_collection("books", #{dimension: 4});"#);
    let screen = shell.run(&format!(
        r#"let job = import("books", "{}");"#,
        file.display()
    ));
    assert!(!screen.contains("error"), "{screen}");
    shell.begin("wait(job)");
    // The bar, while the job runs.
    shell.see("─");
    let screen = interrupt(&mut shell);
    assert!(screen.contains("come back with wait(\""), "{screen}");
    assert!(screen.split('"').any(is_job_id), "{screen}");
    assert!(!screen.contains('─'), "the bar is taken away:\n{screen}");
    let screen = shell.run("progress(job).state != \"Failed\"");
    assert!(screen.contains("true"), "{screen}");
    shell.gives("wait(job).rows", "500");
    shell.gives(r#"count("books") + 1"#, "501");
}

#[test]
fn an_endless_script_is_stopped() {
    let mut shell = Home::new().shell();
    shell.run("let kept = 21;");
    shell.begin(r#"print("on its way"); loop {}"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "on its way")
    });
    interrupt(&mut shell);
    // Scripts can't catch the interrupt.
    shell.begin(r#"print("caught"); try { loop { sleep(0); } } catch { loop {} }"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "caught")
    });
    interrupt(&mut shell);
}

#[test]
fn a_sleep_is_stopped() {
    let mut shell = Home::new().shell();
    shell.run("let kept = 21;");
    shell.begin(r#"print("asleep"); sleep("1h")"#);
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "asleep")
    });
    interrupt(&mut shell);
}

#[test]
fn a_request_without_an_answer_is_stopped() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let (asked, requests) = mpsc::channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = silent.accept() {
            // The first bytes of the request have arrived, so the client is waiting for the answer.
            let read = stream.read(&mut [0; 64]);
            open.push(stream);
            if read.is_err() || asked.send(()).is_err() {
                return;
            }
        }
    });
    let mut shell = Home::new().shell();
    shell.run("let kept = 21;");
    shell.begin(&format!(r#"connect("http://{address}")"#));
    requests.recv().expect("a request");
    let screen = interrupt(&mut shell);
    assert!(!screen.contains("panicked"), "{screen}");
}

/// Starts endless work, waits for its first output, and interrupts it.
fn start_and_interrupt(shell: &mut Terminal, work: &str) {
    shell.begin(&format!(r#"print("now" + " then"); {work}"#));
    shell.wait_for("the print", |screen| {
        screen.contents().lines().any(|line| line == "now then")
    });
    interrupt(shell);
}

#[test]
fn closures_that_a_function_calls_are_stopped() {
    let mut shell = Home::new().shell();
    shell.run("let kept = 21; let a = []; let b = []; let c = [];");
    shell.run("a.pad(3000, 1); b.pad(3000, 1); c.pad(3000, 1);");
    start_and_interrupt(
        &mut shell,
        "a.filter(|x| { b.filter(|y| { c.filter(|z| z > y); true }); true })",
    );
}

#[test]
fn a_read_from_the_terminal_is_stopped() {
    let mut shell = Home::new().shell();
    shell.run("let kept = 21;");
    start_and_interrupt(&mut shell, r#"read_text("-")"#);
}

#[test]
fn endless_output_is_stopped() {
    let mut shell = Home::new().shell();
    shell.run("let kept = 21; let line = \"x\"; line.pad(70, 'y'); let text = \"\";");
    shell.run("for i in 0..3000 { text += line + \"\\n\"; }");
    shell.begin("loop { print(text) }");
    shell.wait_for("a full screen", |screen| {
        screen
            .rows(0, 100)
            .filter(|row| row.starts_with("xy"))
            .count()
            > 30
    });
    interrupt(&mut shell);
}

#[test]
fn a_tls_handshake_without_an_answer_is_stopped() {
    // TLS starts, and the server never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let (greeted, greetings) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().expect("a caller");
        stream
            .read_exact(&mut [0; 5])
            .expect("the begin of its greeting");
        greeted.send(stream).expect("a test that waits");
    });
    let mut shell = Home::new().shell();
    shell.run("let kept = 21;");
    shell.begin(&format!(r#"connect("https://{address}")"#));
    let _open = greetings.recv().expect("a greeting");
    interrupt(&mut shell);
}

#[test]
fn a_dumb_terminal_drops_all_lines_of_a_statement() {
    let home = Home::new();
    let mut shell = home.shell_with(80, &[("TERM", "dumb")]);
    for (line, next) in [("fn f() {\n", 2), ("1 +\n", 3)] {
        shell.send(line);
        shell.wait_for("the next line", |screen| {
            screen.cursor_position() == (next, 0)
        });
    }
    shell.send(CTRL_C);
    shell.prompt();
    shell.send("40 + 2\n");
    shell.see("\n42\n");
    assert!(!shell.screen().contains("error"), "{}", shell.screen());
}
