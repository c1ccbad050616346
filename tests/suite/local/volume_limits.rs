//! Limits of volumes.

use crate::local::harness::{Local, serve};
use crate::local::volume_client::{apply, create, service};
use axum::http::Request;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn a_service_accepts_at_most_1000_volumes() {
    let (dir, local) = Local::fresh();
    create(&local, "first").data();
    drop(local);
    // Volumes are created directly in the database, since 1,000 calls would take long.
    let store = rusqlite::Connection::open(dir.path().join("local/store.sqlite")).expect("open");
    let more = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 998)
        INSERT INTO volumes (name, project, region, create_time) SELECT 'v' || n, 'p', 'r', '' FROM number";
    store.execute(more, []).expect("volumes");
    drop(store);
    let local = Local::start(serve(dir.path()));
    create(&local, "last").data();
    let refused = create(&local, "more");
    let (code, message) = refused.refusal();
    assert_eq!(code, 80000);
    assert!(
        message.contains("there are 1000 volumes already"),
        "{message}"
    );
}

#[test]
fn a_volume_has_at_most_10000_unfinished_uploads() {
    let (dir, _local, bucket) = service();
    bucket.put("vol/a", b"").expect("put");
    let uploads = dir.path().join("local/volumes/1/uploads");
    for number in 0..9_999 {
        std::fs::create_dir(uploads.join(number.to_string())).expect("a folder");
    }
    let parts = [b"x".to_vec()];
    bucket.put_parts("vol/b", &parts, true).expect("completed");
    std::fs::create_dir(uploads.join("last")).expect("a folder");
    let error = bucket.put_parts("vol/c", &parts, true).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("SlowDown"), "{error}");
    assert!(error.contains("10000 unfinished uploads"), "{error}");
}

/// Starts to write an object of two bytes, and sends the first byte.
fn begin(local: &Local, access: &Value) -> TcpStream {
    let text = |name: &str| {
        access["credentials"][name]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let credential = AwsCredential {
        key_id: text("tmpAK"),
        secret_key: text("tmpSK"),
        token: Some(text("sessionToken")),
    };
    let url = format!("http://{}/local-volumes/vol/a", local.addr);
    let request = Request::put(&url).body(HttpRequestBody::empty());
    let mut request = request.expect("a request");
    AwsAuthorizer::new(&credential, "s3", "local")
        .with_sign_payload(false)
        .try_authorize(&mut request, None)
        .expect("signed");
    let mut head = format!(
        "PUT /local-volumes/vol/a HTTP/1.1\r\nHost: {}\r\nContent-Length: 2\r\n",
        local.addr
    );
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
        _ = write!(head, "{name}: {}\r\n", value.to_str().expect("text"));
    }
    let mut stream = TcpStream::connect(local.addr).expect("connect");
    write!(stream, "{head}\r\nx").expect("sent");
    stream
}

#[test]
fn at_most_64_bodies_are_received_at_a_time() {
    let (dir, local, bucket) = service();
    let access = apply(&local, "vol", "");
    let mut open: Vec<_> = (0..64).map(|_| begin(&local, &access)).collect();
    // Each body that is being received has a file.
    let uploads = dir.path().join("local/volumes/1/uploads");
    let count = || std::fs::read_dir(&uploads).map_or(0, Iterator::count);
    let end = std::time::Instant::now() + Duration::from_secs(15);
    while count() < 64 {
        assert!(std::time::Instant::now() < end, "{} files", count());
        std::thread::sleep(Duration::from_millis(5));
    }
    let error = bucket.put("vol/b", b"").unwrap_err().to_string();
    assert!(error.contains("SlowDown"), "{error}");
    let mut first = open.swap_remove(0);
    first.write_all(b"y").expect("sent");
    let mut answer = [0; 15];
    first.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    bucket.put("vol/b", b"").expect("a free place");
}
