//! A home folder for shells, and the keys that tests type.

pub(crate) use crate::prompt::terminal::{Terminal, columns_of};
use crate::support::secrets::Watched;
use portable_pty::CommandBuilder;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use vt100::Screen;

/// Keys, as the bytes that a terminal sends.
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_F: &str = "\x06";
pub(crate) const CTRL_L: &str = "\x0c";
pub(crate) const CTRL_R: &str = "\x12";
pub(crate) const CTRL_S: &str = "\x13";
pub(crate) const CTRL_U: &str = "\x15";
pub(crate) const ALT_ENTER: &str = "\x1b\r";
pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const TAB: &str = "\t";
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const RIGHT: &str = "\x1b[C";
pub(crate) const LEFT: &str = "\x1b[D";
pub(crate) const HOME: &str = "\x1b[H";
pub(crate) const END: &str = "\x1b[F";

/// A home folder with a data and a configuration folder, which exists as long as a shell in it.
#[derive(Clone)]
pub(crate) struct Home(Arc<(TempDir, Watched)>);

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["data", "config"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let watched = Watched::new(folder.path());
        Self(Arc::new((folder, watched)))
    }

    /// Searches everything that the shells have written so far for secrets.
    pub(crate) fn check(&self) {
        self.0.1.check();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn history(&self) -> String {
        std::fs::read_to_string(self.data().join("history")).unwrap_or_default()
    }

    /// Writes a file into the folder that the shells start in.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.0.1.write(&self.path().join(name), text.as_bytes());
    }

    /// Writes a JSON file of `count` valid rows of `id` and a 4-dimensional `vector`.
    pub(crate) fn rows(&self, name: &str, count: usize) {
        let rows: Vec<String> = (0..count)
            .map(|id| format!(r#"{{"id": {id}, "vector": [0.5, 1, -2, {id}]}}"#))
            .collect();
        self.write(name, &format!("[{}]", rows.join(",\n")));
    }

    /// Starts a shell in a terminal of 100 columns and 40 lines.
    pub(crate) fn shell(&self) -> Terminal {
        self.shell_with(100, &[])
    }

    /// Starts a shell in a terminal of this many columns, with more environment variables, and waits for its first
    /// prompt.
    pub(crate) fn shell_with(&self, columns: u16, env: &[(&str, &str)]) -> Terminal {
        self.shell_of(columns, 40, env)
    }

    /// Starts a shell in a terminal of this many columns and lines, and waits for its first prompt.
    pub(crate) fn shell_of(&self, columns: u16, lines: u16, env: &[(&str, &str)]) -> Terminal {
        let terminal = Terminal::start(self, (columns, lines), &[], env);
        terminal.prompt();
        terminal
    }

    /// Starts a shell without waiting for its prompt.
    pub(crate) fn start(&self, args: &[&str]) -> Terminal {
        Terminal::start(self, (100, 40), args, &[])
    }

    /// Starts a shell with these arguments in a terminal of 100 columns, and waits for its first prompt.
    pub(crate) fn shell_as(&self, args: &[&str], env: &[(&str, &str)]) -> Terminal {
        let terminal = Terminal::start(self, (100, 40), args, env);
        terminal.prompt();
        terminal
    }

    /// Starts a shell whose standard output is a file.
    pub(crate) fn shell_to(&self, file: &Path) -> Terminal {
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", "exec \"$0\" > \"$1\"", env!("CARGO_BIN_EXE_zshell")]);
        command.arg(file);
        let terminal = Terminal::run_in(self, (100, 40), command, &[]);
        terminal.prompt();
        terminal
    }

    /// Runs `zshell` with these arguments and without a terminal, in the folder that the shells start in.
    pub(crate) fn zshell(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zshell"));
        command.args(args).current_dir(self.path()).env_clear();
        command.env("HOME", self.path());
        command.env("ZSHELL_DATA_DIR", self.data());
        command.env("ZSHELL_CONFIG_DIR", self.path().join("config"));
        command.envs(env.iter().copied());
        command.stdin(Stdio::null()).output().expect("start")
    }

    /// Returns the text of a file in the folder that the shells start in.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("read")
    }

    /// Starts zshell with these arguments in a terminal of this many columns.
    pub(crate) fn program(&self, columns: u16, args: &[&str], env: &[(&str, &str)]) -> Terminal {
        Terminal::start(self, (columns, 40), args, env)
    }
}

/// The style of a text on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) color: vt100::Color,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) underline: bool,
}

/// Returns the style of a text's first letter, at the last place on the screen that has the text.
pub(crate) fn look_of(screen: &Screen, text: &str) -> Option<Look> {
    let (lines, columns) = screen.size();
    (0..lines.get()).rev().find_map(|line| {
        (0..columns.get()).rev().find_map(|column| {
            let rest: String = (column..columns.get())
                .filter_map(|at| screen.cell(line, at))
                .map(vt100::Cell::contents)
                .collect();
            let cell = screen.cell(line, column)?;
            (cell.has_contents() && rest.starts_with(text)).then(|| Look {
                color: cell.fgcolor(),
                bold: cell.bold(),
                dim: cell.dim(),
                underline: cell.underline(),
            })
        })
    })
}

/// Returns true for the id of a job of the local service: an 18-digit number.
pub(crate) fn is_job_id(word: &str) -> bool {
    word.len() == 18 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true for a line that starts with the id of a job.
pub(crate) fn starts_with_job_id(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(is_job_id)
}
