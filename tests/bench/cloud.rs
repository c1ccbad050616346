//! A service in this process that lists many jobs and responds as fast as it can, so the client is measured.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A service with `count` jobs, which complete after a number of list rounds. It ends with the process.
pub(crate) struct Cloud {
    /// Base URL.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    jobs: usize,
    rounds: usize,
    begun: AtomicUsize,
    requests: AtomicUsize,
}

impl Cloud {
    /// Starts the service on a free port.
    pub(crate) fn start(jobs: usize, rounds: usize) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            jobs,
            rounds,
            begun: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = Arc::clone(&own);
                // An error is the end of a connection.
                thread::spawn(move || own.serve(&stream));
            }
        });
        Ok(Self { url, shared })
    }

    /// Number of requests received.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn serve(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let list = line.contains("/list");
            let mut length = 0;
            while line.trim() != "" {
                line.clear();
                reader.read_line(&mut line)?;
                let (name, value) = line.split_once(':').unwrap_or_default();
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            self.requests.fetch_add(1, Ordering::Relaxed);
            let data = if list {
                self.list(&body)
            } else {
                self.job(&body)
            };
            let text = json!({"code": 0, "data": data}).to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
            write!(stream, "{head}: {}\r\n\r\n{text}", text.len())?;
        }
    }

    fn state(&self, number: usize) -> &'static str {
        let begun = self.begun.load(Ordering::Relaxed);
        match number % 10 {
            _ if begun <= self.rounds => "Importing",
            3 if self.rounds == 0 => "Failed",
            _ => "Completed",
        }
    }

    fn list(&self, body: &Value) -> Value {
        let number = |name: &str| body[name].as_u64().and_then(|it| usize::try_from(it).ok());
        let page = number("currentPage").unwrap_or(1);
        let size = number("pageSize").unwrap_or(10);
        if page == 1 {
            self.begun.fetch_add(1, Ordering::Relaxed);
        }
        let record = |it| json!({"jobId": format!("job-{it:026}"), "collectionName": "books", "state": self.state(it)});
        let records: Vec<Value> = (0..self.jobs)
            .skip((page - 1) * size)
            .take(size)
            .map(record)
            .collect();
        json!({"count": self.jobs, "currentPage": page, "pageSize": size, "records": records})
    }

    fn job(&self, body: &Value) -> Value {
        let id = body["jobId"].as_str().unwrap_or_default();
        let number = id.trim_start_matches("job-").parse().unwrap_or(0);
        json!({"jobId": id, "collectionName": "books", "state": self.state(number), "progress": 50, "importedRows": 100})
    }
}
