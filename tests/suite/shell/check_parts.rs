//! Samples, shards and their merged reports, and files in object stores.

use super::check::{GOOD, schema};
use super::check_columns::{Col, good, parquet};
use crate::support::harness::{ACCESS, Folder, SECRET, Test};
use crate::support::s3::{S3, Trouble};
use parquet::basic::Compression;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Returns rows of JSON Lines with ids from `first`, of which one in ten has a wrong price.
fn lines(first: u64, rows: u64) -> String {
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

/// Returns a report without the parts that depend on the division.
fn counted(report: &Value) -> (Vec<(String, u64)>, u64) {
    let findings = ["errors", "warnings"]
        .into_iter()
        .flat_map(|list| report[list].as_array().unwrap());
    let kinds = findings.map(|it| {
        (
            format!("{} {}", it["field"], it["problem"]),
            it["rows"].as_u64().unwrap(),
        )
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort();
    (kinds, report["rows"].as_u64().unwrap())
}

#[test]
fn merged_shards_find_what_one_check_finds() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    for no in 0..4 {
        // Each file repeats five primary keys of the previous one.
        folder.work(&format!("data/{no}.jsonl"), lines(1 + no * 95, 100));
    }
    let groups: Vec<_> = (0..7).map(|no| good(no * 2)).collect();
    folder.work(
        "data/4.parquet",
        parquet(&groups, Compression::UNCOMPRESSED),
    );
    let quoted = |id: u64| {
        format!(
            "{id},\"w\n{id}\"\"\",{id}{},\"[1,0]\"\n",
            if id.is_multiple_of(7) { "x" } else { "" }
        )
    };
    let quoted: String = (1000..1060).map(quoted).collect();
    folder.work("data/5.csv", format!("id,word,price,vector\n{quoted}"));
    let check = |more: &[&str]| {
        let test = folder
            .test()
            .args(["check", "data", "--schema", "schema.json", "-o", "json"]);
        let ran = test.args(more.iter().copied()).unlinted();
        let mut command = ran.command();
        let out = command.output().expect("a run");
        serde_json::from_slice::<Value>(&out.stdout).expect("JSON")
    };
    let whole = check(&[]);
    for shards in [1, 3, 16] {
        let mut names = Vec::new();
        for no in 1..=shards {
            let (report, keys) = (format!("{shards}-{no}.json"), format!("{shards}-{no}.keys"));
            let found = check(&["--shard", &format!("{no}/{shards}"), "--keys-out", &keys]);
            folder.work(&report, found.to_string());
            names.push(report);
        }
        let merge = |names: &[String]| {
            let test = folder.test().args(["check", "-o", "json", "--merge"]);
            test.args(names.iter().cloned()).status(7).run().json()
        };
        let merged = merge(&names);
        assert_eq!(counted(&merged), counted(&whole), "{shards} shards");
        assert_eq!(merged["notes"], Value::Array(Vec::new()));
        assert_eq!(merged["errors"][0]["first"], whole["errors"][0]["first"]);
    }
    // Row 2 of the shard. The row's number in the whole isn't known.
    folder.work("b.jsonl", lines(1, 39) + "{\"id\":true}\n");
    let last = |shard| {
        let args = [
            "check",
            "b.jsonl",
            "--schema",
            "schema.json",
            "--shard",
            shard,
        ];
        let ran = folder
            .test()
            .args(args)
            .args(["-o", "json"])
            .status(7)
            .run();
        ran.json()["errors"][0]["first"][0].clone()
    };
    let size = std::fs::metadata(folder.path("work/b.jsonl"))
        .expect("a file")
        .len();
    let place = last("16/16");
    let byte = place["byte"].as_u64().expect("a byte");
    assert!(
        place["row"].is_null() && size - byte <= size / 16,
        "{place}"
    );
    // The second shard breaks off, so the rows before the third aren't counted.
    let broken = [&lines(1, 31), "]\n", &lines(33, 30), "{\"id\":true}\n"].concat();
    folder.work("b.jsonl", broken);
    let reports = ["1/3", "2/3", "3/3"].map(|shard| {
        let test = folder
            .test()
            .args(["check", "b.jsonl", "-o", "json", "--shard", shard]);
        let ran = test.args(["--schema", "schema.json"]).status(7).run();
        let name = format!("b{}.json", &shard[..1]);
        folder.work(&name, ran.stdout);
        name
    });
    let test = folder.test().args(["check", "-o", "json", "--merge"]);
    let merged = test.args(reports).status(7).run().json();
    let errors = merged["errors"].as_array().expect("a list");
    let missing = errors.iter().find(|error| error["field"] == "word");
    let place = &missing.expect("the last row")["first"][0];
    assert!(place["row"].is_null() && place["byte"].is_u64(), "{place}");
    let alone = check(&["--shard", "2/3"]);
    assert_eq!(alone["notes"][1], "duplicates not checked across shards");
}

#[test]
fn only_reports_of_all_shards_of_one_check_are_merged() {
    let folder = Folder::new();
    let report = |name: &str, shard: &str, files: u64, kind: &str| {
        let schema = json!({"fields": [{"fieldName": "id", "dataType": kind, "isPrimary": true}]});
        let report = json!({
            "errors": [], "warnings": [], "files": files, "rows": 5, "schema": schema,
            "shard": if shard.is_empty() { Value::Null } else { shard.into() },
        });
        folder.work(name, report.to_string());
    };
    report("1.json", "1/3", 2, "Int64");
    report("2.json", "2/3", 2, "Int64");
    report("3.json", "3/3", 2, "Int64");
    report("again.json", "2/3", 2, "Int64");
    report("all.json", "", 2, "Int64");
    report("more.json", "", 3, "Int64");
    report("halves.json", "2/2", 2, "Int64");
    report("files.json", "2/3", 4, "Int64");
    report("schema.json", "2/3", 2, "VarChar");
    report("broken.json", "4/3", 2, "Int64");
    report("many.json", "1/100000", 2, "Int64");
    let merge = |names: &[&str]| {
        let test = folder.test().args(["check", "--merge"]);
        test.args(names.iter().copied())
    };
    for (names, why) in [
        (&["1.json", "3.json"][..], "no report of shard 2 of 3"),
        (&["3.json"], "no report of shard 1 and 2 of 3"),
        (&["many.json"], "10, 11 and 99989 more of 100000"),
        (&["1.json", "2.json", "2.json"], "2.json is named twice"),
        (
            &["1.json", "2.json", "again.json"],
            "2.json and again.json are of the same shard",
        ),
        (
            &["1.json", "halves.json"],
            "1.json is of 3 shards, halves.json of 2",
        ),
        (
            &["1.json", "files.json"],
            "1.json is of 2 files, files.json of 4",
        ),
        (
            &["1.json", "schema.json", "3.json"],
            "1.json and schema.json have different schemas",
        ),
        (
            &["1.json", "all.json"],
            "1.json is of a shard, all.json isn't",
        ),
        (
            &["all.json", "1.json"],
            "1.json is of a shard, all.json isn't",
        ),
        (&["broken.json"], "broken.json has no valid shard"),
    ] {
        merge(names).status(1).run().complains(why);
    }
    let merged = merge(&["2.json", "3.json", "1.json"]).run();
    merged
        .says("the import would succeed")
        .says("2 files, 15 rows");
    let merged = merge(&["all.json", "more.json"]).run();
    merged.says("5 files, 10 rows");
}

#[test]
fn a_truncated_key_file_is_not_merged() {
    let folder = Folder::new();
    folder.work("schema.json", schema().to_string());
    folder.work("a.jsonl", GOOD);
    let check = ["check", "a.jsonl", "--schema", "schema.json", "-o", "json"];
    let report = folder.test().args(check).args(["--keys-out", "a.keys"]);
    folder.work("a.json", report.run().stdout);
    let merge = || folder.test().args(["check", "--merge", "a.json"]);
    merge().run().says("the import would succeed");
    let mut keys = std::fs::read(folder.path("work/a.keys")).expect("the keys");
    keys.pop();
    folder.work("a.keys", keys);
    merge()
        .status(1)
        .run()
        .complains("a.keys")
        .complains("isn't a complete file of --keys-out");
    let mut report: Value = json!({"errors": [], "rows": u64::MAX, "bytes": u64::MAX});
    report["warnings"] = json!([{"rows": u64::MAX, "first": [{}, {}]}]);
    folder.work("b.json", report.to_string());
    folder.work("c.json", report.to_string());
    let both = ["check", "--merge", "b.json", "c.json"];
    folder.test().args(both).run().says("1 warning");
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
