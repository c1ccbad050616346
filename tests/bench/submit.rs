//! Submissions a second to a running service: `zshell`, which journals each of them, beside loops of curl and pymilvus.
//! Also files a second through `import_all`, the usual way to import many files with `zshell`.

use super::Lines;
use super::peers;
use super::process::{Serve, available, output, temp_dir, zshell};
use super::table::Line;
use super::times::Times;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 5;
/// Number of submissions in a run.
const COUNT: usize = 200;
/// Target: pymilvus's time divided by zshell's.
const TIMES: f64 = 5.0;
const TITLE: &str = "submissions, each journalled and synced";
/// Number of files in a batch.
const FILES: usize = 2_000;

pub(crate) fn measure() -> Lines {
    let dir = temp_dir()?;
    // The jobs do next to nothing, and the service has its own data folder.
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
    let mut lines = by_pymilvus(&serve.url, path, ours, batch(dir.path(), &connect)?)?;
    if !curl {
        lines.push(Line::plain(TITLE, ours, "/s", "curl is missing".to_owned()));
        return Ok(lines);
    }
    let theirs = rate(theirs);
    let note = format!(
        "{COUNT} in one run, median of {RUNS}; a curl for each: {theirs:.0}/s, {:.1}x",
        ours / theirs
    );
    lines.push(Line::plain(TITLE, ours, "/s", note));
    Ok(lines)
}

/// Returns files a second through `import_all`, from its start until all of them are imported.
fn batch(dir: &Path, connect: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let many = dir.join("many");
    std::fs::create_dir(&many)?;
    for file in 0..FILES {
        let row = format!("{{\"id\": {file}, \"vector\": [1, 2]}}\n");
        std::fs::write(many.join(format!("{file}.jsonl")), row)?;
    }
    let mut times = Vec::new();
    for run in 0..RUNS {
        let script = format!(
            "{connect} let b = import_all(\"c\", glob(\"{}/*.jsonl\"), #{{key_prefix: \"run {run}\"}});
             assert(b.failed == 0 && b.rows == {FILES});",
            many.display()
        );
        let begin = Instant::now();
        output(zshell(dir).args(["-q", "eval", &script]))?;
        times.push(begin.elapsed());
    }
    Ok(FILES as f64 / Times::new(times).median().as_secs_f64())
}

/// Compares with a loop of pymilvus's `bulk_import` without its interpreter's start. `files` is the speed of
/// `import_all` in files a second.
fn by_pymilvus(
    url: &str,
    path: &str,
    ours: f64,
    files: f64,
) -> Result<Vec<Line>, Box<dyn std::error::Error>> {
    let title = format!("{TITLE}: beside pymilvus");
    let Some(mut peer) = peers::command() else {
        return Ok(vec![Line::skipped(&title, peers::NO_INTERPRETER)]);
    };
    let printed = output(peer.args(["submit", url, path, &COUNT.to_string()]))?;
    let peer: serde_json::Value = serde_json::from_slice(&printed.stdout)?;
    if let Some(why) = peer["missing"].as_str() {
        return Ok(vec![Line::skipped(&title, why)]);
    }
    let seconds = peer["seconds"].as_f64().ok_or("the peer gave no time")?;
    let theirs = COUNT as f64 / seconds;
    let note =
        format!("zshell {ours:.0}/s, journalled and synced; pymilvus {theirs:.0}/s, neither");
    let one = Line::at_least(&title, ours / theirs, TIMES, "x", note);
    let note = format!(
        "zshell {files:.0} files/s until all are imported; pymilvus {theirs:.0}/s, submitted one by one"
    );
    let title = format!("import_all of {FILES} files: beside pymilvus");
    let many = Line::at_least(&title, files / theirs, TIMES, "x", note);
    Ok(vec![one, many])
}

/// Runs one curl per submission in turn, as a shell script would.
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
