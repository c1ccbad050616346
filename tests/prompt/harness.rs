//! A terminal with zshell in it. What is waited for is always something on the screen, never a length of time.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vt100::{Parser, Screen};

/// How long anything may take before the test is given up.
const DEADLINE: Duration = Duration::from_mins(1);

/// Keys by what a terminal sends for them.
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
const CTRL_L: &str = "\x0c";
pub(crate) const TAB: &str = "\t";
pub(crate) const UP: &str = "\x1b[A";

/// A home folder with a data and a configuration folder, which lives as long as the shells in it.
#[derive(Clone)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["data", "config"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self(Arc::new(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn history(&self) -> String {
        std::fs::read_to_string(self.data().join("history")).unwrap_or_default()
    }

    /// Writes a file into the folder the shells start in.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("write");
    }

    /// Writes a JSON file of this many good rows of `id` and a 4-dimensional `vector`.
    pub(crate) fn rows(&self, name: &str, count: usize) {
        let rows: Vec<String> = (0..count)
            .map(|id| format!(r#"{{"id": {id}, "vector": [0.5, 1, -2, {id}]}}"#))
            .collect();
        self.write(name, &format!("[{}]", rows.join(",\n")));
    }

    /// A shell in a terminal of 100 columns and 40 lines.
    pub(crate) fn shell(&self) -> Terminal {
        self.shell_with(100, &[])
    }

    /// A shell in a terminal of this many columns, with more environment; waits for its first prompt.
    pub(crate) fn shell_with(&self, columns: u16, env: &[(&str, &str)]) -> Terminal {
        self.shell_of(columns, 40, env)
    }

    /// A shell in a terminal of this many columns and lines.
    pub(crate) fn shell_of(&self, columns: u16, lines: u16, env: &[(&str, &str)]) -> Terminal {
        let terminal = Terminal::start(self, (columns, lines), &[], env);
        terminal.prompt();
        terminal
    }

    /// A shell that is still starting.
    pub(crate) fn start(&self, args: &[&str]) -> Terminal {
        Terminal::start(self, (100, 40), args, &[])
    }

    /// A shell with these arguments in a terminal of 100 columns; waits for its first prompt.
    pub(crate) fn shell_as(&self, args: &[&str], env: &[(&str, &str)]) -> Terminal {
        let terminal = Terminal::start(self, (100, 40), args, env);
        terminal.prompt();
        terminal
    }

    /// Runs `zshell` with these arguments in the folder the shells start in, and no terminal.
    pub(crate) fn zshell(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zshell"));
        command.args(args).current_dir(self.path()).env_clear();
        command.env("HOME", self.path());
        command.env("ZSHELL_DATA_DIR", self.data());
        command.env("ZSHELL_CONFIG_DIR", self.path().join("config"));
        command.envs(env.iter().copied());
        command.stdin(Stdio::null()).output().expect("start")
    }

    /// The text of a file in the folder the shells start in.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("read")
    }

    /// zshell with these arguments in a terminal of this many columns.
    pub(crate) fn program(&self, columns: u16, args: &[&str], env: &[(&str, &str)]) -> Terminal {
        Terminal::start(self, (columns, 40), args, env)
    }
}

struct Shown {
    parser: Parser,
    closed: bool,
}

type Shared = Arc<(Mutex<Shown>, Condvar)>;

/// zshell in a pseudo-terminal.
pub(crate) struct Terminal {
    shown: Shared,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Closing it hangs up.
    master: Box<dyn MasterPty + Send>,
    _home: Home,
}

impl Terminal {
    fn start(
        home: &Home,
        (columns, lines): (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows: lines,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_zshell"));
        command.args(args);
        command.env_clear();
        command.cwd(home.path());
        for (name, value) in [
            ("HOME", home.path()),
            ("ZSHELL_DATA_DIR", &home.data()),
            ("ZSHELL_CONFIG_DIR", &home.path().join("config")),
        ] {
            command.env(name, value);
        }
        // Without a pager the whole of a result is on the screen, or a count of what is not.
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PAGER", ""),
        ] {
            command.env(name, value);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("start");
        let reader = pair.master.try_clone_reader().expect("a reader");
        let lines = NonZeroU16::new(lines).expect("some lines");
        let columns = NonZeroU16::new(columns).expect("some columns");
        let shown: Shared = Arc::new((
            Mutex::new(Shown {
                parser: Parser::new(lines, columns, 0),
                closed: false,
            }),
            Condvar::new(),
        ));
        let fed = Arc::clone(&shown);
        std::thread::spawn(move || feed(reader, &fed));
        Self {
            shown,
            keyboard: pair.master.take_writer().expect("a writer"),
            child,
            master: pair.master,
            _home: home.clone(),
        }
    }

    /// Makes the terminal this wide, as if its window had been pulled.
    pub(crate) fn resize(&mut self, columns: u16) {
        let lines = self.look(|screen| screen.size().0);
        let columns_there = NonZeroU16::new(columns).expect("some columns");
        self.lock()
            .parser
            .screen_mut()
            .set_size(lines, columns_there);
        let size = PtySize {
            rows: lines.get(),
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).expect("resize");
    }

    /// Sends text or keys as they are.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
        self.keyboard.flush().expect("type");
    }

