//! `--fault` and `--import-rate`, and the status page.

use crate::local::harness::{Local, rows, serve, write};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

fn start_with(dir: &Path, faults: &[&str]) -> Local {
    let served = serve(dir).option("--fault-seed", "1");
    let served = faults
        .iter()
        .fold(served, |served, fault| served.option("--fault", fault));
    Local::start(served)
}

/// Returns the raw bytes of the answer to a call.
fn raw(local: &Local, path: &str, body: &Value) -> String {
    let mut stream = TcpStream::connect(local.addr).expect("connect");
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("send");
    let mut answer = Vec::new();
    // Some systems report a broken connection as an error, others as an end.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("text")
}

const CREATE: &str = "/v2/vectordb/jobs/import/create";
const LIST: &str = "/v2/vectordb/jobs/import/list";

/// Returns the number of jobs in this data folder.
fn jobs(dir: &Path) -> u64 {
    let local = Local::start(serve(dir));
    let data = local.post(LIST, &json!({})).data();
    data["records"].as_array().expect("records").len() as u64
}

#[test]
fn every_kind_of_fault_happens() {
    let dir = tempfile::tempdir().unwrap();
    let file = rows(dir.path(), "a.json", 0..3);
    Local::start(serve(dir.path())).create("c");
    let create = json!({ "collectionName": "c", "files": [[file]] });
    let mut made = 0;
    for (kind, expected, makes) in [
        ("refuse", "80000", Some(false)),
        ("drop-before", "", Some(false)),
        ("drop-after", "", Some(true)),
        ("429", "HTTP/1.1 429 Too Many Requests", Some(false)),
        ("500", "HTTP/1.1 500 Internal Server Error", None),
        ("garbage", "<html>", None),
        ("slow", "jobId", Some(true)),
    ] {
        let answer = raw(
            &start_with(dir.path(), &[&format!("{kind}=1")]),
            CREATE,
            &create,
        );
        if expected.is_empty() {
            assert_eq!(answer, "", "{kind}");
        } else {
            assert!(answer.contains(expected), "{kind}: {answer}");
        }
        let now = jobs(dir.path());
        match makes {
            Some(makes) => assert_eq!(now, made + u64::from(makes), "{kind}"),
            None => assert!((made..=made + 1).contains(&now), "{kind}"),
        }
        made = now;
    }
    let answer = raw(&start_with(dir.path(), &["429=100%"]), LIST, &json!({}));
    assert!(answer.to_ascii_lowercase().contains("retry-after: 1"));
}

#[test]
fn jobs_fail_on_request_and_leave_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let local = start_with(dir.path(), &["fail-job=1"]);
    local.create("c");
    let file = rows(dir.path(), "a.json", 0..3);
    let progress = local.wait(&local.import("c", &[&file]));
    assert_eq!(progress["state"], "Failed");
    assert_eq!(progress["reason"], "failed by --fault fail-job");
    assert_eq!(local.count("c"), 0);
}

/// Returns the page that a browser would get.
fn page(local: &Local, headers: &[&str]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(local.addr).expect("connect");
    let mut request = "GET / HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n".to_owned();
    for line in headers {
        request.push_str(line);
        request.push_str("\r\n");
    }
    stream
        .write_all(format!("{request}\r\n").as_bytes())
        .expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    (
        status.expect("a status"),
        head.to_ascii_lowercase(),
        body.to_owned(),
    )
}

#[test]
fn the_page_shows_jobs_and_runs_no_script() {
    let (dir, local) = Local::fresh();
    let (status, head, text) = page(&local, &[]);
    assert_eq!(status, 200);
    assert!(head.contains("content-security-policy: default-src 'none'"));
    assert!(
        text.contains("Import jobs (0)") && text.contains("connect(&quot;")
            || text.contains("connect(\"")
    );
    local.create("books");
    local.wait(&local.import("books", &[&rows(dir.path(), "a.json", 0..30)]));
    // Names that the page must escape.
    let odd = write(
        dir.path(),
        "<img src=x onerror=alert(1)>.json",
        "[{\"id\": 1}]",
    );
    local.wait(&local.import("books", &[&odd]));
    let (_, _, text) = page(&local, &[]);
    assert!(
        text.contains("Import jobs (2)") && text.contains("<td>books</td><td class=\"n\">30</td>"),
        "{text}"
    );
    assert!(
        text.contains("&lt;img src=x onerror=alert(1)&gt;") && !text.contains("<img"),
        "{text}"
    );
}

#[test]
fn the_page_requires_the_services_token() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--token", "s3cret"));
    let (status, head, text) = page(&local, &[]);
    assert_eq!(status, 401);
    assert!(head.contains("www-authenticate: basic realm=") && !text.contains("jobs ("));
    // `me:s3cret` and `me:other`.
    let (status, _, text) = page(&local, &["Authorization: Basic bWU6czNjcmV0"]);
    assert!(status == 200 && text.contains("Import jobs (0)") && !text.contains("s3cret"));
    let (status, ..) = page(&local, &["Authorization: Basic bWU6b3RoZXI="]);
    assert_eq!(status, 401);
    let (status, ..) = page(&local, &["Authorization: Bearer s3cret"]);
    assert_eq!(status, 200);
    // The API accepts the token only in the form that clients send.
    let headers = ["Authorization: Basic bWU6czNjcmV0"];
    assert_eq!(local.send("POST", LIST, &headers, "{}").status, 401);
    // Another site's page can't embed the status page.
    let (status, ..) = page(
        &local,
        &["Authorization: Bearer s3cret", "Sec-Fetch-Site: cross-site"],
    );
    assert_eq!(status, 403);
}
