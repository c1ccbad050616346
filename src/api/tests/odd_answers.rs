//! Answers beyond the published ones: each is a typed value or a clear error, never a panic.

use super::server::{Reply, Server};
use super::{client, cloud, impatient_client, import, settings, start_answering};
use crate::api::model::{Dialect, JobState};
use crate::api::{ApiError, JobFilter, Outcome, Settings};
use crate::error::{Failure, Kind};
use std::sync::atomic::{AtomicBool, Ordering};

/// A connection that repeats an answer returns the previous call's, so the call is repeated. A missing id is accepted.
#[test]
fn a_call_is_repeated_after_an_answer_about_another_job() {
    let other = r#"{"code":0,"data":{"jobId":"job-1","state":"Completed","progress":100}}"#;
    let server = start_answering(Reply::json(other));
    for dialect in [Dialect::V1, Dialect::V2, Dialect::Milvus] {
        let api = client(cloud(dialect, &server));
        let error = api.progress("job-2").unwrap_err();
        assert_eq!(error.kind(), Kind::Connect);
        assert!(
            error.to_string().contains(r#"another job, "job-1""#),
            "{error}"
        );
        assert_eq!(api.progress("job-1").unwrap().job_id, "job-1");
    }
    assert_eq!(server.requests().len(), 3 * (3 + 1));
    let first = AtomicBool::new(true);
    let doubled = Server::start(move |_| {
        let id = if first.swap(false, Ordering::SeqCst) {
            "job-1"
        } else {
            "job-2"
        };
        Reply::json(format!(
            r#"{{"code":0,"data":{{"jobId":"{id}","state":"Failed"}}}}"#
        ))
    });
    let progress = client(settings(Dialect::Milvus, &doubled)).progress("job-2");
    assert_eq!(progress.unwrap().state.kind, JobState::Failed);
    let silent = start_answering(Reply::json(r#"{"code":0,"data":{"state":"Pending"}}"#));
    let progress = client(settings(Dialect::V2, &silent)).progress("job-2");
    assert_eq!(progress.unwrap().job_id, "job-2");
}

/// `{"code":0,"message":"The token is illegal."}` is a published failure; `{"code":0,"data":{}}` is how Milvus answers a
/// commit.
#[test]
fn a_success_with_a_message_and_no_data_is_an_error() {
    for (dialect, code) in [
        (Dialect::V1, 200),
        (Dialect::V1, 0),
        (Dialect::V2, 0),
        (Dialect::Milvus, 0),
    ] {
        for data in ["", r#","data":null"#] {
            let text = format!(r#"{{"code":{code},"message":"The token is illegal."{data}}}"#);
            let server = start_answering(Reply::json(text));
            let api = client(cloud(dialect, &server));
            let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown, "{dialect} {error}");
            let mut errors = vec![
                api.progress("1").unwrap_err(),
                api.scan(&JobFilter::default()).unwrap_err(),
                api.describe("c").unwrap_err(),
                api.drop_collection("c").unwrap_err(),
            ];
            if dialect != Dialect::V1 {
                errors.extend([api.commit("1").unwrap_err(), api.abort("1").unwrap_err()]);
            }
            for error in errors {
                assert_eq!(error.kind(), Kind::Refused, "{dialect} {error}");
                assert!(
                    error.to_string().ends_with("The token is illegal."),
                    "{error}"
                );
            }
        }
    }
    let done = start_answering(Reply::json(r#"{"code":0,"data":{}}"#));
    let api = client(settings(Dialect::Milvus, &done));
    api.commit("1").unwrap();
    api.abort("1").unwrap();
}

/// An answer, a part of the error's text, and the error's kind for a read; a create call's outcome.
#[test]
fn unreadable_answers_are_explained() {
    for (reply, text, outcome) in [
        (Reply::json(""), "it is empty", Outcome::Unknown),
        (Reply::status(204, ""), "it is empty", Outcome::Unknown),
        (Reply::json("[]"), "not a JSON object", Outcome::Unknown),
        (
            Reply::json("{\"code\":0"),
            "not a JSON object",
            Outcome::Unknown,
        ),
        (Reply::json(r#"{"code":0}"#), "no data", Outcome::Unknown),
        (
            Reply::json(r#"{"code":0,"data":null}"#),
            "no data",
            Outcome::Unknown,
        ),
        (
            Reply::json(r#"{"code":0,"data":[]}"#),
            "not an object",
            Outcome::Unknown,
        ),
        (
            Reply::json(r#"{"code":0,"data":{}}"#),
            "it ",
            Outcome::Unknown,
        ),
        (
            Reply::json(r#"{"code":{},"data":7}"#),
            "not an object",
            Outcome::Unknown,
        ),
        (
            Reply::json(r#"{"code":"x"}"#),
            "code is not a number",
            Outcome::Unknown,
        ),
        (
            Reply::json("<html><title>Sign in</title></html>"),
            "\"Sign in\"",
            Outcome::Unknown,
        ),
        (
            Reply::status(404, "<h1>Nope</h1>"),
            "HTTP 404 Not Found: Nope",
            Outcome::Refused,
        ),
        (Reply::status(500, ""), "HTTP 500", Outcome::Unknown),
        (
            Reply::status(400, r#"{"error":"bad","status":400}"#),
            "bad",
            Outcome::Refused,
        ),
        (
            Reply::status(418, "\u{1b}[31mtea\r\npot"),
            "[31mtea pot",
            Outcome::Unknown,
        ),
    ] {
        let server = start_answering(reply);
        let api = client(settings(Dialect::V2, &server));
        for error in [
            api.progress("1").unwrap_err(),
            api.create(&import(&[&["a"]]), "k").unwrap_err(),
        ] {
            assert!(error.to_string().contains(text), "{error} lacks {text}");
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
        let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
        assert_eq!(error.outcome(), outcome, "{error}");
        let unknown = outcome == Outcome::Unknown;
        assert_eq!(error.kind() == Kind::Unknown, unknown, "{error}");
    }
}

#[test]
fn error_codes_have_kinds_and_hints() {
    let rows = [
        (9, Kind::Refused),
        (80002, Kind::Auth),
        (10003, Kind::Refused),
        (21119, Kind::Auth),
        (80001, Kind::Auth),
        (40003, Kind::Refused),
        (40021, Kind::Refused),
        (80020, Kind::Refused),
        (90102, Kind::Refused),
        (40022, Kind::Refused),
        (47005, Kind::Refused),
        (100, Kind::Refused),
        (47035, Kind::Refused),
        (47036, Kind::Refused),
        (47039, Kind::Busy),
        (47055, Kind::Busy),
        (47053, Kind::Refused),
        (83001, Kind::Refused),
        (80000, Kind::Refused),
        (80003, Kind::Refused),
        (80004, Kind::Refused),
        (83004, Kind::Refused),
        (90011, Kind::Refused),
        (90103, Kind::Refused),
        (90104, Kind::Refused),
        (90117, Kind::Refused),
        (90142, Kind::Refused),
        (90145, Kind::Refused),
        (429, Kind::Busy),
        (2100, Kind::Refused),
    ];
    for (code, kind) in rows {
        let server = start_answering(Reply::json(format!(
            r#"{{"code":"{code}","message":"no such collection"}}"#
        )));
        let error = client(cloud(Dialect::V2, &server))
            .create(&import(&[&["a"]]), "k")
            .unwrap_err();
        let outcome = match kind {
            Kind::Busy => Outcome::Busy,
            _ => Outcome::Refused,
        };
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{code}");
        let failure = Failure::from(error);
        assert!(failure.hint.is_some(), "{code}");
        assert_eq!(
            failure.to_string(),
            format!("cannot create the import job: no such collection (code {code})")
        );
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[test]
fn a_busy_service_is_recognized_by_the_message() {
    for message in [
        "the number of jobs has reached the limit 1024",
        "import queue is full",
    ] {
        let server = start_answering(Reply::json(format!(
            r#"{{"code":2100,"message":"{message}"}}"#
        )));
        let error = client(settings(Dialect::Milvus, &server))
            .create(&import(&[&["a"]]), "k")
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Busy);
    }
}

/// One code has many causes, so the hint depends on the call.
#[test]
fn the_hint_of_an_import_error_depends_on_the_call() {
    for (call, message, hint) in [
        ("create", "partition not found[partition=p]", "partition"),
        ("create", "collection not found", "collections()"),
        ("create", "file a.json not found", "own bucket"),
        ("progress", "import job does not exist, jobID=1", "jobs()"),
        ("progress", "importing data failed", "jobs()"),
        ("commit", "job 1 cannot be found", "jobs()"),
        ("commit", "job 1 is Completed", "two-phase"),
    ] {
        let answer = format!(r#"{{"code":2100,"message":"{message}"}}"#);
        let server = start_answering(Reply::json(answer));
        let api = client(settings(Dialect::Milvus, &server));
        let error = match call {
            "create" => api.create(&import(&[&["a"]]), "k").map(drop),
            "progress" => api.progress("1").map(drop),
            _ => api.commit("1"),
        };
        let error = error.unwrap_err();
        let shown = error.hint().unwrap_or_default();
        assert!(shown.contains(hint), "{call} {message}: {shown}");
    }
}

#[test]
fn the_hint_of_a_refused_key_names_its_source() {
    let server = start_answering(Reply::status(401, "no"));
    for (source, hint) in [
        (
            "ZILLIZ_API_KEY",
            "the API key was refused, source: ZILLIZ_API_KEY;",
        ),
        (
            crate::api::TYPED_KEY,
            "the API key typed at the terminal was refused;",
        ),
    ] {
        let mut settings = cloud(Dialect::V2, &server);
        settings.key_source = source.to_owned();
        let error = client(settings).verify().unwrap_err();
        assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Auth, 3));
        assert!(error.hint().unwrap().starts_with(hint), "{error}");
    }
}

#[test]
fn milvus_partition_not_found_is_an_error() {
    let server = start_answering(Reply::json(
        r#"{"code":200,"message":"partition not found[partition=p]"}"#,
    ));
    let error = client(settings(Dialect::Milvus, &server))
        .create(&import(&[&["a"]]), "k")
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome()),
        (Some(200), Outcome::Refused)
    );
}

#[test]
fn redirects_are_errors_that_name_only_the_host() {
    for status in [301, 302, 307, 308] {
        let reply = Reply::status(status, "")
            .with_header("location", "https://u:p@evil.example:8443/x?token=1");
        let server = start_answering(reply);
        let api = client(cloud(Dialect::V2, &server));
        for error in [
            api.verify().unwrap_err(),
            api.create(&import(&[&["a"]]), "k").unwrap_err(),
        ] {
            assert!(
                error.to_string().contains("https://evil.example:8443 "),
                "{error}"
            );
            assert_eq!(error.outcome(), Outcome::Unknown);
        }
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn large_endless_and_slow_bodies_are_refused() {
    let server = start_answering(Reply::Endless);
    let api = client(Settings {
        body_limit: 1 << 20,
        ..settings(Dialect::V2, &server)
    });
    let error = api.progress("1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the job's progress: the answer is larger than 1 MiB"
    );
    let server = start_answering(Reply::Full {
        status: 200,
        headers: Vec::new(),
        body: vec![b' '; (1 << 20) + 1],
    });
    let api = client(Settings {
        body_limit: 1 << 20,
        ..settings(Dialect::V2, &server)
    });
    assert!(matches!(
        api.create(&import(&[&["a"]]), "k"),
        Err(ApiError::TooLarge { .. })
    ));
    let server = start_answering(Reply::Drip);
    let error = impatient_client(Dialect::V2, &server)
        .progress("1")
        .unwrap_err();
    assert!(matches!(error, ApiError::NoAnswer { .. }), "{error}");
    assert_eq!(error.kind(), Kind::Connect);
}
