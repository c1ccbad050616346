//! Two-phase jobs, whose rows are invisible before the commit and gone after an abort, and jobs with a timeout.

use crate::local::harness::{Answer, Local, row, rows, serve, write};
use serde_json::{Value, json};
use std::path::Path;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

/// Submits a job with these options.
fn import(local: &Local, path: &Path, options: &Value) -> Answer {
    let body = json!({ "collectionName": "c", "files": [[path]], "options": options });
    local.post(CREATE, &body)
}

/// Returns a two-phase job that waits for its commit.
fn uncommitted(local: &Local, path: &Path) -> String {
    let data = import(local, path, &json!({ "auto_commit": "false" })).data();
    let job = data["jobId"].as_str().expect("an id").to_owned();
    let progress = local.until(&job, |progress| {
        !["Pending", "Importing"].contains(&progress["state"].as_str().expect("a state"))
    });
    assert_eq!(progress["state"], "Uncommitted", "{progress}");
    job
}

fn end(local: &Local, action: &str, job: &str) -> Answer {
    let path = format!("/v2/vectordb/jobs/import/{action}");
    local.post(&path, &json!({ "jobId": job }))
}

#[test]
fn rows_are_visible_after_the_commit() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..300);
    let job = uncommitted(&local, &file);
    let progress = local.progress(&job);
    assert_eq!(
        (&progress["importedRows"], &progress["totalRows"]),
        (&json!(300), &json!(300))
    );
    assert_eq!(
        (&progress["completeTime"], local.count("c")),
        (&json!(""), 0)
    );
    assert_eq!(end(&local, "commit", &job).data(), json!({}));
    // A second commit is no error and has no effect.
    end(&local, "commit", &job).data();
    let progress = local.progress(&job);
    assert_eq!(
        (&progress["state"], &progress["progress"]),
        (&json!("Completed"), &json!(100))
    );
    assert_eq!(local.count("c"), 300);
    let refused = end(&local, "abort", &job);
    let (code, message) = refused.refusal();
    assert!(
        code == 2100 && message.contains("terminal/committed state Completed, abort not allowed"),
        "{message}"
    );
    assert_eq!(local.count("c"), 300);
}

#[test]
fn an_aborted_job_leaves_no_rows() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let job = uncommitted(&local, &rows(dir.path(), "a.json", 0..300));
    end(&local, "abort", &job).data();
    end(&local, "abort", &job).data();
    let progress = local.progress(&job);
    assert_eq!(
        (
            &progress["state"],
            &progress["reason"],
            &progress["importedRows"],
            &progress["progress"]
        ),
        (
            &json!("Failed"),
            &json!("aborted by user"),
            &json!(0),
            &json!(0)
        )
    );
    // The job failed after its check.
    assert_eq!(progress["details"][0]["state"], "Failed");
    let listed = local
        .post("/v2/vectordb/jobs/import/list", &json!({}))
        .data();
    assert_eq!(listed["records"][0]["reason"], "aborted by user");
    let cloud = json!({ "clusterId": "x", "jobId": job });
    let cloud = local
        .post("/v2/vectordb/jobs/import/describe", &cloud)
        .data();
    assert_eq!(
        (&cloud["state"], &cloud["reason"]),
        (&json!("Aborted"), &json!("aborted"))
    );
    let refused = end(&local, "commit", &job);
    let (code, message) = refused.refusal();
    let expected = format!("job {job} is in state Failed, expected Uncommitted");
    assert!(code == 2100 && message.contains(&expected), "{message}");
    assert_eq!(local.count("c"), 0);
}

#[test]
fn a_running_job_can_be_aborted() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--import-rate", "50"));
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..100_000);
    let data = import(&local, &file, &json!({ "auto_commit": "FALSE" })).data();
    let job = data["jobId"].as_str().unwrap();
    local.until(job, |progress| progress["importedRows"].as_u64() > Some(0));
    let refused = end(&local, "commit", job);
    assert!(refused.refusal().1.contains("is in state Importing"));
    end(&local, "abort", job).data();
    let aborted = local.progress(job);
    assert_eq!(
        (&aborted["state"], &aborted["details"]),
        (&json!("Failed"), &json!([]))
    );
    // The worker is free for the next job. There are two workers, and the first job would take half an hour.
    let quick = rows(dir.path(), "b.json", 0..10);
    for _ in 0..2 {
        let next = local.import("c", &[&quick]);
        assert_eq!(local.wait(&next)["state"], "Completed");
    }
    assert_eq!(local.count("c"), 20);
}

