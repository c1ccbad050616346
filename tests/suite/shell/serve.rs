//! `zshell serve` used by another zshell, in all three dialects.

use crate::shell::local::{create, rows};
use crate::support::harness::{Folder, Running, TOKEN, quoted};

/// Starts a service with its data in this folder. Returns the process and the URL.
pub(crate) fn serve(folder: &Folder, args: &[&str]) -> (Running, String) {
    let test = folder.test().args(["serve", "--listen", "127.0.0.1:0"]);
    let mut running = test.args(args.iter().copied()).spawn();
    let line = running.line();
    let url = line.strip_prefix("listening on ").expect("an address");
    (running, url.to_owned())
}

#[test]
fn every_dialect_imports_files_of_this_machine() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(20));
    let key = folder.work("key", format!("{TOKEN}\n"));
    let (service, url) = serve(&folder, &["--token-file", key.to_str().expect("text")]);
    let url = quoted(url);
    for (name, api) in [
        ("a", ""),
        ("b", ", api: \"milvus\""),
        ("c", ", api: \"v2\", cluster_id: \"local\""),
        ("d", ", api: \"v1\", cluster_id: \"local\""),
    ] {
        let text = format!(
            "connect(#{{endpoint: {url}, token: secret(\"KEY\"){api}}}); {} let job = import(\"{name}\", \"books.jsonl\");
             print(wait(job).state); print(count(\"{name}\")); print(jobs(#{{collection: \"{name}\"}}).len()); print(progress(job).id == job.id);",
            create(name)
        );
        let client = Folder::new();
        client.work("books.jsonl", rows(20));
        let test = client.test().env("KEY", TOKEN).eval(text);
        test.stdout("Completed\n20\n1\ntrue\n").run();
    }
    for key in ["wrong", ""] {
        let test = folder.test().env("MILVUS_TOKEN", key);
        let test = test.eval(format!("connect({url})")).status(3);
        test.run();
    }
    service.signal("TERM");
    service.end();
}

#[test]
fn an_address_without_a_token_is_enough() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(5));
    let (_service, url) = serve(&folder, &[]);
    let url = quoted(url);
    folder
        .test()
        .eval(format!("connect({url}); {}", create("books")))
        .run();
    let test = folder
        .test()
        .args(["-p".to_owned(), url.trim_matches('"').to_owned()]);
    let ran = test
        .args(["import", "books", "books.jsonl", "--wait", "-o", "json"])
        .run();
    assert_eq!(ran.json()["rows"], 5);
}

#[test]
fn one_import_key_makes_one_job() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(5));
    let (_service, url) = serve(&folder, &[]);
    let text = format!(
        "connect({}); {} let a = import(\"books\", \"books.jsonl\", #{{key: \"once\"}}); let b = import(\"books\", \"books.jsonl\", #{{key: \"once\"}});
         wait([a, b]); print(a == b); print(count(\"books\")); print(jobs().len());",
        quoted(url),
        create("books")
    );
    folder.test().eval(text).stdout("true\n5\n1\n").run();
}

/// A job with a low rate takes long enough on any machine.
#[test]
fn an_import_rate_slows_jobs_down() {
    let folder = Folder::new();
    folder.work("books.jsonl", rows(1000));
    let (_service, url) = serve(&folder, &["--import-rate", "100"]);
    let text = format!(
        "connect({}); {} let job = import(\"books\", \"books.jsonl\"); let p = progress(job);
         while p.rows == () || p.rows < 1 {{ sleep(0.01); p = progress(job); }}
         print(p.state); print(p.percent < 100); print(p.rows < 1000); print(count(\"books\")); print(jobs(#{{state: \"active\"}}).len());
         wait(job, #{{timeout: 0.02, interval: 0.01}})",
        quoted(url),
        create("books")
    );
    let test = folder.test().eval(text).status(5);
    test.stdout("Importing\ntrue\ntrue\n0\n1\n").run();
}
