//! Many jobs: a list of 100,000, filtered and printed, and a wait for 1,000.

use super::Lines;
use super::cloud::Cloud;
use super::process::{output, peak_mb, temp_dir, zshell};
use super::table::Line;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Number of listed jobs, 100 a page.
const LISTED: usize = 100_000;
/// Number of jobs that `wait` waits for.
const WAITED: usize = 1000;
/// Rounds of the wait before the first job ends.
const ROUNDS: usize = 3;
/// Clock ticks a second in `/proc`.
const TICKS: f64 = 100.0;

/// The end of a measured script: copies the process's `/proc` files to the folder in its argument.
pub(crate) const KEEP: &str =
    "write_text(args[0], read_text(\"/proc/self/stat\") + read_text(\"/proc/self/status\"));";

pub(crate) fn measure() -> Lines {
    let title = |of: &str| format!("{LISTED} jobs listed, filtered, shown as CSV: {of}");
    if !cfg!(target_os = "linux") {
        return Ok(vec![Line::skipped(&title("all"), "needs /proc")]);
    }
    let cloud = Cloud::start(LISTED, 0)?;
    let script = format!(
        "connect(#{{endpoint: \"{}\", api: \"v2\", cluster_id: \"in03-1\", token: \"\", verify: false}});
         let found = jobs(#{{limit: \"all\"}}).filter(|it| it.state != \"Failed\");
         show(found, #{{format: \"csv\", limit: \"all\"}}); {KEEP}",
        cloud.url
    );
    let (used, said, time) = run(&script)?;
    let lines = said.lines().count();
    let expected = LISTED - LISTED / 10 + 1;
    if lines != expected {
        return Err(format!("{lines} lines instead of {expected}").into());
    }
    let note = format!("{} pages, {time:.1} s in all", cloud.requests());
    Ok(vec![
        Line::at_most(&title("CPU"), used.cpu, 3.0, "s", note.clone()),
        Line::at_most(&title("memory"), used.memory, 150.0, "MB", note),
    ])
}

pub(crate) fn measure_wait() -> Lines {
    let title = format!("a wait for {WAITED} jobs, requests a second");
    let cloud = Cloud::start(WAITED, ROUNDS)?;
    let script = format!(
        "connect(#{{endpoint: \"{}\", api: \"v2\", cluster_id: \"in03-1\", token: \"\", verify: false}});
         let ids = jobs(#{{limit: \"all\"}}); wait(ids);",
        cloud.url
    );
    let begin = Instant::now();
    let dir = temp_dir()?;
    output(zshell(dir.path()).args(["-q", "eval", &script]))?;
    let time = begin.elapsed().as_secs_f64();
    let requests = cloud.requests();
    let note = format!("{requests} requests in {time:.0} s, {ROUNDS} rounds at work");
    let rate = requests as f64 / time;
    Ok(vec![Line::at_most(&title, rate, 20.0, "/s", note)])
}

/// Resources that a process has used.
pub(crate) struct Used {
    /// CPU time in seconds.
    pub(crate) cpu: f64,
    /// Peak memory in MB.
    pub(crate) memory: f64,
}

/// Runs a script that ends with [`KEEP`]. Returns its use of resources, its output, and its duration in seconds.
fn run(script: &str) -> Result<(Used, String, f64), Box<dyn Error>> {
    run_in(temp_dir()?.path(), script)
}

/// Runs a script like [`run`], with zshell's data in this folder.
pub(crate) fn run_in(dir: &Path, script: &str) -> Result<(Used, String, f64), Box<dyn Error>> {
    let kept = dir.join("used");
    let begin = Instant::now();
    let ran = output(zshell(dir).args(["-q", "eval", script]).arg(&kept))?;
    let time = begin.elapsed().as_secs_f64();
    let text = std::fs::read_to_string(kept)?;
    let (_, rest) = text.split_once(") ").ok_or("no /proc/self/stat")?;
    // User and system time are the 12th and 13th words behind the program's name.
    let ticks: Result<Vec<f64>, _> = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect();
    let used = Used {
        cpu: ticks?.iter().sum::<f64>() / TICKS,
        memory: peak_mb(&text).ok_or("no peak memory in /proc/self/status")?,
    };
    Ok((used, String::from_utf8(ran.stdout)?, time))
}
