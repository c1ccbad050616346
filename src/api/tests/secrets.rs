//! No output of the client contains a key.

use super::server::{Reply, Server};
use super::{client, cloud, import};
use crate::api::model::{Dialect, ImportRequest};
use crate::api::{LogSink, Settings};
use crate::error::{Failure, Kind};
use crate::secret::{Secret, StorageKeys};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "root:tok/en+123";
const KEYS: [&str; 3] = ["AKIA-storage-id", "storage/secret+key", "session-token-1"];

fn secret_request() -> ImportRequest {
    let [access, secret, session] = KEYS.map(|key| Some(Secret::new(key)));
    ImportRequest {
        keys: StorageKeys {
            access,
            secret,
            session,
        },
        ..import(&[&["s3://b/a.json"]])
    }
}

fn assert_clean(text: &str) {
    for secret in KEYS
        .into_iter()
        .chain([TOKEN, "tok/en+123", "tok\\/en", "tok%2Fen"])
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn echoed_keys_are_masked_in_errors_and_in_the_log() {
    for status in [200, 400, 500] {
        for json in [true, false] {
            let server = Server::start(move |request| {
                let key = request.header("authorization").unwrap_or_default();
                let echo = format!("{key} / {}", request.body);
                let escaped = serde_json::to_string(&echo).unwrap().replace('/', "\\/");
                Reply::status(
                    status,
                    if json {
                        format!("{{\"code\":10003,\"message\":{escaped}}}")
                    } else {
                        echo
                    },
                )
            });
            let lines = Arc::new(Mutex::new(String::new()));
            let sink = Arc::clone(&lines);
            let api = client(Settings {
                token: Some(Secret::new(TOKEN)),
                log: Some(LogSink::new(move |line| {
                    let mut lines = sink.lock().unwrap();
                    *lines += line;
                    *lines += "\n";
                })),
                ..cloud(Dialect::V2, &server)
            });
            let error = api.create(&secret_request(), "k").unwrap_err();
            assert_clean(&format!(
                "{error} {error:?} {:?} {api:?}",
                Failure::from(error.clone())
            ));
            let log = lines.lock().unwrap().clone();
            assert_clean(&log);
            assert_eq!(log.lines().count(), 2, "{log}");
            assert!(
                log.contains("/v2/vectordb/jobs/import/create")
                    && log.contains(r#""accessKey":"****""#),
                "{log}"
            );
        }
    }
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_unseen() {
    let server = Server::start(|_| Reply::Drop);
    for token in ["line\nend-token", "schlüssel-token", "nul\0-token"] {
        let api = client(Settings {
            token: Some(Secret::new(token)),
            ..cloud(Dialect::V2, &server)
        });
        let error = api.verify().unwrap_err();
        assert_eq!(error.kind(), Kind::Auth);
        assert!(
            !format!("{error:?} {error}").contains("-token"),
            "{error:?}"
        );
    }
    let api = client(cloud(Dialect::V2, &server));
    for key in ["", "ä", "a\nb", &"x".repeat(257)] {
        assert_eq!(
            api.create(&secret_request(), key).unwrap_err().kind(),
            Kind::Usage
        );
    }
    assert!(server.requests().is_empty());
}

#[test]
fn user_and_password_of_an_address_are_dropped() {
    let server = Server::start(|_| Reply::status(500, ""));
    let mut settings = cloud(Dialect::V2, &server);
    settings.import_base.set_username("user").unwrap();
    settings.import_base.set_password(Some("hunter22")).unwrap();
    let api = client(settings);
    let error = api.verify().unwrap_err();
    assert!(!format!("{error:?} {error} {api:?}").contains("hunter22"));
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Bearer the-api-key")
    );
}
