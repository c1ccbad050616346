//! Commands that are generated from the functions' descriptions.

use crate::shell::local::{create, rows};
use crate::shell::service::{sent, service};
use crate::support::harness::{Folder, Ran, TOKEN, Test};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};
use zshell::internals::registry::{Family, functions};

/// Returns a folder whose local service has the collection `books` with four rows.
fn prepared() -> Folder {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(4));
    let text = format!("connect(\"local\"); {}", create("books"));
    folder.test().eval(text).run();
    folder
}

fn run(folder: &Folder, args: &[&str], status: i32) -> Ran {
    let test = folder.test().args(["-p", "local"]);
    test.args(args.iter().copied()).status(status).run()
}

#[test]
fn every_function_that_calls_a_service_has_a_command() {
    let help = Test::new().args(["--help"]).run();
    for function in functions() {
        if function.family == Family::Script || function.script_only {
            continue;
        }
        let name = function.name.replace('_', "-");
        help.says(&format!("\n  {name} "));
        let own = Test::new().args([name.as_str(), "--help"]).run();
        own.says("Usage: zshell");
        let (_, examples) = own.stdout.split_once("\nExamples").expect("examples");
        let (_, first) = examples.split_once(":\n").expect("a heading");
        assert!(first.starts_with("  zshell "), "{examples}");
        let (before, global) = own.stdout.split_once("Global options:").expect("a heading");
        assert!(!before.contains("--color"), "{before}");
        assert!(global.contains("--color"), "{global}");
    }
}

#[test]
fn examples_are_labelled_with_their_place() {
    for (name, headings) in [
        ("count", ["Examples:\n  zshell count"].as_slice()),
        ("upload", &["Examples with a bucket:\n  zshell upload"]),
        ("clusters", &["Examples with Zilliz Cloud:\n  zshell"]),
        (
            "import",
            &[
                "Examples with the local service:\n  zshell -p local import",
                "\n\nExamples with a bucket:\n  zshell import",
            ],
        ),
    ] {
        let help = Test::new().args([name, "--help"]).run();
        for heading in headings {
            help.says(heading);
        }
        let found = help.stdout.matches("\nExamples").count();
        assert_eq!(found, headings.len(), "{name}: {}", help.stdout);
    }
}

