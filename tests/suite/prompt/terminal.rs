//! A terminal that runs zshell. Tests always wait for something on the screen, never for a length of time.

use crate::prompt::harness::{CTRL_L, ENTER, Home};
use crate::support::secrets::check_shown;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;
use vt100::{Parser, Screen};

/// Longest wait before a test fails.
const DEADLINE: Duration = Duration::from_mins(1);

struct Shown {
    parser: Parser,
    closed: bool,
    /// All bytes that were sent to the terminal.
    all: Vec<u8>,
}

type Shared = Arc<(Mutex<Shown>, Condvar)>;

/// A pseudo-terminal that runs zshell.
pub(crate) struct Terminal {
    shown: Shared,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Closing the master hangs up.
    master: Box<dyn MasterPty + Send>,
    home: Home,
    /// Number of times a line had been asked for when the last line was sent.
    asked: usize,
}

impl Terminal {
    /// Starts zshell with these arguments in a terminal of this many columns and lines.
    pub(crate) fn start(
        home: &Home,
        (columns, lines): (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_zshell"));
        command.args(args);
        Self::run_in(home, (columns, lines), command, env)
    }

    /// Runs a command in a terminal of this many columns and lines.
    pub(crate) fn run_in(
        home: &Home,
        (columns, lines): (u16, u16),
        mut command: CommandBuilder,
        env: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows: lines,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        command.env_clear();
        command.cwd(home.path());
        for (name, value) in [
            ("HOME", home.path()),
            ("ZSHELL_DATA_DIR", &home.data()),
            ("ZSHELL_CONFIG_DIR", &home.path().join("config")),
        ] {
            command.env(name, value);
        }
        // Without a pager, the screen shows a complete result, or the number of rows left out.
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
                all: Vec::new(),
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
            home: home.clone(),
            asked: 0,
        }
    }

    /// Changes the terminal's width, as if its window had been resized. As in most terminals, lines that no longer fit
    /// are broken. The program is stopped meanwhile, so all its earlier output is on the old screen.
    pub(crate) fn resize(&mut self, columns: u16) {
        self.signal("STOP");
        self.wait_for_stop();
        self.wait_for_all_said();
        let lines = self.look(|screen| screen.size().0);
        let width = NonZeroU16::new(columns).expect("some columns");
        {
            let mut shown = self.lock();
            let mut parser = Parser::new(lines, width, 0);
            let text = shown.parser.screen().contents().replace('\n', "\r\n");
            parser.process(text.as_bytes());
            parser.process(shown.parser.screen().input_mode_formatted().as_bytes());
            shown.parser = parser;
        }
        let size = PtySize {
            rows: lines.get(),
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).expect("resize");
        self.signal("CONT");
    }

    /// Waits until the program is stopped. It polls, since there's no event for this.
    fn wait_for_stop(&self) {
        let id = self.child.process_id().expect("a running program");
        let begin = Instant::now();
        loop {
            let state = Command::new("ps")
                .args(["-o", "stat=", "-p", &id.to_string()])
                .output()
                .expect("ps runs");
            if state.stdout.starts_with(b"T") {
                return;
            }
            assert!(begin.elapsed() < DEADLINE, "it does not stop");
            std::thread::yield_now();
        }
    }

