//! `kill -9` in the middle of a job: the next start carries it on, and every row is there once.

use crate::harness::{Folder, quoted};
use crate::local::{create, rows};
use crate::serve::serve;

#[test]
fn a_killed_service_loses_and_doubles_nothing() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(600));
    let (service, url) = serve(&folder, &["--import-rate", "500"]);
    let at_work = "while progress(job).rows == () || progress(job).rows < 1 { sleep(0.01); }";
    let text = format!(
        "connect({}); {} let job = import(\"books\", \"books.jsonl\"); {at_work} print(job.id);",
        quoted(url),
        create("books")
    );
    let id = folder.test().eval(text).run().stdout.trim().to_owned();
    service.signal("KILL");
    drop(service);
    // Killed again and again, each time at work.
    for _ in 0..3 {
        let (service, url) = serve(&folder, &["--import-rate", "500"]);
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
