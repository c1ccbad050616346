//! `zshell eval 1`, from process start to exit; the prompt, from process start to what can be typed at.

use super::Lines;
use super::process::{output, peak_mb, temp_dir, time, zshell};
use super::table::Line;
use super::times::{Times, ms};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

const RUNS: usize = 200;
/// Milliseconds.
const MOST_TIME: f64 = 10.0;
/// Milliseconds.
const MOST_PROMPT: f64 = 20.0;
/// MB.
const MOST_MEMORY: f64 = 15.0;

pub(crate) fn measure() -> Lines {
    let dir = temp_dir()?;
    let run = || time(zshell(dir.path()).args(["eval", "1"]));
    run()?;
    let times = Times::new((0..RUNS).map(|_| run()).collect::<Result<_, _>>()?);
    let what = "eval 1: start to exit";
    let mut lines = vec![Line::at_most(
        what,
        ms(times.median()),
        MOST_TIME,
        "ms",
        times.note(),
    )];

    // A process's peak is gone once it has ended, so it is asked to tell its own.
    let what = "eval 1: peak memory";
    lines.push(if cfg!(target_os = "linux") {
        let status = output(zshell(dir.path()).args(["eval", "read_text(\"/proc/self/status\")"]))?;
        let peak =
            peak_mb(&String::from_utf8_lossy(&status.stdout)).ok_or("no VmHWM in its status")?;
        let note = "resident, shared libraries and program text included".to_owned();
        Line::at_most(what, peak, MOST_MEMORY, "MB", note)
    } else {
        Line::skipped(what, "needs Linux's /proc")
    });
    let times = (0..RUNS).map(|_| first_prompt(dir.path()));
    let times = Times::new(times.collect::<Result<_, _>>()?);
    lines.push(Line::at_most(
        "prompt: start to first prompt",
        ms(times.median()),
        MOST_PROMPT,
        "ms",
        times.note(),
    ));
    Ok(lines)
}

/// From the start of a prompt in a terminal to the prompt on the screen.
fn first_prompt(dir: &Path) -> Result<Duration, Box<dyn Error>> {
    let pair = native_pty_system().openpty(PtySize::default())?;
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_zshell"));
    for (name, folder) in [("ZSHELL_CONFIG_DIR", "config"), ("ZSHELL_DATA_DIR", "data")] {
        command.env(name, dir.join(folder));
    }
    command.env("TERM", "xterm-256color");
    let mut screen = pair.master.try_clone_reader()?;
    let begin = Instant::now();
    let mut child = pair.slave.spawn_command(command)?;
    let mut shown = Vec::new();
    let mut bytes = [0; 4096];
    // The prompt is drawn in one go, and ends with the end of the synchronized update.
    while !String::from_utf8_lossy(&shown).contains("zshell\x1b[0m") {
        let count = screen.read(&mut bytes)?;
        if count == 0 {
            return Err("the prompt ended before it was there".into());
        }
        shown.extend_from_slice(&bytes[..count]);
    }
    let time = begin.elapsed();
    child.kill()?;
    child.wait()?;
    Ok(time)
}
