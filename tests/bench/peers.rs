//! Other programs that read or import the same files: `peers.py`, run by the interpreter in `ZSHELL_BENCH_PYTHON`.

use super::import::{Case, Measured};
use super::process::output;
use super::table::Line;
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/peers.py");

/// Target: `milvus-lite`'s time divided by the time of an import.
const TIMES: f64 = 10.0;

/// The reason why a peer is skipped if no interpreter is named.
pub(crate) const NO_INTERPRETER: &str = "ZSHELL_BENCH_PYTHON names no interpreter";

/// Returns the command that runs `peers.py`, or `None` if the environment names no interpreter.
pub(crate) fn command() -> Option<Command> {
    let mut command = Command::new(std::env::var_os("ZSHELL_BENCH_PYTHON")?);
    command.arg(SCRIPT);
    Some(command)
}

/// Compares the service's speed with each peer's in the same run, a line per peer.
pub(crate) fn beside(
    case: &Case<'_>,
    extension: &str,
    measured: &Measured,
    dir: &Path,
) -> Result<Vec<Line>, Box<dyn Error>> {
    let title = |peer: &str| format!("{}: beside {peer}", case.title);
    let Some(mut command) = command() else {
        return Ok(vec![Line::skipped(&title("peers"), NO_INTERPRETER)]);
    };
    let printed = output(command.arg(extension).arg(&case.path).arg(dir))?;
    let printed = String::from_utf8(printed.stdout)?;
    let ours = case.rows as f64 / measured.seconds;
    let mut lines = Vec::new();
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        let peer: Value = serde_json::from_str(line)?;
        let name = peer["name"].as_str().unwrap_or_default();
        if let Some(why) = peer["missing"].as_str() {
            lines.push(Line::skipped(&title(name), why));
            continue;
        }
        let number = |key: &str| peer[key].as_f64().unwrap_or(f64::NAN);
        let theirs = number("rows") / number("seconds");
        let note = format!(
            "{theirs:.0} rows/s over {:.0} rows, {:.1} s of processor time; {}",
            number("rows"),
            number("cpu"),
            peer["note"].as_str().unwrap_or_default(),
        );
        let ratio = ours / theirs;
        lines.push(if peer["reads"] == true {
            Line::ratio(&title(name), ratio, note)
        } else {
            Line::at_least(&title(name), ratio, TIMES, "x", note)
        });
    }
    Ok(lines)
}
