//! Access checks, and requests that aren't calls.

use crate::local::harness::{Local, exchange, serve, serve_at};

const LIST: &str = "/v2/vectordb/collections/list";

#[test]
fn every_route_requires_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::start(serve(dir.path()).option("--token", "se:cret"));
    let send = |path: &str, header: &str| local.send("POST", path, &[header], "{}");
    for header in [
        "X-None: 1",
        "Authorization: Bearer",
        "Authorization: Bearer se:cre",
        "Authorization: Basic se:cret",
        "Authorization: Bearer se:crets",
    ] {
        let answer = send(LIST, header);
        assert_eq!((answer.status, answer.refusal().0), (401, 1800), "{header}");
        assert!(!answer.json.to_string().contains("se:cret"));
    }
    assert_eq!(send("/no/such/path", "X-None: 1").status, 401);
    let v1 = local.get("/v1/vector/collections");
    assert_eq!((v1.status, v1.refusal().0), (401, 80001));
    assert_eq!(send(LIST, "Authorization: Bearer se:cret").code(), 0);
    assert_eq!(send(LIST, "authorization: bearer se:cret").code(), 0);
}

#[test]
fn requests_of_web_pages_are_refused() {
    let (_dir, local) = Local::fresh();
    let status = |headers: &[&str]| local.send("POST", LIST, headers, "{}").status;
    let port = local.addr.port();
    for host in [
        "localhost".to_owned(),
        format!("localhost:{port}"),
        "127.0.0.1".to_owned(),
        format!("[::1]:{port}"),
    ] {
        assert_eq!(status(&[&format!("Host: {host}")]), 200, "{host}");
    }
    assert_eq!(status(&[&format!("Host: evil.example:{port}")]), 403);
    assert_eq!(status(&["Origin: https://evil.example"]), 403);
    assert_eq!(status(&["Origin: null"]), 403);
    assert_eq!(status(&["Sec-Fetch-Site: cross-site"]), 403);
    assert_eq!(status(&["Content-Type: text/plain"]), 415);
    assert_eq!(
        status(&["Content-Type: application/json; charset=UTF-8"]),
        200
    );
    let bare = exchange(local.addr, "GET /v1/vector/collections HTTP/1.0\r\n\r\n");
    assert_eq!(bare.status, 200);
    // A request that no web page can send without permission needs no JSON content type. The other checks remain.
    let text = "Content-Type: text/plain;charset=UTF-8";
    for header in ["Authorization: Bearer ", "ContentType: application/json"] {
        assert_eq!(status(&[text, header]), 200, "{header}");
        assert_eq!(status(&[text, header, "Origin: null"]), 403);
        assert_eq!(status(&[text, header, "Sec-Fetch-Site: cross-site"]), 403);
        assert_eq!(status(&[text, header, "Host: evil.example"]), 403);
    }
    assert_eq!(status(&["Content-Type: text/plain", "X-Other: 1"]), 415);
    assert_eq!(status(&["Host: "]), 403);
    assert_eq!(
        local
            .send("GET", "/v1/vector/collections", &["Origin: x"], "")
            .status,
        403
    );
}

#[test]
fn invalid_requests_get_an_envelope() {
    let (_dir, local) = Local::fresh();
    let answer = local.post("/v2/vectordb/no/such", &serde_json::json!({}));
    assert_eq!((answer.status, answer.refusal().0), (404, 404));
    assert!(
        answer
            .head
            .contains(&format!("server: zshell/{}", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(local.get(LIST).status, 405);
    assert_eq!(local.get("/favicon.ico").refusal().0, 404);
    for body in ["{", "[]", "7", "\u{0}"] {
        let answer = local.send("POST", LIST, &[], body);
        assert_eq!((answer.status, answer.refusal().0), (200, 1801), "{body}");
    }
    assert_eq!(local.send("POST", LIST, &[], "").code(), 0);
    let header = local.send("POST", LIST, &["DB-Name: other"], "{}");
    assert_eq!(header.refusal().0, 800);
}

#[test]
fn bodies_are_limited() {
    let (_dir, local) = Local::fresh();
    let body = format!("{{\"x\": \"{}\"}}", "x".repeat((4 << 20) - 32));
    assert_eq!(local.send("POST", LIST, &[], &body).code(), 0);
    // The body isn't sent, because the answer mustn't wait for it.
    let addr = local.addr;
    let head = format!(
        "POST {LIST} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    );
    let answer = exchange(addr, &head);
    assert_eq!((answer.status, answer.refusal().0), (413, 413));
}

#[test]
fn a_token_is_required_beyond_loopback() {
    let dir = tempfile::tempdir().unwrap();
    let open = || serve_at("0.0.0.0:0", dir.path());
    let (code, errors) = open().refused();
    assert!(
        code == Some(2) && errors.contains("needs a token"),
        "{errors}"
    );
    Local::start(open().option("--token", "t")).stop();
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    let (dir, local) = Local::fresh();
    let addr = local.addr.to_string();
    let (code, errors) = serve_at(&addr, dir.path()).refused();
    assert!(code == Some(3) && errors.contains(&addr), "{errors}");
}

#[test]
fn errors_about_folders_name_the_option() {
    let dir = tempfile::tempdir().unwrap();
    let file = crate::local::harness::write(dir.path(), "file", "");
    let none = dir.path().join("none");
    let served = || serve(dir.path());
    for (served, option, code) in [
        (serve(&file), "--data-dir", 3),
        (served().option("--bucket-dir", &none), "--bucket-dir", 2),
        (served().option("--allow-dir", &file), "--allow-dir", 2),
        (served().option("--bucket", "nothing"), "--bucket", 2),
    ] {
        let refused = served.refused();
        let named = refused.1.contains(option);
        assert!(refused.0 == Some(code) && named, "{option}: {refused:?}");
    }
}
