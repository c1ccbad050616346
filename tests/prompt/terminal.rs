//! A terminal with zshell in it. What is waited for is always something on the screen, never a length of time.

use crate::harness::{CTRL_L, ENTER, Home};
use crate::secrets::check_shown;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vt100::{Parser, Screen};

/// How long anything may take before the test is given up.
const DEADLINE: Duration = Duration::from_mins(1);

struct Shown {
    parser: Parser,
    closed: bool,
    /// Every byte that was sent to the terminal.
    all: Vec<u8>,
}

type Shared = Arc<(Mutex<Shown>, Condvar)>;

/// zshell in a pseudo-terminal.
pub(crate) struct Terminal {
    shown: Shared,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Closing it hangs up.
    master: Box<dyn MasterPty + Send>,
    home: Home,
    /// How often a line had been asked for when the last one was sent.
    asked: usize,
}

impl Terminal {
    /// zshell with these arguments in a terminal of so many columns and lines.
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

    /// Makes the terminal this wide, as if its window had been pulled: lines that no longer fit are broken, as most
    /// terminals do. The program stands still meanwhile, so that all it drew before was drawn on the old screen.
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

    /// Waits until the program stands still; no event tells of it.
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

    /// Waits until all that a program which stands still has said is on the screen: a mark of ours, which terminals do
    /// not show, has to come after it.
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

    /// Pastes text as terminals do that mark what is pasted.
    pub(crate) fn paste(&mut self, text: &str) {
        self.send(&format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r")));
    }

    /// Sends text or keys as they are.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
        self.keyboard.flush().expect("type");
    }

    /// Waits until the screen is as told; the screen is part of the panic if it never is.
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

    /// Waits for a prompt with nothing typed: where a line was sent, for one that came after it. Before that a line that
    /// is being drawn may look like one.
    pub(crate) fn prompt(&self) {
        let before = self.asked;
        self.wait_until("a prompt", |shown| {
            at_prompt(shown.parser.screen()) && (before == 0 || asked(shown) > before)
        });
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
        let asked = asked(&self.lock());
        self.asked = asked;
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

    /// True if the terminal shows what is typed.
    pub(crate) fn echoes(&self) -> bool {
        let settings = self.master.get_termios().expect("a terminal's settings");
        let settings = format!("{:?}", settings.local_flags);
        settings
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|flag| flag == "ECHO")
    }

    /// Waits until the terminal shows what is typed, or does not; no event tells of it.
    pub(crate) fn wait_for_echo(&self, on: bool) {
        let begin = Instant::now();
        while self.echoes() != on {
            assert!(begin.elapsed() < DEADLINE, "echo stays {}", !on);
            std::thread::yield_now();
        }
    }

    /// Sends SIGTERM, waits for the end of the program, and gives how it ended, in words.
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

    /// Waits for the end of the program and gives its exit code.
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

    /// Waits until everything that was said has been read.
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
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            self.wait_for_end();
            check_shown(&self.lock().all, "the terminal");
            self.home.check();
        }
    }
}

/// True if the cursor's line is a prompt and nothing else.
/// How often a line was asked for: each time the terminal is told to mark what is pasted. Never in a dumb one.
fn asked(shown: &Shown) -> usize {
    const MARK: &[u8] = b"\x1b[?2004h";
    memchr::memmem::find_iter(&shown.all, MARK).count()
}

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

/// The columns that text takes: two for a wide letter.
pub(crate) fn columns_of(text: &str) -> usize {
    let wide = |letter: char| matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffdc}' | '\u{1f300}'..='\u{1faff}');
    text.chars()
        .map(|letter| 1 + usize::from(wide(letter)))
        .sum()
}

fn feed(mut reader: Box<dyn Read + Send>, shown: &Shared) {
    let (state, changed) = &**shown;
    let mut bytes = [0; 4096];
    loop {
        // Linux says EIO when the other side is gone.
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
