//! A repeated `import_all` repeats no finished import, even if files or options have changed, and reports unknown
//! results.

use crate::shell::batches::{folder_with, local};
use crate::shell::local::rows;
use crate::shell::service::{connect, is_create};
use crate::support::harness::{Folder, TOKEN};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Imports the files that a pattern finds, and prints the count.
fn batch_of(pattern: &str, options: &str) -> String {
    format!(
        "connect(\"local\"); let b = import_all(\"books\", glob(\"in/{pattern}\"), #{{{options}}});
         print(`${{b.ok}} ${{b.files}} ${{count(\"books\")}}`);"
    )
}

#[test]
fn files_of_one_job_are_recognized_separately() {
    let folder = folder_with(4, 5);
    let first = local("import_all(\"books\", glob(\"in/*.jsonl\"))");
    folder.test().script(&first).run();
    // A run without the last file.
    let ran = folder.test().script(batch_of("f0[0-2].jsonl", "")).run();
    ran.says("1 3 20\n");
    // A changed file is imported again, alone.
    folder.work("in/f01.jsonl", rows(7));
    let ran = folder.test().script(batch_of("*.jsonl", "")).run();
    ran.says("2 4 27\n");
    folder.work("in/f09.jsonl", rows(1));
    let ran = folder
        .test()
        .script(batch_of("*.jsonl", "files_per_job: 1"))
        .run();
    ran.says("3 5 28\n");
}

#[test]
fn other_options_import_nothing_twice() {
    let folder = folder_with(4, 5);
    let first = local("import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 2})");
    folder.test().script(&first).run();
    for options in [
        "options: #{timeout: \"2h\"}",
        "atomic: true",
        "files_per_job: 1, atomic: true, options: #{sep: \";\"}",
    ] {
        let ran = folder.test().script(batch_of("*.jsonl", options)).run();
        ran.says("2 4 20\n");
    }
}

#[test]
fn uncommitted_jobs_are_committed_by_any_later_run() {
    let folder = folder_with(4, 5);
    let left = local(
        "let b = import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 2, options: #{auto_commit: \"false\"}});
         print(`${b.ok} ${count(\"books\")}`);",
    );
    folder.test().script(&left).run().says("2 0\n");
    // With `auto_commit: "false"` the jobs stay uncommitted.
    let waiting = batch_of("*.jsonl", "options: #{auto_commit: \"false\"}");
    folder.test().script(&waiting).run().says("2 4 0\n");
    let ran = folder.test().script(batch_of("*.jsonl", "")).run();
    ran.says("2 4 20\n");
}

#[test]
fn prefixes_with_a_common_beginning_are_different() {
    let folder = folder_with(2, 5);
    let first = local("import_all(\"books\", glob(\"in/*.jsonl\"), #{key_prefix: \"spring-2\"})");
    folder.test().script(&first).run();
    let ran = folder
        .test()
        .script(batch_of("*.jsonl", "key_prefix: \"spring\""))
        .run();
    ran.says("1 2 20\n");
}

#[test]
fn a_dry_run_with_uncommitted_jobs_changes_nothing() {
    let folder = folder_with(2, 5);
    let left = local(
        "import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 1, options: #{auto_commit: \"false\"}})",
    );
    folder.test().script(&left).run();
    let journal = || {
        folder
            .test()
            .args(["-o", "json", "journal", "list"])
            .run()
            .stdout
    };
    let before = journal();
    for options in ["", "atomic: true"] {
        folder.work("main.rhai", batch_of("*.jsonl", options));
        let ran = folder.test().args(["--dry-run", "run", "main.rhai"]).run();
        assert_eq!(
            ran.stdout.matches("/import/commit").count(),
            2,
            "{}",
            ran.stdout
        );
    }
    assert_eq!(journal(), before);
}

