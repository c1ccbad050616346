//! `connect("local")` with real files, without an account or a network.

use crate::support::harness::{Folder, Test, quoted};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Returns a script's line that creates `name` with an id, a word and a 4-dimensional vector.
pub(crate) fn create(name: &str) -> String {
    format!(
        r#"create_collection("{name}", #{{schema: #{{fields: [
            #{{fieldName: "id", dataType: "Int64", isPrimary: true}},
            #{{fieldName: "word", dataType: "VarChar", elementTypeParams: #{{max_length: 16}}}},
            #{{fieldName: "vector", dataType: "FloatVector", elementTypeParams: #{{dim: 4}}}}]}}, indexParams: [#{{fieldName: "vector", metricType: "L2"}}]}});"#
    )
}

/// Returns JSON Lines with `count` valid rows.
pub(crate) fn rows(count: u64) -> String {
    let row = |id| json!({"id": id, "word": format!("word {id}"), "vector": [0.5, 1, -2.25, id]});
    (0..count)
        .map(row)
        .map(|row| row.to_string() + "\n")
        .collect()
}

/// Returns a path in the crate's folder.
fn crate_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_quickstart_can_run_repeatedly() {
    let folder = Folder::new();
    let script = crate_file("scripts/quickstart.rhai");
    for _ in 0..2 {
        let test = folder.test().args(["run", script.to_str().expect("text")]);
        let ran = test.run();
        ran.says("debian_packages has 300 rows, as expected");
        ran.says("Completed");
    }
}

