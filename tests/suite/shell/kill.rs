//! `kill -9` during a job: the next start continues the job, and every row exists once.

use crate::shell::local::{create, rows};
use crate::shell::serve::serve;
use crate::support::harness::{Folder, quoted};

#[test]
fn a_killed_service_imports_every_row_once() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(600));
    let (service, url) = serve(&folder, &["--import-rate", "100"]);
    let at_work = "while progress(job).rows == () || progress(job).rows < 1 { sleep(0.01); }";
    let text = format!(
        "connect({}); {} let job = import(\"books\", \"books.jsonl\"); {at_work} print(job.id);",
        quoted(url),
        create("books")
    );
    let id = folder.test().eval(text).run().stdout.trim().to_owned();
    service.signal("KILL");
    drop(service);
    // Killed repeatedly during the import.
    for _ in 0..3 {
        let (service, url) = serve(&folder, &["--import-rate", "100"]);
        let text = format!(
            "connect({}); let job = {id:?}; {at_work} print(count(\"books\"))",
            quoted(url)
        );
        folder.test().eval(text).stdout("0\n").run();
        service.signal("KILL");
        drop(service);
    }
    let (_service, url) = serve(&folder, &[]);
    let text = format!(
        "connect({}); let p = wait({id:?}); print(p.state); print(p.rows); print(count(\"books\")); print(jobs().len());",
        quoted(url)
    );
    folder
        .test()
        .eval(text)
        .stdout("Completed\n600\n600\n1\n")
        .run();
}

/// A function that returns the number of rows that the jobs have read so far.
const READ: &str =
    "fn read_by(ids) { let rows = 0; for id in ids { rows += progress(id).rows ?? 0; } rows }";

#[test]
fn every_job_survives_a_kill_at_any_moment() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(300));
    let made = create("books");
    let mut ids: Vec<String> = Vec::new();
    // Killed right after the jobs are created, then later and later, within a batch of rows or between two jobs.
    for (round, until) in [0, 40, 130, 290, 0, 310, 75, 0, 590, 220]
        .into_iter()
        .enumerate()
    {
        let (service, url) = serve(&folder, &["--import-rate", "2000"]);
        let text = format!(
            "connect({}); {READ} if !collections().contains(\"books\") {{ {made} }}
             let ids = [];
             for n in 0..3 {{
                 ids.push(import(#{{collection: \"books\", url: \"books.jsonl\", key: `{round}-${{n}}`, auto_commit: n != 2}}).id);
             }}
             while read_by(ids) < {until} {{ sleep(0.005); }}
             for id in ids {{ print(id); }}",
            quoted(&url)
        );
        let ran = folder.test().eval(text).run();
        ids.extend(ran.stdout.lines().map(str::to_owned));
        service.signal("KILL");
        drop(service);
    }
    let (service, url) = serve(&folder, &[]);
    let all = serde_json::to_string(&ids).expect("text");
    let text = format!(
        "connect({}); let all = wait({all});
         let done = all.filter(|p| p.state == \"Completed\").len();
         let waiting = all.filter(|p| p.state == \"Uncommitted\");
         print(`${{done}} ${{waiting.len()}} ${{count(\"books\")}}`);
         for at in 0..waiting.len() {{ if at % 2 == 0 {{ commit(waiting[at]) }} else {{ abort(waiting[at]) }} }}
         print(`${{jobs(#{{limit: \"all\"}}).len()}} ${{count(\"books\")}}`);",
        quoted(&url)
    );
    folder
        .test()
        .eval(text)
        .stdout("20 10 6000\n30 7500\n")
        .run();
    // The service ends within seconds although a job would take an hour.
    drop(service);
    let (slow, url) = serve(&folder, &["--import-rate", "1"]);
    let text = format!(
        "connect({}); import(\"books\", \"books.jsonl\"); print(jobs()[0].state);",
        quoted(&url)
    );
    folder.test().eval(text).run();
    slow.signal("TERM");
    slow.end();
}
