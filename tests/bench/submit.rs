//! Submissions a second to a running service: `zshell`, which journals each of them, beside a loop of curl.

use super::Lines;
use super::peers;
use super::process::{Serve, available, output, temp_dir, zshell};
use super::table::Line;
use super::times::Times;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 5;
/// Submissions of one run.
const COUNT: usize = 200;
/// How many times as fast as pymilvus it is to be.
const TIMES: f64 = 5.0;
const WHAT: &str = "submissions, each journalled and synced";

pub(crate) fn measure() -> Lines {
    let dir = temp_dir()?;
    // The jobs do next to nothing, and the service's data lies apart.
    let service = temp_dir()?;
    let path = dir.path().join("row.jsonl");
    std::fs::write(&path, "{\"id\": 1, \"vector\": [1, 2]}\n")?;
    let path = path.to_str().ok_or("the folder's name is not UTF-8")?;
    let serve = Serve::start(service.path(), false)?;
    let connect = format!("connect(\"{}\");", serve.url);
    let make = format!("{connect} create_collection(\"c\", #{{dimension: 2}});");
    output(zshell(dir.path()).args(["eval", &make]))?;
    let script = format!(
        "{connect} for no in 0..{COUNT} {{ import(#{{collection: \"c\", url: args[0], key: `${{args[1]}} ${{no}}`}}); }}"
    );
    let curl = available("curl", "--version");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let begin = Instant::now();
        output(zshell(dir.path()).args(["-q", "eval", &script, path, &run.to_string()]))?;
        ours.push(begin.elapsed());
        if curl {
            theirs.push(by_curl(&serve.url, path)?);
        }
    }
    let rate = |times: Vec<Duration>| COUNT as f64 / Times::new(times).median().as_secs_f64();
    let ours = rate(ours);
    let mut lines = vec![by_pymilvus(&serve.url, path, ours)?];
    if !curl {
        lines.push(Line::plain(WHAT, ours, "/s", "curl is missing".to_owned()));
        return Ok(lines);
    }
    let theirs = rate(theirs);
    let note = format!(
        "{COUNT} in one run, median of {RUNS}; a curl for each: {theirs:.0}/s, {:.1}x",
        ours / theirs
    );
    lines.push(Line::plain(WHAT, ours, "/s", note));
    Ok(lines)
}

/// `bulk_import` of pymilvus in a loop, its interpreter's start not counted.
fn by_pymilvus(url: &str, path: &str, ours: f64) -> Result<Line, Box<dyn std::error::Error>> {
    let what = format!("{WHAT}: beside pymilvus");
    let Some(mut peer) = peers::command() else {
        return Ok(Line::skipped(&what, peers::NONE));
    };
    let printed = output(peer.args(["submit", url, path, &COUNT.to_string()]))?;
    let peer: serde_json::Value = serde_json::from_slice(&printed.stdout)?;
    if let Some(why) = peer["missing"].as_str() {
        return Ok(Line::skipped(&what, why));
    }
    let seconds = peer["seconds"].as_f64().ok_or("the peer gave no time")?;
    let theirs = COUNT as f64 / seconds;
    let note =
        format!("zshell {ours:.0}/s, journalled and synced; pymilvus {theirs:.0}/s, neither");
    Ok(Line::at_least(&what, ours / theirs, TIMES, "x", note))
}

/// A curl for each submission, one after the other, as a shell script would do it.
fn by_curl(url: &str, path: &str) -> Result<Duration, Box<dyn std::error::Error>> {
    let body = format!("{{\"collectionName\":\"c\",\"files\":[[\"{path}\"]]}}");
    let url = format!("{url}/v2/vectordb/jobs/import/create");
    let begin = Instant::now();
    for _ in 0..COUNT {
        let mut command = Command::new("curl");
        command
            .current_dir(Path::new("/"))
            .args(["-q", "-s", "-S", "-f", "--noproxy", "*"]);
        command.args(["-H", "content-type: application/json", "-d", &body, &url]);
        output(&mut command)?;
    }
    Ok(begin.elapsed())
}
