//! Unusual requests on sockets: half-closed, too large, malformed.

use crate::local::harness::{Local, row};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

const INSERT: &str = "/v2/vectordb/entities/insert";
const LIST: &str = "/v2/vectordb/collections/list";

fn head(path: &str, rest: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{rest}\r\n\r\n"
    )
}

/// Sends the pieces, half-closes the connection if `half_close` is set, and reads until the service closes it.
fn exchange(local: &Local, pieces: &[&[u8]], half_close: bool) -> String {
    let mut stream = TcpStream::connect(local.addr).expect("connect");
    for piece in pieces {
        stream.write_all(piece).expect("send");
    }
    if half_close {
        stream.shutdown(Shutdown::Write).expect("half-close");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_half_closed_connection_gets_an_answer() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    for id in 0..20 {
        let body = json!({ "collectionName": "c", "data": [row(id)] }).to_string();
        let head = head(INSERT, &format!("Content-Length: {}", body.len()));
        let answer = exchange(&local, &[head.as_bytes(), body.as_bytes()], true);
        assert!(answer.starts_with("HTTP/1.1 200"), "{id}: {answer}");
        assert!(answer.contains("\"insertCount\":1"), "{id}: {answer}");
    }
    assert_eq!(local.count("c"), 20);
}

#[test]
fn a_too_large_body_is_answered_after_it_was_sent() {
    let (_dir, local) = Local::fresh();
    let body = vec![b' '; 24 << 20];
    let announced = head(
        LIST,
        &format!("Connection: close\r\nContent-Length: {}", body.len()),
    );
    let chunked = head(LIST, "Connection: close\r\nTransfer-Encoding: chunked");
    let size = format!("{:x}\r\n", body.len());
    for pieces in [
        &[announced.as_bytes(), &body][..],
        &[chunked.as_bytes(), size.as_bytes(), &body, b"\r\n0\r\n\r\n"],
    ] {
        let answer = exchange(&local, pieces, false);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    // Another error is answered after the body too, and a request with `Expect: 100-continue` is answered at once.
    let wrong = announced.replace("application/json", "text/plain");
    let answer = exchange(&local, &[wrong.as_bytes(), &body], false);
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    let asks = announced.replace("Connection: close", "Expect: 100-continue");
    let answer = exchange(&local, &[asks.as_bytes()], false);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn many_rows_are_inserted_in_one_request() {
    let (_dir, local) = Local::fresh();
    local.create("c");
    let rows: Vec<Value> = (0..80_000).map(row).collect();
    let body = json!({ "data": rows, "collectionName": "c" }).to_string();
    assert!(body.len() > 4 << 20);
    let data = local.send("POST", INSERT, &[], &body).data();
    assert_eq!(data["insertCount"], 80_000);
    assert_eq!(local.count("c"), 80_000);
}

#[test]
fn a_broken_body_is_a_bad_request() {
    let (_dir, local) = Local::fresh();
    let chunked = head(LIST, "Transfer-Encoding: chunked");
    let short = head(LIST, "Content-Length: 100");
    for pieces in [
        &[chunked.as_bytes(), b"nonsense\r\n"][..],
        &[chunked.as_bytes(), b"5\r\n{"],
        &[short.as_bytes(), b"{"],
    ] {
        let answer = exchange(&local, pieces, true);
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("\"code\":400"), "{answer}");
    }
}

#[test]
fn an_answer_may_be_large() {
    let (dir, local) = Local::fresh();
    let create = json!({ "collectionName": "c", "dimension": 32_768 });
    local
        .post("/v2/vectordb/collections/create", &create)
        .data();
    let vector = format!("[{}1]", "0,".repeat(32_767));
    let rows: String = (0..300)
        .map(|id| format!("{{\"id\":{id},\"vector\":{vector}}}\n"))
        .collect();
    let file = crate::local::harness::write(dir.path(), "a.jsonl", &rows);
    local.wait(&local.import("c", &[&file]));
    let body = json!({ "collectionName": "c", "outputFields": ["*"], "limit": 1000 }).to_string();
    let length = format!("Connection: close\r\nContent-Length: {}", body.len());
    let head = head("/v2/vectordb/entities/query", &length);
    // 37 MiB as columns.
    let answer = exchange(&local, &[head.as_bytes(), body.as_bytes()], false);
    let begin: String = answer.chars().take(300).collect();
    assert!(
        begin.contains("{\"code\":0,\"data\":[{\"id\":0,\"vector\":[0.0,"),
        "{begin}"
    );
    assert!(answer.len() > 300 * 32_768 * 4 && answer.ends_with("1.0]}]}"));
}
