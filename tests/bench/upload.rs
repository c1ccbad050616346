//! `zshell upload` of one large and of many small files to a local S3 server, beside `s5cmd` and boto3.
//!
//! The server is the one of `zshell serve`'s volumes, which needs no installation. It runs in its own process, checks
//! signatures and checksums, and writes to the disk. Each client gets the address and the storage credentials in its
//! usual way, and uploads to its own folder with its default settings.

use super::Lines;
use super::peers;
use super::process::{Serve, output, temp_dir, time, zshell};
use super::table::Line;
use super::times::Times;
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Size of the large file in bytes, or `ZSHELL_BENCH_BYTES`.
const BYTES: usize = 1_000_000_000;

/// Number and size of the small files.
const FILES: usize = 2_000;
const SMALL: usize = 10_000;

/// Runs of each program, one after the other in turn.
const RUNS: usize = 3;

/// Target: a peer's time divided by the time of an upload.
const TIMES: f64 = 1.0;

const PEERS: [&str; 2] = ["s5cmd", "boto3"];

/// A local S3 server with a volume.
struct UploadServer {
    serve: Serve,
    uploads: usize,
}

impl UploadServer {
    fn start(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let serve = Serve::start(&dir.join("service"), false)?;
        let server = Self { serve, uploads: 0 };
        server.post(
            "create",
            &json!({ "projectId": "p", "regionId": "r", "volumeName": "v" }),
        )?;
        Ok(server)
    }

    fn post(&self, call: &str, body: &Value) -> Result<Value, Box<dyn Error>> {
        let mut curl = Command::new("curl");
        curl.args(["-sf", "-H", "Content-Type: application/json", "-d"]);
        curl.arg(body.to_string());
        let answer = output(curl.arg(format!("{}/v2/volumes/{call}", self.serve.url)))?;
        let mut answer: Value = serde_json::from_slice(&answer.stdout)?;
        Ok(answer["data"].take())
    }

    /// Returns a folder in the bucket and access to it.
    fn access(&mut self) -> Result<(String, Value), Box<dyn Error>> {
        self.uploads += 1;
        let access = self.post("apply", &json!({ "volumeName": "v", "path": "" }))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (bucket, prefix) = (text(&access["bucketName"]), text(&access["volumePrefix"]));
        Ok((format!("s3://{bucket}/{prefix}{}/", self.uploads), access))
    }
}

/// Measures the large file, then the small ones. The large file is deleted in between.
pub(crate) fn measure() -> Lines {
    let bytes = std::env::var("ZSHELL_BENCH_BYTES").ok();
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES);
    let mut lines = measure_files(1, bytes)?;
    lines.extend(measure_files(FILES, SMALL)?);
    Ok(lines)
}

fn measure_files(count: usize, size: usize) -> Lines {
    let dir = temp_dir()?;
    let files = dir.path().join("files");
    fs::create_dir(&files)?;
    let content: Vec<u8> = (0..size as u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect();
    for number in 0..count {
        fs::write(files.join(format!("{number:05}.json")), &content)?;
    }
    drop(content);
    let mut server = UploadServer::start(dir.path())?;
    let mut ours = Vec::new();
    let mut theirs = PEERS.map(|_| Vec::new());
    let mut why = PEERS.map(|_| String::new());
    // The first run of each warms the files and doesn't count.
    for run in 0..=RUNS {
        let (folder, access) = server.access()?;
        let used = time(&mut upload(dir.path(), &server, &files, &folder, &access)?)?;
        if run > 0 {
            ours.push(used);
        }
        for (at, peer) in PEERS.iter().enumerate() {
            let (folder, access) = server.access()?;
            match by_peer(peer, &server, &files, &folder, &access) {
                Ok(seconds) if run > 0 => theirs[at].push(seconds),
                Ok(_) => {}
                Err(error) => why[at] = error.to_string(),
            }
        }
        fs::remove_dir_all(dir.path().join("service/data/local/volumes/1/objects"))?;
    }
    let megabytes = (count * size) as f64 / 1e6;
    let title = match count {
        1 => format!("upload of {:.1} GB", megabytes / 1e3),
        _ => format!("upload of {count} files of {} kB", size / 1000),
    };
    let ours = Times::new(ours);
    let speed = |seconds: f64| match count {
        1 => (megabytes / seconds, "MB/s"),
        _ => (count as f64 / seconds, "files/s"),
    };
    let own = ours.median().as_secs_f64();
    let mut lines = vec![Line::plain(&title, speed(own).0, speed(own).1, ours.note())];
    for (at, peer) in PEERS.iter().enumerate() {
        let title = format!("{title}: beside {peer}");
        if theirs[at].is_empty() {
            lines.push(Line::skipped(&title, &why[at]));
            continue;
        }
        let times = Times::new(std::mem::take(&mut theirs[at]));
        let theirs = times.median().as_secs_f64();
        let (figure, unit) = speed(theirs);
        lines.push(Line::times(
            &title,
            theirs / own,
            TIMES,
            format!("{figure:.0} {unit}, {}", times.note()),
        ));
    }
    Ok(lines)
}

/// Returns the command of an upload. The access is in a profile of its own.
fn upload(
    dir: &Path,
    server: &UploadServer,
    files: &Path,
    to: &str,
    access: &Value,
) -> Result<Command, Box<dyn Error>> {
    let own = dir.join("client");
    let _ = fs::remove_dir_all(&own);
    fs::create_dir_all(own.join("config"))?;
    let keys = &access["credentials"];
    let profile = format!(
        "[profiles.p]\nendpoint = \"http://127.0.0.1:9\"\nverify = false\n[profiles.p.storage]\nurl = \"s3://{}\"\n\
         endpoint = \"{}\"\nregion = {}\naccess_key = {}\nsecret_key = {}\nsession_token = {}\n",
        access["bucketName"].as_str().unwrap_or_default(),
        server.serve.url,
        access["region"],
        keys["tmpAK"],
        keys["tmpSK"],
        keys["sessionToken"],
    );
    fs::write(own.join("config/config.toml"), profile)?;
    let mut command = zshell(&own);
    command.args(["-q", "-p", "p", "upload"]).arg(files).arg(to);
    Ok(command)
}

/// Runs a peer. Returns the time that it took.
fn by_peer(
    peer: &str,
    server: &UploadServer,
    files: &Path,
    to: &str,
    access: &Value,
) -> Result<Duration, Box<dyn Error>> {
    let mut command = peers::command().ok_or(peers::NO_INTERPRETER)?;
    let keys = &access["credentials"];
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &keys["tmpAK"]),
        ("AWS_SECRET_ACCESS_KEY", &keys["tmpSK"]),
        ("AWS_SESSION_TOKEN", &keys["sessionToken"]),
        ("AWS_REGION", &access["region"]),
    ] {
        command.env(name, value.as_str().unwrap_or_default());
    }
    let printed = output(
        command
            .args(["upload", peer, &server.serve.url])
            .arg(files)
            .arg(to),
    )?;
    let peer: Value = serde_json::from_slice(&printed.stdout)?;
    match peer["seconds"].as_f64() {
        Some(seconds) => Ok(Duration::from_secs_f64(seconds)),
        None => Err(peer["missing"].as_str().unwrap_or_default().into()),
    }
}
