//! A large local file through the whole import service: submit, wait, count, over HTTP.

use super::Lines;
use super::data::Rows;
use super::process::{Serve, available, output, temp_dir, zshell};
use super::table::Line;
use super::times::Times;
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 5;
/// MB a second.
const LEAST: f64 = 100.0;

pub(crate) fn measure() -> Lines {
    let one_core = available("taskset", "--version");
    let rows = Rows::find()?;
    let mut lines = Vec::new();
    for (word, extension) in [("JSON", "json"), ("JSON Lines", "jsonl")] {
        let dir = temp_dir()?;
        let path = dir.path().join("rows").with_extension(extension);
        let written = rows.write(&path, extension == "jsonl")?;
        let serve = Serve::start(dir.path(), one_core)?;
        let mut runs = Vec::new();
        let mut processor: Option<f64> = None;
        for _ in 0..RUNS {
            let script = |text: &str| script(dir.path(), &serve, text);
            output(script("create_collection(\"c\", parse_json(args[1]))").arg(&rows.collection))?;
            let before = serve.cpu();
            let begin = Instant::now();
            let counted = output(script(IMPORT).arg(&path))?;
            runs.push(begin.elapsed());
            if let (Some(before), Some(after)) = (before, serve.cpu()) {
                let used = after - before;
                processor = Some(processor.map_or(used, |least| least.min(used)));
            }
            expect(&counted.stdout, written.rows)?;
            output(&mut script("drop_collection(\"c\")"))?;
        }
        let times = Times::new(runs);
        let mb = written.bytes as f64 / 1e6;
        let seconds = times.median().as_secs_f64();
        let core = if one_core {
            "service on one core"
        } else {
            "on all cores: taskset is missing"
        };
        let note = format!(
            "{mb:.0} MB of {}, median of {RUNS}, best {:.0} MB/s, {core}",
            rows.origin,
            mb / times.best().as_secs_f64(),
        );
        let what = format!("{word} import");
        lines.push(Line::at_least(&what, mb / seconds, LEAST, "MB/s", note));
        let note = processor.map_or_else(String::new, |used| {
            format!("{:.0} MB a second of processor time", mb / used)
        });
        lines.push(Line::plain(
            &what,
            written.rows as f64 / seconds,
            "rows/s",
            note,
        ));
        let what = format!("{word} import: peak memory");
        lines.push(match serve.peak_mb() {
            Some(peak) => Line::plain(&what, peak, "MB", "of the serving process".to_owned()),
            None => Line::skipped(&what, "needs Linux's /proc"),
        });
    }
    Ok(lines)
}

/// `wait` reads a job no more than twice a second, which is too coarse for a measurement.
const IMPORT: &str = "let job = import(\"c\", args[1]); \
     while !(progress(job).state in [\"Completed\", \"Failed\"]) { sleep(0.02); } \
     print(count(\"c\"))";

/// `zshell eval` of this text, connected to the service, whose address is `args[0]`.
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
