//! `:save` turns a session into a script that repeats the session elsewhere.

use crate::prompt::harness::Home;
use crate::prompt::service::Service;

/// Runs a session that imports rows and reads them. Returns the saved script.
fn explore(home: &Home, connect: &str) -> String {
    home.rows("books.json", 20);
    let mut shell = home.shell();
    shell.run(connect);
    shell.run("help(\"import\")");
    shell.run(r#"create_collection("books", #{dimension: 4})"#);
    shell.run("let wrong = missing(1)");
    shell.run(r#"let file = "books.json" // the rows"#);
    shell.run(&format!(
        r#"let job = import("books", "{}/" + file)"#,
        home.path().display()
    ));
    shell.run("wait(job).state");
    shell.run(r#"count("books")"#);
    shell.run("fn more(n) { n + 1 }");
    shell.run("more(20)");
    shell.gives(
        ":save my script.rhai",
        "saved 8 statements to my script.rhai",
    );
    home.read("my script.rhai")
}

/// Runs the script and returns its output.
fn run(home: &Home, args: &[&str], env: &[(&str, &str)]) -> String {
    let output = home.zshell(&[args, &["run", "my script.rhai"]].concat(), env);
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{problems}\n{}",
        home.read("my script.rhai")
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const SHOWN: &str = "Completed\n20\n21\n";

#[test]
fn a_saved_session_runs_as_a_script() {
    let home = Home::new();
    let script = explore(&home, r#"connect("local")"#);
    assert!(script.contains("\nconnect(\"local\");\n"), "{script}");
    assert!(script.contains("zshell run 'my script.rhai'"), "{script}");
    assert!(
        !script.contains("missing") && !script.contains("help"),
        "{script}"
    );
    let lint = home.zshell(&["lint", "my script.rhai"], &[]);
    assert!(lint.status.success(), "{lint:?}");
    let other = home.path().join("other");
    let folder = other.display().to_string();
    assert_eq!(run(&home, &["--data-dir", &folder], &[]), SHOWN);
}

#[test]
fn a_saved_script_contains_no_keys() {
    let home = Home::new();
    let service = Service::start(1_000_000);
    let script = explore(
        &home,
        &format!(
            r#"let c = connect(#{{endpoint: "{}", token: "root:s3cret-key"}});"#,
            service.url
        ),
    );
    assert!(
        script.contains("token: secret(\"MILVUS_TOKEN\")"),
        "{script}"
    );
    assert!(
        script.contains("It needs a secret: MILVUS_TOKEN"),
        "{script}"
    );
    assert!(!script.contains("s3cret"), "{script}");
    let elsewhere = Service::start(1_000_000);
    home.write(
        "my script.rhai",
        &script.replace(&service.url, &elsewhere.url),
    );
    assert_eq!(run(&home, &[], &[("MILVUS_TOKEN", "any")]), SHOWN);
}

#[test]
fn left_out_statements_are_reported() {
    let home = Home::new();
    let mut shell = home.shell();
    shell.run(r#"let body = parse_json(`{"token": "s3cret-key", "n": 2}`);"#);
    shell.run("body.n + 40");
    shell.run("40 + 2");
    let screen = shell.run(":save a.rhai");
    assert!(screen.contains("left out 2 statements"), "{screen}");
    let script = home.read("a.rhai");
    assert!(
        script.contains("// Left out: ") && !script.contains("s3cret"),
        "{script}"
    );
    let output = home.zshell(&["run", "a.rhai"], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{script}");
}

#[test]
fn an_existing_file_is_replaced_only_by_force() {
    let home = Home::new();
    home.write("a.rhai", "mine");
    let mut shell = home.shell();
    shell.run("1 + 1");
    let screen = shell.run(":save a.rhai");
    assert!(
        screen.contains("a.rhai is there already") && screen.contains(":save! a.rhai"),
        "{screen}"
    );
    assert_eq!(home.read("a.rhai"), "mine");
    shell.gives(":save! a.rhai", "saved 1 statement");
    assert!(home.read("a.rhai").ends_with("\n\nshow(1 + 1);\n"));
    shell.gives(":save ~/b.rhai", "saved 1 statement");
    let screen = shell.run(":save");
    assert!(screen.contains("the file is missing"), "{screen}");
    let screen = shell.run(":save none/a.rhai");
    assert!(screen.contains("there is no such folder"), "{screen}");
}

#[test]
fn a_saved_script_contains_loaded_scripts() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("lib")).expect("a folder");
    home.write(
        "lib/setup.rhai",
        "import \"m\" as m;\nlet two = m::two();\nfn add(a, b) { a + b }\n",
    );
    home.write("lib/m.rhai", "fn two() { 2 }");
    let mut shell = home.shell();
    shell.run(":load lib/setup.rhai");
    shell.gives("add(two, 40)", "42");
    shell.gives(":save a.rhai", "saved 2 statements");
    let output = home.zshell(&["run", "a.rhai"], &[]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "42\n",
        "{}",
        home.read("a.rhai")
    );
}
