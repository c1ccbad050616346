//! Large local files through the whole import service: submit, wait, count, over HTTP.

use super::Lines;
use super::data::Rows;
use super::process::{Serve, available, output, temp_dir, time, zshell};
use super::table::Line;
use super::times::Times;
use super::wide;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 5;

/// Rows of the wide files: 307 MB of vectors, or `ZSHELL_BENCH_ROWS`.
const ROWS: usize = 100_000;

/// The most memory the service may need for any file, in MB.
const MEMORY: f64 = 300.0;

/// An import to measure.
pub(crate) struct Case<'a> {
    /// Name in the table.
    pub(crate) title: String,
    pub(crate) path: PathBuf,
    pub(crate) rows: u64,
    /// Bytes that the speed counts.
    pub(crate) bytes: f64,
    pub(crate) note: String,
    /// Target in MB a second, or 0.
    pub(crate) min_speed: f64,
    pub(crate) collection: &'a str,
    pub(crate) runs: usize,
    /// Whether the service is limited to one core.
    pub(crate) one_core: bool,
}

/// Result of an import.
pub(crate) struct Measured {
    /// Duration of the median run.
    pub(crate) seconds: f64,
    pub(crate) lines: Vec<Line>,
}

/// Measures the import of the real rows as JSON.
pub(crate) fn measure() -> Lines {
    let rows = Rows::find()?;
    let mut lines = Vec::new();
    for (word, extension) in [("JSON", "json"), ("JSON Lines", "jsonl")] {
        let dir = temp_dir()?;
        let path = dir.path().join("rows").with_extension(extension);
        let written = rows.write(&path, extension == "jsonl")?;
        let case = Case {
            title: format!("{word} import"),
            path,
            rows: written.rows,
            bytes: written.bytes as f64,
            note: format!("{:.0} MB of {}", written.bytes as f64 / 1e6, rows.origin),
            min_speed: 100.0,
            collection: &rows.collection,
            runs: RUNS,
            one_core: true,
        };
        lines.extend(import(dir.path(), &case)?.lines);
    }
    Ok(lines)
}

