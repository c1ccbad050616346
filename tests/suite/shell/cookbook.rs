//! The scripts of the cookbook, as a user runs them, on the local service.

use crate::shell::local::{create, rows};
use crate::shell::serve::serve;
use crate::support::harness::{Folder, Test};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the path of a script.
pub(crate) fn path(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    folder.join(name).to_str().expect("text").to_owned()
}

/// Returns a folder whose local service has the collection `books`.
pub(crate) fn prepared() -> Folder {
    let folder = Folder::new();
    let text = format!("connect(\"local\"); {}", create("books"));
    folder.test().eval(text).run();
    folder
}

/// Returns `zshell -p local -o json run SCRIPT --collection books …`.
pub(crate) fn cook(folder: &Folder, script: &str, args: &[&str]) -> Test {
    let test = folder.test().args(["-p", "local", "-o", "json", "run"]);
    let test = test.args([path(script)]).args(["--collection", "books"]);
    test.args(args.iter().copied())
}

/// Checks the value of an expression on the local service.
#[track_caller]
pub(crate) fn assert_value(folder: &Folder, expression: &str, expected: &str) {
    let text = format!("connect(\"local\"); print({expression});");
    folder
        .test()
        .eval(text)
        .stdout(format!("{expected}\n"))
        .run();
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let entries = fs::read_dir(folder).expect("the cookbook");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "rhai"));
    paths.sort();
    paths
}

#[test]
fn every_script_passes_lint_and_is_documented() {
    let scripts = scripts();
    assert!(scripts.len() >= 9, "{scripts:?}");
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/README.md"));
    let readme = readme.expect("the cookbook");
    for script in scripts {
        let file = script.to_str().expect("text");
        Test::new().args(["lint", file]).stdout("").run();
        let help = Test::new().args(["run", file, "--help"]).run();
        let first = help.stdout.lines().next().unwrap_or_default();
        assert!(
            first.len() > 30 && !first.starts_with("Usage"),
            "{file}: {first}"
        );
        help.says("Usage: zshell run");
        let name = script.file_name().and_then(|name| name.to_str());
        let link = format!("({})", name.expect("a name"));
        assert!(
            readme.contains(&link),
            "scripts/README.md does not list {link}"
        );
    }
}

#[test]
fn one_file_imports_a_file() {
    let folder = prepared();
    folder.work("books.jsonl", rows(30));
    let args = ["--file", "books.jsonl", "--key", "first"];
    let ran = cook(&folder, "one_file.rhai", &args).run();
    assert_eq!(ran.json()["rows"], 30);
    let again = cook(&folder, "one_file.rhai", &args).run();
    assert_eq!(again.json()["job"], ran.json()["job"]);
    assert_value(&folder, "count(\"books\")", "30");
    let missing = cook(&folder, "one_file.rhai", &["--file", "none.jsonl"]).status(7);
    missing.run().complains("none.jsonl");
    let test = cook(&folder, "one_file.rhai", &[]).status(2);
    test.run().complains("--file");
}

#[test]
fn folder_imports_a_folder_as_one_job() {
    let folder = prepared();
    for name in ["a", "b", "c"] {
        folder.work(&format!("day/{name}.jsonl"), rows(10));
    }
    let ran = cook(&folder, "folder.rhai", &["--folder", "day"]).run();
    let files = ran.json();
    let files = files.as_array().expect("a row a file");
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| file["rows"] == 10), "{files:?}");
    assert_value(&folder, "jobs().len()", "1");
    assert_value(&folder, "count(\"books\")", "30");
    // One bad file makes the whole job fail.
    folder.work("day/d.jsonl", "{\"id\": 1}\n");
    let test = cook(&folder, "folder.rhai", &["--folder", "day/"]).status(4);
    test.run().complains("d.jsonl");
    assert_value(&folder, "count(\"books\")", "30");
}

