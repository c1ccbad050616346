//! `import_all` imports every file once, whatever interrupts it.

use crate::shell::local::{create, rows};
use crate::shell::serve::serve;
use crate::shell::service::{connect, service};
use crate::support::harness::{Folder, Test, quoted};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Writes `count` files (`f00.jsonl` and so on) of `rows_each` rows each, all with different ids.
fn files(folder: &Folder, count: u64, rows_each: u64) {
    for file in 0..count {
        let row =
            |n| json!({"id": file * rows_each + n, "word": "w", "vector": [0.5, 1, -2.25, n]});
        let text: String = (0..rows_each).map(|n| row(n).to_string() + "\n").collect();
        folder.work(&format!("in/f{file:02}.jsonl"), text);
    }
}

pub(crate) fn folder_with(count: u64, rows_each: u64) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("work/in")).expect("a folder");
    files(&folder, count, rows_each);
    folder
}

/// Returns a script that connects to the local service and creates `books`.
pub(crate) fn local(text: &str) -> String {
    format!("connect(\"local\"); {} {text}", create("books"))
}

#[test]
fn files_are_grouped_into_jobs_and_reported_together() {
    let folder = folder_with(10, 5);
    let text = local(
        "let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 4});
         print(`${b.ok} ${b.failed} ${b.files} ${b.rows} ${b.jobs.len()} ${b.jobs[0].state} ${b.jobs[0].files}`);
         print(count(\"books\")); print(submissions(#{key_prefix: \"import_all-\"}).len()); b",
    );
    let ran = folder.test().script(&text).run();
    ran.says("3 0 10 50 3 Completed 4\n50\n3\n");
    ran.says("3 succeeded");
    // The jobs may end in any order.
    ran.complains("Completed  4 files  ");
    ran.complains("1 of 3 jobs");
}

#[test]
fn a_repeated_batch_imports_nothing() {
    let folder = folder_with(6, 5);
    let first = local("import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 2})");
    folder.test().script(&first).run();
    let second = "connect(\"local\"); let all = glob(\"in/*.jsonl\"); all.reverse();
        let b = import_all(\"books\", all, #{files_per_job: 5});
        print(`${b.ok} ${b.rows} ${count(\"books\")}`);";
    let ran = folder.test().script(second).run();
    ran.says("3 30 30\n");
    ran.complains("3 of 3 jobs submitted by an earlier run");
    folder.work("in/more.jsonl", rows(7));
    let ran = folder.test().script(second).run();
    ran.says("4 37 37\n");
    // Batches with different prefixes are separate.
    let third = "connect(\"local\");
        let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{key_prefix: \"anew\"});
        print(`${b.ok} ${b.rows} ${count(\"books\")}`);";
    folder.test().script(third).run().says("1 37 74\n");
}

#[test]
fn on_error_decides_if_a_failure_stops_the_batch() {
    let folder = folder_with(6, 5);
    folder.work("in/f02.jsonl", "{\"id\": 1}\n");
    let batch = "import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 1, max_running: 1";
    let ran = folder
        .test()
        .script(local(&format!("{batch}}});")))
        .status(4)
        .run();
    ran.complains("1 of 6 jobs failed");
    ran.complains("f02.jsonl");
    let go_on = |status: i32| {
        let text = format!(
            "connect(\"local\"); let b = {batch}, on_error: \"continue\"}});
             print(`${{b.ok}} ${{b.failed}} ${{count(\"books\")}}`); b"
        );
        folder.test().script(text).status(status).run()
    };
    let ran = go_on(4);
    ran.says("5 1 25\n");
    ran.says("f02.jsonl");
    ran.complains("warning: 1 of 6 jobs failed");
    // The next run imports only the corrected file.
    let row = json!({"id": 1000, "word": "w", "vector": [0, 0, 0, 0]});
    folder.work("in/f02.jsonl", row.to_string());
    go_on(0).says("6 0 26\n");
}

#[test]
fn an_atomic_batch_is_committed_completely_or_not_at_all() {
    let folder = folder_with(6, 5);
    folder.work("in/f02.jsonl", "{\"id\": 1}\n");
    let batch = "import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 1, atomic: true});";
    let text = local(&format!(
        "try {{ {batch} }} catch (e) {{ print(`${{e.kind}} ${{count(\"books\")}}`); }}
         print(jobs(#{{state: \"Uncommitted\"}}).len());"
    ));
    folder.test().script(text).run().says("job_failed 0\n0\n");
    let row = json!({"id": 1000, "word": "w", "vector": [0, 0, 0, 0]});
    folder.work("in/f02.jsonl", row.to_string());
    let text =
        format!("connect(\"local\"); let b = {batch} print(`${{b.ok}} ${{count(\"books\")}}`);");
    folder.test().script(&text).run().says("6 26\n");
    folder.test().script(&text).run().says("6 26\n");
}

#[test]
fn a_list_of_imports_is_a_batch_too() {
    let folder = folder_with(3, 5);
    let text = local(
        "let list = glob(\"in/*.jsonl\").map(|path| #{collection: \"books\", url: path});
         list[0].key = \"mine\";
         let b = import_all(list, #{max_running: 2, key_prefix: \"maps\"});
         print(`${b.ok} ${b.rows} ${b.jobs[0].key} ${b.jobs[1].key.starts_with(\"maps-\")}`);
         let again = import_all(list, #{key_prefix: \"maps\"}); print(count(\"books\"));
         try { import_all([list[1], list[1]]) } catch (e) { print(e.kind); }",
    );
    folder
        .test()
        .script(text)
        .run()
        .says("3 15 mine true\n15\nusage\n");
}

#[test]
fn wrong_options_are_errors() {
    for (options, part) in [
        ("files_per_job: 0", "at least 1"),
        ("on_error: \"ignore\"", "on_error is"),
        ("key_prefix: \"schlüssel\"", "printable ASCII"),
        ("atomc: true", "atomic"),
    ] {
        let text = format!("connect(\"local\"); import_all(\"c\", [\"a.json\"], #{{{options}}})");
        Test::new().eval(text).status(1).run().complains(part);
    }
}

/// State of a cluster that runs at most two jobs at a time. A job is complete after three progress calls.
#[derive(Default)]
struct SmallCluster {
    /// Progress calls so far, by job.
    jobs: BTreeMap<String, u32>,
    refused: u32,
    most: usize,
}

fn small_cluster() -> Server {
    let state = Mutex::new(SmallCluster::default());
    Server::start(move |request| {
        let mut it = state.lock().expect("the state");
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let data = if request.target.ends_with("/create") {
            let open = it.jobs.values().filter(|readings| **readings < 3).count();
            if open >= 2 {
                it.refused += 1;
                let code = if it.refused.is_multiple_of(2) {
                    47039
                } else {
                    47055
                };
                let busy = json!({"code": code, "message": "too many import jobs"});
                return Reply::json(busy.to_string());
            }
            it.most = it.most.max(open + 1);
            let id = format!("job-{}", it.jobs.len());
            it.jobs.insert(id.clone(), 0);
            json!({"jobId": id})
        } else if request.target.ends_with("/list") {
            json!({"count": 0, "records": []})
        } else {
            let id = body["jobId"].as_str().unwrap_or_default().to_owned();
            let readings = it.jobs.entry(id.clone()).or_default();
            *readings += 1;
            let state = if *readings >= 3 {
                "Completed"
            } else {
                "Importing"
            };
            json!({"jobId": id, "collectionName": "c", "state": state, "progress": 50, "importedRows": 5})
        };
        Reply::json(json!({"code": 0, "data": data}).to_string())
    })
}

#[test]
fn a_batch_waits_for_a_busy_service() {
    let server = small_cluster();
    let text = format!(
        "{} let paths = []; for n in 0..7 {{ paths.push(`s3://bucket/${{n}}.json`); }}
         let b = import_all(\"c\", paths, #{{files_per_job: 1}}); print(`${{b.ok}} ${{b.rows}}`);",
        connect(&server, "v2")
    );
    let ran = Test::new()
        .env("KEY", crate::support::harness::TOKEN)
        .eval(text)
        .run();
    ran.says("7 35\n");
    ran.complains("the batch waits and continues");
    let creates = server.requests();
    let keys = |target: &str| {
        creates
            .iter()
            .filter(|it| it.target.ends_with(target))
            .count()
    };
    assert!(keys("/create") > 7, "{}", keys("/create"));
}

#[test]
fn an_interrupted_batch_continues() {
    let folder = folder_with(12, 40);
    let (service, url) = serve(&folder, &["--import-rate", "400"]);
    let batch = |atomic: bool| {
        format!(
            "connect({}); if !collections().contains(\"books\") {{ {} }}
             let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{{files_per_job: 1, max_running: 2, atomic: {atomic}}});
             print(`${{b.ok}} ${{b.rows}} ${{count(\"books\")}}`);",
            quoted(&url),
            create("books")
        )
    };
    let text = batch(false);
    // Killed repeatedly during the imports.
    for ended in [1, 3, 5] {
        let mut run = folder.test().script(&text).spawn();
        run.await_error(&format!("{ended} of 12 jobs"));
        run.signal("KILL");
        drop(run);
    }
    let mut run = folder.test().script(&text).status(130).spawn();
    run.await_error("7 of 12 jobs");
    run.signal("INT");
    let ran = run.end();
    ran.complains("of 12 jobs ended");
    ran.complains("run the same again");
    let mut run = folder.test().script(&text).status(143).spawn();
    run.await_error("9 of 12 jobs");
    run.signal("TERM");
    run.end();
    folder.test().script(&text).run().says("12 480 480\n");
    let list = format!(
        "connect({}); print(jobs(#{{limit: \"all\"}}).len());",
        quoted(&url)
    );
    folder.test().eval(list).stdout("12\n").run();
    drop(service);
}

#[test]
fn an_atomic_batch_continues_between_its_commits() {
    let folder = folder_with(8, 5);
    let (_service, url) = serve(&folder, &[]);
    let connect = format!("connect({});", quoted(&url));
    // The state after a run that was killed after its third commit.
    let text = format!(
        "{connect} {} let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{{files_per_job: 1, options: #{{auto_commit: \"false\"}}}});
         for at in 0..3 {{ commit(b.jobs[at].job); }} print(`${{b.ok}} ${{count(\"books\")}}`);",
        create("books")
    );
    folder.test().script(text).run().says("8 15\n");
    let text = format!(
        "{connect} let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{{files_per_job: 1, atomic: true}});
         print(`${{b.ok}} ${{count(\"books\")}} ${{jobs().len()}}`);"
    );
    folder.test().script(text).run().says("8 40 8\n");
}

#[test]
fn a_dry_run_shows_every_job_of_a_batch() {
    let folder = folder_with(4, 5);
    folder.test().script(local("")).run();
    let text = "connect(\"local\"); let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 2, atomic: true}); print(b.ok);";
    folder.work("main.rhai", text);
    let ran = folder.test().args(["--dry-run", "run", "main.rhai"]).run();
    assert_eq!(
        ran.stdout.matches("/import/create").count(),
        2,
        "{}",
        ran.stdout
    );
    ran.says("# 2\n");
}

/// A dry run of many jobs took minutes: each job waited 50 ms to be read, and each command searched the names of all
/// earlier jobs.
#[test]
fn a_dry_run_of_many_maps_takes_seconds() {
    let server = service();
    let connect = connect(&server, "v2");
    let text = format!(
        r#"{connect} let list = [];
        for i in 0..2000 {{ list.push(#{{collection: "books", url: `s3://bucket/${{i}}.json`}}); }}
        let began = timestamp();
        let batch = import_all(list, #{{max_running: 1}});
        if began.elapsed > 50.0 {{ throw `${{began.elapsed}} seconds` }}
        batch.ok"#
    );
    let test = Test::new().env("KEY", "k").args(["-q", "--dry-run"]);
    test.eval(text).run().says("# 2000\n");
}
