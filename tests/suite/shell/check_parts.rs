//! Samples and shards of a check, and files in object stores.

use super::check::{GOOD, schema};
use super::check_columns::{Col, good, parquet};
use crate::support::harness::{ACCESS, Folder, SECRET, Test};
use crate::support::s3::{S3, Trouble};
use parquet::basic::Compression;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Returns rows of JSON Lines with ids from `first`, of which one in ten has a wrong price.
pub(super) fn lines(first: u64, rows: u64) -> String {
    let row = |id: u64| {
        let price = if id.is_multiple_of(10) { "true" } else { "1" };
        format!("{{\"id\":{id},\"word\":\"w\",\"price\":{price},\"vector\":[1,0]}}\n")
    };
    (first..first + rows).map(row).collect()
}

#[test]
fn a_sample_is_spread_over_each_file() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work("a.jsonl", lines(1, 5_000));
    folder.work(
        "b.csv",
        format!(
            "id,word,price,vector\n{}",
            "1,a,1,\"[1,0]\"\n".repeat(5_000)
        ),
    );
    let groups: Vec<_> = (0..20).map(|no| good(no * 2)).collect();
    folder.work("c.parquet", parquet(&groups, Compression::UNCOMPRESSED));
    let sample = |file: &str, status: i32| {
        let test = folder.test().args([
            "check",
            file,
            "--schema",
            "schema.json",
            "--sample",
            "100",
            "-o",
            "json",
        ]);
        test.status(status).run().json()
    };
    let report = sample("a.jsonl", 7);
    let rows = report["rows"].as_u64().unwrap();
    assert!((50..=150).contains(&rows), "{rows}");
    let first = report["errors"][0]["first"].as_array().unwrap();
    assert!(
        first.last().unwrap()["byte"].as_u64().unwrap() > 10_000,
        "{first:?}"
    );
    assert_eq!(
        sample("b.csv", 0)["rows"]
            .as_u64()
            .map(|rows| (50..=150).contains(&rows)),
        Some(true)
    );
    assert_eq!(sample("c.parquet", 0)["rows"], 40);
    let one = vec![
        good(1)
            .into_iter()
            .map(|col| match col {
                Col::Long(name, _) => Col::Long(name, (0..500).collect()),
                Col::Text(name, of, _) => Col::Text(name, of, vec!["a"; 500]),
                Col::Double(name, _) => Col::Double(name, vec![Some(1.0); 500]),
                Col::Vectors(name, _) => Col::Vectors(name, vec![vec![1.0, 0.0]; 500]),
            })
            .collect(),
    ];
    folder.work("d.parquet", parquet(&one, Compression::UNCOMPRESSED));
    assert_eq!(sample("d.parquet", 0)["rows"], 100);
    let text = folder
        .test()
        .args([
            "check",
            "b.csv",
            "--schema",
            "schema.json",
            "--sample",
            "100",
        ])
        .run();
    assert!(
        text.stdout.starts_with("no error in the sample"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_wrong_file_for_keys_is_refused_before_files_are_read() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work("a.jsonl", "no JSON");
    let check = ["check", "a.jsonl", "--schema", "schema.json"];
    let test = folder
        .test()
        .args(check)
        .args(["--keys-out", "none/a.keys"]);
    test.status(1).run().complains("none/a.keys");
}

#[test]
fn a_bucket_is_read_at_the_storage_endpoint_with_its_keys() {
    let objects = BTreeMap::from([
        ("in/good.jsonl".to_owned(), GOOD.as_bytes().to_vec()),
        (
            "in/bad.parquet".to_owned(),
            parquet(&[good(1)], Compression::UNCOMPRESSED),
        ),
    ]);
    let s3 = S3::start(ACCESS, objects, 0);
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    let script = format!(
        "connect(#{{endpoint: \"http://127.0.0.1:9\", verify: false, token: \"x\", storage: #{{endpoint: \"{}\", region: \"eu-west-9\", access_key: \"{ACCESS}\", secret_key: \"{SECRET}\"}}}});
         let report = check(\"s3://books/in/\", \"schema.json\"); print(`${{report.ok}} ${{report.files}} ${{report.rows}}`);
         try {{ check(\"s3://books/none.jsonl\", \"schema.json\"); }} catch (e) {{ print(`${{e.exit}} ${{e.hint}}`); }}",
        s3.url()
    );
    let ran = folder.test().script(script).unlinted().run();
    ran.says("true 2 3\n1 a private bucket needs storage keys")
        .complains("from object stores");
    let asked = s3.asked();
    assert!(
        asked
            .iter()
            .all(|it| it.authorization.contains("/eu-west-9/s3/")),
        "{asked:?}"
    );
}

/// A script that checks these files of a bucket.
fn check_named(url: &str, files: &[String]) -> String {
    format!(
        "connect(#{{endpoint: \"http://127.0.0.1:9\", verify: false, token: \"x\", storage: #{{endpoint: {url:?}, access_key: \"{ACCESS}\", secret_key: \"{SECRET}\"}}}});
         let report = check({files:?}, \"schema.json\"); print(`${{report.ok}} ${{report.files}} ${{report.rows}}`); print(report.errors[0].first);"
    )
}

#[test]
fn several_named_files_of_a_bucket_are_looked_up_at_once() {
    let name = |no: usize| format!("in/{no:02}.jsonl");
    let content = |no: usize| if no < 3 { "{}\n" } else { GOOD };
    let objects = |missing: &[usize]| {
        let all = (0..40).filter(|no| !missing.contains(no));
        all.map(|no| (name(no), content(no).as_bytes().to_vec()))
            .collect::<BTreeMap<_, _>>()
    };
    let files: Vec<String> = (0..40)
        .map(|no| format!("s3://books/{}", name(no)))
        .collect();
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    let most = Arc::new(AtomicUsize::new(0));
    let start = |missing: &[usize]| {
        let (busy, most) = (AtomicUsize::new(0), Arc::clone(&most));
        S3::with_troubles(ACCESS, objects(missing), 0, move |asked| {
            if asked.method == "HEAD" {
                most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // The first missing file is answered after the second one.
                let is_slow = asked.target.contains("20.jsonl");
                thread::sleep(Duration::from_millis(if is_slow { 400 } else { 100 }));
                busy.fetch_sub(1, Ordering::SeqCst);
            }
            Trouble::None
        })
    };
    let s3 = start(&[]);
    let test = folder.test().script(check_named(&s3.url(), &files));
    let ran = test.unlinted().run();
    ran.says("false 40 40");
    let first = ran.stdout.find("00.jsonl").zip(ran.stdout.find("02.jsonl"));
    assert!(first.is_some_and(|(a, b)| a < b), "{}", ran.stdout);
    let at_once = most.load(Ordering::SeqCst);
    assert!((2..=16).contains(&at_once), "{at_once}");
    assert_eq!(
        s3.asked().iter().filter(|it| it.method == "HEAD").count(),
        40
    );

    let s3 = start(&[20, 21]);
    let test = folder.test().script(check_named(&s3.url(), &files));
    let ran = test.unlinted().status(1).run();
    ran.complains("20.jsonl")
        .complains("there is no such object");
    assert!(!ran.stderr.contains("21.jsonl"), "{}", ran.stderr);
}

/// Returns a check of a bucket at an address that accepts connections and never answers.
#[cfg(unix)]
fn hanging(folder: &Folder, listener: &std::net::TcpListener, args: &[&str]) -> Test {
    folder.work("schema.json", schema().to_string());
    let address = listener.local_addr().expect("an address");
    let script = format!(
        "connect(#{{endpoint: \"http://127.0.0.1:9\", verify: false, token: \"x\", storage: #{{endpoint: \"http://{address}\", access_key: \"{ACCESS}\", secret_key: \"{SECRET}\"}}}});
         print(\"begun\"); check([\"s3://books/in/\", \"s3://books/a.json\", \"s3://books/b.json\"], \"schema.json\");"
    );
    folder
        .test()
        .args(args.iter().copied())
        .script(script)
        .unlinted()
}

#[cfg(unix)]
#[test]
fn a_check_of_a_store_that_hangs_ends_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = Folder::new();
    let mut running = hanging(&folder, &listener, &[]).status(130).spawn();
    assert_eq!(running.line(), "begun");
    let connected = listener.accept().expect("a connection");
    let begin = std::time::Instant::now();
    running.signal("INT");
    running.end().complains("interrupted");
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    drop(connected);
    let timed = hanging(&folder, &listener, &["--timeout", "1s"]);
    timed
        .status(5)
        .run()
        .complains("the time given with --timeout is over");
}
