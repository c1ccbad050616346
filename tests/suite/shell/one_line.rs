//! `import_all` and `zshell import` with `create`, `check` and `verify`: from files to a verified collection.

use crate::shell::local::{create, rows};
use crate::support::harness::{Folder, Test};
use serde_json::Value;

/// 300 packages of Debian 12 with the embeddings of their summaries.
const PACKAGES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/scripts/data/debian-packages.jsonl"
);

/// Returns the step names with their states.
fn states(batch: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let steps = batch["steps"].as_array().expect("steps").iter();
    steps
        .map(|step| (text(&step["step"]), text(&step["state"])))
        .collect()
}

fn pairs(states: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(step, state): &(&str, &str)| ((*step).to_owned(), (*state).to_owned());
    states.iter().map(owned).collect()
}

#[test]
fn real_data_becomes_a_verified_collection_in_one_line() {
    let folder = Folder::new();
    let command = [
        "-p", "local", "-o", "json", "import", "packages", PACKAGES, "--create", "--check",
        "--verify",
    ];
    let ran = folder.test().args(command).run();
    let batch = ran.json();
    let done = ["check", "create", "import", "verify"].map(|step| (step, "done"));
    assert_eq!(states(&batch), pairs(&done));
    assert_eq!((&batch["rows"], &batch["ok"]), (&300.into(), &1.into()));
    for line in [
        "check: 300 rows in 1 file, no problem\n",
        "create: created the collection packages with id Int64 (primary key), package VarChar(",
        "embedding FloatVector(384)\n",
        "import: 300 rows from 1 file in 1 job\n",
        "verify: packages grew from 0 to 300 rows, by the 300 rows imported\n",
    ] {
        ran.complains(line);
    }
    // A second run skips each step.
    let ran = folder.test().args(command).run();
    let again = [
        ("create", "skipped"),
        ("check", "skipped"),
        ("import", "skipped"),
        ("verify", "done"),
    ];
    assert_eq!(states(&ran.json()), pairs(&again));
    ran.complains(
        "packages has 300 rows, and this run had none to import; earlier runs imported 300 rows\n",
    );
    // Each row is the nearest one to its own vector.
    let script = "connect(\"local\"); let row = query(\"packages\", \"id == 7\")[0];
        print(`${count(\"packages\")} ${search(\"packages\", row.embedding, #{limit: 1})[0].id}`)";
    folder.test().eval(script).run().says("300 7\n");
}

#[test]
fn the_function_takes_a_pattern_and_shows_the_steps() {
    let folder = Folder::new();
    for part in ["a", "b"] {
        folder.work(
            &format!("{part}.jsonl"),
            rows(4).replace(
                "\"id\":",
                &format!("\"id\":{}", if part == "a" { "" } else { "1" }),
            ),
        );
    }
    let call = "connect(\"local\"); import_all(\"books\", \"?.jsonl\", #{create: true, check: true, verify: true, files_per_job: 1})";
    let ran = folder.test().script(call).run();
    ran.says("books grew from 0 to 8 rows, by the 8 rows imported");
    // A new file is checked with the others, and only the new file is imported.
    folder.work(
        "c.jsonl",
        "{\"id\":77,\"word\":\"w\",\"vector\":[1,2,3,4]}\n",
    );
    let ran = folder.test().script(call).run();
    ran.complains("check: 9 rows in 3 files, no error, 1 warning");
    ran.says("books grew from 8 to 9 rows, by the 1 row imported; earlier runs imported 8 rows");
}

#[test]
fn a_refused_check_imports_nothing_and_creates_no_collection() {
    let folder = Folder::new();
    folder.work("good.jsonl", rows(3));
    // The schema is inferred from the first rows, so the check finds the error in the last row.
    folder.work(
        "wrong.jsonl",
        rows(30_000) + "{\"id\":-1,\"word\":\"w\",\"vector\":[1,2]}\n",
    );
    let command = || {
        let args = [
            "-p",
            "local",
            "import",
            "books",
            "good.jsonl",
            "wrong.jsonl",
        ];
        let steps = ["--create", "--check", "--verify"];
        folder.test().args(args).args(steps)
    };
    let ran = command().status(7).run();
    ran.complains("check: the import would fail: 30004 rows in 2 files");
    ran.complains("first in wrong.jsonl row 30001");
    ran.complains("the same command then continues, and skips the steps that are done");
    let left = "connect(\"local\"); print(`${collections().len()} ${jobs().len()} ${submissions().len()}`)";
    folder.test().eval(left).run().says("0 0 0\n");
    // A repeated command imports the corrected file.
    folder.work(
        "wrong.jsonl",
        "{\"id\":9,\"word\":\"w\",\"vector\":[1,2,3,4]}\n",
    );
    command()
        .run()
        .complains("books grew from 0 to 4 rows, by the 4 rows imported");
}