    /// Waits until all output of a stopped program is on the screen. To find the end, writes a mark after the output,
    /// which terminals don't show.
    fn wait_for_all_said(&self) {
        const MARK: &[u8] = b"\x1b]2;said\x07";
        let said = self.lock().all.len();
        let name = self.master.tty_name().expect("a terminal's name");
        let mut terminal = std::fs::OpenOptions::new()
            .write(true)
            .open(name)
            .expect("open");
        terminal.write_all(MARK).expect("write");
        let shown = self.lock();
        let (shown, waited) = self
            .shown
            .1
            .wait_timeout_while(shown, DEADLINE, |shown| {
                !shown.closed && !shown.all[said..].ends_with(MARK)
            })
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out() && !shown.closed, "the mark is lost");
    }

    /// Pastes text like a terminal that marks pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        self.send(&format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r")));
    }

    /// Sends text or keys unchanged.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
        self.keyboard.flush().expect("type");
    }

    /// Waits until `ready` returns true for the screen. If it never does, the panic shows the screen.
    pub(crate) fn wait_for(&self, what: &str, ready: impl Fn(&Screen) -> bool) {
        self.wait_until(what, |shown| ready(shown.parser.screen()));
    }

    fn wait_until(&self, what: &str, ready: impl Fn(&Shown) -> bool) {
        let begin = Instant::now();
        let mut shown = self.lock();
        while !ready(&shown) {
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

    /// Waits for an empty prompt. If a line was sent, waits for a prompt that comes later: until then, a line that is
    /// being drawn may look like a prompt.
    pub(crate) fn prompt(&self) {
        let before = self.asked;
        self.wait_until("a prompt", |shown| {
            at_prompt(shown.parser.screen()) && (before == 0 || asked(shown) > before)
        });
    }

    /// Returns true if these bytes were sent to the terminal.
    pub(crate) fn was_sent(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(&self.lock().all, bytes).is_some()
    }

    /// Returns the text on the screen, without blanks at its end.
    pub(crate) fn screen(&self) -> String {
        self.look(|screen| screen.contents().trim_end().to_owned())
    }

    /// Returns the result of `see` for the current screen.
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

    /// Starts a statement and doesn't wait for its end.
    pub(crate) fn begin(&mut self, line: &str) {
        self.type_text(line);
        let asked = asked(&self.lock());
        self.asked = asked;
        self.send(ENTER);
    }

    /// Runs one statement. Afterwards the screen has only the statement and its output.
    pub(crate) fn run(&mut self, line: &str) -> String {
        self.begin(line);
        self.prompt();
        self.screen()
    }

    /// Runs a statement and checks that the screen then has this text and no error.
    pub(crate) fn gives(&mut self, line: &str, text: &str) {
        let screen = self.run(line);
        assert!(
            screen.contains(text) && !screen.contains("error:"),
            "{line} should show {text:?}:\n{screen}"
        );
    }

    /// Returns true if the terminal echoes typed text.
    pub(crate) fn echoes(&self) -> bool {
        let settings = self.master.get_termios().expect("a terminal's settings");
        let settings = format!("{:?}", settings.local_flags);
        settings
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|flag| flag == "ECHO")
    }

    /// Waits until the terminal's echo is on or off. It polls, since there's no event for this.
    pub(crate) fn wait_for_echo(&self, on: bool) {
        let begin = Instant::now();
        while self.echoes() != on {
            assert!(begin.elapsed() < DEADLINE, "echo stays {}", !on);
            std::thread::yield_now();
        }
    }

    /// Sends SIGTERM, waits for the end of the program, and returns a description of how it ended.
    pub(crate) fn terminate(mut self) -> String {
        self.signal("TERM");
        self.end().to_string()
    }

    /// Sends a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("a running program");
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id.to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end of the program and returns its exit code.
    pub(crate) fn exit_code(mut self) -> u32 {
        self.end().exit_code()
    }

    /// Waits for the end of the program.
    pub(crate) fn end(&mut self) -> ExitStatus {
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

    /// Waits until all output has been read.
    fn wait_for_end(&self) {
        let shown = self.lock();
        let ended = self
            .shown
            .1
            .wait_timeout_while(shown, DEADLINE, |shown| !shown.closed);
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            self.wait_for_end();
            check_shown(&self.lock().all, "the terminal");
            self.home.check();
        }
    }
}

/// Returns the number of times a line was asked for: each time, the terminal is set to mark pasted text. Always 0 in a
/// dumb terminal.
fn asked(shown: &Shown) -> usize {
    const MARK: &[u8] = b"\x1b[?2004h";
    memchr::memmem::find_iter(&shown.all, MARK).count()
}

/// Returns true if the cursor's line is a prompt and nothing else.
fn at_prompt(screen: &Screen) -> bool {
    let (line, column) = screen.cursor_position();
    let (_, columns) = screen.size();
    let text = screen.rows(0, columns.get()).nth(usize::from(line));
    let text = text.unwrap_or_default();
    let name = text.trim_end();
    name.len() > 1
        && name.ends_with('>')
        && !name.contains(' ')
        && usize::from(column) == columns_of(name) + 1
}

/// Returns the number of columns that a text takes. A wide letter takes two.
pub(crate) fn columns_of(text: &str) -> usize {
    text.width()
}

fn feed(mut reader: Box<dyn Read + Send>, shown: &Shared) {
    let (state, changed) = &**shown;
    let mut bytes = [0; 4096];
    loop {
        // Linux returns EIO when the other side is gone.
        let count = reader.read(&mut bytes).unwrap_or(0);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.parser.process(&bytes[..count]);
        state.all.extend(&bytes[..count]);
        state.closed = count == 0;
        drop(state);
        changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
