//! Slots for connections, and how they become free.

use super::*;
use axum::Router;
use axum::routing::get;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

/// Serves `/` with these limits to `client`, which runs on a thread of its own.
fn serve<T: Send + 'static>(
    places: usize,
    quiet: Duration,
    client: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let doors = LimitedListener::with_limits(listener, places, quiet);
        let router = Router::new().route("/", get(async || "here"));
        let (_stop, stopped) = tokio::sync::oneshot::channel();
        tokio::select! {
            () = crate::local::server::serve(doors, router, stopped) => unreachable!(),
            done = tokio::task::spawn_blocking(move || client(addr)) => done.unwrap(),
        }
    })
}

#[test]
fn idle_connections_end_and_free_their_slots() {
    let answer = serve(2, Duration::from_millis(200), |addr| {
        let connect = || std::net::TcpStream::connect(addr).unwrap();
        let (mut silent, mut slow, mut next) = (connect(), connect(), connect());
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
        next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        next.read_to_string(&mut text).unwrap();
        // Both were closed, with or without an answer.
        let mut rest = Vec::new();
        _ = silent.read_to_end(&mut rest);
        _ = slow.read_to_end(&mut rest);
        text
    });
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"),
        "{answer}"
    );
}

/// Idle connections in all slots make room for a client with a request.
#[test]
fn a_request_replaces_an_idle_connection() {
    let (answer, kept) = serve(8, Duration::from_mins(10), |addr| {
        let connect = || std::net::TcpStream::connect(addr).unwrap();
        let ask = "GET / HTTP/1.1\r\nHost: x\r\n";
        let mut idle: Vec<_> = (0..8).map(|_| connect()).collect();
        for (no, stream) in idle.iter_mut().enumerate() {
            stream.write_all(&ask.as_bytes()[..no]).unwrap();
        }
        let mut client = connect();
        let text = format!("{ask}Connection: close\r\n\r\n");
        client.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        // Some connections were closed, the latest wasn't.
        let last = idle.last_mut().unwrap();
        last.write_all(&text.as_bytes()[7..]).unwrap();
        let mut kept = String::new();
        last.read_to_string(&mut kept).unwrap();
        (answer, kept)
    });
    for answer in [answer, kept] {
        assert!(answer.ends_with("here"), "{answer}");
    }
}

#[test]
fn a_head_ends_with_an_empty_line() {
    for (pieces, ends) in [
        (&["GET / HTTP/1.1\r\n\r\n"][..], true),
        (&["\r\n\r\nGET / HTTP/1.1\r\n", "\r", "\n"], true),
        (&["GET / HTTP/1.1\n\n"], true),
        (&["\r\n\r\n\r\n"], false),
        (&["GET / HTTP/1.1\r\n", "Host: x\r\n"], false),
    ] {
        let mut scan = HeadScan::default();
        let found = pieces.iter().any(|piece| scan.ends_in(piece.as_bytes()));
        assert_eq!(found, ends, "{pieces:?}");
    }
}
