//! `zshell serve` in its own process, slow enough to be interrupted during an import.

use crate::prompt::harness::Home;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running service; killed when dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    // The service's data, which must outlive the process.
    _home: Home,
}

impl Service {
    /// Starts a service that imports at most `rate` rows a second.
    pub(crate) fn start(rate: u32) -> Self {
        Self::start_in(Home::new(), &["--import-rate", &rate.to_string()])
    }

    /// Starts a service that requires this token.
    pub(crate) fn guarded(token: &str) -> Self {
        let home = Home::new();
        home.write("token", token);
        let file = home.path().join("token");
        Self::start_in(home, &["--token-file", file.to_str().expect("text")])
    }

    fn start_in(home: Home, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zshell"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .arg("--data-dir")
            .arg(home.data())
            .env("ZSHELL_CONFIG_DIR", home.path().join("config"))
            .env_remove("ZSHELL_SERVE_TOKEN")
            .stdout(Stdio::piped())
            .spawn()
            .expect("start");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let url = line.trim().strip_prefix("listening on ");
        Self {
            url: url.expect("an address").to_owned(),
            child,
            _home: home,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
