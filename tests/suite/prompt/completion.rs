//! Completion with Tab, and help, for a newcomer.

use crate::prompt::harness::{CTRL_C, ENTER, Home, TAB, Terminal, is_job_id};
use crate::support::server::{Reply, Server};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Types the text, presses Tab, and waits until the screen contains `shown`.
fn tab(shell: &mut Terminal, typed: &str, shown: &str) -> String {
    shell.type_text(typed);
    shell.send(TAB);
    shell.see(shown);
    shell.screen()
}

/// Works like [`tab`], and then drops the line.
fn tab_only(shell: &mut Terminal, typed: &str, shown: &str) -> String {
    let screen = tab(shell, typed, shown);
    shell.send(CTRL_C);
    shell.prompt();
    screen
}

fn assert_unwrapped(shell: &Terminal) {
    shell.look(|screen| {
        let wrapped = (0..screen.size().0.get()).any(|line| screen.row_wrapped(line));
        assert!(!wrapped, "{}", screen.contents());
    });
}

#[test]
fn tab_leads_a_newcomer_to_an_import() {
    let home = Home::new();
    home.rows("books.json", 10);
    home.write("notes.txt", "none");
    let mut shell = home.shell_of(80, 24, &[]);
    // All functions fit on one screen.
    let screen = tab(&mut shell, " ", "create_collection");
    let names = ["abort", "connect", "import", "jobs", "wait"];
    assert!(names.iter().all(|name| screen.contains(name)), "{screen}");
    assert!(!screen.contains("--More--"), "{screen}");
    shell.send(CTRL_C);
    tab(&mut shell, "connec", "connect(");
    shell.send(TAB);
    shell.see("the import service in this process");
    shell.send("\"");
    shell.send(TAB);
    shell.see("connect(\"local\"");
    shell.send(&format!("){ENTER}"));
    shell.prompt();
    // Option names with their defaults, without the options that are already typed.
    let screen = tab(
        &mut shell,
        "create_collection(\"books\", #{",
        "(default \"COSINE\")",
    );
    assert!(screen.contains("dimension         quick form"), "{screen}");
    shell.send("dim\t4, ");
    shell.see("dimension: 4,");
    shell.send(TAB);
    shell.see("primaryFieldName");
    shell.send(&format!("}}){ENTER}"));
    shell.prompt();
    // Collections, then files, with importable files first.
    tab(&mut shell, "let job = import(\"", "import(\"books\"");
    shell.send(", \"");
    shell.send(TAB);
    shell.see("books.json  ");
    let screen = shell.screen();
    let place = |text: &str| screen.find(text).unwrap_or(usize::MAX);
    assert!(place("books.json  ") < place("notes.txt"), "{screen}");
    shell.send("b\t)");
    shell.see("\"books.json\")");
    shell.send(ENTER);
    shell.prompt();
    // Jobs, by variable and by id.
    tab_only(&mut shell, "job.", "the collection it imports into");
    shell.gives("wait(job)", "Completed");
    let screen = tab_only(&mut shell, "progress(", "books  Completed  ");
    let id = screen.split('"').find(|word| is_job_id(word));
    let id = id.unwrap_or_else(|| panic!("an id: {screen}"));
    let typed = format!("progress(\"{}", &id[..4]);
    tab(&mut shell, &typed, &format!("progress(\"{id}\""));
    shell.send(&format!("){ENTER}"));
    shell.prompt();
    assert!(shell.screen().contains("Completed"), "{}", shell.screen());
    tab_only(&mut shell, "jobs()[0].st", "jobs()[0].state");
    tab_only(&mut shell, "jobs(#{state: \"comp", "state: \"Completed\"");
    tab_only(&mut shell, "if job.state == \"Comp", "== \"Completed\"");
}

#[test]
fn names_of_the_session_are_offered() {
    let home = Home::new();
    home.write("tools.rhai", "fn twice(number) { number * 2 }");
    home.write(
        "config/config.toml",
        "[profiles.staging]\nendpoint = \"http://localhost:1\"\ntoken = \"LEAK\"\n",
    );
    let mut shell = home.shell_of(80, 24, &[]);
    shell.run("let bookshelf = #{title: \"a\", year: 1};");
    shell.run("fn shelve(book, place) { 1 }");
    tab_only(&mut shell, "let x = books", "bookshelf");
    tab_only(&mut shell, "bookshelf.ti", "bookshelf.title");
    tab_only(&mut shell, "bookshelf[\"y", "bookshelf[\"year\"");
    tab_only(&mut shell, "shelv", "shelve(");
    tab(&mut shell, "import \"to", "import \"tools\"");
    shell.send(&format!(" as tools;{ENTER}"));
    shell.prompt();
    tab_only(&mut shell, "tools::tw", "tools::twice(");
    let screen = tab_only(&mut shell, "connect(\"s", "connect(\"staging\"");
    assert!(!screen.contains("LEAK"), "{screen}");
    tab_only(&mut shell, ":hel", ":help ");
    tab_only(&mut shell, ":help prof", ":help profiles");
    tab_only(&mut shell, "help(Prog", "help(Progress)");
    // Nothing is offered in comments and for a new name. The line doesn't change.
    shell.type_text("// con");
    shell.send(&format!("{TAB}x"));
    shell.see("// conx");
    shell.send(CTRL_C);
    shell.gives("40 + 2", "42");
}