#[test]
fn a_script_creates_imports_waits_lists_and_counts() {
    let ran = Test::new()
        .file("books.jsonl", rows(25))
        .script(format!(
            "connect(\"local\"); {} let job = import(\"books\", \"books.jsonl\"); let p = wait(job);
             print(`${{p.state}} ${{p.rows}} ${{p.percent}} ${{p.details.len()}}`); print(count(\"books\"));
             print(collections()); print(jobs()[0].id == job.id); print(describe(\"books\").fields.len());
             drop_collection(\"books\"); print(collections().len());",
            create("books")
        ))
        .run();
    ran.says("Completed 25 100.0 1\n25\n[\"books\"]\ntrue\n3\n0\n");
    ran.complains("created collection books");
}

#[test]
fn paths_may_be_relative_absolute_urls_or_folders() {
    let test = Test::new()
        .file("one.jsonl", rows(1))
        .file("folder/a.jsonl", rows(1))
        .file("folder/b.jsonl", rows(1));
    let work = test.folder().path("work");
    let paths = [
        "one.jsonl".to_owned(),
        "./one.jsonl".to_owned(),
        work.join("one.jsonl").display().to_string(),
        format!("file://{}", work.join("one.jsonl").display()),
        "folder/".to_owned(),
    ];
    let imports: Vec<String> = paths
        .iter()
        .map(|path| format!("print(wait(import(\"books\", {path:?})).rows);"))
        .collect();
    let imports = imports.concat();
    let text = format!("connect(\"local\"); {} {imports}", create("books"));
    test.script(text).stdout("1\n1\n1\n1\n2\n").run();
}

#[test]
fn a_running_job_is_finished_at_the_end_with_a_notice() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(20_000));
    let text = format!(
        "connect(\"local\"); {} import(\"books\", \"books.jsonl\");",
        create("books")
    );
    let ran = folder.test().script(text).run();
    ran.complains("finishing 1 import job");
    let test = folder
        .test()
        .eval("connect(\"local\"); print(jobs()[0].state); count(\"books\")");
    test.stdout("Completed\n20000\n").run();
}

#[test]
fn a_refused_row_is_named_and_no_row_is_imported() {
    let folder = Folder::new();
    let bad = rows(10) + "{\"id\": 10, \"word\": \"ten\", \"vector\": [1, 2, 3]}\n";
    folder.work("bad.jsonl", bad);
    let text = format!(
        "connect(\"local\"); {} wait(import(\"books\", \"bad.jsonl\"))",
        create("books")
    );
    let ran = folder.test().script(text).status(4).run();
    ran.complains("bad.jsonl")
        .complains("row 11")
        .complains("vector");
    let test = folder
        .test()
        .eval("connect(\"local\"); print(jobs()[0].state); count(\"books\")");
    test.stdout("Failed\n0\n").run();
}

#[test]
fn missing_collections_jobs_and_files_are_refused() {
    let ran = Test::new()
        .file("1.jsonl", rows(1))
        .eval("connect(\"local\"); try { import(\"none\", \"1.jsonl\") } catch (e) { print(e.kind); } progress(\"job-none\")")
        .status(7)
        .run();
    ran.says("refused");
    ran.complains("(code 90144)");
    let text = format!(
        "connect(\"local\"); {} wait(import(\"books\", \"gone.jsonl\"))",
        create("books")
    );
    let ran = Test::new().eval(text).status(7).run();
    ran.complains("gone.jsonl");
}

#[test]
fn two_processes_share_a_data_folder() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(50));
    folder
        .test()
        .eval(format!("connect(\"local\"); {}", create("books")))
        .run();
    let mut first = folder
        .test()
        .eval("connect(\"local\"); print(\"ready\"); print(wait(import(\"books\", \"books.jsonl\")).rows); read_text(\"-\"); print(count(\"books\"))")
        .spawn();
    assert_eq!(first.line(), "ready");
    let ran = folder
        .test()
        .eval("connect(\"local\"); print(wait(import(\"books\", \"books.jsonl\")).rows)")
        .run();
    assert_eq!(ran.stdout, "50\n");
    assert_eq!(first.line(), "50");
    first.end();
    let test = folder.test().eval("connect(\"local\"); jobs().len()");
    test.stdout("2\n").run();
}

/// Returns the schema and the rows of 2,000 Debian packages, if the data set exists.
fn packages() -> Option<(Value, Vec<Value>)> {
    let folder = crate_file("../shared/data/debian-packages");
    let Ok(text) = std::fs::read_to_string(folder.join("packages.json")) else {
        eprintln!("skipped: {} has no packages.json", folder.display());
        return None;
    };
    let schema = std::fs::read_to_string(folder.join("schema.json")).expect("a schema");
    let rows: Value = serde_json::from_str(&text).expect("JSON");
    let rows = rows
        .as_array()
        .or_else(|| rows["rows"].as_array())
        .expect("rows");
    Some((serde_json::from_str(&schema).expect("JSON"), rows.clone()))
}

/// Imports these rows as one JSON file. Returns the messages of `wait` and the count afterwards.
fn import_packages(schema: &Value, rows: &[Value], status: i32) -> (String, String) {
    let folder = Folder::new();
    folder.work("schema.json", schema.to_string());
    let file = folder.work("packages.json", Value::from(rows).to_string());
    let text = format!(
        "connect(\"local\"); create_collection(\"p\", parse_json(read_text(\"schema.json\"))); wait(import(\"p\", {}))",
        quoted(file)
    );
    let ran = folder.test().script(text).status(status).run();
    let count = folder.test().eval("connect(\"local\"); count(\"p\")").run();
    (ran.stderr, count.stdout)
}

#[test]
fn the_packages_of_debian_import_completely() {
    let Some((schema, rows)) = packages() else {
        return;
    };
    assert_eq!(rows.len(), 2000);
    let (_, count) = import_packages(&schema, &rows, 0);
    assert_eq!(count, "2000\n");
}

#[test]
fn a_broken_row_of_the_packages_is_named() {
    let Some((schema, mut rows)) = packages() else {
        return;
    };
    let vector = rows[1233].as_object_mut().expect("a row");
    let vector = vector
        .values_mut()
        .find_map(|value| value.as_array_mut().filter(|list| list.len() == 384));
    vector.expect("a vector").pop();
    let (errors, count) = import_packages(&schema, &rows, 4);
    assert!(
        errors.contains("row 1234") || errors.contains("row 1,234"),
        "{errors}"
    );
    assert!(errors.contains("383") && errors.contains("384"), "{errors}");
    assert_eq!(count, "0\n");
}

#[test]
fn a_two_phase_import_is_verified_then_committed_or_aborted() {
    let ran = Test::new()
        .file("books.jsonl", rows(25))
        .script(format!(
            "connect(\"local\"); {} let job = import(#{{collection: \"books\", url: \"books.jsonl\", auto_commit: false}});
             let p = wait(job); print(`${{p.state}} ${{p.rows}} ${{count(\"books\")}}`);
             let p = commit(job); print(`${{p.state}} ${{count(\"books\")}}`);
             let other = import(#{{collection: \"books\", url: \"books.jsonl\", options: #{{auto_commit: \"false\"}}}});
             wait(other); print(abort(other).state); print(count(\"books\"));
             try {{ abort(job) }} catch (e) {{ print(`${{e.kind}}: ${{e.hint}}`); }}
             try {{ wait(other) }} catch (e) {{ print(e.kind); }}",
            create("books")
        ))
        .run();
    ran.says(
        "Uncommitted 25 0\nCompleted 25\nAborted\n25\n\
         refused: the job is Completed; only a two-phase import (auto_commit: false) that waits for its commit can be aborted\njob_failed\n",
    );
}
