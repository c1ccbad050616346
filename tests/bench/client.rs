//! Two requests to a running service, by `zshell` and by `curl`, whole processes.

use super::Lines;
use super::process::{Serve, available, output, temp_dir, time, zshell};
use super::table::Line;
use super::times::{Times, ms};
use std::process::Command;

const RUNS: usize = 200;
/// zshell's time divided by curl's.
const MAX_RATIO: f64 = 2.0;
const TITLE: &str = "connect(url); jobs() beside curl";

pub(crate) fn measure() -> Lines {
    if !available("curl", "--version") {
        return Ok(vec![Line::skipped(TITLE, "curl is missing")]);
    }
    let dir = temp_dir()?;
    let serve = Serve::start(dir.path(), false)?;
    let script = format!("connect(\"{}\"); jobs()", serve.url);

    // curl sends the requests that zshell's log lists.
    let logged = output(zshell(dir.path()).args(["-v", "eval", &script]))?;
    let log = String::from_utf8(logged.stderr)?;
    let requests: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("> POST "))
        .collect();
    if requests.len() != 2 {
        return Err(format!("expected two requests in the log: {log}").into());
    }

    let by_zshell = || time(zshell(dir.path()).args(["eval", &script]));
    let by_curl = || time(&mut curl(&requests));
    by_zshell()?;
    by_curl()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The two programs alternate, so other load on the machine affects both.
    for _ in 0..RUNS {
        ours.push(by_zshell()?);
        theirs.push(by_curl()?);
    }
    let (ours, theirs) = (Times::new(ours), Times::new(theirs));
    let ratio = |ours, theirs| ms(ours) / ms(theirs);
    let note = format!(
        "{:.2} to {:.2} ms (medians of {RUNS}); best runs {:.2}x",
        ms(ours.median()),
        ms(theirs.median()),
        ratio(ours.best(), theirs.best()),
    );
    let ratio = ratio(ours.median(), theirs.median());
    Ok(vec![Line::at_most(TITLE, ratio, MAX_RATIO, "x", note)])
}

/// Returns a curl command that makes these requests (`URL BODY`) over one connection.
fn curl(requests: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.arg("-q");
    for (no, request) in requests.iter().enumerate() {
        if no > 0 {
            command.arg("--next");
        }
        let (url, body) = request.split_once(' ').unwrap_or((request, ""));
        command.args(["-s", "-S", "-f", "--noproxy", "*"]).args([
            "-H",
            "content-type: application/json",
            "-d",
            body,
            url,
        ]);
    }
    command
}
