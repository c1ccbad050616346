//! Exact search in the local service: bytes of vectors compared per second of processor time.

use super::Lines;
use super::peers;
use super::process::{Serve, available, output, temp_dir, zshell};
use super::table::Line;
use super::wide;
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Rows that each search compares: 307 MB of vectors.
const ROWS: usize = 100_000;

/// Number of searches in a run.
const SEARCHES: usize = 20;

/// Target in GB of vectors a second on one core.
const MIN_SPEED: f64 = 1.0;

const TITLE: &str = "exact search, 768 floats";

/// Imports a file before the clock starts.
const IMPORT: &str = "connect(args[0]); create_collection(\"c\", parse_json(args[1])); wait(import(\"c\", args[2]));";

/// Searches repeatedly for the vector of one row.
const SEARCH: &str = "connect(args[0]); let own = query(\"c\", \"id == 7\")[0].vector; \
     for turn in 0..parse_int(args[1]) { \
         assert(search(\"c\", own, #{limit: 10})[0].id == 7); \
     }";

pub(crate) fn measure() -> Lines {
    let dir = temp_dir()?;
    let path = wide::write(dir.path(), "npy", ROWS)?;
    let serve = Serve::start(dir.path(), available("taskset", "--version"))?;
    let run = |script: &str, args: &[&str]| {
        let mut command = zshell(dir.path());
        command.args(["-q", "eval", script, &serve.url]).args(args);
        output(&mut command)
    };
    let file = path.to_str().ok_or("the path is no text")?;
    run(IMPORT, &[&wide::collection(), file])?;
    // The first run isn't timed: it reads the file into the system's cache.
    run(SEARCH, &["1"])?;
    let (before, begin) = (serve.cpu(), Instant::now());
    run(SEARCH, &[&SEARCHES.to_string()])?;
    let seconds = begin.elapsed().as_secs_f64();
    let used = before
        .zip(serve.cpu())
        .map(|(before, after)| after - before);
    let bytes = (SEARCHES * wide::vector_bytes(ROWS)) as f64 / 1e9;
    let rate = bytes / used.unwrap_or(seconds);
    let note = format!(
        "COSINE, {SEARCHES} searches of {ROWS} rows in {seconds:.1} s; {}",
        match used {
            Some(used) => format!("{used:.1} s of the service's processor time"),
            None => "by the clock: the processor time needs /proc".to_owned(),
        }
    );
    let mut lines = vec![Line {
        figure: format!("{rate:.2} GB/s"),
        ..Line::at_least(
            &format!("{TITLE}: GB/s a core"),
            rate,
            MIN_SPEED,
            "GB/s",
            note,
        )
    }];
    lines.push(beside(dir.path(), rate)?);
    Ok(lines)
}

/// Compares with a brute-force product by `numpy` of the same vectors in memory.
fn beside(dir: &Path, ours: f64) -> Result<Line, Box<dyn Error>> {
    let title = format!("{TITLE}: beside numpy");
    let Some(mut command) = peers::command() else {
        return Ok(Line::skipped(&title, peers::NO_INTERPRETER));
    };
    let vectors = dir.join("vector.npy");
    let printed = output(command.arg("search").arg(vectors).arg(SEARCHES.to_string()))?;
    let peer: Value = serde_json::from_slice(&printed.stdout)?;
    if let Some(why) = peer["missing"].as_str() {
        return Ok(Line::skipped(&title, why));
    }
    let number = |key: &str| peer[key].as_f64().unwrap_or(f64::NAN);
    let bytes = number("rows") * wide::vector_bytes(1) as f64 / 1e9;
    let theirs = bytes / number("cpu");
    let note = format!(
        "{theirs:.2} GB/s a core; {}",
        peer["note"].as_str().unwrap_or_default()
    );
    Ok(Line::ratio(&title, ours / theirs, note))
}