#[test]
fn lists_fit_narrow_screens() {
    let home = Home::new();
    home.write(
        "a file with a name that is longer than the screen is wide.json",
        "[]",
    );
    home.write("another.json", "[]");
    for columns in [80, 40, 20] {
        let mut shell = home.shell_of(columns, 24, &[]);
        tab(&mut shell, "wait(1, #{", "timeout");
        assert_unwrapped(&shell);
        shell.send(CTRL_C);
        tab(&mut shell, "let a=\"./a", "another");
        shell.send(CTRL_C);
        shell.prompt();
    }
    let mut shell = home.shell_of(40, 60, &[]);
    tab(&mut shell, " ", "wait");
    assert_unwrapped(&shell);
}

#[test]
fn help_has_a_line_for_each_function_and_command() {
    let home = Home::new();
    // The pager writes its input to a file.
    home.write("pager.sh", "cat > \"$1\"");
    for line in ["help()", ":help", "help"] {
        let mut shell = home.shell_of(
            80,
            24,
            &[("PAGER", "sh pager.sh help.txt"), ("NO_COLOR", "1")],
        );
        shell.run(line);
        let shown = home.read("help.txt");
        for text in [
            "a first import, with no account",
            "\nimport jobs\n  import(…)               submits one import job\n",
            "\n  filters                 expressions that choose rows",
            "\n  Progress                the result of progress()",
            "\n  :quit",
        ] {
            assert!(shown.contains(text), "{line}: {text} in {shown}");
        }
    }
}

#[test]
fn a_silent_service_does_not_block_the_prompt() {
    let server = Server::start(|_| Reply::Silence);
    let mut shell = Home::new().shell();
    let connect = format!(
        "connect(#{{endpoint: \"{}\", verify: false}}).name;",
        server.url()
    );
    shell.run(&connect);
    tab(&mut shell, "count(\"", "(asking the service: Tab again)");
    shell.send("books\")");
    shell.see("count(\"books\")");
    shell.send(CTRL_C);
    shell.gives("40 + 2", "42");
    tab(&mut shell, "count(\"", "(asking the service: Tab again)");
    shell.send(CTRL_C);
    shell.gives("40 + 3", "43");
}

/// Starts a service that has only the collection `books`, and lists it once the test allows.
fn library(open: Arc<AtomicBool>) -> Server {
    Server::start(move |request| {
        if request.target.ends_with("/collections/list") {
            while !open.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            return Reply::json(r#"{"code": 0, "data": ["books", "bookings"]}"#);
        }
        if request.target.ends_with("/create") {
            return Reply::json(r#"{"code": 0, "data": {}}"#);
        }
        Reply::json(r#"{"code": 100, "message": "can't find collection"}"#)
    })
}

#[test]
fn collections_are_requested_once() {
    let open = Arc::new(AtomicBool::new(false));
    let server = library(Arc::clone(&open));
    let mut shell = Home::new().shell();
    shell.run(&format!(
        "connect(#{{endpoint: \"{}\", verify: false}}).name;",
        server.url()
    ));
    tab(&mut shell, "count(\"", "(asking the service: Tab again)");
    open.store(true, Ordering::Relaxed);
    while !shell.screen().contains("bookings") {
        shell.send(TAB);
        shell.wait_for("an answer to Tab", |screen| {
            screen.contents().contains("count(\"")
        });
    }
    shell.send(CTRL_C);
    tab_only(&mut shell, "count(\"booki", "count(\"bookings\"");
    let asked = || {
        let requests = server.requests();
        requests
            .iter()
            .filter(|it| it.target.ends_with("/collections/list"))
            .count()
    };
    assert_eq!(asked(), 1);
    let screen = shell.run("count(\"boks\")");
    assert!(screen.contains("did you mean \"books\"?"), "{screen}");
    assert_eq!(asked(), 1);
    // Statements that change collections lead to a new request.
    shell.run("create_collection(\"more\", #{dimension: 4});");
    tab_only(&mut shell, "count(\"booki", "count(\"bookings\"");
    assert_eq!(asked(), 2);
}
