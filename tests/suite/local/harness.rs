//! A service in a temporary data folder, and a small HTTP client that sends exact bytes.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use zshell::interrupt::Interrupt;
use zshell::local::faults::Faults;
use zshell::local::{Config, Places, Service};

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

/// A service on a free port.
pub(crate) struct Local {
    pub(crate) service: Service,
}

/// The environment variable with the data folder that a child process of these tests serves.
pub(crate) const CHILD: &str = "ZSHELL_TEST_SERVE";

/// The environment variable with the address of the server of the child's bucket.
pub(crate) const BUCKET: &str = "ZSHELL_TEST_BUCKET";

/// A service in its own process, which is killed on drop.
pub(crate) struct Child(std::process::Child);

impl Child {
    /// Runs the test `serve_until_killed` of this test binary.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::run(&mut Self::command(dir))
    }

    /// Runs the same with a bucket of a server at this address.
    pub(crate) fn start_with_bucket(dir: &Path, endpoint: &str) -> Self {
        Self::run(Self::command(dir).env(BUCKET, endpoint))
    }

    fn command(dir: &Path) -> std::process::Command {
        let mut command = std::process::Command::new(std::env::current_exe().expect("our name"));
        command
            .args(["--exact", "--ignored", "local::sharing::serve_until_killed"])
            .env(CHILD, dir)
            .stdout(std::process::Stdio::null());
        command
    }

    fn run(command: &mut std::process::Command) -> Self {
        Self(command.spawn().expect("a process"))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.0.kill().expect("kill");
        self.0.wait().expect("wait");
    }
}

/// Returns a configuration for a data folder.
pub(crate) fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.to_owned(),
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        token: None,
        import_rate: None,
        faults: Faults::default(),
        places: Places::default(),
        workers: 2,
        query_timeout: zshell::local::QUERY_TIMEOUT,
        warn: |text| eprintln!("{text}"),
        interrupt: Interrupt::new(),
    }
}

impl Local {
    pub(crate) fn start(config: Config) -> Self {
        Self {
            service: Service::start(config).expect("start"),
        }
    }

    /// Starts a service in a new folder, which is removed when the first value is dropped.
    pub(crate) fn fresh() -> (TempDir, Self) {
        let dir = tempfile::tempdir().expect("a folder");
        let local = Self::start(config(dir.path()));
        (dir, local)
    }

    /// Sends a request with these additional header lines.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let addr = self.service.addr();
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