#[test]
fn a_collection_is_created_filled_and_read() {
    let folder = prepared();
    run(&folder, &["import", "books", "books.jsonl", "--wait"], 0).says("Completed");
    assert_eq!(run(&folder, &["count", "books"], 0).stdout, "4\n");
    run(&folder, &["collections"], 0).says("books");
    run(&folder, &["describe", "books"], 0).says("id");
    run(&folder, &["peek", "books", "2", "-o", "json"], 0);
    let all = ["query", "books", "--filter", "id >= 0", "--fields", "id"];
    for (words, count) in [
        (&["query", "books", "id > 1", "--fields", "id"][..], 2),
        (&all, 4),
        (&[&all[..], &["--limit", "3"]].concat(), 3),
        (&["query", "books", "--body", r#"{"filter": "id < 1"}"#], 1),
        (&["query", "books", "id < 2", "--output-fields", "id"], 2),
        (&["peek", "books", "2"], 2),
    ] {
        let ran = run(&folder, &[words, &["-o", "json"]].concat(), 0);
        let rows = ran.json().as_array().map(Vec::len);
        assert_eq!(rows, Some(count), "{words:?}");
    }
    folder.work("body.json", r#"{"dimension": 8, "metricType": "L2"}"#);
    let body = ["create-collection", "made", "--body", "@body.json"];
    run(&folder, &[&body[..], &["--metric-type", "IP"]].concat(), 0);
    run(&folder, &["describe", "made", "-o", "json"], 0).says("\"IP\"");
    run(&folder, &["drop_collection", "made"], 0).complains("dropped");
}

#[test]
fn options_are_sent_as_the_function_sends_them() {
    let server = service();
    let test = || {
        Test::new()
            .env("MILVUS_URI", server.url())
            .env("MILVUS_TOKEN", TOKEN)
    };
    let words = ["import", "books", "1.json", "--auto-commit=false"];
    test()
        .args(words)
        .args(["--options", r#"{"timeout": "300s"}"#])
        .run();
    let body: Value = serde_json::from_str(&sent(&server, "/create")[0].body).expect("JSON");
    assert_eq!(
        body["options"],
        json!({"timeout": "300s", "auto_commit": "false"})
    );
    let help = test().args(["import", "--help"]).run();
    for secret in ["--access-key", "--secret-key", "--session-token", "--token"] {
        assert!(!help.stdout.contains(secret), "{secret}");
        test()
            .args(["import", "b", "1.json", secret, "x"])
            .status(2)
            .run();
    }
}

#[test]
fn wrong_arguments_are_errors_of_the_command_line() {
    let folder = prepared();
    for (words, problem) in [
        (&["peek", "books", "many"][..], "expected a whole number"),
        (
            &["jobs", "--limit", "few"],
            "expected a whole number, or all",
        ),
        (&["wait", "x", "--interval", "soon"], "a duration"),
        (&["query", "books", "x", "--filter", "y"], "cannot be used"),
        (&["query"], "<COLLECTION>"),
        (&["search", "books", "[1,"], "VECTOR isn't JSON"),
        (&["search", "books", "{\"a\": 1}"], "a map whose keys"),
        (
            &["query", "books", "--body", "[]"],
            "--body is a JSON object",
        ),
        (&["query", "books", "--body", "@gone.json"], "gone.json"),
        (&["query", "books", "--body", r#"{"filtre": 1}"#], "filter"),
        (&["jobs", "--state", "faild"], "Failed"),
    ] {
        let ran = run(&folder, words, 2);
        assert_eq!(ran.stdout, "", "{words:?}");
        ran.complains(problem);
    }
}

#[test]
fn a_missing_file_exits_with_2_in_every_command() {
    let folder = prepared();
    folder.work("empty/readme.txt", "");
    for words in [
        &["run", "gone.rhai"][..],
        &["lint", "gone.rhai"],
        &["lint", "empty"],
        &["import", "books", "gone.jsonl"],
        &["import", "books", "books.jsonl", "gone.jsonl"],
        &["import", "books", "gone*.jsonl"],
        &["import-all", "books", "gone.jsonl"],
        &["check", "gone.jsonl", "--collection", "books"],
        &["check", "gone*.jsonl", "--collection", "books"],
        &["check", "books.jsonl", "--schema", "gone.json"],
        &["check", "--merge", "gone.json"],
        &["infer", "gone.jsonl"],
        &["create-collection", "made", "--body", "@gone.json"],
        &["serve", "--token-file", "gone"],
        &[
            "profile",
            "add",
            "p",
            "--endpoint",
            "http://127.0.0.1:1",
            "--token-file",
            "gone",
        ],
    ] {
        let ran = run(&folder, words, 2);
        assert_eq!(ran.stdout, "", "{words:?}");
        let mut words = words.iter();
        let name = words.find(|it| it.contains("gone") || **it == "empty");
        ran.complains(name.expect("a name").trim_start_matches('@'));
    }
    run(&folder, &["jobs", "-o", "json"], 0).says("[]");
}

#[test]
fn a_script_in_place_of_a_command_gets_a_tip() {
    for (word, shown) in [
        ("x.rhai", "zshell run x.rhai"),
        ("my file", "zshell run 'my file'"),
    ] {
        let test = || Test::new().file("my file", "1");
        test().args([word]).status(2).run().complains(shown);
        let json = test().args(["--log-format", "json", word]).status(2).run();
        json.complains("zshell run");
    }
    let other = Test::new().args(["jbos"]).status(2).run();
    other.complains("jobs");
    assert!(!other.stderr.contains("zshell run"), "{}", other.stderr);
}

#[test]
fn hints_of_commands_are_shell_commands() {
    for (words, hint) in [
        (&["jobs"][..], "hint: -p local needs no account"),
        (&["eval", "jobs()"], "hint: -p local needs no account"),
        (&["-p", "nodev", "jobs"], "zshell profile list"),
    ] {
        let test = Test::new().args(words.iter().copied()).status(3);
        test.run().complains(hint);
    }
    let folder = prepared();
    let hint = "zshell -p local jobs lists";
    run(&folder, &["progress", "job-1"], 7).complains(hint);
    let text = "connect(\"local\"); progress(\"job-1\")";
    folder.test().eval(text).status(7).run().complains(hint);
    // A hint about the script's own call stays a function call.
    let text = "connect(\"local\"); jobs(#{limit: \"x\"})";
    let ran = folder.test().eval(text).status(1).run();
    assert!(!ran.stderr.contains("zshell"), "{}", ran.stderr);
    let ran = run(&folder, &["jobs", "--body", r#"{"limit": "x"}"#], 2);
    ran.complains("--limit");
}

#[test]
fn a_job_that_continues_is_named_with_its_connection() {
    let server = Server::start(|request| match request.target.as_str() {
        target if target.ends_with("/import/create") => {
            Reply::json(r#"{"code": 0, "data": {"jobId": "job-1"}}"#)
        }
        target if target.contains("list") => Reply::json(r#"{"code": 0, "data": {"records": []}}"#),
        _ => {
            let data = json!({"jobId": "job-1", "state": "Importing"});
            Reply::json(json!({"code": 0, "data": data}).to_string())
        }
    });
    let url = server.url();
    let config = format!("[profiles.eu]\nendpoint = \"{url}\"\n");
    let by_map = format!("connect(#{{endpoint: \"{url}\"}}); wait(\"job-1\")");
    let by_url = format!("zshell -p {url} wait job-1");
    let import = ["import", "books", "1.json", "--wait"];
    for (words, hint) in [
        (
            [&["-p", "eu"][..], &import].concat(),
            "zshell -p eu wait job-1",
        ),
        ([&["-p", &url][..], &import].concat(), &by_url),
        (
            vec!["eval", "connect(\"eu\"); wait(\"job-1\")"],
            "zshell -p eu wait job-1",
        ),
        // The connection exists only in the script.
        (vec!["eval", &by_map], "come back with wait(\"job-1\")"),
    ] {
        let test = Test::new().env("MILVUS_TOKEN", TOKEN);
        test.folder().write("config/config.toml", &config);
        let test = test.args(["--timeout", "2s"]).args(words).status(5);
        test.run().complains(hint);
    }
}
