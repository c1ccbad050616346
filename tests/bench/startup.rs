//! `zshell eval 1`, from process start to exit.

use super::Lines;
use super::process::{output, peak_mb, temp_dir, time, zshell};
use super::table::Line;
use super::times::{Times, ms};

const RUNS: usize = 200;
/// Milliseconds.
const MOST_TIME: f64 = 10.0;
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
    Ok(lines)
}