#[test]
fn two_clusters_imports_into_both() {
    let folder = prepared();
    folder.work("books.jsonl", rows(12));
    let other = Folder::new();
    let file = folder.path("work/books.jsonl");
    let file = file.to_str().expect("text");
    let (_service, url) = serve(&other, &[]);
    let args = ["--first", "local", "--second", &url, "--file", file];
    for _ in 0..2 {
        let ran = cook(&folder, "two_clusters.rhai", &args).run();
        let counts = ran.json();
        assert_eq!(counts[0]["rows"], 12);
        assert_eq!(counts[1]["rows"], 12);
        assert_eq!(counts[0]["connection"], "local");
    }
    // A row that only one cluster has is detected.
    folder.work("more.jsonl", rows(1));
    cook(&folder, "one_file.rhai", &["--file", "more.jsonl"]).run();
    let test = cook(&folder, "two_clusters.rhai", &args).status(1);
    test.run().complains("books differs: 13 and 12 rows");
}

#[test]
fn nightly_imports_the_files_of_a_day() {
    let folder = prepared();
    folder.work("in/2026-05-01/a.jsonl", rows(7));
    folder.work("in/2026-05-02/a.jsonl", "{\"id\": 1}\n");
    let args = ["--folder", "in", "--summary", "summary.json", "--day"];
    let night = |day| cook(&folder, "nightly.rhai", &args).args([day]);
    // A dry run writes no summary.
    let dry = folder.test().args(["--dry-run", "-p", "local", "run"]);
    let dry = dry
        .args([path("nightly.rhai")])
        .args(["--collection", "books"]);
    let ran = dry.args(args).args(["2026-05-01"]).run();
    ran.says("in/2026-05-01/");
    assert!(!ran.stdout.contains("Completed"), "{}", ran.stdout);
    assert!(!folder.path("work/summary.json").exists());
    let written = || {
        let text = fs::read_to_string(folder.path("work/summary.json")).expect("a summary");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let first = night("2026-05-01").run();
    assert_eq!(first.json()["rows"], 7);
    assert_eq!(written(), first.json());
    assert_eq!(night("2026-05-01").run().json()["job"], first.json()["job"]);
    assert_value(&folder, "count(\"books\")", "7");

    // A slash at the end of the folder's name makes no double slash, which would change the import key.
    let slash = ["--folder", "in/", "--day", "2026-05-01"];
    let ran = cook(&folder, "nightly.rhai", &slash).run();
    assert_eq!(ran.json()["job"], first.json()["job"]);

    let failed = night("2026-05-02").status(4).run();
    assert_eq!(written(), failed.json());
    assert_eq!(failed.json()["state"], "Failed");
    assert!(
        failed.json()["error"]
            .as_str()
            .expect("text")
            .contains("a.jsonl")
    );

    let holding = "print(lock(\"nightly-books\")); sleep(3600)";
    let mut holder = folder.test().eval(holding).status(143).spawn();
    assert_eq!(holder.line(), "true");
    night("2026-05-03")
        .status(75)
        .run()
        .complains("still runs elsewhere");
    holder.signal("TERM");
    holder.end();
}

#[test]
fn two_phase_verifies_before_the_commit() {
    let folder = prepared();
    folder.work("books.jsonl", rows(9));
    let import = |rows| {
        cook(
            &folder,
            "two_phase.rhai",
            &["--file", "books.jsonl", "--rows", rows],
        )
    };
    let test = import("10").status(1);
    test.run().complains("it has 9 rows, expected 10");
    assert_value(&folder, "count(\"books\")", "0");
    // The next run continues with the uncommitted job of an interrupted run.
    let left = "connect(\"local\"); let job = import(#{collection: \"books\", url: \"books.jsonl\", auto_commit: false,
        key: \"two_phase books books.jsonl\"}); wait(job); print(job.id)";
    let left = folder.test().eval(left).run().stdout;
    for _ in 0..2 {
        let done = import("9").run().json();
        assert_eq!(done["state"], "Completed");
        assert_eq!(done["job"], left.trim());
    }
    assert_value(&folder, "count(\"books\")", "9");
}

#[test]
fn a_full_load_moves_the_alias_only_after_verification() {
    let folder = Folder::new();
    let swap = |day: &str, args: &[&str]| {
        let test = folder.test().args(["-p", "local", "-o", "json", "run"]);
        let test = test.args([path("swap.rhai")]);
        let test = test.args(["--alias", "books", "--day", day, "books.jsonl"]);
        test.args(args.iter().copied())
    };
    folder.work("books.jsonl", rows(20));
    let ran = swap("2026-01-01", &[]).run();
    assert_eq!(ran.json()["collection"], "books_2026_01_01");
    assert_eq!(ran.json()["rows"], 20);
    assert_eq!(ran.json()["before"], Value::Null);
    assert_value(&folder, "count(\"books\")", "20");
    // A repeated run changes nothing.
    let again = swap("2026-01-01", &["--rows", "20"]).run();
    assert_eq!(again.json()["before"], "books_2026_01_01");
    assert_value(&folder, "`${count(\"books\")} ${jobs().len()}`", "20 1");
    // A dry run shows the calls. A wrong number of rows doesn't move the alias.
    folder.work("books.jsonl", rows(21));
    let dry = folder.test().args(["-p", "local", "--dry-run", "run"]);
    let args = ["--alias", "books", "--day", "2026-01-02", "books.jsonl"];
    let dry = dry.args([path("swap.rhai")]).args(args).run();
    dry.says("/aliases/alter");
    swap("2026-01-02", &["--rows", "20"])
        .status(1)
        .run()
        .complains("books_2026_01_02 has 21 rows, expected 20");
    assert_value(&folder, "count(\"books\")", "20");
    let ran = swap("2026-01-02", &["--drop", "--rows", "21"]).run();
    assert_eq!(ran.json()["before"], "books_2026_01_01");
    assert_value(
        &folder,
        "`${count(\"books\")} ${collections()}`",
        "21 [\"books_2026_01_02\"]",
    );
    swap("2026-01-03", &["--unknown", "1"]).status(2).run();
}

#[test]
fn a_missing_file_ends_a_batch_with_7() {
    let folder = prepared();
    folder.work("1.jsonl", rows(2));
    let ran = cook(&folder, "many_files.rhai", &["1.jsonl", "gone.jsonl"]).status(7);
    ran.run().complains("no such file or folder: gone.jsonl");
    assert_value(&folder, "count(\"books\")", "0");
    let ran = cook(&folder, "many_files.rhai", &["1.jsonl", "gone*.jsonl"]).run();
    ran.complains("no file matches gone*.jsonl");
    assert_value(&folder, "count(\"books\")", "2");
}

#[test]
fn the_scripts_refuse_unused_arguments() {
    for script in scripts() {
        let script = script.to_str().expect("text").to_owned();
        if script.ends_with("many_files.rhai") {
            continue;
        }
        let words = ["--collection", "b", "--file", "a.json", "--folder", "f"];
        let ran = Test::new().args(["run", &script, "spare.json"]).args(words);
        ran.status(2).run();
    }
    let one = Test::new().args(["run", &path("one_file.rhai"), "--collection", "b"]);
    let one = one.args(["--file", "1.json", "spare.json"]).status(2).run();
    one.complains("spare.json");
}

#[test]
fn the_quickstart_does_not_change_other_collections() {
    let folder = prepared();
    let quickstart = |status| {
        let test = folder.test().args(["run", &path("quickstart.rhai")]);
        test.args(["--collection", "books"]).status(status)
    };
    quickstart(1).run().complains("name another collection");
    assert_value(&folder, "count(\"books\")", "0");
    let ran = folder.test().args(["run", &path("quickstart.rhai")]).run();
    ran.says("\nnext:\n  see some rows      zshell -p local peek debian_packages");
}