#[test]
fn files_without_a_schema_are_explained() {
    let test = Test::new().file("words.jsonl", "{\"id\":1,\"word\":\"w\"}\n");
    let args = ["-p", "local", "import", "books", "words.jsonl", "--create"];
    let ran = test.args(args).status(7).run();
    ran.complains("word: VarChar");
    ran.complains("create: no schema can be proposed for books: ");
    ran.complains("at least one vector field");
}

#[test]
fn a_copy_under_another_name_is_detected() {
    let folder = Folder::new();
    folder.work("a.jsonl", rows(3));
    let import = |file: &str, options: &str| {
        let script = format!(
            "connect(\"local\"); print(import_all(\"books\", \"{file}\", #{{create: true, {options}}}).rows)"
        );
        folder.test().script(script).run()
    };
    import("a.jsonl", "check: true");
    let again = import("a.jsonl", "check: true");
    assert!(
        !again.stderr.contains("has the content"),
        "{}",
        again.stderr
    );
    folder.work("copy.jsonl", rows(3));
    folder.work("other.jsonl", rows(4));
    let copied = import("copy.jsonl", "check: true");
    copied.says("3\n");
    let place = |name: &str| {
        folder
            .path("work")
            .canonicalize()
            .expect("a folder")
            .join(name)
    };
    copied.complains(&format!(
        "warning: {} has the content of {}, which is imported into books too: its rows will be there twice\n",
        place("copy.jsonl").display(),
        place("a.jsonl").display(),
    ));
    for (file, options) in [
        ("other.jsonl", "check: true"),
        ("copy.jsonl", "key_prefix: \"x\""),
    ] {
        let ran = import(file, options);
        assert!(
            !ran.stderr.contains("has the content"),
            "{file}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_collection_that_is_created_again_is_filled_again() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(3));
    let script = |before: &str, create: bool| {
        format!(
            "connect(\"local\"); {before} let b = import_all(\"books\", \"books.jsonl\", #{{create: {create}, verify: true}});
             print(`${{b.rows}} ${{count(\"books\")}}`);"
        )
    };
    folder.test().script(script("", true)).run().says("3 3\n");
    let ran = folder
        .test()
        .script(script("drop_collection(\"books\");", true))
        .run();
    ran.says("3 3\n");
    let ran = folder.test().script(script("", true)).run();
    ran.says("3 3\n");
    ran.complains("import (skipped)");
    // If another client has created the collection again, only the row count shows it.
    let by_hand = format!("drop_collection(\"books\"); {}", create("books"));
    let ran = folder
        .test()
        .script(script(&by_hand, false))
        .status(7)
        .run();
    ran.complains("verify: books had 0 rows before the import and has 0 now");
    ran.complains("choose another key_prefix");
}

#[test]
fn each_cause_has_its_exit_code() {
    let wrong = "{\"id\":10,\"word\":\"w\",\"vector\":[1,2]}\n";
    for (options, status, part) in [
        // Without a check the job fails.
        ("verify: true", 4, " failed: "),
        ("check: true", 7, "the import would fail"),
        ("create: true, check: true, db: \"nowhere\"", 7, "nowhere"),
        (
            "verify: true, options: #{auto_commit: \"false\"}",
            1,
            "visible",
        ),
        ("check: 3", 1, "check"),
    ] {
        Test::new()
            .file("wrong.jsonl", wrong)
            .script(format!(
                "connect(\"local\"); {} import_all(\"books\", \"wrong.jsonl\", #{{{options}}})",
                create("books")
            ))
            .unlinted()
            .status(status)
            .run()
            .complains(part);
    }
    let missing = ["-p", "local", "import", "books", "none-*.jsonl", "--create"];
    Test::new()
        .args(missing)
        .status(2)
        .run()
        .complains("no file matches");
    let maps =
        "connect(\"local\"); import_all([#{collection: \"a\", url: \"b.jsonl\"}], #{verify: true})";
    Test::new()
        .script(maps)
        .status(1)
        .run()
        .complains("one collection");
    let absent = "connect(\"local\"); import_all(\"books\", \"a.jsonl\", #{check: true})";
    let ran = Test::new()
        .file("a.jsonl", rows(1))
        .script(absent)
        .status(7)
        .run();
    ran.complains("create: true creates a missing collection");
}

#[test]
fn a_dry_run_shows_each_step_and_changes_nothing() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(3));
    let dry = ["-p", "local", "--dry-run", "import", "books", "books.jsonl"];
    let steps = ["--create", "--check", "--verify"];
    let ran = folder.test().args(dry).args(steps).run();
    ran.says("/v2/vectordb/collections/create");
    ran.says("/v2/vectordb/jobs/import/create");
    for line in [
        "check: 3 rows in 1 file, no error, 1 warning\n",
        "create: would create the collection books with ",
        "import: would import 1 file in 1 job\n",
        "verify (skipped): would compare the count of books before and after the import\n",
    ] {
        ran.complains(line);
    }
    let left = "connect(\"local\"); print(`${collections().len()} ${submissions().len()}`)";
    folder.test().eval(left).run().says("0 0\n");
}
