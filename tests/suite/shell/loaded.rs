//! Calls that depend on whether a collection or partition is loaded.

use crate::shell::catalog::{answer, connect_whole};
use crate::support::harness::{TOKEN, Test};
use crate::support::server::{Reply, Server};
use std::sync::atomic::{AtomicBool, Ordering};

/// Starts a service that refuses to drop a partition before it's released, with this code.
fn loaded_partition(code: i64) -> Server {
    let released = AtomicBool::new(false);
    Server::start(move |request| {
        if request.target.ends_with("partitions/release") {
            released.store(true, Ordering::SeqCst);
            return Reply::json(r#"{"code":0,"data":{}}"#);
        }
        if request.target.ends_with("partitions/drop") && !released.load(Ordering::SeqCst) {
            let message =
                "partition cannot be dropped, partition is loaded, please release it first";
            return Reply::json(format!(r#"{{"code":{code},"message":{message:?}}}"#));
        }
        answer(request)
    })
}

#[test]
fn a_loaded_partition_is_released_and_dropped() {
    for (code, status, sent_paths) in [
        (65535, 0, ["drop", "release", "drop"].as_slice()),
        (1100, 0, &["drop", "release", "drop"]),
        // Another code with the same message isn't treated as this refusal.
        (100, 7, &["drop"]),
    ] {
        let server = loaded_partition(code);
        let text = format!(
            "{} drop_partition(\"books\", \"p\")",
            connect_whole(&server, "milvus")
        );
        let test = Test::new().env("KEY", TOKEN).args(["--yes"]);
        test.eval(text).status(status).run();
        let changes: Vec<String> = server
            .requests()
            .into_iter()
            .filter_map(|it| {
                Some(
                    it.target
                        .strip_prefix("/v2/vectordb/partitions/")?
                        .to_owned(),
                )
            })
            .filter(|path| path != "list")
            .collect();
        assert_eq!(changes, sent_paths, "{code}");
    }
}

#[test]
fn reading_an_unloaded_collection_has_a_hint() {
    // The service's own hint, here about the API key, comes first.
    for (http_status, code, exit, hint) in [
        (200, 101, 7, "loaded collection: load(\"books\")"),
        (200, 103, 7, "loaded collection: load(\"books\")"),
        (200, 201, 7, "loaded collection: load(\"books\")"),
        (200, 65535, 7, ""),
        (401, 101, 3, "the API key was refused"),
    ] {
        let body = format!(r#"{{"code":{code},"message":"collection not loaded[collection=1]"}}"#);
        let server = Server::start(move |request| {
            if request.target.contains("entities/") {
                Reply::status(http_status, body.clone())
            } else {
                answer(request)
            }
        });
        for call in [
            "count(\"books\")",
            "query(\"books\", \"id > 0\")",
            "search(\"books\", [1.0])",
        ] {
            let text = format!("{} {call}", connect_whole(&server, "milvus"));
            let test = Test::new().env("KEY", TOKEN).eval(text);
            let stderr = test.status(exit).run().stderr;
            assert!(stderr.contains(hint), "{code} {call}: {stderr}");
            let is_explained = stderr.contains("load(\"books\")");
            let is_expected = hint.contains("load(");
            assert_eq!(is_explained, is_expected, "{code} {call}: {stderr}");
        }
    }
}