#[test]
fn an_atomic_batch_with_an_unknown_job_is_not_committed() {
    let folder = folder_with(3, 5);
    let (service, url) = crate::shell::serve::serve(&folder, &[]);
    let text = |files: &str, atomic: bool| {
        format!(
            "connect({}); if !collections().contains(\"books\") {{ {} }}
             let b = import_all(\"books\", glob(\"in/{files}\"), #{{files_per_job: 1, atomic: {atomic}, options: #{{auto_commit: \"false\"}}}});
             print(b.ok);",
            crate::support::harness::quoted(&url),
            crate::shell::local::create("books")
        )
    };
    folder
        .test()
        .script(text("f0[01].jsonl", false))
        .run()
        .says("2\n");
    // The journal's job id is replaced, so the state of one job is unknown.
    let list = ["-o", "json", "journal", "list"];
    let Value::Array(all) = folder.test().args(list).run().json() else {
        panic!("no list");
    };
    let job = all[0]["job"].as_str().expect("a job").to_owned();
    let path = folder.path("data/journal/journal.jsonl");
    let journal = std::fs::read_to_string(&path).expect("a journal");
    std::fs::write(&path, journal.replace(&job, "1")).expect("written");
    let ran = folder.test().script(text("*.jsonl", true)).status(6).run();
    ran.complains("1 of 3 jobs in doubt, 1 not submitted, so nothing more was committed");
    let states = format!(
        "connect({}); for job in jobs() {{ print(job.state); }}",
        crate::support::harness::quoted(&url)
    );
    folder
        .test()
        .script(states)
        .run()
        .says("Uncommitted\nUncommitted\n");
    drop(service);
}

#[test]
fn a_failed_batch_reports_unsubmitted_jobs() {
    let folder = folder_with(6, 5);
    folder.work("in/f01.jsonl", "{\"id\": 1}\n");
    let text =
        local("import_all(\"books\", glob(\"in/*.jsonl\"), #{files_per_job: 1, max_running: 1});");
    let ran = folder.test().script(&text).status(4).run();
    ran.complains("1 of 6 jobs failed, 4 not submitted");
    let text = format!(
        "{} for job in b.jobs {{ print(job.state); }}",
        batch_of(
            "*.jsonl",
            "files_per_job: 1, max_running: 1, on_error: \"continue\""
        )
    );
    let ran = folder.test().script(&text).status(4).run();
    ran.says("5 6 25\n");
    ran.says("Failed\n");
}

/// State of a faulty service.
#[derive(Default)]
struct FaultyState {
    /// Number of progress calls that will fail.
    fails: AtomicUsize,
    jobs: Mutex<BTreeMap<String, u32>>,
    creates: AtomicUsize,
}

/// Starts a faulty service whose jobs run until `ends` is set.
fn service(bad: &Arc<FaultyState>, ends: &Arc<AtomicBool>) -> Server {
    let (bad, ends) = (Arc::clone(bad), Arc::clone(ends));
    Server::start(move |request| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let mut jobs = bad.jobs.lock().expect("the jobs");
        if is_create(request) {
            let id = format!("job-{}", bad.creates.fetch_add(1, Ordering::SeqCst));
            jobs.insert(id.clone(), 0);
            return Reply::json(json!({"code": 0, "data": {"jobId": id}}).to_string());
        }
        if request.target.ends_with("/list") {
            return Reply::json(r#"{"code":0,"data":{"count":0,"records":[]}}"#);
        }
        let id = body["jobId"].as_str().unwrap_or_default();
        let fails = bad.fails.load(Ordering::SeqCst);
        if fails > 0 {
            bad.fails.store(fails - 1, Ordering::SeqCst);
            return match fails % 3 {
                0 => Reply::status(500, "oops"),
                1 => Reply::json(r#"{"code":65535,"message":"unexpected"}"#),
                _ => Reply::json("<html>"),
            };
        }
        if !jobs.contains_key(id) {
            let answer = json!({"code": 2100, "message": format!("import failed: cannot find import job, jobID={id}")});
            return Reply::json(answer.to_string());
        }
        let state = if ends.load(Ordering::SeqCst) {
            "Completed"
        } else {
            "Importing"
        };
        let data = json!({"jobId": id, "collectionName": "c", "state": state, "progress": 50, "importedRows": 5});
        Reply::json(json!({"code": 0, "data": data}).to_string())
    })
}

fn batch(server: &Server, count: usize) -> String {
    format!(
        "{} let paths = []; for n in 0..{count} {{ paths.push(`s3://bucket/${{n}}.json`); }}
         let b = import_all(\"c\", paths, #{{files_per_job: 1}}); print(`${{b.ok}} ${{b.files}}`);",
        connect(server, "v2")
    )
}

#[test]
fn failed_progress_calls_are_repeated() {
    let (bad, ends) = (
        Arc::<FaultyState>::default(),
        Arc::new(AtomicBool::new(true)),
    );
    bad.fails.store(20, Ordering::SeqCst);
    let server = service(&bad, &ends);
    let folder = Folder::new();
    let run = || folder.test().env("KEY", TOKEN);
    run().eval(batch(&server, 5)).run().says("5 5\n");
    bad.fails.store(9, Ordering::SeqCst);
    let text = format!(
        "{} print(wait(import(\"c\", \"s3://bucket/x.json\")).state);",
        connect(&server, "v2")
    );
    run().eval(text).run().says("Completed\n");
}

#[test]
fn forgotten_jobs_are_unknown_and_the_others_continue() {
    let (bad, ends) = (Arc::<FaultyState>::default(), Arc::<AtomicBool>::default());
    let server = service(&bad, &ends);
    let folder = Folder::new();
    let run = || folder.test().env("KEY", TOKEN);
    let killed = run().eval(batch(&server, 2)).spawn();
    while bad.jobs.lock().expect("the jobs").len() < 2 {
        std::thread::yield_now();
    }
    // Once progress is read, the answers to the create calls are in the journal.
    while server
        .requests()
        .iter()
        .filter(|it| it.target.contains("rogress"))
        .count()
        < 2
    {
        std::thread::yield_now();
    }
    killed.signal("KILL");
    drop(killed);
    bad.jobs.lock().expect("the jobs").clear();
    ends.store(true, Ordering::SeqCst);
    let ran = run().eval(batch(&server, 4)).status(6).run();
    ran.complains("2 of 4 jobs in doubt");
    ran.complains("does not know the job job-0 any more");
    ran.complains("--ended completed");
    assert_eq!(bad.creates.load(Ordering::SeqCst), 4);
    // A user who has counted the rows can settle the submissions.
    let list = ["-o", "json", "journal", "list", "--state", "submitted"];
    let Value::Array(open) = run().args(list).run().json() else {
        panic!("no list");
    };
    assert_eq!(open.len(), 2);
    for (submission, state) in open.iter().zip(["completed", "failed"]) {
        let id = submission["submission"].as_str().expect("an id");
        run()
            .args(["journal", "settle", id, "--ended", state])
            .run();
    }
    run().eval(batch(&server, 4)).run().says("4 4\n");
    assert_eq!(bad.creates.load(Ordering::SeqCst), 5);
}
