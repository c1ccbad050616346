//! One run of the binary in its own folder, with checks of its output.
//!
//! A [`Test`] is built, run and checked. Every run's output is also searched for the secrets that tests use.

use crate::support::lines::Lines;
pub(crate) use crate::support::secrets::{ACCESS, SECRET, SESSION, TOKEN};
use crate::support::secrets::{Watched, check_shown, collect};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use zshell::internals::Folders;
use zshell::internals::Linter;

/// Time after which a run counts as hung.
const PATIENCE: Duration = Duration::from_mins(3);

/// A folder with the data, settings and home folder of one or more runs.
#[derive(Clone)]
pub(crate) struct Folder(Rc<(TempDir, Watched)>);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let watched = Watched::new(folder.path());
        let folder = Self(Rc::new((folder, watched)));
        for name in ["data", "config", "zilliz", "home", "work"] {
            fs::create_dir(folder.path(name)).expect("a folder");
        }
        folder
    }

    /// Returns a path in the folder. Scripts run in `work`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.0.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        self.0.1.write(&path, text.as_ref());
        path
    }

    /// Writes a file into the folder that scripts run in.
    pub(crate) fn work(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        self.write(&format!("work/{name}"), text)
    }

    /// Returns a test in this folder.
    pub(crate) fn test(&self) -> Test {
        Test {
            folder: self.clone(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            status: 0,
            stdout: None,
            stderr: None,
            linted: true,
        }
    }

    /// Returns each file that runs have left, with its content.
    pub(crate) fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for name in ["data", "home"] {
            collect(&self.path(name), &mut files);
        }
        files
    }
}

/// A run and its expected result.
#[derive(Clone)]
pub(crate) struct Test {
    folder: Folder,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    status: i32,
    stdout: Option<String>,
    stderr: Option<String>,
    linted: bool,
}

impl Test {
    /// Returns a run in its own folder, with expected exit code 0.
    pub(crate) fn new() -> Self {
        Folder::new().test()
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(crate) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Runs this text with `zshell run main.rhai`. Arguments added later are the script's.
    pub(crate) fn script(self, text: impl AsRef<[u8]>) -> Self {
        self.folder.work("main.rhai", text);
        self.args(["run", "main.rhai"])
    }

    /// Runs this text with `zshell eval TEXT`.
    pub(crate) fn eval(self, text: impl Into<String>) -> Self {
        self.args(["eval".to_owned(), text.into()])
    }

    /// Writes a file into the folder that the script runs in.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.folder.work(name, text);
        self
    }

    /// Writes the settings for `connect()`.
    pub(crate) fn config(self, text: &str) -> Self {
        self.folder.write("config/config.toml", text);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// Sets the expected exit code, which is 0 by default.
    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Sets the complete expected standard output.
    pub(crate) fn stdout(mut self, text: impl Into<String>) -> Self {
        self.stdout = Some(text.into());
        self
    }

    /// Sets the complete expected standard error.
    pub(crate) fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = Some(text.into());
        self
    }

    /// Accepts findings of lint, for a script that does something wrong but may still succeed.
    pub(crate) fn unlinted(mut self) -> Self {
        self.linted = false;
        self
    }

    /// Returns lint's findings in the script of the run, if there is one.
    fn findings(&self) -> Vec<String> {
        let mut words = self
            .args
            .iter()
            .skip_while(|word| !["run", "eval"].contains(&word.as_str()));
        let (name, text) = match (words.next().map(String::as_str), words.next()) {
            (Some("run"), Some(file)) if file == "main.rhai" => {
                let path = self.folder.path("work/main.rhai");
                let text = fs::read_to_string(&path).unwrap_or_default();
                (path.display().to_string(), text)
            }
            (Some("eval"), Some(text)) => ("eval".to_owned(), text.clone()),
            _ => return Vec::new(),
        };
        let linter = Linter::new(Folders::new(self.folder.path("work"), Vec::new()));
        linter.script(&name, &text);
        linter.findings().iter().map(ToString::to_string).collect()
    }

