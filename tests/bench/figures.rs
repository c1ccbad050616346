//! Benchmarks: `cargo bench`, or `cargo bench -- startup check` for some of them.
//!
//! They measure the program as its users run it, process by process, and need nothing but cargo and curl.
//! `ZSHELL_BENCH_PYTHON` names an interpreter that has the peers of `peers.py` (pymilvus, milvus-lite, numpy, pyarrow,
//! orjson, polars, s5cmd, boto3). They print figures beside the targets and assert no timing, so a busy machine makes
//! no test fail.

mod batch;
mod check;
mod client;
mod cloud;
mod data;
mod import;
mod large;
mod list;
mod peers;
mod process;
mod search;
mod startup;
mod submit;
mod table;
mod times;
mod upload;
mod wide;

use std::error::Error;
use std::process::ExitCode;
use table::Line;

/// A benchmark's lines of the table, or the reason why it failed.
type Lines = Result<Vec<Line>, Box<dyn Error>>;

/// A benchmark's name and function.
type Benchmark = (&'static str, fn() -> Lines);

const ALL: [Benchmark; 12] = [
    ("startup", startup::measure),
    ("client", client::measure),
    ("submit", submit::measure),
    ("import", import::measure),
    ("wide", import::measure_wide),
    ("search", search::measure),
    ("batch", batch::measure),
    ("list", list::measure),
    ("wait", list::measure_wait),
    ("large", large::measure),
    ("check", check::measure),
    ("upload", upload::measure),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` runs this file too, in a debug build, whose figures mean nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        println!("skipped: run with cargo bench");
        return ExitCode::SUCCESS;
    }
    let asked = |name: &str| args.iter().any(|arg| arg == name);
    let every = args.iter().all(|arg| arg.starts_with('-'));
    let mut lines = Vec::new();
    let mut failed = false;
    for (name, measure) in ALL {
        if !every && !asked(name) {
            continue;
        }
        eprintln!("measuring {name} …");
        match measure() {
            Ok(measured) => lines.extend(measured),
            Err(error) => {
                eprintln!("{name} failed: {error}");
                failed = true;
            }
        }
    }
    println!("{}", table::draw(&lines));
    ExitCode::from(u8::from(failed))
}
