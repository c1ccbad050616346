//! Results in files, and programs that a script runs.

use crate::support::harness::{Folder, TOKEN, Test};
use serde_json::json;
use std::fs;

#[test]
fn a_result_file_has_the_format_of_its_extension() {
    let folder = Folder::new();
    let rows = "let rows = [#{a: 1, b: \"x\"}, #{a: 20000, b: ()}];";
    for (call, file, text) in [
        (
            "show(rows, #{file: \"r.csv\"})",
            "r.csv",
            "a,b\n1,x\n20000,\n",
        ),
        (
            "show(rows, #{file: \"r.jsonl\", limit: 1})",
            "r.jsonl",
            "{\"a\":1,\"b\":\"x\"}\n",
        ),
        (
            "show(rows, #{file: \"r.out\", format: \"ndjson\", columns: [\"b\"]})",
            "r.out",
            "{\"b\":\"x\"}\n{\"b\":null}\n",
        ),
        (
            "show(rows, #{file: \"r.txt\"})",
            "r.txt",
            "    a  b\n    1  x\n20000  -\n",
        ),
        ("show([], #{file: \"empty.json\"})", "empty.json", "[]\n"),
    ] {
        folder
            .test()
            .script(format!("{rows} {call};"))
            .stdout("")
            .run();
        let written = fs::read_to_string(folder.path(&format!("work/{file}")));
        assert_eq!(written.expect("a file"), text, "{call}");
    }
    let refused = folder
        .test()
        .script("show(1, #{file: \"r.csv\"})")
        .status(7)
        .run();
    refused
        .complains("exists already")
        .complains("overwrite: true");
    folder
        .test()
        .script("show(1, #{file: \"r.csv\", overwrite: true})")
        .run();
    let written = fs::read_to_string(folder.path("work/r.csv"));
    assert_eq!(written.expect("a file"), "value\n1\n");
    let test = folder.test().script("show(1, #{file: \"none/r.csv\"})");
    test.status(7)
        .run()
        .complains("cannot write \"none/r.csv\"");
    let test = folder
        .test()
        .args(["--dry-run"])
        .script("show(1, #{file: \"dry.csv\"})");
    test.stdout("# would write \"dry.csv\"\n").run();
    assert!(!folder.path("work/dry.csv").exists());
    let names = fs::read_dir(folder.path("work")).expect("a folder");
    let drafts = names.filter(|it| {
        it.as_ref()
            .is_ok_and(|it| it.file_name().to_string_lossy().ends_with(".tmp"))
    });
    assert_eq!(drafts.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_program_returns_its_code_and_output() {
    let text = r#"let sh = |script| run_command("sh", ["-c", script]);
        let ran = sh.call("printf out; printf err >&2; exit 3");
        print(`${ran.code} ${ran.stdout} ${ran.stderr}`);
        print(run_command("cat", [], #{stdin: "to cat"}).stdout);
        print(run_command("cat").stdout.len());
        print(run_command("echo", ["$HOME", 5, "a b"]).stdout);
        print(sh.call("kill -9 $$").code);
        print(run_command("sh", ["-c", "echo $A-$TOKEN"], #{env: #{A: 1, TOKEN: secret("KEY")}}).stdout);"#;
    Test::new()
        .env("KEY", TOKEN)
        .script(text)
        .stdout("3 out err\nto cat\n0\n$HOME 5 a b\n\n137\n1-****\n\n")
        .run();
}

#[cfg(unix)]
#[test]
fn a_program_that_cannot_run_is_an_error() {
    for (args, call, status, words) in [
        (
            vec![],
            "run_command(\"no-such-program\")",
            7,
            "looked up in PATH",
        ),
        (
            vec!["--no-commands"],
            "run_command(\"true\")",
            7,
            "because of --no-commands",
        ),
        (
            vec![],
            "run_command(\"sleep\", [\"60\"], #{timeout: \"100ms\"})",
            5,
            "did not end within 100ms",
        ),
        (
            vec![],
            "run_command(\"sh\", [\"-c\", \"yes | head -c 70000000\"])",
            7,
            "larger than 64 MiB",
        ),
        (
            vec!["--timeout", "1s"],
            "run_command(\"sh\", [\"-c\", \"sleep 60; true\"])",
            5,
            "",
        ),
        (
            vec![],
            "run_command(\"echo\", [secret(\"KEY\")])",
            1,
            "list of processes",
        ),
        (vec![], "run_command(\"echo\", \"a\")", 1, "a list of texts"),
    ] {
        let test = Test::new().env("KEY", TOKEN).args(args).eval(call);
        test.status(status).run().complains(words);
    }
    let test = Test::new().args(["--dry-run"]);
    test.script("print(run_command(\"touch\", [\"made it\"]).code)")
        .stdout("# would run \"touch\" \"made it\"\n# 0\n")
        .run();
}

#[cfg(unix)]
#[test]
fn a_stop_ends_the_program_and_its_children() {
    let test = Test::new();
    let file = test.folder().path("work/pid");
    let mut running = test
        .script("print(\"begins\"); run_command(\"sh\", [\"-c\", \"sleep 60 & echo $! > pid.new; mv pid.new pid; wait\"]);")
        .status(143)
        .spawn();
    running.line();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !file.exists() {
        assert!(std::time::Instant::now() < deadline, "the program starts");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running.signal("TERM");
    let ran = running.end();
    let pid = fs::read_to_string(ran.folder.path("work/pid")).expect("a number");
    let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // A killed process is a zombie until its parent waits for it.
    while !(state().is_empty() || state().contains(") Z")) {
        assert!(std::time::Instant::now() < deadline, "{}", state());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[cfg(feature = "local")]
#[test]
fn hints_name_the_collection() {
    let create = "connect(\"local\"); create_collection(\"books\", #{dimension: 4});";
    let release =
        "api(\"POST\", \"/v2/vectordb/collections/release\", #{collectionName: \"books\"});";
    for call in ["query(\"books\", \"\")", "count(\"books\")"] {
        let ran = Test::new()
            .eval(format!("{create} {release} {call}"))
            .status(7)
            .run();
        ran.complains("load books");
    }
}

#[test]
fn lists_have_no_footer_off_a_terminal() {
    for format in ["table", "csv", "json"] {
        let ran = Test::new()
            .args(["-o", format])
            .eval("[#{a: 1}, #{a: 2}]")
            .run();
        assert!(!ran.stdout.contains("row"), "{}", ran.stdout);
    }
    let ran = Test::new().args(["-o", "json"]).eval("[#{a: 1}]").run();
    assert_eq!(ran.json(), json!([{"a": 1}]));
}
