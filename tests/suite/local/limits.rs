//! Limits of requests: time, connections, versions of HTTP.

use crate::local::harness::{Local, row, serve, write};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const LIST: &str = "/v2/vectordb/collections/list";
const QUERY: &str = "/v2/vectordb/entities/query";

/// Much longer than an answer takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

fn connect(local: &Local) -> TcpStream {
    let stream = TcpStream::connect(local.addr).expect("connect");
    stream
        .set_read_timeout(Some(DEADLINE))
        .expect("a time limit");
    stream
}

/// Sends the bytes and returns the answer until the service closes the connection.
fn answer(local: &Local, bytes: &[u8]) -> String {
    let mut stream = connect(local);
    stream.write_all(bytes).expect("send");
    let mut answer = Vec::new();
    // A refused connection may be reset.
    _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn only_http_1_is_accepted() {
    let (_dir, local) = Local::fresh();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = answer(&local, preface);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer:?}"
    );
    assert_eq!(local.get("/v1/vector/collections").json["code"], 200);
}

/// RFC 9112, 3.2: a request of HTTP/1.1 has exactly one `Host`.
#[test]
fn a_request_needs_exactly_one_host() {
    let (_dir, local) = Local::fresh();
    for (version, hosts, status) in [
        ("1.1", "Host: localhost\r\n", "200"),
        ("1.0", "", "200"),
        ("1.1", "", "400"),
        ("1.1", "Host: localhost\r\nHost: localhost\r\n", "400"),
        ("1.1", "Host: localhost\r\nHost: evil.example\r\n", "400"),
        ("1.1", "Host: [::1]evil.example\r\n", "403"),
        ("1.1", "Host: localhost:1@evil.example\r\n", "403"),
    ] {
        let request = format!(
            "GET /v1/vector/collections HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n"
        );
        let answer = answer(&local, request.as_bytes());
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.split(' ').nth(1) == Some(status), "{hosts:?}: {line}");
    }
}

/// Milvus: `timeoutMiddleware` of `internal/distributed/proxy/httpserver`.
#[test]
fn a_query_has_a_time_limit() {
    let dir = tempfile::tempdir().expect("a folder");
    let local = Local::start(serve(dir.path()).option("--query-timeout", "0s"));
    local.create("c");
    let rows: Vec<Value> = (0..20).map(row).collect();
    let body = json!({ "collectionName": "c", "data": rows });
    local.post("/v2/vectordb/entities/insert", &body).data();
    for body in [
        json!({ "collectionName": "c", "filter": "id >= 0" }),
        json!({ "collectionName": "c", "filter": "id >= 0", "outputFields": ["count(*)"] }),
    ] {
        let answer = local.post(QUERY, &body);
        assert_eq!((answer.status, &answer.json["code"]), (408, &json!(10001)));
    }
    assert_eq!(local.post(LIST, &json!({})).data(), json!(["c"]));
}

/// Starts more long queries than the service runs at a time. Calls that read little are answered meanwhile, and the
/// queries end when their clients leave.
#[test]
fn long_queries_block_no_calls_and_end_with_their_clients() {
    let dir = tempfile::tempdir().expect("a folder");
    let local = Local::start(serve(dir.path()).option("--query-timeout", "30m"));
    let body = json!({ "collectionName": "c", "schema": { "fields": [
        { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
        { "fieldName": "word", "dataType": "VarChar", "elementTypeParams": { "max_length": "65535" } },
        { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": "2" } },
    ]}, "indexParams": [{ "fieldName": "vector", "metricType": "L2" }] });
    local.post("/v2/vectordb/collections/create", &body).data();
    let word = "ab".repeat(20_000);
    let rows: String = (0..500)
        .map(|id| format!("{{\"id\":{id},\"word\":\"{word}\",\"vector\":[0,1]}}\n"))
        .collect();
    let file = write(dir.path(), "a.jsonl", &rows);
    local.wait(&local.import("c", &[&file]));
    let terms: Vec<_> = (0..1000)
        .map(|no| format!("word like \"%a%b{no}%\""))
        .collect();
    let body = json!({ "collectionName": "c", "filter": terms.join(" or ") }).to_string();
    let request = format!(
        "POST {QUERY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let mut client = connect(&local);
            client.write_all(request.as_bytes()).expect("send");
            client
        })
        .collect();
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(local.post(LIST, &json!({})).data(), json!(["c"]));
    }
    assert!(start.elapsed() < DEADLINE);
    drop(clients);
    let small = json!({ "collectionName": "c", "filter": "id == 1", "outputFields": ["id"] });
    loop {
        let answer = local.post(QUERY, &small);
        if answer.status == 200 {
            assert_eq!(answer.data(), json!([{ "id": 1 }]));
            return;
        }
        assert_eq!(answer.status, 429);
        assert!(start.elapsed() < DEADLINE, "the queries go on");
    }
}

/// Idle connections that use all slots don't keep a new client out.
#[test]
fn idle_connections_are_closed_for_new_ones() {
    let (_dir, local) = Local::fresh();
    let idle: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = connect(&local);
            // The service may have closed the connection already.
            _ = stream.write_all(b"G");
            stream
        })
        .collect();
    let start = Instant::now();
    assert_eq!(local.post(LIST, &json!({})).data(), json!([]));
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(idle);
}
