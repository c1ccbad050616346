//! `import_all` of 10,000 files: time and memory, a file a job and many files a job, and again when all is done.

use super::Lines;
use super::list::{KEEP, run_in};
use super::process::{Serve, output, temp_dir, zshell};
use super::table::Line;

/// Number of files in the batch.
const FILES: usize = 10_000;

pub(crate) fn measure() -> Lines {
    let title = |of: &str| format!("import_all of {FILES} files, {of}");
    if !cfg!(target_os = "linux") {
        return Ok(vec![Line::skipped(&title("all"), "needs /proc")]);
    }
    let dir = temp_dir()?;
    let service = temp_dir()?;
    for file in 0..FILES {
        let row = format!("{{\"id\": {file}, \"vector\": [1, 2]}}\n");
        std::fs::write(dir.path().join(format!("{file}.jsonl")), row)?;
    }
    let serve = Serve::start(service.path(), false)?;
    let connect = format!("connect(\"{}\");", serve.url);
    let make = format!("{connect} create_collection(\"c\", #{{dimension: 2}});");
    output(zshell(dir.path()).args(["eval", &make]))?;
    let mut lines = Vec::new();
    for (of, options, runs) in [
        ("256 a job", "key_prefix: \"many\"", 2),
        (
            "one a job",
            "key_prefix: \"one\", files_per_job: 1, max_running: 32",
            2,
        ),
    ] {
        for run in 0..runs {
            let script = format!(
                "{connect} let b = import_all(\"c\", glob(\"{}/*.jsonl\"), #{{{options}}});
                 assert(b.failed == 0 && b.files == {FILES}); {KEEP}",
                dir.path().display()
            );
            let (used, _, time) = run_in(dir.path(), &script)?;
            let of = if run == 0 {
                of.to_owned()
            } else {
                format!("{of}, done before")
            };
            let note = format!("{time:.1} s in all, {:.2} s of CPU", used.cpu);
            lines.push(Line::plain(
                &title(&of),
                used.memory,
                "MB at the peak",
                note,
            ));
        }
    }
    Ok(lines)
}
