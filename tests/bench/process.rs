//! Runs and measures processes.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Clock ticks a second in `/proc`: always 100 on Linux, independent of the kernel's own frequency.
const TICKS: f64 = 100.0;

/// Returns a folder for one benchmark's files, below cargo's target folder.
pub(crate) fn temp_dir() -> std::io::Result<TempDir> {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))
}

/// Returns a `zshell` command without the user's settings, with its data in `dir`.
pub(crate) fn zshell(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zshell"));
    isolate(&mut command, dir);
    command
}

fn isolate(command: &mut Command, dir: &Path) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"ZSHELL_") {
            command.env_remove(name);
        }
    }
    command
        .env("ZSHELL_CONFIG_DIR", dir.join("config"))
        .env("ZSHELL_DATA_DIR", dir.join("data"))
        .stdin(Stdio::null());
}

/// Runs the command to its end. Returns an error if it fails.
pub(crate) fn output(command: &mut Command) -> Result<Output, Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} ended with {}: {said}", output.status).into())
}

/// Returns the time from the command's start to its exit.
pub(crate) fn time(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    command.stdout(Stdio::null()).stderr(Stdio::inherit());
    let begin = Instant::now();
    let status = command.status()?;
    let time = begin.elapsed();
    if status.success() {
        Ok(time)
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}

/// Returns the peak memory in a `/proc/PID/status`, in MB.
pub(crate) fn peak_mb(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Returns true if the program can be started.
pub(crate) fn available(program: &str, arg: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(arg).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A running `zshell serve`; killed when dropped.
pub(crate) struct Serve {
    child: Child,
    /// Base URL.
    pub(crate) url: String,
}

impl Serve {
    /// Starts a service with its data in `dir`, limited to one core if `one_core` is set. Returns once it listens.
    pub(crate) fn start(dir: &Path, one_core: bool) -> Result<Self, Box<dyn Error>> {
        let mut command = if one_core {
            // taskset becomes the program it starts, so the process is the service's own.
            let mut command = Command::new("taskset");
            command.args(["-c", "0", env!("CARGO_BIN_EXE_zshell")]);
            isolate(&mut command, dir);
            command
        } else {
            zshell(dir)
        };
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_default();
        let serve = Self {
            url: url.to_owned(),
            child,
        };
        if serve.url.is_empty() {
            return Err(format!("zshell serve said {line:?}").into());
        }
        Ok(serve)
    }

    /// Returns the service's peak memory so far in MB, or `None` on systems without `/proc`.
    pub(crate) fn peak_mb(&self) -> Option<f64> {
        peak_mb(&fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?)
    }

    /// Returns the service's CPU time so far in seconds, or `None` on systems without `/proc`.
    pub(crate) fn cpu(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The program's name is in parentheses; user and system time are the 12th and 13th words after it.
        let (_, rest) = stat.rsplit_once(')')?;
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ticks = ticks.map(|word| word.parse::<f64>().ok());
        Some(ticks.sum::<Option<f64>>()? / TICKS)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
