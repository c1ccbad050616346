//! Start-up times: `zshell eval 1` from process start to exit, the prompt from process start to its first drawing, and
//! a key to the redrawn statement.

use super::Lines;
use super::process::{output, peak_mb, temp_dir, time, zshell};
use super::table::Line;
use super::times::{Times, ms};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const RUNS: usize = 200;
/// Milliseconds.
const MAX_TIME: f64 = 10.0;
/// Milliseconds.
const MAX_PROMPT: f64 = 20.0;
/// Milliseconds.
const MAX_KEY: f64 = 5.0;
/// Number of keys that are typed.
const KEYS: usize = 100;
/// MB.
const MAX_MEMORY: f64 = 15.0;

pub(crate) fn measure() -> Lines {
    let dir = temp_dir()?;
    let run = || time(zshell(dir.path()).args(["eval", "1"]));
    run()?;
    let times = Times::new((0..RUNS).map(|_| run()).collect::<Result<_, _>>()?);
    let title = "eval 1: start to exit";
    let mut lines = vec![Line::at_most(
        title,
        ms(times.median()),
        MAX_TIME,
        "ms",
        times.note(),
    )];

    // A process's peak memory can't be read after its end, so the script prints its own.
    let title = "eval 1: peak memory";
    lines.push(if cfg!(target_os = "linux") {
        let status = output(zshell(dir.path()).args(["eval", "read_text(\"/proc/self/status\")"]))?;
        let peak =
            peak_mb(&String::from_utf8_lossy(&status.stdout)).ok_or("no VmHWM in its status")?;
        let note = "resident, shared libraries and program text included".to_owned();
        Line::at_most(title, peak, MAX_MEMORY, "MB", note)
    } else {
        Line::skipped(title, "needs Linux's /proc")
    });
    let start = || {
        let begin = Instant::now();
        Prompt::start(dir.path()).map(|_| begin.elapsed())
    };
    let times = Times::new((0..RUNS).map(|_| start()).collect::<Result<_, _>>()?);
    lines.push(Line::at_most(
        "prompt: start to first prompt",
        ms(times.median()),
        MAX_PROMPT,
        "ms",
        times.note(),
    ));
    for (title, count) in [
        ("prompt: a key in a statement of one line", 1),
        ("prompt: a key in a statement of 40 lines", 40),
    ] {
        let times = key_times(dir.path(), count)?;
        let median = ms(times.median());
        lines.push(Line::at_most(title, median, MAX_KEY, "ms", times.note()));
    }
    Ok(lines)
}

/// Types keys at the end of a statement of `lines` lines. Measures the time until each is drawn.
fn key_times(dir: &Path, lines: usize) -> Result<Times, Box<dyn Error>> {
    let mut text = String::new();
    for line in 1..lines {
        let _ = writeln!(
            text,
            "let v{line} = query(\"books\", \"id == {line}\", [\"title\"]).len() + {line}; // row {line}"
        );
    }
    text.push_str("wait(import(\"books\", glob(\"data/*.parquet\"), #{auto_commit: true, options: #{}})); // ");
    let mut prompt = Prompt::start(dir)?;
    // The line breaks of pasted text run nothing.
    prompt.wait_for_rest();
    prompt.send(&format!("\x1b[200~{text}\x1b[201~"))?;
    prompt.wait_for_rest();
    let mut times = Vec::new();
    for _ in 0..KEYS {
        let begin = Instant::now();
        prompt.send("x")?;
        times.push(begin.elapsed());
        prompt.wait_for_rest();
    }
    Ok(Times::new(times))
}

/// A prompt in a terminal.
struct Prompt {
    child: Box<dyn Child + Send + Sync>,
    /// The output, in the pieces in which it arrives.
    output: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
}

impl Prompt {
    /// Starts a prompt and waits until it's on the screen.
    fn start(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let size = PtySize {
            rows: 50,
            cols: 100,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_zshell"));
        for (name, folder) in [("ZSHELL_CONFIG_DIR", "config"), ("ZSHELL_DATA_DIR", "data")] {
            command.env(name, dir.join(folder));
        }
        command.env("TERM", "xterm-256color");
        let mut screen = pair.master.try_clone_reader()?;
        let (sender, output) = channel();
        let child = pair.slave.spawn_command(command)?;
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let prompt = Self {
            child,
            output,
            keyboard: pair.master.take_writer()?,
            _master: pair.master,
        };
        prompt.wait_for("zshell\x1b[0m")?;
        Ok(prompt)
    }

    /// Types a text and waits until it's drawn.
    fn send(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        self.keyboard.write_all(text.as_bytes())?;
        self.keyboard.flush()?;
        self.wait_for(DRAWN)
    }

    /// Waits until a text is drawn.
    fn wait_for(&self, mark: &str) -> Result<(), Box<dyn Error>> {
        let mut shown = Vec::new();
        while !String::from_utf8_lossy(&shown).contains(mark) {
            shown.extend(self.output.recv_timeout(Duration::from_secs(10))?);
        }
        Ok(())
    }

    /// Waits until the terminal is quiet.
    fn wait_for_rest(&self) {
        while self.output.recv_timeout(Duration::from_millis(50)).is_ok() {}
    }
}

/// The end of a synchronized update. Each drawing of a statement is one.
const DRAWN: &str = "\x1b[?2026l";

impl Drop for Prompt {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
