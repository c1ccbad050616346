//! `zshell check` of warm files of about 1 GB beside programs that read the same values: numpy, pyarrow, orjson, polars.

use super::Lines;
use super::peers;
use super::process::{output, temp_dir, time, zshell};
use super::table::Line;
use super::times::Times;
use super::wide;
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::process::Command;

/// Size of a file in bytes, or `ZSHELL_BENCH_BYTES`.
const BYTES: usize = 1_000_000_000;

/// Runs of each program, one after the other in turn.
const RUNS: usize = 3;

/// The most memory a check may need, in MB.
const MEMORY: f64 = 200.0;

struct Format {
    word: &'static str,
    /// The format as `wide::write` and `peers.py` name it.
    name: &'static str,
    /// Approximate size of a row in bytes.
    row: usize,
    /// Target: the peer's time divided by the time of a check.
    times: f64,
    /// Target in MB of file a second, or 0.
    min_speed: f64,
}

const BINARY_ROW: usize = wide::DIMENSION * 4 + 8;
const TEXT_ROW: usize = 9_100;

const FORMATS: [Format; 6] = [
    Format {
        word: "NumPy",
        name: "npy",
        row: BINARY_ROW,
        times: 2.0,
        min_speed: 2000.0,
    },
    Format {
        word: "Parquet",
        name: "parquet",
        row: BINARY_ROW,
        times: 3.0,
        min_speed: 0.0,
    },
    Format {
        word: "Parquet (zstd)",
        name: "zstd.parquet",
        row: BINARY_ROW,
        times: 3.0,
        min_speed: 0.0,
    },
    Format {
        word: "Parquet (zstd, one row group)",
        name: "one.parquet",
        row: BINARY_ROW,
        times: 3.0,
        min_speed: 0.0,
    },
    Format {
        word: "JSON Lines",
        name: "jsonl",
        row: TEXT_ROW,
        times: 2.0,
        min_speed: 0.0,
    },
    Format {
        word: "CSV",
        name: "csv",
        row: TEXT_ROW,
        times: 1.0,
        min_speed: 250.0,
    },
];

/// One format at a time. Its files are deleted before the next ones are written.
pub(crate) fn measure() -> Lines {
    let bytes = std::env::var("ZSHELL_BENCH_BYTES").ok();
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(BYTES);
    let mut lines = Vec::new();
    for format in &FORMATS {
        lines.extend(measure_format(format, bytes)?);
    }
    Ok(lines)
}

fn measure_format(format: &Format, bytes: usize) -> Lines {
    let dir = temp_dir()?;
    let rows = (bytes / format.row).max(1);
    let path = wide::write(dir.path(), format.name, rows)?;
    let megabytes = wide::size(&path)? as f64 / 1e6;
    let schema = dir.path().join("schema.json");
    std::fs::write(&schema, wide::collection())?;
    let check = || {
        let mut command = zshell(dir.path());
        command.args(["-q", "check"]).arg(&path);
        command.arg("--schema").arg(&schema);
        command
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut peer = Ok(Value::Null);
    // The first run of each warms the file and doesn't count.
    for run in 0..=RUNS {
        let seconds = time(&mut check())?;
        peer = read_by_peer(format.name, &path);
        if run > 0 {
            ours.push(seconds);
            theirs.extend(peer.as_ref().ok().and_then(|peer| peer["seconds"].as_f64()));
        }
    }
    let ours = Times::new(ours).median().as_secs_f64();
    let title = format!("check of {}, {:.1} GB", format.word, megabytes / 1e3);
    let note = format!(
        "{rows} vectors of {} floats, median of {RUNS}",
        wide::DIMENSION
    );
    let speed = if format.min_speed > 0.0 {
        Line::at_least(&title, megabytes / ours, format.min_speed, "MB/s", note)
    } else {
        Line::plain(&title, megabytes / ours, "MB/s", note)
    };
    theirs.sort_by(f64::total_cmp);
    let beside = match (&peer, theirs.get(theirs.len() / 2)) {
        (Ok(peer), Some(seconds)) => {
            let name = format!(
                "{title}: beside {}",
                peer["name"].as_str().unwrap_or_default()
            );
            let note = format!("{:.0} MB/s", megabytes / seconds);
            Line::times(&name, seconds / ours, format.times, note)
        }
        (Ok(peer), None) => Line::skipped(&title, peer["missing"].as_str().unwrap_or_default()),
        (Err(why), _) => Line::skipped(&format!("{title}: beside a peer"), &why.to_string()),
    };
    let title = format!("{title}: peak memory");
    let memory = match peak(&mut check())? {
        Some(peak) => Line::at_most(&title, peak, MEMORY, "MB", String::new()),
        None => Line::skipped(&title, "needs GNU time"),
    };
    Ok(vec![speed, beside, memory])
}

/// Runs the peer of a format once. Returns its line of JSON.
fn read_by_peer(format: &str, path: &Path) -> Result<Value, Box<dyn Error>> {
    let mut command = peers::command().ok_or(peers::NO_INTERPRETER)?;
    let printed = output(command.arg("check").arg(format).arg(path))?;
    Ok(serde_json::from_slice(&printed.stdout)?)
}

/// Returns the peak memory of a run in MB.
fn peak(command: &mut Command) -> Result<Option<f64>, Box<dyn Error>> {
    let timed = Command::new("/usr/bin/time").arg("--version").output();
    if !timed.is_ok_and(|ran| ran.status.success()) {
        return Ok(None);
    }
    let mut wrapped = Command::new("/usr/bin/time");
    wrapped.args(["-f", "%M"]).arg(command.get_program());
    wrapped.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    let errors = String::from_utf8(output(&mut wrapped)?.stderr)?;
    let kib: f64 = errors.lines().last().unwrap_or_default().trim().parse()?;
    Ok(Some(kib * 1024.0 / 1e6))
}
