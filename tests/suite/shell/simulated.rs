//! Simulated collections and jobs, which a script reads in a dry run as if its changes had been made.

use crate::shell::service::{connect, service};
use crate::support::harness::{Folder, Test};

#[test]
fn changed_collections_are_simulated() {
    let folder = Folder::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/quickstart.rhai");
    let ran = folder.test().args(["--dry-run", "run", script]).run();
    ran.says("# create the collection;")
        .says("# create the import job;");
    let sees = "connect(\"local\"); print(collections().len())";
    folder.test().eval(sees).stdout("0\n").run();
    folder.test().args(["run", script]).run();
    let ran = folder.test().args(["--dry-run", "run", script]).run();
    ran.says("# debian_packages exists");
    assert!(!ran.stdout.contains("# create"), "{}", ran.stdout);
    let text = "connect(\"local\"); create_collection(\"a\", #{dimension: 2}); load(\"a\"); print(count(\"a\"));
        print(\"a\" in collections()); drop_collection(\"a\"); print(\"a\" in collections());
        let j = import(\"a\", \"s3://bucket/1.json\", #{options: #{auto_commit: false}});
        print(wait(j).state); print(abort(j).state); print(dry_run())";
    let ran = folder.test().args(["--dry-run"]).eval(text).run();
    let printed: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.len() < 16 && line.starts_with("# "))
        .collect();
    assert_eq!(
        printed,
        [
            "# 0",
            "# true",
            "# false",
            "# Uncommitted",
            "# Aborted",
            "# true"
        ]
    );
    folder.test().eval("dry_run()").stdout("false\n").run();
}

#[test]
fn numbers_of_a_simulated_job_can_be_added_up() {
    for api in ["v1", "v2", "milvus"] {
        let server = service();
        let connect = connect(&server, api);
        let path = if api == "milvus" { "" } else { "s3://bucket/" };
        let text = format!(
            r#"{connect} let job = import("books", "{path}1.json"); let total = 0; total += wait(job).rows;
            let p = progress(job); total += p.rows + p.total_rows + p.size; print(`total ${{total + 1}} ${{p.percent}}`);
            let batch = import_all("books", ["{path}2.json"]); print(`batch ${{batch.rows + batch.ok}}`);"#
        );
        let ran = Test::new()
            .env("KEY", "k")
            .args(["--dry-run"])
            .eval(text)
            .run();
        ran.says("# total 1 100.0\n").says("# batch 1\n");
    }
}