#[test]
fn ordinary_jobs_and_invalid_options_are_refused() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..3);
    let job = local.import("c", &[&file]);
    local.wait(&job);
    // Milvus: internal/datacoord/services.go, CommitImport and AbortImport.
    end(&local, "commit", &job).data();
    let refused = end(&local, "abort", &job);
    assert!(refused.refusal().1.contains("abort not allowed"));
    let failed = local.import("c", &["missing.json".as_ref()]);
    local.wait(&failed);
    for (action, part) in [
        ("commit", "expected Uncommitted"),
        ("abort", "manual commit/abort not allowed"),
    ] {
        let refused = end(&local, action, &failed);
        let (code, message) = refused.refusal();
        assert!(code == 2100 && message.contains(part), "{message}");
    }
    // A failed two-phase job can be aborted, and keeps its reason.
    let data = import(
        &local,
        Path::new("missing.json"),
        &json!({ "auto_commit": "false" }),
    )
    .data();
    let failed = data["jobId"].as_str().unwrap();
    let before = local.wait(failed)["reason"].clone();
    end(&local, "abort", failed).data();
    assert_eq!(local.progress(failed)["reason"], before);
    for (options, code, part) in [
        (json!({ "auto_commit": "no" }), 1801, "auto_commit"),
        (json!({ "auto_commit": "1" }), 1801, "auto_commit"),
        (json!({ "auto_commit": "" }), 1801, "auto_commit"),
        (json!({ "auto_commit": null }), 1801, "auto_commit"),
        (json!({ "auto_commit": 0 }), 1801, "auto_commit"),
        (json!({ "auto_commit": false }), 1801, "auto_commit"),
        (json!({ "timeout": "soon" }), 2100, "timeout"),
        (json!({ "timeout": "" }), 2100, "timeout"),
        (json!({ "timeout": null }), 2100, "timeout"),
    ] {
        let refused = import(&local, &file, &options);
        let (found, message) = refused.refusal();
        assert!(found == code && message.contains(part), "{found} {message}");
    }
    let v1 = json!({ "clusterId": "local", "collectionName": "c", "objectUrl": file,
        "options": { "auto_commit": "false" } });
    let refused = local.post("/v1/vector/collections/import", &v1);
    assert!(refused.refusal().1.contains("v2"));
    assert_eq!(local.count("c"), 3);
}

#[test]
fn uncommitted_rows_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let file = rows(dir.path(), "a.json", 0..300);
    let data = dir.path().join("data");
    let (first, second) = {
        let local = Local::start(serve(&data));
        local.create("c");
        let jobs = (uncommitted(&local, &file), uncommitted(&local, &file));
        local.stop();
        jobs
    };
    // Uncommitted rows survive `kill -9` too.
    drop(Local::start(serve(&data)));
    let local = Local::start(serve(&data));
    assert_eq!(local.progress(&first)["state"], "Uncommitted");
    assert_eq!(local.count("c"), 0);
    end(&local, "commit", &first).data();
    end(&local, "abort", &second).data();
    assert_eq!(local.count("c"), 300);
}

#[test]
fn a_dropped_collection_ends_its_uncommitted_jobs() {
    let (dir, local) = Local::fresh();
    local.create("c");
    let job = uncommitted(&local, &rows(dir.path(), "a.json", 0..3));
    let drop = json!({ "collectionName": "c" });
    local.post("/v2/vectordb/collections/drop", &drop).data();
    assert_eq!(local.progress(&job)["state"], "Failed");
    local.create("c");
    assert!(end(&local, "commit", &job).refusal().1.contains("Failed"));
    assert_eq!(local.count("c"), 0);
}

#[test]
fn a_job_that_takes_longer_than_its_timeout_fails() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--import-rate", "50"));
    local.create("c");
    let many = rows(dir.path(), "a.json", 0..100_000);
    let data = import(&local, &many, &json!({ "timeout": "200ms" })).data();
    let progress = local.wait(data["jobId"].as_str().unwrap());
    assert_eq!(progress["state"], "Failed");
    assert!(
        progress["reason"]
            .as_str()
            .unwrap()
            .contains("import timeout")
    );
    let few = write(dir.path(), "b.json", &json!([row(1)]).to_string());
    let data = import(&local, &few, &json!({ "timeout": "1h45m" })).data();
    let progress = local.wait(data["jobId"].as_str().unwrap());
    assert_eq!(progress["state"], "Completed", "{progress}");
    assert_eq!(local.count("c"), 1);
}
