//! A proxy in front of a real service. A closure handles each request and may forward it, before or after causing a
//! fault.

use crate::support::server::{Reply, Request, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Starts a proxy for the service at `upstream` (`http://HOST:PORT`). The closure answers each request. Calling its
/// second argument forwards the request and returns the service's answer.
pub(crate) fn proxy(
    upstream: &str,
    answer: impl Fn(&Request, &dyn Fn() -> Reply) -> Reply + Send + Sync + 'static,
) -> Server {
    let address = upstream.trim_start_matches("http://").to_owned();
    Server::start(move |request| answer(request, &|| pass_on(&address, request)))
}

fn pass_on(address: &str, request: &Request) -> Reply {
    forward(address, request).unwrap_or_else(|error| Reply::status(502, format!("proxy: {error}")))
}

fn forward(address: &str, request: &Request) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !["host", "connection", "content-length"].contains(&&**name) {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    let length = request.body.len();
    let end = format!("host: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    head.push_str(&end);
    stream.write_all(&[head.as_bytes(), request.body.as_bytes()].concat())?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    let (mut headers, mut length) = (Vec::new(), None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.trim().parse().ok(),
            "transfer-encoding" | "connection" => {}
            _ => headers.push((name.to_owned(), value.trim().to_owned())),
        }
    }
    let mut body = Vec::new();
    match length {
        Some(length) => drop(reader.take(length).read_to_end(&mut body)?),
        None => drop(reader.read_to_end(&mut body)?),
    }
    Ok(Reply::Full {
        status: status.unwrap_or(502),
        headers,
        body,
    })
}
