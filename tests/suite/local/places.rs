//! Paths on the disk that clients may import.

use crate::local::harness::{Local, rows, serve, serve_at};
use serde_json::json;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const CREATE: &str = "/v2/vectordb/jobs/import/create";

/// Returns a folder `open` that has a file and a link to a file outside.
fn folders() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let open = dir.path().join("open");
    std::fs::create_dir_all(open.join("inner")).expect("a folder");
    rows(&open, "a.json", 0..3);
    rows(dir.path(), "hidden.json", 0..7);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(dir.path().join("hidden.json"), open.join("link.json")).expect("a link");
        symlink("../a.json", open.join("inner/link.json")).expect("a link");
    }
    (dir, open)
}

fn service(dir: &Path, option: &str, folder: &Path) -> Local {
    let local = Local::start(serve(&dir.join("data")).option(option, folder));
    local.create("books");
    local
}

fn submit(local: &Local, path: &str) -> Result<serde_json::Value, String> {
    let mut body = json!({ "collectionName": "books", "files": [[path]] });
    if path.ends_with('/') {
        // Only the cloud accepts folders.
        body = json!({ "clusterId": "x", "collectionName": "books", "objectUrls": [[path]] });
    }
    let answer = local.post(CREATE, &body);
    if answer.code() != 0 {
        return Err(answer.refusal().1.to_owned());
    }
    let job = answer.data();
    Ok(local.wait(job["jobId"].as_str().expect("an id")))
}

#[test]
fn only_allowed_folders_are_read() {
    let (dir, open) = folders();
    let local = service(dir.path(), "--allow-dir", &open);
    let open = open.to_str().unwrap();
    let outside = dir.path().join("hidden.json");
    for path in [
        outside.to_str().unwrap(),
        "/etc/hosts.json",
        &format!("file://{}", outside.display()),
    ] {
        let refused = submit(&local, path).unwrap_err();
        assert!(refused.contains("outside the folders"), "{path}: {refused}");
    }
    let mut escapes = vec![
        format!("{open}/../hidden.json"),
        format!("{open}/inner/../../hidden.json"),
    ];
    if cfg!(unix) {
        escapes.push(format!("{open}/link.json"));
    }
    for path in escapes {
        let ended = submit(&local, &path).unwrap();
        assert_eq!(ended["state"], "Failed", "{path}");
    }
    assert_eq!(local.count("books"), 0);
    let mut inside = vec![
        format!("{open}/a.json"),
        format!("file://{open}/a.json"),
        format!("{open}/inner/../a.json"),
    ];
    if cfg!(unix) {
        inside.push(format!("{open}/inner/link.json"));
    }
    let all = inside.len() as u64;
    for path in inside {
        let ended = submit(&local, &path).unwrap();
        assert_eq!(ended["state"], "Completed", "{path}: {ended}");
    }
    assert_eq!(local.count("books"), 3 * all);
    // An import of the folder skips the link that leads out.
    let ended = submit(&local, &format!("{open}/")).unwrap();
    assert_eq!(
        (&ended["state"], &ended["importedRows"]),
        (&json!("Completed"), &json!(3)),
        "{ended}"
    );
}

#[test]
fn the_bucket_folder_is_the_root_of_paths() {
    let (dir, open) = folders();
    let local = service(dir.path(), "--bucket-dir", &open);
    let outside = dir.path().join("hidden.json");
    for path in [
        "../hidden.json",
        "/../hidden.json",
        "inner/../../hidden.json",
        "//inner/../../hidden.json",
        outside.to_str().unwrap(),
    ] {
        let failed = submit(&local, path).map_or(true, |ended| ended["state"] == "Failed");
        assert!(failed, "{path}");
    }
    assert_eq!(local.count("books"), 0);
    // As in Milvus' documentation, and as paths of the folder.
    let absolute = open.join("a.json");
    for path in ["a.json", "/a.json", "//a.json", absolute.to_str().unwrap()] {
        let ended = submit(&local, path).unwrap();
        assert_eq!(ended["state"], "Completed", "{path}: {ended}");
        assert_eq!(ended["details"][0]["fileName"], format!("[{path}]"));
    }
    assert_eq!(local.count("books"), 12);
}

#[test]
fn beyond_loopback_no_folder_is_allowed() {
    let (dir, open) = folders();
    let public = || serve_at("0.0.0.0:0", &dir.path().join("data")).option("--token", "token");
    let local = Local::start(public());
    let send = |path: &str, body: &serde_json::Value| {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer token\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        crate::local::harness::exchange(local.addr, &request)
    };
    let books = json!({ "collectionName": "books", "dimension": 4 });
    send("/v2/vectordb/collections/create", &books).data();
    let body = json!({ "collectionName": "books", "files": [[open.join("a.json")]] });
    let answer = send(CREATE, &body);
    assert!(
        answer.refusal().1.contains("outside the folders"),
        "{}",
        answer.json
    );
    local.stop();
    let missing = public().option("--allow-dir", dir.path().join("none"));
    assert_eq!(missing.refused().0, Some(2));
}

/// Opening a pipe waits for a writer, which would block the worker forever.
#[cfg(unix)]
#[test]
fn a_file_that_becomes_a_pipe_fails_its_job() {
    for is_limited in [false, true] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut served = serve(&dir.path().join("data")).option("--import-rate", "1000");
        if is_limited {
            served = served.option("--allow-dir", dir.path());
        }
        let local = Local::start(served);
        local.create("books");
        let first = rows(dir.path(), "a.json", 0..300);
        let second = rows(dir.path(), "b.json", 0..300);
        let job = local.import("books", &[&first, &second]);
        local.until(&job, |progress| progress["importedRows"].as_u64() > Some(0));
        std::fs::remove_file(&second).expect("remove");
        let made = std::process::Command::new("mkfifo").arg(&second).status();
        assert!(made.expect("mkfifo runs").success());
        let failed = local.wait(&job);
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(
            reason.contains("b.json") && reason.contains("not a regular file"),
            "{reason}"
        );
    }
}
