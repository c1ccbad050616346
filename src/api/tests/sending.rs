//! Repeated calls, calls that are never repeated, and the ends of calls.

use super::server::{Reply, Server};
use super::{client, impatient_client, import, settings, start_answering};
use crate::api::model::Dialect;
use crate::api::{ApiError, Client, Outcome, Settings};
use crate::error::Kind;
use crate::interrupt::{Interrupt, Stop};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use url::Url;

/// Starts a server that answers the first requests with `bad`, and later ones with an empty list.
fn recovering(times: usize, bad: Reply) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) < times {
            bad.clone()
        } else {
            Reply::json(r#"{"code":0,"data":{"jobId":"j","records":[]}}"#)
        }
    })
}

#[test]
fn reads_are_repeated_after_transient_errors() {
    for bad in [
        Reply::status(429, "slow down").with_header("retry-after", "0"),
        Reply::json(r#"{"code":429,"message":"slow down"}"#),
        Reply::json(r#"{"code":1,"message":"service not ready"}"#),
        Reply::json(r#"{"code":2,"message":"service unavailable"}"#),
        Reply::json(r#"{"code":1807,"message":"request is rejected by limiter"}"#),
        Reply::status(502, ""),
        Reply::status(503, "<html>").with_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        Reply::status(504, ""),
        Reply::status(408, "try again"),
        Reply::status(425, ""),
        Reply::json(r#"{"code":1,"message":"service not ready"}"#),
        Reply::json(r#"{"code":2,"message":"service unavailable"}"#),
        Reply::json(r#"{"code":4,"message":"too many concurrent requests, queue is full"}"#),
        Reply::json(r#"{"code":8,"message":"rate limit exceeded"}"#),
        Reply::json(r#"{"code":1807,"message":"request is rejected by limiter"}"#),
        Reply::status(500, "oops"),
        Reply::Drop,
        Reply::Partial("{".to_owned()),
    ] {
        let server = recovering(2, bad.clone());
        client(settings(Dialect::V2, &server))
            .verify()
            .unwrap_or_else(|error| panic!("{bad:?}: {error}"));
        assert_eq!(server.requests().len(), 3, "{bad:?}");
    }
}

#[test]
fn a_stale_connection_is_replaced() {
    let server =
        Server::start(|_| Reply::ThenClose(r#"{"code":0,"data":{"records":[]}}"#.to_owned()));
    let api = client(settings(Dialect::V2, &server));
    for _ in 0..3 {
        api.verify().unwrap();
    }
    let dropping = Server::dropping(1, |_| Reply::json(r#"{"code":0,"data":{"records":[]}}"#));
    client(settings(Dialect::V2, &dropping)).verify().unwrap();
    assert_eq!((dropping.connections(), dropping.requests().len()), (2, 1));
}

#[test]
fn other_errors_of_reads_are_returned_at_once() {
    for reply in [
        Reply::status(401, ""),
        Reply::json("{"),
        Reply::json(r#"{"code":47039}"#),
    ] {
        let server = start_answering(reply);
        client(settings(Dialect::V2, &server)).verify().unwrap_err();
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn reads_give_up_in_time() {
    let server = start_answering(Reply::status(503, "").with_header("retry-after", "0"));
    let error = client(settings(Dialect::V2, &server)).verify().unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (Kind::Connect, 6));
    // A server that always fails is reported sooner.
    let server = start_answering(Reply::status(500, ""));
    let error = client(settings(Dialect::V2, &server)).verify().unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (Kind::Connect, 3));
    // Milvus' codes for "later" (pkg/util/merr/errors.go) are reported as busy, HTTP statuses as connection errors.
    for code in [1, 2, 4, 8, 1807, 429] {
        let answer = format!(r#"{{"code":{code},"message":"later"}}"#);
        let server = start_answering(Reply::json(answer).with_header("retry-after", "0"));
        let error = client(settings(Dialect::Milvus, &server))
            .verify()
            .unwrap_err();
        let kind = error.kind();
        assert_eq!((kind, server.requests().len()), (Kind::Busy, 6), "{code}");
        assert_eq!(kind.exit_code(), 75);
        assert!(error.hint().unwrap().contains("wait a little"), "{error}");
    }
    for status in [408, 425] {
        let server = start_answering(Reply::status(status, "").with_header("retry-after", "0"));
        let error = client(settings(Dialect::V2, &server)).verify().unwrap_err();
        assert_eq!((error.kind(), server.requests().len()), (Kind::Connect, 6));
    }
    // A pause that would exceed the deadline isn't started.
    let server = start_answering(Reply::status(429, "").with_header("retry-after", "3600"));
    let error = client(settings(Dialect::V2, &server)).verify().unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (Kind::Busy, 1));
}

#[test]
fn calls_that_change_something_are_sent_once() {
    for (reply, outcome) in [
        (
            Reply::status(429, "").with_header("retry-after", "0"),
            Outcome::Busy,
        ),
        (Reply::status(503, ""), Outcome::Unknown),
        (
            Reply::status(500, r#"{"code":500,"message":"internal"}"#),
            Outcome::Unknown,
        ),
        (
            Reply::json(r#"{"code":65535,"message":"unexpected"}"#),
            Outcome::Unknown,
        ),
        (Reply::json(r#"{"code":0,"data":{}}"#), Outcome::Unknown),
        (Reply::Drop, Outcome::Unknown),
        (Reply::Partial("{\"code\":0".to_owned()), Outcome::Unknown),
        (Reply::Silence, Outcome::Unknown),
        (Reply::Drip, Outcome::Unknown),
    ] {
        let server = start_answering(reply.clone());
        let api = impatient_client(Dialect::V2, &server);
        let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
        assert_eq!(error.outcome(), outcome, "{reply:?}: {error}");
        assert_eq!(server.requests().len(), 1, "{reply:?}");
        let unknown = outcome == Outcome::Unknown;
        assert_eq!(error.kind() == Kind::Unknown, unknown, "{reply:?}: {error}");
        let hint = error.hint().unwrap_or_default();
        assert_eq!(
            hint.contains("the job may exist"),
            unknown,
            "{reply:?}: {hint}"
        );
        if matches!(reply, Reply::Drop | Reply::Full { .. }) {
            let _ = (
                api.commit("j"),
                api.drop_collection("c"),
                api.create_collection(&serde_json::json!({})),
            );
            assert_eq!(server.requests().len(), 4, "{reply:?}");
        }
    }
}

#[test]
fn a_request_on_a_refused_connection_was_never_sent() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let base = Url::parse(&format!("http://{free}")).unwrap();
    let api = client(Settings::new(Dialect::V2, base));
    let error = api.create(&import(&[&["a"]]), "k").unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (Kind::Connect, Outcome::NeverSent),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        format!("cannot reach http://{free}: connection refused")
    );
    assert!(matches!(api.verify(), Err(ApiError::Unreachable { .. })));
}

#[test]
fn an_interrupt_ends_a_call_without_an_answer() {
    for stop in [Stop::Interrupted, Stop::Terminated, Stop::TimedOut] {
        let (arrived, arrival) = mpsc::channel();
        let server = Server::start(move |_| {
            arrived.send(()).unwrap();
            Reply::Silence
        });
        let interrupt = Interrupt::new();
        let api = Client::new(settings(Dialect::V2, &server), interrupt.clone());
        let call = std::thread::spawn(move || api.create(&import(&[&["a"]]), "k"));
        arrival.recv_timeout(Duration::from_secs(20)).unwrap();
        interrupt.raise(stop);
        let error = call.join().unwrap().unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(error.kind(), Kind::from(stop));
    }
}

#[test]
fn an_interrupt_ends_the_pause_between_two_tries() {
    let (arrived, arrival) = mpsc::channel();
    let server = Server::start(move |_| {
        arrived.send(()).unwrap();
        Reply::status(503, "").with_header("retry-after", "20")
    });
    let interrupt = Interrupt::new();
    let api = Client::new(settings(Dialect::V2, &server), interrupt.clone());
    let call = std::thread::spawn(move || api.verify());
    arrival.recv_timeout(Duration::from_secs(20)).unwrap();
    interrupt.raise(Stop::Interrupted);
    assert_eq!(call.join().unwrap().unwrap_err().kind(), Kind::Interrupted);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_local_service_is_recognized_by_its_name() {
    let reply = Reply::json(r#"{"code":0,"data":{"records":[]}}"#);
    for (name, local) in [("zshell/0.1.0", true), ("nginx", false)] {
        let server = start_answering(reply.clone().with_header("server", name));
        let api = client(settings(Dialect::V2, &server));
        assert!(!api.is_local_service());
        api.verify().unwrap();
        assert_eq!(api.is_local_service(), local);
    }
}

#[test]
fn a_base_address_may_have_a_path() {
    let server = start_answering(Reply::json(r#"{"code":0,"data":{"records":[]}}"#));
    let mut base = settings(Dialect::V2, &server);
    base.import_base = Url::parse(&format!("{}/gate/way/?x=1#y", server.url())).unwrap();
    client(base).verify().unwrap();
    assert_eq!(
        server.requests()[0].target,
        "/gate/way/v2/vectordb/jobs/import/list"
    );
}

#[test]
fn an_unusable_certificate_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pem");
    std::fs::write(&broken, "no certificate").unwrap();
    for path in [broken, PathBuf::from("/nowhere/ca.pem")] {
        let api = client(Settings {
            ca_cert: Some(path.clone()),
            ..Settings::new(Dialect::V2, Url::parse("https://localhost:1").unwrap())
        });
        let error = api.verify().unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}