    /// Waits until the screen is as told; the screen is part of the panic if it never is.
    pub(crate) fn wait_for(&self, what: &str, ready: impl Fn(&Screen) -> bool) {
        let begin = Instant::now();
        let mut shown = self.lock();
        while !ready(shown.parser.screen()) {
            let left = DEADLINE.saturating_sub(begin.elapsed());
            assert!(
                !shown.closed && !left.is_zero(),
                "waited for {what}, saw {}:\n{}",
                if shown.closed { "the end" } else { "only" },
                shown.parser.screen().contents(),
            );
            shown = self
                .shown
                .1
                .wait_timeout(shown, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until this text is on the screen.
    pub(crate) fn see(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// Waits for a prompt with nothing typed.
    pub(crate) fn prompt(&self) {
        self.wait_for("a prompt", at_prompt);
    }

    /// The text on the screen, without blanks at its end.
    pub(crate) fn screen(&self) -> String {
        self.look(|screen| screen.contents().trim_end().to_owned())
    }

    /// Looks at the screen.
    pub(crate) fn look<T>(&self, see: impl Fn(&Screen) -> T) -> T {
        see(self.lock().parser.screen())
    }

    /// Types text at an empty prompt on a cleared screen and waits for its echo.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.prompt();
        self.send(CTRL_L);
        self.wait_for("a cleared screen", |screen| {
            at_prompt(screen) && screen.cursor_position().0 == 0
        });
        self.send(text);
        self.wait_for("an echo", |screen| !at_prompt(screen));
    }

    /// Begins a statement and does not wait for its end.
    pub(crate) fn begin(&mut self, line: &str) {
        self.type_text(line);
        self.send(ENTER);
    }

    /// Runs one statement; what is then on the screen is that statement and what it showed.
    pub(crate) fn run(&mut self, line: &str) -> String {
        self.begin(line);
        self.prompt();
        self.screen()
    }

    /// Runs a statement and checks that the screen then has this text, and nothing that failed.
    pub(crate) fn gives(&mut self, line: &str, text: &str) {
        let screen = self.run(line);
        assert!(
            screen.contains(text) && !screen.contains("error:"),
            "{line} should show {text:?}:\n{screen}"
        );
    }

    /// Sends SIGTERM, waits for the end of the program, and gives how it ended, in words.
    pub(crate) fn terminate(self) -> String {
        let id = self.child.process_id().expect("a running program");
        let sent = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
        self.end().to_string()
    }

    /// Waits for the end of the program and gives its exit code.
    pub(crate) fn exit_code(self) -> u32 {
        self.end().exit_code()
    }

    fn end(mut self) -> ExitStatus {
        let begin = Instant::now();
        let mut shown = self.lock();
        while !shown.closed {
            let left = DEADLINE.saturating_sub(begin.elapsed());
            let screen = shown.parser.screen().contents();
            assert!(!left.is_zero(), "it does not end:\n{screen}");
            shown = self
                .shown
                .1
                .wait_timeout(shown, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(shown);
        self.child.wait().expect("an end")
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// True if the cursor's line is a prompt and nothing else.
fn at_prompt(screen: &Screen) -> bool {
    let (line, column) = screen.cursor_position();
    let (_, columns) = screen.size();
    let text = screen.rows(0, columns.get()).nth(usize::from(line));
    let text = text.unwrap_or_default();
    let name = text.trim_end();
    name.len() > 1
        && name.ends_with('>')
        && !name.contains(' ')
        && usize::from(column) == name.chars().count() + 1
}

fn feed(mut reader: Box<dyn Read + Send>, shown: &Shared) {
    let (state, changed) = &**shown;
    let mut bytes = [0; 4096];
    loop {
        // Linux says EIO when the other side is gone.
        let count = reader.read(&mut bytes).unwrap_or(0);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.parser.process(&bytes[..count]);
        state.closed = count == 0;
        drop(state);
        changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