/// Measures the import of wide vectors in every format: binary formats in bytes of vectors, text formats in bytes of
/// the file. `NumPy` files are compared with `cp`.
pub(crate) fn measure_wide() -> Lines {
    let rows = std::env::var("ZSHELL_BENCH_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok());
    let rows = rows.unwrap_or(ROWS);
    let collection = wide::collection();
    let mut lines = Vec::new();
    for (word, extension, min_speed) in [
        ("NumPy", "npy", 300.0),
        ("Parquet", "parquet", 300.0),
        ("CSV", "csv", 200.0),
        ("JSON Lines", "jsonl", 200.0),
    ] {
        let dir = temp_dir()?;
        let path = wide::write(dir.path(), extension, rows)?;
        let vectors = wide::vector_bytes(rows) as f64;
        let size = wide::size(&path)? as f64;
        let is_binary = matches!(extension, "npy" | "parquet");
        let title = format!("{word} import, {} floats", wide::DIMENSION);
        let case = Case {
            title: title.clone(),
            path: path.clone(),
            rows: rows as u64,
            bytes: if is_binary { vectors } else { size },
            note: format!("{:.0} MB of vectors in {:.0} MB", vectors / 1e6, size / 1e6),
            min_speed,
            collection: &collection,
            runs: 3,
            one_core: true,
        };
        let measured = import(dir.path(), &case)?;
        lines.extend(measured.lines);
        if extension == "npy" {
            lines.push(beside_cp(dir.path(), &title, measured.seconds)?);
        }
    }
    Ok(lines)
}

/// Compares the time of an import of `NumPy` files with that of `cp`.
fn beside_cp(dir: &Path, title: &str, seconds: f64) -> Result<Line, Box<dyn Error>> {
    let target = dir.join("copy");
    std::fs::create_dir(&target)?;
    let mut copies = Vec::new();
    for _ in 0..RUNS {
        let mut copy = Command::new("cp");
        copy.args([dir.join("id.npy"), dir.join("vector.npy")]);
        copies.push(time(copy.arg(&target))?);
    }
    let copied = Times::new(copies).median().as_secs_f64();
    let note = format!("{:.0} ms, median of {RUNS}", copied * 1e3);
    Ok(Line::times(
        &format!("{title}: beside cp"),
        copied / seconds,
        0.4,
        note,
    ))
}

/// Imports the case's file `runs` times and returns its speed, rows a second and peak memory.
pub(crate) fn import(dir: &Path, case: &Case<'_>) -> Result<Measured, Box<dyn Error>> {
    let one_core = case.one_core && available("taskset", "--version");
    let serve = Serve::start(dir, one_core)?;
    let mut runs = Vec::new();
    let mut processor: Option<f64> = None;
    for _ in 0..case.runs {
        let script = |text: &str| script(dir, &serve, text);
        output(script("create_collection(\"c\", parse_json(args[1]))").arg(case.collection))?;
        let before = serve.cpu();
        let begin = Instant::now();
        let counted = output(script(IMPORT).arg(&case.path))?;
        runs.push(begin.elapsed());
        if let (Some(before), Some(after)) = (before, serve.cpu()) {
            let used = after - before;
            processor = Some(processor.map_or(used, |min_speed| min_speed.min(used)));
        }
        expect(&counted.stdout, case.rows)?;
        output(&mut script("drop_collection(\"c\")"))?;
    }
    let times = Times::new(runs);
    let mb = case.bytes / 1e6;
    let seconds = times.median().as_secs_f64();
    let core = match (one_core, case.one_core) {
        (true, _) => "service on one core",
        (false, false) => "on all cores",
        (false, true) => "on all cores: taskset is missing",
    };
    let note = format!(
        "{}, median of {}, best {:.0} MB/s, {core}",
        case.note,
        case.runs,
        mb / times.best().as_secs_f64(),
    );
    let title = &case.title;
    let speed = if case.min_speed > 0.0 {
        Line::at_least(title, mb / seconds, case.min_speed, "MB/s", note)
    } else {
        Line::plain(title, mb / seconds, "MB/s", note)
    };
    let note = processor.map_or_else(String::new, |used| {
        format!("{:.0} MB a second of processor time", mb / used)
    });
    let rows = Line::plain(title, case.rows as f64 / seconds, "rows/s", note);
    let title = format!("{title}: peak memory");
    let memory = match serve.peak_mb() {
        Some(peak) => Line::at_most(
            &title,
            peak,
            MEMORY,
            "MB",
            "of the serving process".to_owned(),
        ),
        None => Line::skipped(&title, "needs Linux's /proc"),
    };
    Ok(Measured {
        seconds,
        lines: vec![speed, rows, memory],
    })
}

/// Polls the job in a loop, because `wait` reads a job at most twice a second, too coarse for a measurement.
const IMPORT: &str = "let job = import(\"c\", [glob(args[1])]); \
     while !(progress(job).state in [\"Completed\", \"Failed\"]) { sleep(0.02); } \
     print(count(\"c\"))";

/// Returns a `zshell eval` of this text, connected to the service, whose address is `args[0]`.
fn script(dir: &Path, serve: &Serve, text: &str) -> Command {
    let mut command = zshell(dir);
    command.args([
        "-q",
        "eval",
        &format!("connect(args[0]); {text}"),
        &serve.url,
    ]);
    command
}

fn expect(counted: &[u8], rows: u64) -> Result<(), Box<dyn Error>> {
    let counted = String::from_utf8_lossy(counted);
    if counted.trim() == rows.to_string() {
        Ok(())
    } else {
        Err(format!("imported {rows} rows, counted {counted:?}").into())
    }
}