    /// Returns the command, ready to be started.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zshell"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            let upper = name.to_uppercase();
            let ours = ["AWS_", "ZILLIZ_", "MILVUS_", "ZSHELL_", "XDG_"]
                .iter()
                .any(|prefix| upper.starts_with(prefix));
            if ours || upper.ends_with("_PROXY") || ["NO_COLOR", "COLUMNS"].contains(&&*upper) {
                command.env_remove(&*name);
            }
        }
        command
            .args(&self.args)
            .current_dir(self.folder.path("work"))
            .env("HOME", self.folder.path("home"))
            .env("ZSHELL_DATA_DIR", self.folder.path("data"))
            .env("ZSHELL_CONFIG_DIR", self.folder.path("config"))
            .env("ZILLIZ_CONFIG_DIR", self.folder.path("zilliz"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the run without waiting for its end.
    pub(crate) fn spawn(self) -> Running {
        let mut child = self.command().spawn().expect("zshell starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = self.stdin.clone();
        thread::spawn(move || {
            // A run that doesn't read its input closes it.
            let _ = stdin.write_all(&input);
        });
        let errors = Lines::of(child.stderr.take().expect("a pipe"));
        let stdout = child.stdout.take().map(BufReader::new);
        Running {
            test: self,
            child: Some(child),
            stdout,
            output: String::new(),
            errors,
        }
    }

    /// Runs zshell to its end and checks the expectations.
    pub(crate) fn run(self) -> Ran {
        self.spawn().end()
    }
}

/// A running process, which is killed when dropped.
pub(crate) struct Running {
    test: Test,
    child: Option<Child>,
    stdout: Option<BufReader<ChildStdout>>,
    output: String,
    errors: Lines,
}

impl Running {
    /// Reads the next line of standard output, which shows how far the run is.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("standard output");
        stdout.read_line(&mut line).expect("a line");
        self.output.push_str(&line);
        if line.is_empty() {
            while self.error_line() {}
            panic!("zshell ended early: {}", self.errors.text);
        }
        line.trim_end().to_owned()
    }

    /// Reads the next line of standard error. Returns false at the end.
    fn error_line(&mut self) -> bool {
        let next = self.errors.next(PATIENCE);
        next.unwrap_or_else(|| panic!("zshell {:?} hangs", self.test.args))
    }

    /// Waits until standard error contains this text.
    #[allow(dead_code, reason = "not every family of tests does")]
    pub(crate) fn await_error(&mut self, text: &str) {
        while !self.errors.text.contains(text) {
            assert!(self.error_line(), "{text:?} in\n{}", self.errors.text);
        }
    }

    /// Sends a signal such as `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("a process");
        let sent = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(child.id().to_string())
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Closes the reading end of standard output.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Waits for the end of the run and checks the expectations.
    pub(crate) fn end(mut self) -> Ran {
        let reader = self.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut rest = Vec::new();
                let read = stdout.read_to_end(&mut rest);
                read.map(|_| rest)
            })
        });
        while self.error_line() {}
        let stderr = std::mem::take(&mut self.errors.text);
        let rest = reader.map_or_else(Vec::new, |reader| {
            reader.join().expect("a reader").expect("standard output")
        });
        let rest = String::from_utf8(rest).expect("standard output is text");
        let mut child = self.child.take().expect("a process");
        let status = child.wait().expect("an end");
        let ran = Ran {
            folder: self.test.folder.clone(),
            stdout: format!("{}{rest}", self.output),
            stderr,
        };
        ran.check(&self.test, status);
        ran
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // The process may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            if thread::panicking() {
                return;
            }
            let mut output = std::mem::take(&mut self.output).into_bytes();
            if let Some(mut stdout) = self.stdout.take() {
                // Output up to the end counts, even after a failed read.
                let _ = stdout.read_to_end(&mut output);
            }
            let by = format!("{:?}", self.test.args);
            check_shown(&output, &by);
            while self.errors.next(PATIENCE) == Some(true) {}
            check_shown(self.errors.text.as_bytes(), &by);
            self.test.folder.0.1.check();
        }
    }
}

/// The output of a finished run.
pub(crate) struct Ran {
    pub(crate) folder: Folder,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn check(&self, test: &Test, status: ExitStatus) {
        let all = format!(
            "zshell {:?}\n--- stdout\n{}--- stderr\n{}---",
            test.args, self.stdout, self.stderr
        );
        assert_eq!(status.code(), Some(test.status), "{all}");
        if let Some(stdout) = &test.stdout {
            assert_eq!(self.stdout, *stdout, "standard output of {all}");
        }
        if let Some(stderr) = &test.stderr {
            assert_eq!(self.stderr, *stderr, "standard error of {all}");
        }
        if test.status == 0 && test.linted {
            let findings = test.findings();
            assert!(
                findings.is_empty(),
                "lint of {all}\n{}",
                findings.join("\n")
            );
        }
        check_shown(format!("{}{}", self.stdout, self.stderr).as_bytes(), &all);
        self.folder.0.1.check();
    }

    /// Checks that standard output contains this text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "{text:?} in\n{}", self.stdout);
        self
    }

    /// Checks that standard error contains this text.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} in\n{}", self.stderr);
        self
    }

    /// Parses standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}\n{}", self.stdout, self.stderr);
        })
    }
}

/// Returns a path as a string literal of a script.
pub(crate) fn quoted(path: impl AsRef<OsStr>) -> String {
    format!("{:?}", path.as_ref().to_str().expect("text"))
}
