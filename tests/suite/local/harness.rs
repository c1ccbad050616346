//! A service in a temporary data folder, and a small HTTP client that sends exact bytes.

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An answer of the service.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) json: Value,
}

impl Answer {
    /// Returns the envelope's code.
    pub(crate) fn code(&self) -> i64 {
        self.json["code"].as_i64().expect("a code")
    }

    /// Returns the data of a successful answer.
    pub(crate) fn data(self) -> Value {
        let success = [0, 200].contains(&self.code());
        assert!(
            success && self.status == 200,
            "{} {}",
            self.status,
            self.json
        );
        self.json["data"].clone()
    }

    /// Returns the code and message of an error answer.
    pub(crate) fn refusal(&self) -> (i64, &str) {
        let message = self.json["message"].as_str().expect("a message");
        assert!(self.json.get("data").is_none() && !message.is_empty());
        (self.code(), message)
    }
}

/// Sends the given bytes and reads the answer.
pub(crate) fn exchange(addr: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).expect("connect");
    stream.write_all(request.as_bytes()).expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a status");
    let json = serde_json::from_str(body).unwrap_or(Value::Null);
    Answer {
        status,
        head: head.to_ascii_lowercase(),
        json,
    }
}

/// `zshell serve` with a data folder and options.
pub(crate) struct Serve(Command);

/// Returns `zshell serve` on a free port of loopback.
pub(crate) fn serve(dir: &Path) -> Serve {
    serve_at("127.0.0.1:0", dir)
}

/// Returns `zshell serve` at an address, without the environment of the tests.
pub(crate) fn serve_at(addr: &str, dir: &Path) -> Serve {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zshell"));
    command
        .env_clear()
        .env("HOME", dir)
        .args(["serve", "--listen", addr, "--data-dir"])
        .arg(dir);
    Serve(command)
}

impl Serve {
    /// Adds an option with its value.
    pub(crate) fn option(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.arg(name).arg(value);
        self
    }

    /// Runs a service that can't start. Returns its exit code and errors.
    pub(crate) fn refused(mut self) -> (Option<i32>, String) {
        let ran = self.0.output().expect("a process");
        let errors = String::from_utf8(ran.stderr).expect("text");
        (ran.status.code(), errors)
    }
}

/// A service in its own process, which is killed on drop.
pub(crate) struct Local {
    process: Child,
    /// The service's address on loopback.
    pub(crate) addr: SocketAddr,
}

impl Drop for Local {
    fn drop(&mut self) {
        self.process.kill().expect("kill");
        self.process.wait().expect("wait");
    }
}

impl Local {
    /// Starts a service and waits until it listens.
    pub(crate) fn start(Serve(mut command): Serve) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let port = line.trim_end().rsplit(':').next();
        let port: u16 = port
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("not an address: {line:?}"));
        Self {
            process,
            addr: (Ipv4Addr::LOCALHOST, port).into(),
        }
    }

    /// Stops the service with SIGTERM, and waits for its end.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) {
        let sent = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        assert!(sent.expect("kill runs").success());
        self.process.wait().expect("an end");
    }

    /// Starts a service in a new folder, which is removed when the first value is dropped.
    pub(crate) fn fresh() -> (TempDir, Self) {
        let dir = tempfile::tempdir().expect("a folder");
        let local = Self::start(serve(dir.path()));
        (dir, local)
    }

    /// Sends a request with these additional header lines.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let addr = self.addr;
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|line| line.starts_with("Host:")) {
            request.push_str("Host: localhost\r\n");
        }
        if method == "POST" && !headers.iter().any(|line| line.starts_with("Content-Type:")) {
            request.push_str("Content-Type: application/json\r\n");
        }
        for line in headers {
            request.push_str(line);
            request.push_str("\r\n");
        }
        let length = body.len();
        exchange(
            addr,
            &format!("{request}Content-Length: {length}\r\n\r\n{body}"),
        )
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], &body.to_string())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Creates a collection of `id`, `word` and a 4-dimensional `vector`.
    pub(crate) fn create(&self, name: &str) {
        let body = json!({
            "collectionName": name,
            "schema": { "fields": [
                { "fieldName": "id", "dataType": "Int64", "isPrimary": true },
                { "fieldName": "word", "dataType": "VarChar", "elementTypeParams": { "max_length": "16" } },
                { "fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": { "dim": "4" } },
            ]},
            "indexParams": [{ "fieldName": "vector", "metricType": "L2" }],
        });
        self.post("/v2/vectordb/collections/create", &body).data();
    }

    /// Submits a job and returns its id.
    pub(crate) fn import(&self, collection: &str, paths: &[&Path]) -> String {
        let files: Vec<_> = paths
            .iter()
            .map(|path| [path.to_str().expect("text")])
            .collect();
        let mut body = json!({ "collectionName": collection, "files": files });
        if files.iter().any(|[path]| path.ends_with('/')) {
            // Only the cloud accepts folders.
            body = json!({ "clusterId": "x", "collectionName": collection, "objectUrls": files });
        }
        let data = self.post("/v2/vectordb/jobs/import/create", &body).data();
        data["jobId"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn progress(&self, job: &str) -> Value {
        self.post(
            "/v2/vectordb/jobs/import/describe",
            &json!({ "jobId": job }),
        )
        .data()
    }

    /// Polls a job's progress until `enough` returns true, which must happen within a minute.
    pub(crate) fn until(&self, job: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let progress = self.progress(job);
            if enough(&progress) {
                return progress;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "still {progress}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the job ends, and returns its last progress.
    pub(crate) fn wait(&self, job: &str) -> Value {
        self.until(job, |progress| {
            progress["state"] == "Completed" || progress["state"] == "Failed"
        })
    }

    /// Returns the collection's `count(*)`.
    pub(crate) fn count(&self, collection: &str) -> u64 {
        let body = json!({ "collectionName": collection, "outputFields": ["count(*)"] });
        let data = self.post("/v2/vectordb/entities/query", &body).data();
        data[0]["count(*)"].as_u64().expect("a count")
    }
}

/// Writes a JSON list of valid rows with these ids.
pub(crate) fn rows(dir: &Path, name: &str, ids: std::ops::Range<u64>) -> PathBuf {
    let rows: Vec<Value> = ids.map(row).collect();
    write(dir, name, &Value::from(rows).to_string())
}

/// Returns a valid row.
pub(crate) fn row(id: u64) -> Value {
    json!({ "id": id, "word": format!("word {id}"), "vector": [0.5, 1, -2.25, id] })
}

/// Writes a file and returns its path.
pub(crate) fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).expect("write");
    path
}
